"""The measuring inputs of the virtual COM5003: ranges, their known small errors, and measured energy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from instruments.virtual.plant import PhaseOutput, StandardPlant

PHASES = 3

VOLTAGE_RANGES_V: dict[str, float] = {
    "480V": 480.0,
    "240V": 240.0,
    "120V": 120.0,
    "60V": 60.0,
    "12V": 12.0,
    "5V": 5.0,
}
CURRENT_RANGES_A: dict[str, float] = {
    "200A": 200.0,
    "100A": 100.0,
    "50A": 50.0,
    "25A": 25.0,
    "10A": 10.0,
    "5A": 5.0,
    "2.5A": 2.5,
    "1.0A": 1.0,
    "500mA": 0.5,
    "250mA": 0.25,
    "100mA": 0.1,
    "50mA": 0.05,
    "25mA": 0.025,
    "10mA": 0.01,
    "5mA": 0.005,
}
"""Range names of the COM5003 (A); the steps between 500mA and 5mA are completed by us (C)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRanges:
    """The ranges of one model, by name, largest first."""

    voltage_v: Mapping[str, float]
    current_a: Mapping[str, float]


COM5003_RANGES = InputRanges(voltage_v=VOLTAGE_RANGES_V, current_a=CURRENT_RANGES_A)
MT310S2_RANGES = InputRanges(
    voltage_v={"250V": 250.0, "8V": 8.0, "100mV": 0.1},
    current_a={name: end for name, end in CURRENT_RANGES_A.items() if 0.025 <= end <= 10.0},
)
"""MT310s2 (A); its current ranges between 500mA and 25mA are completed by us (C)."""

OVERLOAD_FACTOR = 1.25
"""Overload stands above this multiple of the range (our assumption)."""
NOMINAL_FREQUENCY_HZ = 60_000.0
"""Reference pulses a second when all three phases are at their range ends."""
WATT_SECONDS_PER_KWH = 3.6e6
_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeError:
    """What a certificate says of one range: relative amplitude error and phase displacement."""

    gain_pct: float = 0.0
    phase_deg: float = 0.0


_EXACT = RangeError()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPhase:
    """One phase as the standard sees it. Lag of current behind its voltage is positive."""

    voltage_v: float
    current_a: float
    voltage_angle_deg: float
    current_lag_deg: float


