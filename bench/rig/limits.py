"""Limits of three origins, intersected before any byte is sent (instruments.md, section 8)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from bench.errors import SafetyTrip
from instruments.roles import LoadSetting, PhaseSetting, SourceLimits

#: The layer that an armed limit replaces: what the meter was declared to stand.
NAMEPLATE = "declared nameplate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Highest rms voltage in V and current in A, and who set each."""

    voltage_max_v: float
    voltage_by: str
    current_max_a: float
    current_by: str
    voltage_layers_v: tuple[tuple[str, float], ...] = ()
    frequency_min_hz: float = 0.0
    frequency_max_hz: float = math.inf

    def check(self, setting: LoadSetting) -> None:
        """Raise SafetyTrip if a setting is not a number, negative, or above a limit."""
        if not math.isfinite(setting.frequency_hz) or not (
            self.frequency_min_hz <= setting.frequency_hz <= self.frequency_max_hz
        ):
            raise SafetyTrip(
                f"{setting.frequency_hz:g} Hz is outside of what the source allows, {self.frequency_min_hz:g} "
                f"to {self.frequency_max_hz:g} Hz; nothing was sent."
            )
        for number, phase in enumerate(setting.phases, start=1):
            if not _sensible(phase):
                raise SafetyTrip(f"Phase L{number} was asked for {phase}: refused, nothing was sent.")
            if phase.voltage_rms_v > self.voltage_max_v:
                raise SafetyTrip(
                    f"L{number}: {phase.voltage_rms_v:g} V is above the {self.voltage_max_v:g} V that the "
                    f"{self.voltage_by} allows; nothing was sent."
                )
            if phase.current_rms_a > self.current_max_a:
                raise SafetyTrip(
                    f"L{number}: {phase.current_rms_a:g} A is above the {self.current_max_a:g} A that the "
                    f"{self.current_by} allows; nothing was sent."
                )

    def armed(self, voltage_max_v: float, *, by: str) -> Limits:
        """Return the limits while a case of abnormal voltage runs, which carries its own limit.

        It replaces what the nameplate allows, never what rig file or source allow.
        """
        if not math.isfinite(voltage_max_v) or voltage_max_v <= 0:
            raise SafetyTrip(f"{by} asks for a voltage limit of {voltage_max_v!r} V: refused.")
        layers = {name: value for name, value in self.voltage_layers_v if name != NAMEPLATE}
        return self._of_layers({**layers, f"limit armed for {by}": voltage_max_v})

    def within(self, source: SourceLimits) -> Limits:
        """Return the limits with the source's own as a further layer."""
        narrowed = self._of_layers({**dict(self.voltage_layers_v), "source": source.voltage_max_v})
        if source.current_max_a < narrowed.current_max_a:
            narrowed = replace(narrowed, current_max_a=source.current_max_a, current_by="source")
        return replace(
            narrowed, frequency_min_hz=source.frequency_min_hz, frequency_max_hz=source.frequency_max_hz
        )

    def _of_layers(self, layers: dict[str, float]) -> Limits:
        if not layers:
            return self
        by = min(layers, key=lambda name: layers[name])
        return replace(self, voltage_max_v=layers[by], voltage_by=by, voltage_layers_v=tuple(layers.items()))


def intersect(*, voltage_v: dict[str, float], current_a: dict[str, float]) -> Limits:
    """Return the lowest limit of each quantity and name its origin."""
    voltage_by = min(voltage_v, key=lambda origin: voltage_v[origin])
    current_by = min(current_a, key=lambda origin: current_a[origin])
    return Limits(
        voltage_max_v=voltage_v[voltage_by],
        voltage_by=voltage_by,
        current_max_a=current_a[current_by],
        current_by=current_by,
        voltage_layers_v=tuple(voltage_v.items()),
    )


def _sensible(phase: PhaseSetting) -> bool:
    numbers = [phase.voltage_v, phase.current_a, phase.voltage_angle_deg, phase.current_lag_deg]
    for harmonic in (*phase.voltage_harmonics, *phase.current_harmonics):
        numbers += [harmonic.rms, harmonic.angle_deg]
    return all(math.isfinite(number) for number in numbers) and phase.voltage_v >= 0 and phase.current_a >= 0
