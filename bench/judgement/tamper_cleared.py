"""Judge a supply that was gone after a tamper condition: with ClearTamperCondition it can be had again (sts.md 7.6).

Whether anything else would have given it back is not tried here; rule A5 has cases of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("sts.tamper-cleared", version=1)
def judge_tamper_cleared(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """PASSED when the load side, dead after the tamper condition, is live after token and request.

    A meter whose switch the condition leaves alone shows nothing of it here: INCONCLUSIVE.
    """
    data = observations[0].data
    if not truth(data, "live_before"):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the switch was not closed before")
    if truth(data, "live_tampered"):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason="the switch stays closed in the tamper condition"
        )
    if not truth(data, "live_cleared"):
        return Judgement(
            outcome=Outcome.FAILED,
            reason="no request gives the supply back after ClearTamperCondition was taken",
        )
    return Judgement(
        outcome=Outcome.PASSED,
        reason="the supply, gone after the tamper condition, was there after ClearTamperCondition and a request",
    )
