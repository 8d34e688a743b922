"""Operating characteristics: the probability of a verdict against the true size of an error.

A measured value is the true one plus a normal error of half the expanded uncertainty (k = 2); what a decision rule
then says is a matter of chance, and of nothing else. Counting tests have a characteristic of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from bench.metrology.chi_square import chi_square_cdf, chi_square_quantile
from bench.metrology.decision import DecisionRule, Zone

#: A size that is caught this often counts as caught (design rule: at the limit + 2U at least 97.5 %).
CAUGHT = 0.975
#: Steps of a bisection: the interval shrinks below what a float can tell.
_STEPS = 80


def bounds(
    limit: float,
    u95: float,
    rule: DecisionRule,
    *,
    guard_band: float = 1.0,
    uncertainty_share: float = 0.2,
) -> dict[Zone, tuple[float, float]]:
    """Return for each zone of ``decision.decide`` the sizes of measured value that lie in it: above a, up to b."""
    guard = guard_band * u95
    inside, outside = max(0.0, limit - guard), limit + guard
    match rule:
        case DecisionRule.FOUR_WAY:
            return {
                Zone.ACCEPTED: (-math.inf, inside) if limit >= guard else (0.0, 0.0),
                Zone.CONDITIONALLY_ACCEPTED: (inside if limit >= guard else -math.inf, limit),
                Zone.CONDITIONALLY_REJECTED: (limit, outside),
                Zone.REJECTED: (outside, math.inf),
            }
        case DecisionRule.GUARD_BAND if guard < limit:
            return {Zone.ACCEPTED: (-math.inf, inside), Zone.REJECTED: (inside, math.inf)}
        case DecisionRule.SIMPLE if u95 <= uncertainty_share * limit:
            return {Zone.ACCEPTED: (-math.inf, limit), Zone.REJECTED: (limit, math.inf)}
    clear = limit + u95
    if rule is DecisionRule.SIMPLE and u95 <= limit:
        return {
            Zone.ACCEPTED: (-math.inf, limit - u95),
            Zone.UNDECIDED: (limit - u95, clear),
            Zone.REJECTED: (clear, math.inf),
        }
    return {Zone.UNDECIDED: (-math.inf, clear), Zone.REJECTED: (clear, math.inf)}


def probability(
    true: float,
    limit: float,
    u95: float,
    rule: DecisionRule,
    zones: Collection[str],
    *,
    guard_band: float = 1.0,
    uncertainty_share: float = 0.2,
) -> float:
    """Return the probability that a value whose true size is ``true`` is said to lie in one of ``zones``."""
    found = bounds(limit, u95, rule, guard_band=guard_band, uncertainty_share=uncertainty_share)
    wanted = [ends for zone, ends in found.items() if str(zone) in zones]
    u = u95 / 2.0
    if u == 0.0:
        return 1.0 if any(low < abs(true) <= high for low, high in wanted) else 0.0
    return math.fsum(_between(true, u, low, high) for low, high in wanted)


def p_failed(
    true: float,
    limit: float,
    u95: float,
    rule: DecisionRule = DecisionRule.FOUR_WAY,
    *,
    guard_band: float = 1.0,
    uncertainty_share: float = 0.2,
) -> float:
    """Return the probability of FAILED at a true value."""
    return probability(
        true,
        limit,
        u95,
        rule,
        (str(Zone.REJECTED),),
        guard_band=guard_band,
        uncertainty_share=uncertainty_share,
    )


def p_creep_failed(energy_in_pulses: float, allowed: int) -> float:
    """Return the probability that a meter registering that many pulses' worth gives more than ``allowed``.

    The fraction of a pulse that stands in the meter at the start is anything from none to one with equal chance.
    """
    return min(1.0, max(0.0, energy_in_pulses - allowed))


def p_scatter_failed(sigma: float, limit: float, readings: int, *, confidence: float = 0.95) -> float:
    """Return the probability that the lower bound of s exceeds ``limit`` when the true scatter is ``sigma``."""
    if sigma <= 0.0:
        return 0.0
    nu = readings - 1
    upper = chi_square_quantile(1.0 - (1.0 - confidence) / 2.0, nu)
    return 1.0 - chi_square_cdf(upper * (limit / sigma) ** 2, nu)


def smallest_caught(p: Callable[[float], float], start: float, *, caught: float = CAUGHT) -> float:
    """Return the smallest size from which on ``p`` is at least ``caught``; ``p`` rises with the size.

    ``start``: a size of the right magnitude. Raises ValueError where no size is caught.
    """
    high = start
    for _ in range(_STEPS):
        if p(high) >= caught:
            break
        high *= 2.0
    else:
        raise ValueError("no size is caught")
    low = 0.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (low, middle) if p(middle) >= caught else (middle, high)
    return high


def _between(true: float, u: float, low: float, high: float) -> float:
    """Return the probability that the size of a measured value lies above ``low``, up to ``high``."""
    if low < 0.0:
        return _phi((high - true) / u) - _phi((-high - true) / u)
    return (_phi((high - true) / u) - _phi((low - true) / u)) + (
        _phi((-low - true) / u) - _phi((-high - true) / u)
    )


def _phi(z: float) -> float:
    return math.erfc(-z / math.sqrt(2.0)) / 2.0
