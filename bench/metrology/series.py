"""Statistics of repeated readings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

#: Two-sided 95 % quantile of Student's t by degrees of freedom (GUM, table G.2, with a third decimal).
# fmt: off
T_95 = {
    1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228,
    11: 2.201, 12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131, 16: 2.120, 17: 2.110, 18: 2.101, 19: 2.093, 20: 2.086,
    21: 2.080, 22: 2.074, 23: 2.069, 24: 2.064, 25: 2.060, 26: 2.056, 27: 2.052, 28: 2.048, 29: 2.045, 30: 2.042,
}
# fmt: on
#: Beyond the table k = 2 stands for 95 %, as everywhere.
K_95 = 2.0


def t_95(degrees_of_freedom: int) -> float:
    """Return the two-sided 95 % quantile of Student's t; 2 where the table ends."""
    return T_95.get(degrees_of_freedom, K_95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """n readings: mean, experimental standard deviation (n - 1), its share in the mean, and the extremes.

    ``t_factor`` is t(95 %) / 2: by it a small series widens ``s_mean`` so that k = 2 still covers 95 %.
    ``s`` and ``s_mean`` are None for a single reading: it says nothing of its repeatability.
    """

    n: int
    mean: Fraction
    s: float | None
    s_mean: float | None
    t_factor: float
    lowest: Fraction
    highest: Fraction

    @property
    def degrees_of_freedom(self) -> float:
        """Degrees of freedom of ``s``; of a two-stage series those behind its t-factor."""
        found = next((nu for nu, t in T_95.items() if t / 2 == self.t_factor), None)
        return found if found is not None else max(1.0, self.n - 1.0)


def series(values: Sequence[Fraction]) -> Series:
    """Return the statistics of at least one reading. Raises ValueError for none."""
    if not values:
        raise ValueError("a series needs a reading")
    n = len(values)
    # over one denominator, in whole numbers: as exact as sums of fractions, and much faster
    common = math.lcm(*(value.denominator for value in values))
    parts = [value.numerator * (common // value.denominator) for value in values]
    total = sum(parts)
    mean = Fraction(total, n * common)
    squares = sum((n * part - total) ** 2 for part in parts)
    s = math.sqrt(Fraction(squares, (n * common) ** 2 * (n - 1))) if n > 1 else None
    return Series(
        n=n,
        mean=mean,
        s=s,
        s_mean=s / math.sqrt(n) if s is not None else None,
        t_factor=t_95(n - 1) / K_95 if n > 1 else 1.0,
        lowest=min(values),
        highest=max(values),
    )
