"""Judge the limits of buying: a token within the limit is credited whole, one beyond it not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import number, text, truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

SUCCESS = "success"


@judge("dual.vend-limits", version=1)
def judge_limits(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """``entries``: each with its amount, whether it was ``due``, and the credit before and after."""
    data = observations[0].data
    name, answer = text(data, "limit"), text(data, "set")
    if answer != SUCCESS:
        reason = f"management cannot set the {name} limit ({answer})"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    entries: Sequence[Mapping[str, Any]] = data["entries"]
    for entry in entries:
        amount_wh, due = number(entry, "amount_wh"), truth(entry, "due")
        gained_wh = number(entry, "credit_after_wh") - number(entry, "credit_before_wh")
        due_wh = amount_wh if due else 0.0
        if abs(gained_wh - due_wh) > number(entry, "credit_resolution_wh"):
            where = "within" if due else "beyond"
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"a token of {amount_wh:g} Wh, {where} the {name} limit, changed the credit by {gained_wh:g} Wh",
                measured=gained_wh,
                limit=due_wh,
                unit="Wh",
            )
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"{len(entries)} tokens, credited up to the {name} limit and not beyond",
    )
