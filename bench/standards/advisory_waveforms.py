"""Waveforms beyond the type tests of IEC 62053-21, which a laboratory may want to know about: advisory only.

Limits follow the nearest test that has one: those of OIML R 46 for its two waveforms (accuracy classes A, B, C stand
for 2, 1 and 0.5), those of the phase-fired test for a pulsed current.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.standards.waveforms import Component, Waveform, peaked, quadriform, sine

#: What a source can give.
HIGHEST_PULSE_ORDER = 99
#: A pulse of 0.1 ms rise and 0.47 ms length at 50 Hz: its crest factor is 8 (Leferink, Keyer, Melentjev 2016).
FIRING_DEG, RISE_DEG, WIDTH_DEG = 135.0, 1.8, 8.4
_TINY = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoryWaveform:
    """One waveform, the current word it is applied at (rms of the whole), and limits of variation by class, %."""

    name: str
    waveform: Callable[[], Waveform]
    current: str
    limit_pct: Mapping[str, float]
    source: str


def pulsed() -> Waveform:
    """Return short triangular pulses at 135 degrees of each half cycle, rms of the current 1.

    The Fourier integral of a triangle that rises over ``RISE_DEG`` and falls to the end of ``WIDTH_DEG``: with slopes
    s_k that begin at angles a_k, c_n = sum s_k exp(-i n a_k) / (i n)^2. Half-wave symmetry leaves the odd orders.
    """
    start, top, end = (math.radians(a) for a in (FIRING_DEG, FIRING_DEG + RISE_DEG, FIRING_DEG + WIDTH_DEG))
    rise, fall = 1 / (top - start), 1 / (end - top)
    slopes = ((start, rise), (top, -rise - fall), (end, fall))
    components = []
    for n in range(1, HIGHEST_PULSE_ORDER + 1, 2):
        integral = sum(slope * cmath.exp(-1j * n * angle) for angle, slope in slopes) / (1j * n) ** 2
        amplitude = 2 * integral / math.pi  # of exp(i n theta), both half cycles
        in_sine, in_cosine = -amplitude.imag, amplitude.real
        components.append((n, math.hypot(in_sine, in_cosine), math.degrees(math.atan2(in_cosine, in_sine))))
    rms = math.hypot(*(size for _, size, _ in components))
    return Waveform(
        name="pulsed",
        voltage=sine().voltage,
        current=tuple(
            Component(order=n, share=size / rms, angle_deg=angle)
            for n, size, angle in components
            if size / rms > _TINY
        ),
    )


_PHASE_FIRED = {"0.5": 1.5, "1": 3.0, "2": 6.0, "C": 1.5, "B": 3.0, "A": 6.0, "0.5S": 1.5, "0.2S": 0.6}

ADVISORY = (
    AdvisoryWaveform(
        name="pulsed",
        waveform=pulsed,
        current="0.5 In",
        limit_pct=_PHASE_FIRED,
        source="pulsed currents of the University of Twente reports; limit of the phase-fired test",
    ),
    AdvisoryWaveform(
        name="quadriform",
        waveform=quadriform,
        current="In",
        limit_pct={"0.5": 0.3, "1": 0.6, "2": 1.0, "C": 0.3, "B": 0.6, "A": 1.0, "0.5S": 0.3, "0.2S": 0.2},
        source="OIML R 46, quadriform",
    ),
    AdvisoryWaveform(
        name="peaked",
        waveform=peaked,
        current="In",
        limit_pct={"0.5": 0.3, "1": 0.6, "2": 1.0, "C": 0.3, "B": 0.6, "A": 1.0, "0.5S": 0.3, "0.2S": 0.2},
        source="OIML R 46, peaked",
    ),
)


def advisory_waveform(name: str) -> AdvisoryWaveform:
    """Return one of them by its name. Raises KeyError."""
    for known in ADVISORY:
        if known.name == name:
            return known
    raise KeyError(f"no advisory waveform {name!r}")
