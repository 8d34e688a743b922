"""Known errors of standard and isolation transformers, taken out of a measured percentage error with their sign."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from bench.standards.currents import exact

MINUTES_PER_DEGREE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """``standard_error_pct``: how much too much energy the standard reads at this range and power factor.

    ``transformer_ratio_pct`` and ``transformer_phase_min``: how much too much voltage the position's isolation
    transformer gives, and by how many minutes that leads.
    """

    standard_error_pct: float = 0.0
    transformer_ratio_pct: float = 0.0
    transformer_phase_min: float = 0.0

    def total_pct(self, lag_deg: float) -> Fraction:
        """Return what is to be added to a measured error, %.

        A standard that reads too much makes a meter seem low. A transformer that gives too much makes it seem high,
        and one that leads makes a lagging current lag more: e = e_measured + standard - (ratio - 100 tan(phi) delta).
        """
        delta = math.radians(self.transformer_phase_min / MINUTES_PER_DEGREE)
        phase_pct = -100 * math.tan(math.radians(lag_deg)) * delta
        return exact(self.standard_error_pct) - exact(self.transformer_ratio_pct) - exact(phase_pct)
