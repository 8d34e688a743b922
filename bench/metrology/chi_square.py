"""Quantiles of the chi-square distribution, and what a sample says of a standard deviation."""

from __future__ import annotations

import functools
import math

_STEPS = 200


def chi_square_cdf(x: float, degrees_of_freedom: int) -> float:
    """Return P(chi-square <= x): the regularised lower incomplete gamma function P(n/2, x/2), by its series.

    Abramowitz and Stegun 6.5.29.
    """
    if x <= 0.0:
        return 0.0
    a, z = degrees_of_freedom / 2.0, x / 2.0
    term = total = 1.0 / a
    n = 0
    while abs(term) > 1e-17 * total:
        n += 1
        term *= z / (a + n)
        total += term
    return min(1.0, total * math.exp(-z + a * math.log(z) - math.lgamma(a)))


@functools.lru_cache(maxsize=256)  # the same few are asked for at each size of a defect
def chi_square_quantile(probability: float, degrees_of_freedom: int) -> float:
    """Return x with P(chi-square <= x) = ``probability``, by bisection."""
    if not 0.0 < probability < 1.0 or degrees_of_freedom < 1:
        raise ValueError("a quantile needs a probability between 0 and 1, and a degree of freedom")
    low, high = 0.0, 10.0 * degrees_of_freedom + 100.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        if chi_square_cdf(middle, degrees_of_freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def sigma_bounds(s: float, degrees_of_freedom: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the two-sided confidence bounds of the standard deviation behind an observed s."""
    tail = (1.0 - confidence) / 2.0
    lower = s * math.sqrt(degrees_of_freedom / chi_square_quantile(1.0 - tail, degrees_of_freedom))
    upper = s * math.sqrt(degrees_of_freedom / chi_square_quantile(tail, degrees_of_freedom))
    return lower, upper
