"""What simple virtual standards see: the plant's inputs as P and Q, and energy counted from a mark."""

from __future__ import annotations

import math
from dataclasses import dataclass

from instruments.virtual.plant import PhaseOutput, StandardPlant


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPhase:
    """One phase; reactive power is positive for a lagging current."""

    voltage_v: float
    current_a: float
    power_w: float
    reactive_var: float
    voltage_angle_deg: float
    current_lag_deg: float


class StandardInputs:
    """The inputs of a standard without errors of its own."""

    def __init__(self, plant: StandardPlant, phases: int) -> None:
        self._plant, self._phases = plant, phases
        self._mark_wh = (0.0,) * phases

    def seen(self) -> tuple[SeenPhase, ...]:
        """Return what stands at the inputs now; a phase without connection shows zeros."""
        inputs = list(self._plant.inputs())[: self._phases]
        inputs += [PhaseOutput()] * (self._phases - len(inputs))
        return tuple(_seen(phase) for phase in inputs)

    def frequency_hz(self) -> float:
        """Return the frequency of what stands there."""
        return self._plant.frequency_hz()

    def mark(self) -> None:
        """Begin to count energy."""
        self._mark_wh = self._energies_wh()

    def energies_wh(self) -> tuple[float, ...]:
        """Return the energy of each phase since the mark."""
        return tuple(now - then for now, then in zip(self._energies_wh(), self._mark_wh, strict=True))

    def _energies_wh(self) -> tuple[float, ...]:
        energies = list(self._plant.true_energy_wh())[: self._phases]
        return tuple(energies + [0.0] * (self._phases - len(energies)))


def _seen(phase: PhaseOutput) -> SeenPhase:
    lag = math.radians(phase.current_lag_deg)
    apparent_va = phase.voltage_v * phase.current_a
    return SeenPhase(
        voltage_v=phase.voltage_rms_v,
        current_a=phase.current_rms_a,
        power_w=apparent_va * math.cos(lag),
        reactive_var=apparent_va * math.sin(lag),
        voltage_angle_deg=phase.voltage_angle_deg,
        current_lag_deg=phase.current_lag_deg,
    )
