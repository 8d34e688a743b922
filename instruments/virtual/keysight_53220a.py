"""Virtual twin of a 53220A that totalises on one input. Everything else gives -113."""

from __future__ import annotations

from collections.abc import Callable

from instruments.virtual.plant import CounterPlant
from instruments.virtual.scpi import Call, ScpiError, ScpiInstrument, nr3


class Virtual53220A(ScpiInstrument):
    """Two inputs; the LED of position n leads to input n."""

    def __init__(self, plant: CounterPlant, port: str, *, serial_number: str = "MY53220001") -> None:
        super().__init__(f"Agilent Technologies,53220A,{serial_number},02.00")
        self.serial_number = serial_number
        self.port = port
        self._channel = 1
        self._counting = False
        self._count = 0
        self.on_reset = self._stop
        for channel in (1, 2):
            plant.on_pulse(channel, self._edge_action(channel))
        add = self.tree.add
        add("INPut<1-2>:COUPling", lambda call: _ignore(call.parameters.word(0, "AC", "DC")), parameters=1)
        add(
            "INPut<1-2>:IMPedance",
            lambda call: _ignore(call.parameters.number(0, unit="OHM", low=50.0, high=1e6)),
            parameters=1,
        )
        add(
            "INPut<1-2>:LEVel",
            lambda call: _ignore(call.parameters.number(0, unit="V", low=-50.0, high=50.0)),
            parameters=1,
        )
        add("INPut<1-2>:FILTer", lambda call: _ignore(call.parameters.boolean(0)), parameters=1)
        add("CONFigure:TOTalize:CONTinuous", self._configure, parameters=1)
        add("INITiate[:IMMediate]", lambda _call: self._start())
        add("ABORt", lambda _call: self._stop())
        add("[SENSe]:TOTalize:DATA?", lambda _call: nr3(float(self._count)))

    def _configure(self, call: Call) -> None:
        channels = call.parameters.channels(0)
        if len(channels) != 1 or channels[0] not in (1, 2):
            raise ScpiError(-224, call.parameters.raw(0))
        self._stop()
        self._channel, self._count = channels[0], 0

    def _start(self) -> None:
        if self._counting:
            raise ScpiError(-213)
        self._count, self._counting = 0, True

    def _stop(self) -> None:
        self._counting = False

    def _edge_action(self, channel: int) -> Callable[[float], None]:
        def edge(_time_s: float) -> None:
            if self._counting and channel == self._channel:
                self._count += 1

        return edge


def _ignore(_value: object) -> None:
    """Accept a setting that the twin's ideal pulses do not need."""
