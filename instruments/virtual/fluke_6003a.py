"""Virtual twin of a Fluke 6003A / Meatest M133C in its mode PACE: leaves with confidence A only.

Everything else is answered with -113. Angles are leading positive and absolute against U1 (our assumption, as
the driver's). A voltage angle of phase 1 turns the whole system, which the plant does not see.
"""

from __future__ import annotations

from collections.abc import Callable

from instruments.virtual.ac_source import AcSourceTwin
from instruments.virtual.plant import SourcePlant
from instruments.virtual.scpi import Call, nr3

PHASES = 3
VOLTAGE_MAX_V, CURRENT_MAX_A = 600.0, 30.0


class VirtualFluke6003A(AcSourceTwin):
    """Channels are enabled one by one; a disabled one delivers nothing."""

    def __init__(self, plant: SourcePlant, port: str, *, serial_number: str = "60030001") -> None:
        super().__init__(f"MEATEST,M133C,{serial_number},1.32", plant, port, phases=PHASES)
        self.serial_number = serial_number
        self._volts = [0.0] * PHASES
        self._amperes = [0.0] * PHASES
        self._volts_on = [False] * PHASES
        self._amperes_on = [False] * PHASES
        self._current_angle_deg = [0.0] * PHASES
        self._declare()

    def _declare(self) -> None:
        add = self.tree.add
        add("SYSTem:REMote", lambda _call: None)
        add("SYSTem:LOCal", lambda _call: None)
        add("OUTPut[:STATe]", self._set_output, parameters=1)
        add("OUTPut[:STATe]?", lambda _call: "ON" if self.output_on else "OFF")
        add("OUTPut:UNIT", lambda call: _ignore(call.parameters.word(0, "DEG")), parameters=1)
        add("OUTPut:REF:UNIT", lambda call: _ignore(call.parameters.word(0, "W")), parameters=1)
        add("OUTPut:REF:CONStant", self._set_pulses, parameters=1)
        add("PACE:FREQuency", self._set_frequency, parameters=1)
        add("PACE:FREQuency?", lambda _call: nr3(self.source_frequency_hz))
        self._declare_channel("PACE:VOLTage<1-3>", self._volts, self._volts_on, VOLTAGE_MAX_V, "V")
        self._declare_channel("PACE:CURRent<1-3>", self._amperes, self._amperes_on, CURRENT_MAX_A, "A")
        add("PACE:VOLTage<1-3>:PHASe", self._set_voltage_angle, parameters=1)
        add("PACE:CURRent<1-3>:PHASe", self._set_current_angle, parameters=1)

    def _declare_channel(
        self, base: str, values: list[float], enabled: list[bool], high: float, unit: str
    ) -> None:
        def index(call: Call) -> int:
            return call.suffixes[0] - 1

        def set_value(call: Call) -> None:
            values[index(call)] = call.parameters.number(0, unit=unit, low=0.0, high=high)
            self._apply()

        def set_enabled(call: Call) -> None:
            enabled[index(call)] = call.parameters.boolean(0)
            self._apply()

        add: Callable[..., None] = self.tree.add
        add(base, set_value, parameters=1)
        add(f"{base}?", lambda call: nr3(values[index(call)]))
        add(f"{base}:ENABle", set_enabled, parameters=1)
        add(f"{base}:ENABle?", lambda call: "ON" if enabled[index(call)] else "OFF")

    def _set_output(self, call: Call) -> None:
        if call.parameters.boolean(0):
            self.switch_on()
        else:
            self.switch_off()

    def _set_pulses(self, call: Call) -> None:
        self.energy_pulses.set_constant(call.parameters.number(0, low=1e-3, high=1e9))

    def _set_frequency(self, call: Call) -> None:
        self.source_frequency_hz = call.parameters.number(0, unit="HZ", low=15.0, high=1000.0)
        self.changed()

    def _set_voltage_angle(self, call: Call) -> None:
        self.phases[call.suffixes[0] - 1].angle_deg = call.parameters.number(0, low=0.0, high=360.0)
        self._apply()

    def _set_current_angle(self, call: Call) -> None:
        self._current_angle_deg[call.suffixes[0] - 1] = call.parameters.number(0, low=0.0, high=360.0)
        self._apply()

    def _apply(self) -> None:
        for index, phase in enumerate(self.phases):
            phase.voltage_v = self._volts[index] if self._volts_on[index] else 0.0
            phase.current_a = self._amperes[index] if self._amperes_on[index] else 0.0
            phase.lag_deg = phase.angle_deg - self._current_angle_deg[index]
        self.changed()


def _ignore(_value: object) -> None:
    """Accept the only unit this twin has."""
