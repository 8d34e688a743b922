"""Gate sizing: how many pulse intervals to measure, how long that takes, when to give up.

Sizes are engineering estimates of this project, not from a standard, except the ripple bound (derived).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Never fewer intervals, never a shorter gate.
FEWEST_INTERVALS = 2
SHORTEST_GATE_S = 10.0
#: Share of the limit that the power ripple may cost, and that the uneven pulses of the meter may cost (rms).
RIPPLE_SHARE = 20
PULSE_GRID_SHARE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Wait for ``n_intervals`` pulse intervals, expected in ``duration_s``; give up after ``time_out_s``."""

    n_intervals: int
    duration_s: float
    time_out_s: float


def recommended_gate(
    *,
    meter_constant_imp_per_kwh: float,
    power_w: float,
    frequency_hz: float,
    power_factor: float,
    limit_pct: float,
    pulse_grid_s: float = 0.0,
) -> Gate:
    """Return the gate for one load point.

    N = max(2, ceil(k P T / 3.6e6)) with T = max(10 s, 100 / (2 pi f PF limit/20)): the double-frequency
    ripple of the power then costs at most a twentieth of the limit, and so do pulses that come on a grid of
    ``pulse_grid_s``, whose rms effect is 100 grid / (T sqrt 6). The time-out is 1.5 times the expected
    duration, two pulse periods and the grid. ``power_w`` is active power, ``power_factor`` cos phi.
    """
    ripple_s = 100 / (2 * math.pi * frequency_hz * power_factor * limit_pct / RIPPLE_SHARE)
    grid_s = 100 * pulse_grid_s / (math.sqrt(6) * limit_pct / PULSE_GRID_SHARE)
    shortest_s = max(SHORTEST_GATE_S, ripple_s, grid_s)
    period_s = 3.6e6 / (meter_constant_imp_per_kwh * power_w)
    # An interval that fits up to rounding fits: ceil(10.000000001) is 10.
    n_intervals = max(FEWEST_INTERVALS, math.ceil(shortest_s / period_s * (1 - 1e-12)))
    duration_s = n_intervals * period_s
    time_out_s = 1.5 * duration_s + 2 * period_s + pulse_grid_s
    return Gate(n_intervals=n_intervals, duration_s=duration_s, time_out_s=time_out_s)


def ripple_rms_pct(*, frequency_hz: float, duration_s: float, power_factor: float) -> float:
    """Return the rms effect of a gate that ends inside a half cycle, %: 100 / (4 pi f T PF)."""
    return 100 / (4 * math.pi * frequency_hz * duration_s * power_factor)


def constant_test_energy_wh(
    *, limit_pct: float, register_resolution_wh: float, meter_constant_imp_per_kwh: float, share: float = 0.2
) -> float:
    """Return the energy at which the resolutions of register and pulses cost ``share`` of a limit, Wh.

    Two truncated readings of resolution d have the standard uncertainty d / sqrt(6); k = 2.
    """
    pulse_wh = 1000 / meter_constant_imp_per_kwh
    u95_wh = 2 * math.sqrt((register_resolution_wh**2 + pulse_wh**2) / 6)
    return u95_wh / (limit_pct / 100 * share)


def register_dose(*, limit_pct: float, resolution: float, share: float = 0.2) -> float:
    """Return the energy at which the last digit of a register costs ``share`` of a limit, in the register's unit."""
    return 2 * resolution / math.sqrt(6) / (limit_pct / 100 * share)
