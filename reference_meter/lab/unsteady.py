"""What a real source adds to its settings: noise, a settling drift, and, where it is sick, a drift away from it.

Sizes are project figures: no public text states the short-term stability of a 6105A. They are chosen so that the power
stays within the 0.005 % over a gate that accuracy.md 3.4 estimates for a source of this kind (status E).

Nothing is sampled. After each new setting every amplitude takes a new value at 1, 4, 16, 64, ... seconds: noise of
equal size in each span of the logarithm of time (1/f), and an exponential settling drift of which each step carries
what it will be there. Between two steps all is constant, so energies stay sums of products, and a year costs as
many steps as a minute has seconds. Standard and meters hang on the same terminals and see the same truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from instruments.virtual.plant import Harmonic, PhaseOutput
from reference_meter.lab.world import Event, World

NOISE_PCT = 0.001
"""Largest deviation of one amplitude from its mean, in one span of time (project figure)."""
NOISE_LAG_DEG = 0.0002
"""The same of the angle between voltage and current of a phase."""
SETTLING_PCT = 0.002
"""By how much an amplitude drifts at most after each new setting, before it stands (project figure)."""
SETTLING_TIME_CONSTANT_S = 30.0
FIRST_STEP_S, STEP_RATIO = 1.0, 4.0
RUNAWAY_STEP_S = 2.0
"""How often the voltage of a source that drifts away is moved on."""
RUNAWAY_MAX_PCT = 1.2
"""Where a source that drifts away from a setting comes to rest: beyond what reference conditions allow."""


class Terminals(Protocol):
    """Where the output leads."""

    def drive(self, phases: Sequence[PhaseOutput], frequency_hz: float) -> None:
        """Put these values on the source terminals from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drift:
    """How far the amplitudes of one phase will have drifted when they stand, relative."""

    voltage: float
    current: float


class UnsteadySource:
    """Stands between the settings of the source and its terminals."""

    def __init__(self, world: World, terminals: Terminals, *, runaway_pct_per_min: float = 0.0) -> None:
        self._world = world
        self._terminals = terminals
        self._draw = world.stream("noise of the source")
        self._runaway_per_s = runaway_pct_per_min / 100.0 / 60.0
        self._set: tuple[PhaseOutput, ...] = ()
        self._frequency_hz = 0.0
        self._drifts: tuple[_Drift, ...] = ()
        self._set_at_s = 0.0
        self._noise: tuple[tuple[float, float, float], ...] = ()
        self._steps: dict[str, Event] = {}

    def drive(self, phases: Sequence[PhaseOutput], frequency_hz: float) -> None:
        """Bring the terminals to new settings; what is zero is exactly zero."""
        for step in self._steps.values():
            step.cancel()
        self._steps.clear()
        self._set, self._frequency_hz, self._set_at_s = tuple(phases), frequency_hz, self._world.now()
        if not any(phase.voltage_rms_v or phase.current_rms_a for phase in self._set):
            self._terminals.drive(self._set, frequency_hz)
            return
        self._drifts = tuple(
            _Drift(voltage=self._within(SETTLING_PCT) / 100.0, current=self._within(SETTLING_PCT) / 100.0)
            for _ in self._set
        )
        self._step(FIRST_STEP_S)
        if self._runaway_per_s:
            self._run_away()

    def _within(self, limit: float) -> float:
        return self._draw.uniform(-limit, limit)

    def _step(self, next_s: float) -> None:
        """Draw the noise anew, and again ``next_s`` after the setting."""
        self._noise = tuple(
            (
                self._within(NOISE_PCT) / 100.0,
                self._within(NOISE_PCT) / 100.0,
                self._within(NOISE_LAG_DEG),
            )
            for _ in self._set
        )
        self._put()
        self._later("noise", self._set_at_s + next_s, lambda: self._step(next_s * STEP_RATIO))

    def _run_away(self) -> None:
        self._put()
        if abs(self._runaway()) * 100.0 < RUNAWAY_MAX_PCT:
            self._later("runaway", self._world.now() + RUNAWAY_STEP_S, self._run_away)

    def _later(self, name: str, time_s: float, action: Callable[[], None]) -> None:
        self._steps[name] = self._world.at(time_s, action)

    def _runaway(self) -> float:
        """Return by how much the voltages have drifted away since they were set, relative."""
        since_s = self._world.now() - self._set_at_s
        most = RUNAWAY_MAX_PCT / 100.0
        return max(-most, min(most, self._runaway_per_s * since_s))

    def _put(self) -> None:
        settled = 1.0 - math.exp(-(self._world.now() - self._set_at_s) / SETTLING_TIME_CONSTANT_S)
        away = self._runaway()
        self._terminals.drive(
            tuple(
                _scaled(
                    phase,
                    voltage=(1.0 + drift.voltage * settled + noise[0]) * (1.0 + away),
                    current=1.0 + drift.current * settled + noise[1],
                    lag_deg=noise[2],
                )
                for phase, drift, noise in zip(self._set, self._drifts, self._noise, strict=True)
            ),
            self._frequency_hz,
        )


def _scaled(phase: PhaseOutput, *, voltage: float, current: float, lag_deg: float) -> PhaseOutput:
    return replace(
        phase,
        voltage_v=phase.voltage_v * voltage,
        current_a=phase.current_a * current,
        current_lag_deg=phase.current_lag_deg + (lag_deg if phase.current_a else 0.0),
        voltage_harmonics=_larger(phase.voltage_harmonics, voltage),
        current_harmonics=_larger(phase.current_harmonics, current),
    )


def _larger(harmonics: tuple[Harmonic, ...], factor: float) -> tuple[Harmonic, ...]:
    return tuple(replace(own, rms=own.rms * factor) for own in harmonics)
