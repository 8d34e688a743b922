"""Judge orders to all stations: taken, obeyed under the broadcast key alone, once."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import number, part, text, truth
from bench.judgement.registry import Context, judge
from bench.judgement.supply_model import BROADCAST
from bench.judgement.supply_story import steps_of
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.control_modes import ControlState

#: What must not open the switch, and what the load side was before it.
IGNORED = (("under the key of one meter", ""), ("the same order again", "reconnected"))


@judge("dual.broadcast-protection", version=1)
def judge_protection(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """``live`` tells after each order whether the load side is live; that orders are obeyed is a story of its own."""
    live = part(observations[0].data, "live")
    for order, before in IGNORED:
        if before and not truth(live, before):
            return Judgement(
                outcome=Outcome.INCONCLUSIVE, reason="the switch could not be closed again after an order"
            )
        if not truth(live, order):
            return Judgement(outcome=Outcome.FAILED, reason=f"the switch opened on an order {_said(order)}")
    if truth(live, "ordered") and truth(live, "a new order"):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason="no order opened the switch, so it is not known what would"
        )
    return Judgement(
        outcome=Outcome.PASSED, reason="an order under another key and one sent again move nothing"
    )


@judge("dual.broadcast-taken", version=1)
def judge_taken(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Every order to all stations of a supply story left the switch disconnected, where it was not so before."""
    steps = steps_of(observations)
    if number(part(steps[0], "look"), "control_mode") == 0:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason="mode 0 never opens")
    orders = left = 0
    for step, previous in zip(steps[1:], steps, strict=False):
        before, after = part(previous, "look"), part(step, "look")
        told_off = number(before, "control_state") == ControlState.DISCONNECTED
        if text(step, "do") != BROADCAST or told_off:
            continue
        orders += 1
        left += number(after, "control_state") != ControlState.DISCONNECTED
    if not orders:
        reason = "no order to all stations had anything to open"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if left:
        reason = (
            f"{left} of {orders} orders to all stations, each by every rule, left the switch where it was"
        )
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    return Judgement(outcome=Outcome.PASSED, reason=f"{orders} orders to all stations were taken")


def _said(order: str) -> str:
    return order if order.startswith("under") else "that it had obeyed before"
