"""The path of an element as a sampled converter: low-pass, samples, steps; its effect on power in closed form.

Voltage u = sum Uh sqrt2 sin(h x + a), current i = sum Ik sqrt2 sin(k x + b); x: angle of the fundamental voltage.
Each channel passes a first-order low-pass whose gain and delay are calibrated at the fundamental. The mean of the
product over the samples holds, beside the pairs of equal order, every pair that the samples cannot tell apart: with N
samples a cycle, locked to it, cos(a - b) where h - k, and -cos(a + b) where h + k, is a multiple of N. A sampler that
runs free of the mains sees such pairs as beats, which average out; equal orders keep their power beyond Nyquist too.

The steps of the converter act on small currents: a rounded sine has the fundamental that the describing function of
a staircase gives (own derivation: the sum over its thresholds). Harmonics spread the rounding as dither would.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from instruments.virtual.plant import Harmonic

FEWEST_SAMPLES = 3
LINEAR_FROM_STEPS = 256.0
"""From so many steps in its amplitude on, a sine is rounded without loss: its gain is off by less than 0.02 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledPath:
    """One element's converter. Corner 0: no low-pass; ``samples_per_cycle`` 0: free of the mains; step 0: none."""

    voltage_corner_hz: float = 0.0
    current_corner_hz: float = 0.0
    samples_per_cycle: int = 0
    current_step_a: float = 0.0

    def __post_init__(self) -> None:
        if self.samples_per_cycle and self.samples_per_cycle < FEWEST_SAMPLES:
            raise ValueError(f"at least {FEWEST_SAMPLES} samples a cycle, not {self.samples_per_cycle}")

    def same_order_w(
        self, voltages: Sequence[Harmonic], currents: Sequence[Harmonic], base_hz: float
    ) -> float:
        """Return the power of the components of equal order; DC is taken away by a high-pass."""
        seen = {own.order: own for own in currents}
        return math.fsum(
            math.prod(passed.rms for passed in pair)
            * math.cos(math.radians(pair[0].angle_deg - pair[1].angle_deg))
            for own in voltages
            if own.order > 0 and own.order in seen
            for pair in [self._pair(own, seen[own.order], base_hz)]
        )

    def aliased_w(self, voltages: Sequence[Harmonic], currents: Sequence[Harmonic], base_hz: float) -> float:
        """Return what the samples take for power: of pairs that are the same to them, the fundamentals included."""
        n = self.samples_per_cycle
        if not n:
            return 0.0
        power_w = 0.0
        for own in voltages:
            for other in currents:
                if own.order == 0 or other.order == 0:
                    continue
                folded = (own.order + other.order) % n == 0
                shifted = own.order != other.order and (own.order - other.order) % n == 0
                if not (folded or shifted):
                    continue
                u, i = self._pair(own, other, base_hz)
                if shifted:
                    power_w += u.rms * i.rms * math.cos(math.radians(u.angle_deg - i.angle_deg))
                if folded:
                    power_w -= u.rms * i.rms * math.cos(math.radians(u.angle_deg + i.angle_deg))
        return power_w

    def step_gain(self, current_rms_a: float) -> float:
        """Return the fundamental of a rounded sine over the sine: 0 below half a step of amplitude."""
        amplitude_a, step_a = math.sqrt(2.0) * current_rms_a, self.current_step_a
        if step_a == 0.0 or amplitude_a >= LINEAR_FROM_STEPS * step_a:
            return 1.0
        thresholds = [(k - 0.5) * step_a for k in range(1, math.floor(amplitude_a / step_a + 0.5) + 1)]
        # at each threshold the output rises by a step, for as long as the sine is above it
        return math.fsum(
            4.0 * step_a / (math.pi * amplitude_a) * math.sqrt(max(0.0, 1.0 - (at_a / amplitude_a) ** 2))
            for at_a in thresholds
        )

    def _pair(self, voltage: Harmonic, current: Harmonic, base_hz: float) -> tuple[Harmonic, Harmonic]:
        return (
            passed(voltage, base_hz, self.voltage_corner_hz),
            passed(current, base_hz, self.current_corner_hz),
        )


def passed(component: Harmonic, base_hz: float, corner_hz: float) -> Harmonic:
    """Return a component behind a first-order low-pass whose gain and delay are calibrated at the fundamental."""
    if corner_hz == 0.0 or component.order == 0:
        return component
    base, own = base_hz / corner_hz, component.order * base_hz / corner_hz
    gain = math.sqrt((1.0 + base**2) / (1.0 + own**2))
    lead_deg = math.degrees(component.order * math.atan(base) - math.atan(own))
    return Harmonic(order=component.order, rms=component.rms * gain, angle_deg=component.angle_deg + lead_deg)
