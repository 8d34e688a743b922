"""Judge what happens when a module or the customer unit is pulled: nothing to energy and supply."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import count, number, positive, text, truth
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("dual.module-swap", version=1)
def judge_swap(observations: Sequence[Observation], _requirement: Requirement, context: Context) -> Judgement:
    """Swapped under load: no energy is missing, the switch never moved, each swap is recorded, the meter answers."""
    data = observations[0].data
    swaps = count(data, "swaps")
    if count(data, "dead"):
        return _failed(f"the switch was open after {data['dead']} of {swaps} swaps")
    if count(data, "unanswered"):
        return _failed(f"the meter did not answer after {data['unanswered']} of {swaps} swaps")
    reference = positive(data, "reference_energy_wh")
    moved = number(data, "register_after_wh") - number(data, "register_before_wh")
    bound = float(limit_at(context.declaration, "In", "1").percent) / 100 * reference + positive(
        data, "resolution_wh"
    )
    if abs(moved - reference) > bound:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"the register moved by {moved:g} Wh in {reference:.1f} Wh over {swaps} swaps",
            measured=moved - reference,
            limit=bound,
            unit="Wh",
        )
    for word in ("removed", "inserted"):
        due, seen = min(swaps, count(data, "fits")), data.get(f"{word}_records")
        if seen is not None and seen < due:
            return _failed(f"{seen} records of a module {word} after {swaps} swaps, {due} are due")
    wrong = [shown for shown in data["identities"] if shown["told"] != shown["there"]]
    if wrong:
        return _failed(f"the meter says {wrong[0]['told']!r}, the module is {wrong[0]['there']!r}")
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{swaps} swaps: {moved:g} Wh in {reference:.1f} Wh, the switch stays"
    )


@judge("dual.customer-unit", version=1)
def judge_customer_unit(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Without its customer unit the meter keeps the supply as it is, and takes keys again when it is back."""
    data = observations[0].data
    if truth(data, "live_before") != truth(data, "live_without"):
        moved = "opened" if truth(data, "live_before") else "closed"
        return _failed(f"the switch {moved} when the customer unit was pulled")
    if truth(data, "live_before") != truth(data, "live_after"):
        return _failed("the switch moved when the customer unit came back")
    if not text(data, "display_after"):
        return _failed("the display stays blank after the customer unit came back")
    return Judgement(outcome=Outcome.PASSED, reason="the supply stays as it is without the customer unit")


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)
