"""Judge the difference of the errors under single-phase and under balanced load (same current, PF 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.accuracy import budget_of, errors_of, statistics_of
from bench.judgement.conditions import violation_at_nominal
from bench.judgement.fields import part, text
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.judgement.zones import judgement_on_limit
from bench.metrology.budget import Budget
from bench.metrology.difference_budget import difference_budget
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.limits import Load, NoLimit


@judge("accuracy.difference", version=1)
def difference(observations: Sequence[Observation], _requirement: Requirement, context: Context) -> Judgement:
    """Judge e(one element loaded) - e(balanced); the observations come in the order balanced, single.

    The standard's errors count as uncorrelated: under single-phase load only one of its phases measures.
    """
    if len(observations) != 2:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="one of the two measurements is missing")
    declaration = context.declaration
    balanced, single = (observation.data for observation in observations)
    point = part(single, "point")
    try:
        limit = limit_at(declaration, text(point, "current"), text(point, "pf"), Load.DIFFERENCE)
    except NoLimit as error:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=str(error))
    for data in (balanced, single):
        violated = violation_at_nominal(data, declaration)
        if violated is not None:
            return violated
    measured = [measured_error(data) for data in (balanced, single)]
    if measured[0] is None or measured[1] is None:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="a measurement gave no complete reading")
    (e_balanced, first), (e_single, second) = measured[0], measured[1]
    budget = difference_budget(first, second, correlation=0.0)
    return judgement_on_limit(
        measured=e_single - e_balanced,
        limit=limit.pct,
        u95=budget.u95,
        unit="%",
        plan=context.plan,
        what="difference single-phase minus balanced",
        remark=f"single-phase {e_single:+.4f} %, balanced {e_balanced:+.4f} %",
    )


def measured_error(data: Mapping[str, Any]) -> tuple[float, Budget] | None:
    """Return mean error and budget of a load point's observation data, None without readings."""
    errors = errors_of(data)
    if not errors:
        return None
    statistics = statistics_of(data, errors)
    return float(statistics.mean), budget_of(data, data["readings"], statistics)
