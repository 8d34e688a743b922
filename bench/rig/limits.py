"""Limits of three origins, intersected before any byte is sent (instruments.md, section 8)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.errors import SafetyTrip
from instruments.roles import LoadSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Highest rms voltage in V and current in A, and who set each."""

    voltage_max_v: float
    voltage_by: str
    current_max_a: float
    current_by: str

    def check(self, setting: LoadSetting) -> None:
        """Raise SafetyTrip if a setting is not a number, negative, or above a limit."""
        for number, phase in enumerate(setting.phases, start=1):
            values = (phase.voltage_v, phase.current_a, phase.voltage_angle_deg, phase.current_lag_deg)
            if (
                not all(math.isfinite(value) for value in values)
                or phase.voltage_v < 0
                or phase.current_a < 0
            ):
                raise SafetyTrip(f"Phase L{number} was asked for {phase}: refused, nothing was sent.")
            if phase.voltage_v > self.voltage_max_v:
                raise SafetyTrip(
                    f"L{number}: {phase.voltage_v:g} V is above the {self.voltage_max_v:g} V that the "
                    f"{self.voltage_by} allows; nothing was sent."
                )
            if phase.current_a > self.current_max_a:
                raise SafetyTrip(
                    f"L{number}: {phase.current_a:g} A is above the {self.current_max_a:g} A that the "
                    f"{self.current_by} allows; nothing was sent."
                )


def intersect(*, voltage_v: dict[str, float], current_a: dict[str, float]) -> Limits:
    """Return the lowest limit of each quantity and name its origin."""
    voltage_by = min(voltage_v, key=lambda origin: voltage_v[origin])
    current_by = min(current_a, key=lambda origin: current_a[origin])
    return Limits(
        voltage_max_v=voltage_v[voltage_by],
        voltage_by=voltage_by,
        current_max_a=current_a[current_by],
        current_by=current_by,
    )
