"""Load settings for a meter: balanced, single-phase, disturbed in one quantity, distorted."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from bench.standards.waveforms import Component, Waveform
from instruments.roles import Harmonic, LoadSetting, PhaseSetting, Readings

REVERSE_LAG_DEG = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of the source in the words of a test; reference values where nothing else is said.

    ``element``: the only one that carries current (from 1); ``missing``: elements without voltage and current;
    ``reversed_element``: its current flows backwards; ``reversed_order``: L3 takes the place of L2.
    ``current_a`` is the rms of the whole current, also of a distorted one, and of one that an interrupter lets
    through for ``burst`` whole cycles (on, off): the source is asked for so much more.
    """

    voltage_v: float
    current_a: float
    frequency_hz: float
    elements: int = 1
    lag_deg: float = 0.0
    element: int | None = None
    missing: tuple[int, ...] = ()
    reversed_element: int | None = None
    reversed_order: bool = False
    waveform: Waveform | None = None
    burst: tuple[int, int] = (1, 0)

    @property
    def flowing_share(self) -> float:
        """Share of the time in which current flows."""
        on, off = self.burst
        return on / (on + off)

    @property
    def pattern_s(self) -> float:
        """How long one pattern of bursts lasts; 0 for a steady current."""
        return sum(self.burst) / self.frequency_hz if self.burst[1] else 0.0

    def setting(self) -> LoadSetting:
        """Return it as the source takes it."""
        return LoadSetting(
            frequency_hz=self.frequency_hz,
            phases=tuple(self._phase(number) for number in range(1, self.elements + 1)),
        )

    def loaded(self) -> Collection[int]:
        """Return the elements that carry current."""
        elements = range(1, self.elements + 1) if self.element is None else (self.element,)
        return tuple(number for number in elements if number not in self.missing)

    def power_w(self, power_factor: float, *, vector: bool = True) -> float:
        """Return the size of the active power expected; of a distorted wave from its components.

        ``vector``: a reversed element counts against the others, else with them.
        """
        per_element = self.voltage_v * self.current_a * power_factor * math.sqrt(self.flowing_share)
        if self.waveform is not None:
            wave = self.waveform.scaled_current(self.current_a)
            per_element = self.voltage_v * wave.power
        forward = len(self.loaded()) - (2 if vector and self.reversed_element is not None else 0)
        return per_element * abs(forward)

    def _phase(self, number: int) -> PhaseSetting:
        turn = 120.0 if self.reversed_order else -120.0
        angle = turn * (number - 1) if self.elements > 1 else 0.0
        if number in self.missing:
            return PhaseSetting(voltage_v=0.0, current_a=0.0, voltage_angle_deg=angle)
        current_a = self.current_a / math.sqrt(self.flowing_share) if number in self.loaded() else 0.0
        lag = self.lag_deg + (REVERSE_LAG_DEG if number == self.reversed_element else 0.0)
        if self.waveform is None or current_a == 0.0:
            return PhaseSetting(
                voltage_v=self.voltage_v, current_a=current_a, voltage_angle_deg=angle, current_lag_deg=lag
            )
        wave = self.waveform.scaled_current(current_a)
        return PhaseSetting(
            voltage_v=self.voltage_v,
            current_a=wave.fundamental_current,
            voltage_angle_deg=angle,
            current_lag_deg=wave.fundamental_lag_deg,
            voltage_harmonics=_harmonics(wave.voltage, self.voltage_v),
            current_harmonics=_harmonics(wave.current, 1.0),
        )


def _harmonics(components: tuple[Component, ...], scale: float) -> tuple[Harmonic, ...]:
    return tuple(
        Harmonic(order=own.order, rms=own.share * scale, angle_deg=own.angle_deg)
        for own in components
        if own.order != 1
    )


def reactive_power_var(sample: Readings) -> float:
    """Return the reactive power of the fundamentals that a standard read, positive where the currents lag."""
    return math.fsum(
        phase.voltage_v * phase.current_a * math.sin(math.radians(phase.current_lag_deg))
        for phase in sample.phases
    )
