"""Stopping a series as soon as the answer is clear, at a declared price: looks at the mean spend error probability.

Each look at the mean is a chance to be wrong, so two standard errors at every look would be wrong far more often than
once in twenty. A spending function says beforehand how much of the whole error probability may be gone at each look
(Lan and DeMets 1983, recall); from it follow the factors c_k of the standard error, computed here by the recursion of
Armitage, McPherson and Rowe (1969, recall). Mean +- c_k sigma / sqrt(n_k) then covers the true mean at all looks
together with the declared probability, whatever made one stop (repeated intervals, Jennison and Turnbull): that
a neighbour in the rack asked for another look costs nothing.

sigma is the scatter of one reading of the type, declared beforehand. Readings that scatter more contradict it.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from bench.metrology.chi_square import chi_square_quantile

_NORMAL = NormalDist()
_INTERVALS = 240
"""Simpson intervals over the region in which a series goes on."""
_WIDEST = 9.0
"""Factors beyond this many standard errors are never reached."""
SCATTER_PROBABILITY = 0.999
"""A scatter that the declared one would exceed once in a thousand series contradicts it (own rule)."""


class Spending(StrEnum):
    """How the error probability is spent: late, after O'Brien and Fleming, or evenly, after Pocock."""

    OBRIEN_FLEMING = "obrien-fleming"
    POCOCK = "pocock"


def spent(spending: Spending, alpha: float, share: float) -> float:
    """Return the two-sided error probability that may be gone when ``share`` of all readings is in."""
    if spending is Spending.POCOCK:
        return alpha * math.log(1.0 + (math.e - 1.0) * share)
    one_side = alpha / 2.0
    return 4.0 * (1.0 - _NORMAL.cdf(_NORMAL.inv_cdf(1.0 - one_side / 2.0) / math.sqrt(share)))


@functools.lru_cache(maxsize=32)
def factors(spending: Spending, alpha: float, looks: int) -> tuple[float, ...]:
    """Return c_1 ... c_K for ``looks`` equally spaced looks. Raises ValueError for none, or alpha outside 0 to 1."""
    if looks < 1 or not 0.0 < alpha < 1.0:
        raise ValueError("a sequential series has a look, and an error probability between 0 and 1")
    found: list[float] = []
    points: list[tuple[float, float]] = [(0.0, 1.0)]
    """Where the sum of the readings may be and has not crossed yet, with its weight; in units of one group."""
    before = 0.0
    for look in range(1, looks + 1):
        now = spent(spending, alpha, look / looks)
        bound = _bound(points, now - before, math.sqrt(look) * _WIDEST)
        found.append(bound / math.sqrt(look))
        before = now
        if look < looks:
            points = _going_on(points, bound)
    return tuple(found)


def _crossing(points: list[tuple[float, float]], bound: float) -> float:
    """Return the probability that the next group carries the sum over ``bound`` on either side."""
    return math.fsum(weight * (_NORMAL.cdf(at - bound) + _NORMAL.cdf(-bound - at)) for at, weight in points)


def _bound(points: list[tuple[float, float]], probability: float, widest: float) -> float:
    """Return the bound that is crossed at this look with ``probability``, by bisection."""
    low, high = 0.0, widest
    for _ in range(60):
        middle = (low + high) / 2.0
        if _crossing(points, middle) > probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _going_on(points: list[tuple[float, float]], bound: float) -> list[tuple[float, float]]:
    """Return where the sum may be after another group if it stayed within ``bound``: Simpson's points and weights."""
    step = 2.0 * bound / _INTERVALS
    after = []
    for number in range(_INTERVALS + 1):
        at = -bound + number * step
        density = math.fsum(weight * _NORMAL.pdf(at - there) for there, weight in points)
        share = 1.0 if number in (0, _INTERVALS) else 4.0 if number % 2 else 2.0
        after.append((at, density * share * step / 3.0))
    return after


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequential:
    """Looks after each ``group`` of readings, up to ``most``; ``sigma_pct``: declared scatter of one reading."""

    group: int = 5
    most: int = 20
    sigma_pct: float = 0.02
    alpha: float = 0.05
    spending: Spending = Spending.OBRIEN_FLEMING

    def __post_init__(self) -> None:
        if not (2 <= self.group <= self.most and self.most % self.group == 0 and self.sigma_pct > 0.0):
            raise ValueError(
                "a sequential series has groups of at least two readings, and a whole number of them"
            )

    @property
    def looks(self) -> int:
        """How often it may be looked at the mean."""
        return self.most // self.group

    def factor(self, n: int) -> float:
        """Return c of the look at ``n`` readings. Raises ValueError where there is no look."""
        if n % self.group or not self.group <= n <= self.most:
            raise ValueError(f"there is no look at {n} readings")
        return factors(self.spending, self.alpha, self.looks)[n // self.group - 1]

    def half_width_pct(self, n: int) -> float:
        """Return half the width of the repeated interval at ``n`` readings."""
        return self.factor(n) * self.sigma_pct / math.sqrt(n)

    def decided(self, mean_pct: float, n: int, limit_pct: float) -> bool:
        """Return whether the limit lies outside the repeated interval, so that the answer is clear."""
        return abs(abs(mean_pct) - limit_pct) > self.half_width_pct(n)

    def number(self, mean_pct: float, n: int, limit_pct: float) -> int:
        """Return up to how many readings to go on; ``n`` itself to stop."""
        return n if n >= self.most or self.decided(mean_pct, n, limit_pct) else n + self.group

    def contradicted_by(self, s_pct: float, n: int) -> bool:
        """Return whether ``n`` readings scatter more than the declared sigma explains."""
        most = chi_square_quantile(SCATTER_PROBABILITY, n - 1)
        return (n - 1) * (s_pct / self.sigma_pct) ** 2 > most
