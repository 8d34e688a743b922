"""Virtual twin of a time-stamping counter after the Keysight 53230A, with as many channels as a rack needs.

The real instrument has two channels and stamps one at a time. The channel lists behind INITiate, ABORt,
FETCh? and DATA:POINts?, and the option text ``CH<n>``, are our extension; see the driver's confidence table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from instruments.virtual.plant import CounterPlant
from instruments.virtual.scpi import Call, ScpiError, ScpiInstrument, nr3

COUNT_MAX = 1_000_000


@dataclass(slots=True)
class _Channel:
    wanted: int = 1
    armed: bool = False
    coupling: str = "AC"
    impedance_ohm: float = 1e6
    level_v: float = 0.0
    filtered: bool = False
    stamps_s: list[float] = field(default_factory=list)


class VirtualCounter(ScpiInstrument):
    """Stamps the LED pulses of positions 1 to ``channels`` with its own, slightly wrong, clock."""

    def __init__(
        self,
        plant: CounterPlant,
        port: str,
        *,
        channels: int = 1,
        serial_number: str = "MY50000001",
        time_base_ppm: float = 0.0,
    ) -> None:
        super().__init__(f"Keysight Technologies,53230A,{serial_number},03.00", options=f"CH{channels}")
        self.serial_number = serial_number
        self._plant = plant
        self._port = port
        self._rate = 1.0 + time_base_ppm * 1e-6
        self._channels = {number: _Channel() for number in range(1, channels + 1)}
        self.on_reset = self._reset
        for number, channel in self._channels.items():
            plant.on_pulse(number, self._edge_action(number, channel))
        self._declare(channels)

    def _edge_action(self, number: int, channel: _Channel) -> Callable[[float], None]:
        def edge(time_s: float) -> None:
            if not channel.armed:
                return
            channel.stamps_s.append(time_s * self._rate)
            if len(channel.stamps_s) >= channel.wanted:
                channel.armed = False
                self._plant.notify(f"{self._port}:{number}")

        return edge

    def _reset(self) -> None:
        for channel in self._channels.values():
            channel.armed = False
            channel.stamps_s.clear()
            channel.wanted = 1

    def _declare(self, channels: int) -> None:
        add = self.tree.add
        inputs = f"INPut<1-{channels}>"
        add(f"{inputs}:COUPling", self._set_coupling, parameters=1)
        add(f"{inputs}:COUPling?", lambda call: self._input(call).coupling)
        add(f"{inputs}:IMPedance", self._set_impedance, parameters=1)
        add(f"{inputs}:IMPedance?", lambda call: nr3(self._input(call).impedance_ohm))
        add(f"{inputs}:LEVel[:ABSolute]", self._set_level, parameters=1)
        add(f"{inputs}:LEVel[:ABSolute]?", lambda call: nr3(self._input(call).level_v))
        add(f"{inputs}:FILTer[:LPASs][:STATe]", self._set_filter, parameters=1)
        add(f"{inputs}:FILTer[:LPASs][:STATe]?", lambda call: str(int(self._input(call).filtered)))
        add("CONFigure:ARRay:TSTamp", self._configure, parameters=2)
        add("INITiate[:IMMediate]", self._initiate, parameters=(0, 1))
        add("ABORt", self._abort, parameters=(0, 1))
        add("DATA:POINts?", self._points, parameters=(0, 1))
        add("FETCh?", self._fetch, parameters=(0, 1))

    def _input(self, call: Call) -> _Channel:
        return self._channels[call.suffixes[0]]

    def _selected(self, call: Call, index: int) -> tuple[_Channel, ...]:
        numbers = call.parameters.channels(index) if len(call.parameters) > index else (1,)
        unknown = [number for number in numbers if number not in self._channels]
        if unknown:
            raise ScpiError(-224, f"channel {unknown[0]}")
        return tuple(self._channels[number] for number in numbers)

    def _one(self, call: Call) -> _Channel:
        selected = self._selected(call, 0)
        if len(selected) != 1:
            raise ScpiError(-224, "one channel at a time")
        return selected[0]

    def _set_coupling(self, call: Call) -> None:
        self._input(call).coupling = call.parameters.word(0, "AC", "DC")

    def _set_impedance(self, call: Call) -> None:
        self._input(call).impedance_ohm = call.parameters.number(0, unit="OHM", low=50.0, high=1e6)

    def _set_level(self, call: Call) -> None:
        self._input(call).level_v = call.parameters.number(0, unit="V", low=-50.0, high=50.0)

    def _set_filter(self, call: Call) -> None:
        self._input(call).filtered = call.parameters.boolean(0)

    def _configure(self, call: Call) -> None:
        wanted = call.parameters.integer(0, low=1, high=COUNT_MAX)
        for channel in self._selected(call, 1):
            channel.armed = False
            channel.stamps_s.clear()
            channel.wanted = wanted

    def _initiate(self, call: Call) -> None:
        selected = self._selected(call, 0)
        if any(channel.armed for channel in selected):
            raise ScpiError(-213)
        for channel in selected:
            channel.stamps_s.clear()
            channel.armed = True

    def _abort(self, call: Call) -> None:
        selected = self._selected(call, 0) if len(call.parameters) else tuple(self._channels.values())
        for channel in selected:
            channel.armed = False

    def _points(self, call: Call) -> str:
        return ",".join(str(len(channel.stamps_s)) for channel in self._selected(call, 0))

    def _fetch(self, call: Call) -> str:
        stamps = self._one(call).stamps_s
        if not stamps:
            raise ScpiError(-230)
        return ",".join(nr3(stamp) for stamp in stamps)
