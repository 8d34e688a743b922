"""How long to measure, without bias: the number of readings is fixed before anyone looks at the mean.

Two-stage (Stein): a fixed number of first readings gives s with its degrees of freedom; from s alone follows the
number of all readings, once. The interval t(95 %, n0 - 1) * s / sqrt(n), with s of the first stage, then covers the
mean in at least 95 % whatever the true scatter is. The rule sees neither the mean nor the limit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bench.metrology.series import series, t_95


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStage:
    """``first`` readings give s; the half width of the mean is then brought to ``target_pct`` where ``most`` allows."""

    first: int = 5
    most: int = 20
    target_pct: float = 0.02

    def __post_init__(self) -> None:
        if not 5 <= self.first <= self.most:
            raise ValueError("a two-stage series needs at least five first readings, and no fewer in all")

    def number(self, first_readings: Sequence[Fraction]) -> int:
        """Return the number of all readings, from the scatter of the first. Raises ValueError if those are not n0."""
        if len(first_readings) != self.first:
            raise ValueError(f"the first stage has {self.first} readings, not {len(first_readings)}")
        s = series(first_readings).s or 0.0
        wanted = math.ceil((t_95(self.first - 1) * s / self.target_pct) ** 2 * (1 - 1e-12))
        return min(max(self.first, wanted), self.most)
