"""Judge how a polyphase meter sums its elements when the current of one flows backwards.

Observation kind ``load-point`` (see ``accuracy``), measured against the energy of the declared mode: the sum of the
phases with their signs ("vector"), or without them ("absolute"); ``mode`` says which.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.difference import measured_error
from bench.judgement.fields import count, number, part, text, truth
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.judgement.zones import judgement_on_limit
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.limits import Load


@judge("accuracy.measurement-mode", version=1)
def measurement_mode(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge the error against the declared mode with the limit for single-phase load; another mode is off by 67 %."""
    data = observations[0].data
    declared = context.declaration.nameplate.measurement_mode
    if declared is None:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason="no measurement mode is declared")
    if text(data, "mode") != declared:
        return Judgement(outcome=Outcome.ERROR, reason=f"measured as {data['mode']}, declared is {declared}")
    limit = limit_at(context.declaration, "In", "1", Load.SINGLE_PHASE)
    found = measured_error(data)
    if found is None:
        waited = part(data, "no_pulses")
        if not truth(waited, "pulse_path_proven"):
            return Judgement(
                outcome=Outcome.INCONCLUSIVE, reason="too few pulses, and no proof of the pulse path"
            )
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"{count(waited, 'edges')} pulses in {number(waited, 'waited_s'):g} s: "
            f"the meter does not sum its elements as declared ({declared})",
        )
    error, budget = found
    return judgement_on_limit(
        measured=error,
        limit=limit.pct,
        u95=budget.u95,
        unit="%",
        plan=context.plan,
        what=f"error against the {declared} sum, one element reversed",
    )
