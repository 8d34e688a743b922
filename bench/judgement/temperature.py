"""Judge the mean temperature coefficient over one band: (e(high) - e(low)) / (high - low).

Observation kind ``temperature-band``, data: ``influence`` (as the table names it), ``pf``, ``low_c``, ``high_c``,
``soak_s`` (how long the meter stood at each), ``low`` and ``high``: the data of two ``load-point`` observations.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.difference import measured_error
from bench.judgement.fields import MalformedObservation, number, part, text
from bench.judgement.influence import violated
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import influences_of
from bench.judgement.zones import judgement_on_limit
from bench.metrology.budget import Budget, Contribution, Distribution
from bench.metrology.difference_budget import SAME_CONDITIONS, difference_budget
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.temperature_bands import NARROWEST_K, WIDEST_K

#: How well the difference of two temperatures of a chamber is known, half width, K (estimate).
CHAMBER_K = 0.5


@judge("accuracy.temperature-coefficient", version=1)
def temperature_coefficient(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge the coefficient of one band against the limit of the declared class, %/K."""
    data, declaration = observations[0].data, context.declaration
    name, pf = text(data, "influence"), text(data, "pf")
    limit = next((row for row in influences_of(declaration, name) if row.pf == pf), None)
    if limit is None:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=f"no limit for {name} at PF {pf}")
    low_c, high_c = number(data, "low_c"), number(data, "high_c")
    width_k = high_c - low_c
    if not NARROWEST_K <= width_k <= WIDEST_K:
        raise MalformedObservation(f"a band of {width_k:g} K is not one of {NARROWEST_K:g} to {WIDEST_K:g} K")
    low, high = part(data, "low"), part(data, "high")
    for measured in (low, high):
        invalid = violated(measured, declaration)
        if invalid is not None:
            return invalid
    e_low, e_high = measured_error(low), measured_error(high)
    if e_low is None or e_high is None:
        where = low_c if e_low is None else high_c
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"no complete reading at {where:g} degrees C")
    change_pct = e_high[0] - e_low[0]
    difference = difference_budget(e_high[1], e_low[1], correlation=SAME_CONDITIONS)
    coefficient = change_pct / width_k
    budget = Budget(
        contributions=(
            Contribution(
                name="difference of the errors",
                value=difference.u,
                distribution=Distribution.NORMAL,
                sensitivity=1 / width_k,
            ),
            Contribution(
                name="width of the band",
                value=CHAMBER_K,
                distribution=Distribution.RECTANGULAR,
                sensitivity=coefficient / width_k,
                source="estimate",
            ),
        ),
        unit="%/K",
    )
    return judgement_on_limit(
        measured=coefficient,
        limit=float(limit.percent),
        u95=budget.u95,
        unit="%/K",
        plan=context.plan,
        what=f"mean coefficient {low_c:g}..{high_c:g} degrees C",
        remark=f"error {e_low[0]:+.4f} % and {e_high[0]:+.4f} %",
    )
