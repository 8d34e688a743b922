"""Decision rules: what a measured value and its uncertainty say about a limit.

Sources: ILAC-G8:09/2019, JCGM 106:2012.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class DecisionRule(StrEnum):
    """How a plan decides. Worst false accept at the limit: simple 50 %, guard band 2.5 %, four-way stated."""

    SIMPLE = "simple"
    GUARD_BAND = "guard-band"
    FOUR_WAY = "four-way"


class Zone(StrEnum):
    """Where a value lies. UNDECIDED: the uncertainty is too large for the rule."""

    ACCEPTED = "accepted"
    CONDITIONALLY_ACCEPTED = "conditionally accepted"
    CONDITIONALLY_REJECTED = "conditionally rejected"
    REJECTED = "rejected"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A zone, the largest value accepted, and the probability that the true value is inside the limit."""

    zone: Zone
    acceptance_limit: float
    conformance_probability: float


def decide(
    measured: float,
    limit: float,
    u95: float,
    rule: DecisionRule,
    *,
    guard_band: float = 1.0,
    uncertainty_share: float = 0.2,
) -> Decision:
    """Decide whether ``measured`` lies within -limit .. +limit; all in the same unit, u95 with k = 2.

    Simple acceptance needs u95 <= uncertainty_share * limit; with more, only values that are clear of the
    limit by u95 are decided. The guard band is ``guard_band`` * u95 wide. A value on the limit conforms.
    """
    if limit < 0 or u95 < 0:
        raise ValueError("limit and uncertainty are not negative")
    size = abs(measured)
    guard = guard_band * u95
    clear_pass, clear_fail = size <= limit - u95, size > limit + u95
    match rule:
        case DecisionRule.SIMPLE:
            acceptance = limit
            if u95 <= uncertainty_share * limit:
                zone = Zone.ACCEPTED if size <= limit else Zone.REJECTED
            else:
                zone = Zone.ACCEPTED if clear_pass else Zone.REJECTED if clear_fail else Zone.UNDECIDED
        case DecisionRule.GUARD_BAND:
            acceptance = limit - guard
            if guard >= limit:
                zone = Zone.REJECTED if clear_fail else Zone.UNDECIDED
            else:
                zone = Zone.ACCEPTED if size <= acceptance else Zone.REJECTED
        case DecisionRule.FOUR_WAY:
            acceptance = limit - guard
            if size <= limit:
                zone = Zone.ACCEPTED if size <= acceptance else Zone.CONDITIONALLY_ACCEPTED
            else:
                zone = Zone.REJECTED if size > limit + guard else Zone.CONDITIONALLY_REJECTED
    return Decision(
        zone=zone,
        acceptance_limit=acceptance,
        conformance_probability=conformance_probability(measured, u95 / 2, lower=-limit, upper=limit),
    )


def conformance_probability(
    measured: float, standard_uncertainty: float, *, lower: float, upper: float
) -> float:
    """Return the probability that the true value lies in lower .. upper, for a normal distribution.

    pc = Phi((upper - y) / u) - Phi((lower - y) / u); without uncertainty it is 0 or 1 (JCGM 106).
    """
    if standard_uncertainty == 0:
        return 1.0 if lower <= measured <= upper else 0.0
    return _phi((upper - measured) / standard_uncertainty) - _phi((lower - measured) / standard_uncertainty)


def _phi(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2
