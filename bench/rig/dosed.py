"""Whether the energy that a standard counted is the load that stood, for as long as it stood."""

from __future__ import annotations

from bench.errors import BenchFault

#: What a count may differ from power times time (own rule), and how long settling and readings before and after last.
DOSE_SHARE, AROUND_S = 0.02, 10.0
SECONDS_PER_HOUR = 3600.0


def check_dose(energy_wh: float, *, power_w: float, duration_s: float) -> None:
    """Raise BenchFault where a standard counted another energy than ``power_w`` gives in ``duration_s`` and a little.

    A register in another unit, one that did not start, or a load that did not stand to the end.
    """
    dose_wh = power_w * duration_s / SECONDS_PER_HOUR
    more_wh = DOSE_SHARE * dose_wh + power_w * AROUND_S / SECONDS_PER_HOUR
    if not dose_wh * (1 - DOSE_SHARE) <= energy_wh <= dose_wh + more_wh:
        raise BenchFault(
            f"The dose was to be {dose_wh:.6g} Wh; the reference standard counted {energy_wh:.6g} Wh.",
            remedy="Did the load stand to the end? Is its energy register started, and in the unit the driver takes?",
        )
