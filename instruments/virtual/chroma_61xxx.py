"""Virtual twin of a Chroma AC source: leaves known with confidence A, and the three-phase ones with B.

Everything else is answered with -113. Booleans are the words ON and OFF only. Voltage and range are checked
when the message is over, as the instrument couples them.
"""

from __future__ import annotations

from instruments.virtual.ac_source import AcSourceTwin
from instruments.virtual.plant import SourcePlant
from instruments.virtual.scpi import Call, ScpiError, nr3

RANGES_V = {"LOW": 150.0, "HIGH": 300.0}


class VirtualChroma61xxx(AcSourceTwin):
    """A source with an output relay: without it nothing reaches the terminals."""

    def __init__(
        self, plant: SourcePlant, port: str, *, phases: int = 1, serial_number: str = "615020001"
    ) -> None:
        model = "61705" if phases == 3 else "61502"
        super().__init__(f"Chroma ATE {model},{serial_number},1.00,1.01,1.02", plant, port, phases=phases)
        self.relay_closed = False
        self._range = "LOW"
        self._limit_v = RANGES_V["HIGH"]
        self._declare()

    def _declare(self) -> None:
        add = self.tree.add
        add("OUTPut[:STATe]", self._set_output, parameters=1)
        add("OUTPut[:STATe]?", lambda _call: "ON" if self.output_on else "OFF")
        add("OUTPut:RELay", self._set_relay, parameters=1)
        add("[SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude]:AC", self._set_voltage, parameters=1)
        add("[SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude]:AC?", lambda _c: nr3(self.phases[0].voltage_v))
        add("[SOURce]:VOLTage:RANGe", self._set_range, parameters=1)
        add("[SOURce]:VOLTage:RANGe?", lambda _call: self._range)
        add("[SOURce]:VOLTage:LIMit:AC", self._set_limit, parameters=1)
        add("[SOURce]:FREQuency[:CW]", self._set_frequency, parameters=1)
        if len(self.phases) == 3:
            add("INSTrument:PHASe", lambda call: _ignore(call.parameters.word(0, "THREE")), parameters=1)
            add("INSTrument:EDIT", lambda call: _ignore(call.parameters.word(0, "ALL")), parameters=1)
            add("[SOURce]:PHASe:P12", lambda call: self._set_lag(call, 1), parameters=1)
            add("[SOURce]:PHASe:P13", lambda call: self._set_lag(call, 2), parameters=1)

    def _set_output(self, call: Call) -> None:
        if call.parameters.word(0, "ON", "OFF") == "ON":
            if not self.relay_closed:
                raise ScpiError(-221, "the output relay is open")
            self.switch_on()
        else:
            self.switch_off()

    def _set_relay(self, call: Call) -> None:
        self.relay_closed = call.parameters.word(0, "ON", "OFF") == "ON"
        if not self.relay_closed:
            self.switch_off()

    def _set_voltage(self, call: Call) -> None:
        value_v = call.parameters.number(0, unit="V", low=0.0, high=self._limit_v)
        # the range may follow in the same message
        coupled = any("RANG" in unit.upper() for unit in call.session.units_left)
        if value_v > RANGES_V[self._range] and not coupled:
            raise ScpiError(-222, "the voltage does not fit the range")
        for phase in self.phases:
            phase.voltage_v = value_v
        self.changed()

    def _set_range(self, call: Call) -> None:
        wanted = call.parameters.word(0, "LOW", "HIGH")
        if self.phases[0].voltage_v > RANGES_V[wanted]:
            raise ScpiError(-222, "the voltage does not fit the range")
        self._range = wanted

    def _set_limit(self, call: Call) -> None:
        self._limit_v = call.parameters.number(0, unit="V", low=0.0, high=RANGES_V["HIGH"])

    def _set_frequency(self, call: Call) -> None:
        self.source_frequency_hz = call.parameters.number(0, unit="HZ", low=15.0, high=1500.0)
        self.changed()

    def _set_lag(self, call: Call, index: int) -> None:
        self.phases[index].angle_deg = -call.parameters.number(0, low=0.0, high=360.0)
        self.changed()


def _ignore(_value: object) -> None:
    """Accept the only setting this twin has."""
