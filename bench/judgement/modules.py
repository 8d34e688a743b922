"""Judge what happens when a module or the customer unit is pulled: nothing to energy and supply."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import count, number, positive, text, truth
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("dual.module-swap", version=1)
def judge_swap(observations: Sequence[Observation], _requirement: Requirement, context: Context) -> Judgement:
    """Swapped under load: no energy is missing, the switch never moved, each swap is recorded, the meter answers.

    With ``quiet_reference_wh`` and ``quiet_register_wh``, the same load without swaps, the register must go on as it
    did then: how well the meter measures is another matter.
    """
    data = observations[0].data
    swaps = count(data, "swaps")
    if count(data, "dead"):
        return _failed(f"the switch was open after {data['dead']} of {swaps} swaps")
    if count(data, "unanswered"):
        return _failed(f"the meter did not answer after {data['unanswered']} of {swaps} swaps")
    reference = positive(data, "reference_energy_wh")
    moved = number(data, "register_after_wh") - number(data, "register_before_wh")
    due, words, digits = reference, "", 1
    if "quiet_reference_wh" in data:
        quiet = number(data, "quiet_register_wh")
        due = reference * quiet / positive(data, "quiet_reference_wh")
        words, digits = f" (without swaps by {quiet:g} Wh in {data['quiet_reference_wh']:.1f} Wh)", 2
    bound = float(limit_at(context.declaration, "In", "1").percent) / 100 * reference + digits * positive(
        data, "resolution_wh"
    )
    if abs(moved - due) > bound:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"the register moved by {moved:g} Wh in {reference:.1f} Wh over {swaps} swaps{words}",
            measured=moved - due,
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


@judge("dual.module-records", version=1)
def judge_records(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Each swap left a record of the removal and of the insertion, as many as the log has room for."""
    data = observations[0].data
    swaps = count(data, "swaps")
    due = min(swaps, count(data, "fits"))
    for word in ("removed", "inserted"):
        seen = data.get(f"{word}_records")
        if seen is not None and seen < due:
            return _failed(f"{seen} records of a module {word} after {swaps} swaps, {due} are due")
    return Judgement(outcome=Outcome.PASSED, reason=f"{swaps} swaps, {due} of them still in the log")


@judge("dual.unknown-module", version=1)
def judge_unknown(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A module that nobody declared is none of the declared ones; meter, switch and energy do not notice it."""
    data = observations[0].data
    if not truth(data, "answered"):
        return _failed("the meter did not answer with an unknown module")
    if truth(data, "live_before") != truth(data, "live_with") or not truth(data, "as_before"):
        return _failed("an unknown module moved the switch or changed the credit")
    told = data.get("told")
    if told is not None and told in data["declared"]:
        return _failed(f"the meter takes an unknown module for {told!r}")
    back = data.get("told_after")
    if back is not None and back != data["there_after"]:
        return _failed(f"the meter says {back!r} after it, the module is {data['there_after']!r}")
    return Judgement(outcome=Outcome.PASSED, reason="an unknown module changes nothing")


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