class MeasuringInputs:
    """Sees the plant through the selected ranges and counts the energy it believes in.

    Power seen is ``U·I·(1+g)·cos(φ+δ)`` with g the gains and δ the phase errors of both channels. Energy is
    taken from the plant's exact energy, so a register that runs across a change of load stays exact; only
    the reactive part behind δ is sampled, at each access.
    """

    def __init__(
        self,
        plant: StandardPlant,
        range_errors: Mapping[str, RangeError],
        ranges: InputRanges = COM5003_RANGES,
    ) -> None:
        self._plant = plant
        self.ranges = ranges
        self._range_errors = range_errors
        self.voltage_ranges = [next(iter(ranges.voltage_v))] * PHASES
        self.current_ranges = [next(iter(ranges.current_a))] * PHASES
        self.overload = False
        self._true_wh = [0.0] * PHASES
        self._seen_wh = [0.0] * PHASES
        self._accrued_to_s = plant.now()
        for index, value in enumerate(plant.true_energy_wh()):
            self._true_wh[index] = value

    def accrue(self) -> None:
        """Bring the measured energy up to now, and notice an overload."""
        elapsed_h = (self._plant.now() - self._accrued_to_s) / _SECONDS_PER_HOUR
        self._accrued_to_s = self._plant.now()
        true_wh = self._plant.true_energy_wh()
        for index, phase in enumerate(self._plant.inputs()):
            gain, shift = self._power_error(index)
            reactive_var = phase.voltage_v * phase.current_a * math.sin(math.radians(phase.current_lag_deg))
            reactive_var *= phase.flowing_share
            change_wh = true_wh[index] - self._true_wh[index]
            self._true_wh[index] = true_wh[index]
            self._seen_wh[index] += gain * (
                change_wh * math.cos(shift) - reactive_var * elapsed_h * math.sin(shift)
            )
            self._check_overload(index, phase)

    def energy_wh(self) -> tuple[float, ...]:
        """Return the energy of each phase as measured, in Wh; never reset."""
        self.accrue()
        return tuple(self._seen_wh)

    def select_voltage_range(self, index: int, name: str) -> None:
        self.accrue()
        self.voltage_ranges[index] = name

    def select_current_range(self, index: int, name: str) -> None:
        self.accrue()
        self.current_ranges[index] = name

    def select_automatically(self) -> bool:
        """Select for each channel the smallest range that holds its value; return whether one changed."""
        self.accrue()
        before = (tuple(self.voltage_ranges), tuple(self.current_ranges))
        for index, phase in enumerate(self._plant.inputs()):
            self.voltage_ranges[index] = _smallest(self.ranges.voltage_v, phase.voltage_rms_v)
            self.current_ranges[index] = _smallest(self.ranges.current_a, phase.current_rms_a)
        return before != (tuple(self.voltage_ranges), tuple(self.current_ranges))

    def measured(self) -> tuple[MeasuredPhase, ...]:
        """Return what all three phases show now; a phase without connection shows zeros."""
        inputs = tuple(self._plant.inputs())
        self.accrue()
        return tuple(
            self._see(index, inputs[index] if index < len(inputs) else PhaseOutput())
            for index in range(PHASES)
        )

    def frequency_hz(self) -> float:
        """Return the frequency; 0 without voltage, because there is nothing to measure it on."""
        live = any(phase.voltage_v > 0 or phase.current_a > 0 for phase in self._plant.inputs())
        return self._plant.frequency_hz() if live else 0.0

    def reference_constant_imp_per_kwh(self) -> float:
        """Return the constant of the internal reference pulses, from the ranges of phase 1 (four-wire)."""
        full_scale_w = (
            PHASES
            * self.ranges.voltage_v[self.voltage_ranges[0]]
            * self.ranges.current_a[self.current_ranges[0]]
        )
        return WATT_SECONDS_PER_KWH * NOMINAL_FREQUENCY_HZ / full_scale_w

    def _see(self, index: int, phase: PhaseOutput) -> MeasuredPhase:
        voltage = self._range_errors.get(self.voltage_ranges[index], _EXACT)
        current = self._range_errors.get(self.current_ranges[index], _EXACT)
        return MeasuredPhase(
            voltage_v=phase.voltage_rms_v * (1.0 + voltage.gain_pct / 100.0),
            current_a=phase.current_rms_a * (1.0 + current.gain_pct / 100.0),
            voltage_angle_deg=phase.voltage_angle_deg,
            current_lag_deg=phase.current_lag_deg + current.phase_deg - voltage.phase_deg,
        )

    def _power_error(self, index: int) -> tuple[float, float]:
        voltage = self._range_errors.get(self.voltage_ranges[index], _EXACT)
        current = self._range_errors.get(self.current_ranges[index], _EXACT)
        gain = (1.0 + voltage.gain_pct / 100.0) * (1.0 + current.gain_pct / 100.0)
        return gain, math.radians(current.phase_deg - voltage.phase_deg)

    def _check_overload(self, index: int, phase: PhaseOutput) -> None:
        voltage_limit = self.ranges.voltage_v[self.voltage_ranges[index]] * OVERLOAD_FACTOR
        current_limit = self.ranges.current_a[self.current_ranges[index]] * OVERLOAD_FACTOR
        if phase.voltage_rms_v > voltage_limit or phase.current_rms_a > current_limit:
            self.overload = True


def _smallest(ranges: Mapping[str, float], value: float) -> str:
    fitting = [name for name, end in ranges.items() if value <= end]
    return min(fitting or ranges, key=lambda name: ranges[name] if fitting else -ranges[name])
