"""Judge the scatter of repeated readings at one load: a tenth of the limit, with chi-square bounds.

Observation kind ``load-point`` (see ``accuracy``) with all readings of the series.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.accuracy import errors_of
from bench.judgement.fields import part, text
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.metrology.chi_square import sigma_bounds
from bench.metrology.series import series
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.limits import Load, NoLimit

#: Share of the limit that the standard deviation may reach (French order 2013-08-01, class D).
SHARE_OF_LIMIT = 10
FEWEST_READINGS = 5
CONFIDENCE = 0.95


@judge("accuracy.repeatability", version=1)
def repeatability(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Fail only if the lower 95 % bound of sigma exceeds the limit; clear pass if the upper bound does not."""
    data = observations[0].data
    point = part(data, "point")
    try:
        whole = limit_at(context.declaration, text(point, "current"), text(point, "pf"), Load.BALANCED)
    except NoLimit as error:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=str(error))
    errors = errors_of(data)
    if len(errors) < FEWEST_READINGS:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"{len(errors)} readings; at least {FEWEST_READINGS} are needed",
        )
    s = series(errors).s or 0.0
    limit = float(whole.percent / SHARE_OF_LIMIT)
    lower, upper = sigma_bounds(s, len(errors) - 1)
    if lower > limit:
        outcome, words = Outcome.FAILED, "beyond the limit with 95 % confidence"
    elif s > limit:
        outcome, words = Outcome.CONDITIONAL_FAIL, "beyond the limit, which chance may explain"
    elif upper > limit:
        outcome, words = Outcome.CONDITIONAL_PASS, "within the limit, but not clear of it"
    else:
        outcome, words = Outcome.PASSED, "within the limit with 95 % confidence"
    return Judgement(
        outcome=outcome,
        reason=f"s {s:.4f} % of {len(errors)} readings, 95 % between {lower:.4f} % and {upper:.4f} %, "
        f"limit {limit:g} %: {words}",
        measured=s,
        limit=limit,
        unit="%",
        decision_rule="chi-square bounds",
    )


@judge("accuracy.repeatability-of-points", version=1)
def repeatability_of_points(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge the scatter at every load point by its own few readings; the 5 % of error are shared among the points."""
    found: list[tuple[float, float, float, str]] = []
    shared = [item for item in observations if len(errors_of(item.data)) >= FEWEST_READINGS]
    for observation in shared:
        data, point = observation.data, part(observation.data, "point")
        try:
            whole = limit_at(
                context.declaration, text(point, "current"), text(point, "pf"), Load(text(point, "load"))
            )
        except NoLimit:
            continue
        errors = errors_of(data)
        s, limit = series(errors).s or 0.0, float(whole.percent / SHARE_OF_LIMIT)
        lower, _ = sigma_bounds(s, len(errors) - 1, confidence=1.0 - (1.0 - CONFIDENCE) / len(shared))
        found.append((lower / limit, s, limit, text(point, "id")))
    if not found:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no load point has enough readings")
    share, s, limit, name = max(found)
    beyond = sum(own_s > own_limit for _, own_s, own_limit, _ in found)
    if share > 1.0:
        outcome, words = Outcome.FAILED, "beyond the limit with 95 % confidence over all points"
    elif beyond:
        outcome, words = (
            Outcome.CONDITIONAL_FAIL,
            f"{beyond} points beyond the limit, which chance may explain",
        )
    else:
        outcome, words = Outcome.PASSED, "no point beyond its limit"
    return Judgement(
        outcome=outcome,
        reason=f"{len(found)} points, the worst {name}: s {s:.4f} %, limit {limit:g} %: {words}",
        measured=s,
        limit=limit,
        unit="%",
        decision_rule="chi-square bounds, shared among the points",
    )
