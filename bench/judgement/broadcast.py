"""Judge orders to all stations: obeyed under the broadcast key, once."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import part, truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

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


def _said(order: str) -> str:
    return order if order.startswith("under") else "that it had obeyed before"
