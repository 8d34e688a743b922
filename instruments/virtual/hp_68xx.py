"""Virtual twin of an HP 68xxB or California Instruments AC source: only leaves known with confidence A.

Everything else is answered with -113. Left out on purpose: transients, waveforms, harmonics measurement.
"""

from __future__ import annotations

from instruments.virtual.ac_source import AcSourceTwin, VoltagePhase
from instruments.virtual.plant import SourcePlant
from instruments.virtual.scpi import Call, ScpiError, nr3

RANGES_V = (150.0, 300.0)
_RESET_ANGLES_DEG = (0.0, 240.0, 120.0)


class VirtualHp68xx(AcSourceTwin):
    """A source of ``phases`` phases. ``PHASe`` always acts on the selected phase, whatever the coupling."""

    def __init__(
        self,
        plant: SourcePlant,
        port: str,
        *,
        phases: int = 1,
        identity: str = "HEWLETT-PACKARD,6813B,0,A.01.03",
    ) -> None:
        super().__init__(identity, plant, port, phases=phases)
        for phase, angle_deg in zip(self.phases, _RESET_ANGLES_DEG, strict=False):
            phase.angle_deg = angle_deg
        self._ranges_v = [RANGES_V[0]] * phases
        self._coupled = True
        self._selected = 0
        self._declare()

    def _declare(self) -> None:
        add = self.tree.add
        add("OUTPut[:STATe]", self._set_output, parameters=1)
        add("OUTPut[:STATe]?", lambda _call: str(int(self.output_on)))
        add("INSTrument:COUPle", self._set_coupling, parameters=1)
        add("INSTrument:NSELect", self._select, parameters=1)
        add("INSTrument:NSELect?", lambda _call: str(self._selected + 1))
        level = "[SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude]"
        add(level, self._set_voltage, parameters=1)
        add(f"{level}?", lambda _call: nr3(self._phase.voltage_v))
        add("[SOURce]:VOLTage:RANGe", self._set_range, parameters=1)
        add("[SOURce]:VOLTage:RANGe?", lambda _call: nr3(self._ranges_v[self._selected]))
        add("[SOURce]:VOLTage:SLEW", lambda call: _ignore(call.parameters.number(0, low=0.0)), parameters=1)
        add(
            "[SOURce]:CURRent:PROTection:STATe",
            lambda call: _ignore(call.parameters.boolean(0)),
            parameters=1,
        )
        add("[SOURce]:PHASe", self._set_angle, parameters=1)
        add("[SOURce]:PHASe?", lambda _call: nr3(self._phase.angle_deg))
        add("[SOURce]:FREQuency", self._set_frequency, parameters=1)
        add("[SOURce]:FREQuency?", lambda _call: nr3(self.source_frequency_hz))

    @property
    def _phase(self) -> VoltagePhase:
        return self.phases[self._selected]

    def _addressed(self) -> range:
        return range(len(self.phases)) if self._coupled else range(self._selected, self._selected + 1)

    def _set_output(self, call: Call) -> None:
        if call.parameters.boolean(0):
            self.switch_on()
        else:
            self.switch_off()

    def _set_coupling(self, call: Call) -> None:
        self._coupled = call.parameters.word(0, "ALL", "NONE") == "ALL"

    def _select(self, call: Call) -> None:
        self._selected = call.parameters.integer(0, low=1, high=len(self.phases)) - 1

    def _set_voltage(self, call: Call) -> None:
        for index in self._addressed():
            value_v = call.parameters.number(0, unit="V", low=0.0, high=self._ranges_v[index])
            self.phases[index].voltage_v = value_v
        self.changed()

    def _set_range(self, call: Call) -> None:
        wanted_v = call.parameters.number(0, unit="V", low=0.0, high=RANGES_V[-1])
        for index in self._addressed():
            end_v = next(end for end in RANGES_V if wanted_v <= end)
            if self.phases[index].voltage_v > end_v:
                raise ScpiError(-221, "the voltage set does not fit the range")
            self._ranges_v[index] = end_v

    def _set_angle(self, call: Call) -> None:
        self._phase.angle_deg = call.parameters.number(0, low=-360.0, high=360.0)
        self.changed()

    def _set_frequency(self, call: Call) -> None:
        self.source_frequency_hz = call.parameters.number(0, unit="HZ", low=45.0, high=1000.0)
        self.changed()


def _ignore(_value: object) -> None:
    """Accept a setting that changes nothing here: the twin neither folds back nor slews."""
