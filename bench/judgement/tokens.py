"""Judge tokens entered: accepted with the exact amount, or rejected without any effect, for the right reason.

``token_status`` codes of the COSEM token gateway (sts.md 9): 3 execution OK; 4 format, 5 authentication,
6 validation, 7 execution failure. Which stage a rejection belongs to: sts.md 7.1 and 7.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bench.judgement.fields import count, number, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

EXECUTED = 3
STAGES = {4: "format", 5: "authentication", 6: "validation", 7: "execution"}


@judge("sts.credit-accepted", version=1)
def judge_accepted(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """PASSED when credit rises by exactly the token's amount and the gateway says executed."""
    data = observations[0].data
    amount_wh = number(data, "amount_wh")
    gained_wh = number(data, "credit_after_wh") - number(data, "credit_before_wh")
    tolerance_wh = number(data, "credit_resolution_wh") / 2
    said = _said(observations[0])
    say = partial(Judgement, measured=gained_wh, limit=amount_wh, unit="Wh")
    if abs(gained_wh - amount_wh) > tolerance_wh:
        return say(
            outcome=Outcome.FAILED,
            reason=f"a good token of {amount_wh:g} Wh changed the credit by {gained_wh:g} Wh; {said}",
        )
    if data.get("status_code") != EXECUTED:
        return say(
            outcome=Outcome.FAILED,
            reason=f"the credit is right, but the gateway does not say executed: {said}",
        )
    return say(outcome=Outcome.PASSED, reason=f"credit rose by exactly {gained_wh:g} Wh; {said}")


@judge("sts.token-rejected", version=1)
def judge_rejected(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """PASSED when nothing changed and the gateway names a failure at one of the stages that are due."""
    data = observations[0].data
    changed_wh = number(data, "credit_after_wh") - number(data, "credit_before_wh")
    due = [int(code) for code in data.get("status_codes_due", ())]
    said = _said(observations[0])
    say = partial(Judgement, measured=changed_wh, limit=0.0, unit="Wh")
    if abs(changed_wh) > number(data, "credit_resolution_wh") / 2:
        return say(
            outcome=Outcome.FAILED,
            reason=f"{text(data, 'what')}: it changed the credit by {changed_wh:g} Wh; {said}",
        )
    code = data.get("status_code")
    if code in due or (code not in range(4) and text(data, "action_result") != "success"):
        return say(outcome=Outcome.PASSED, reason=f"{text(data, 'what')}: rejected; {said}")
    wanted = " or ".join(f"{STAGES[code]} failure ({code})" for code in due)
    return say(
        outcome=Outcome.FAILED,
        reason=f"{text(data, 'what')}: no effect on the credit, but {wanted} was due; {said}",
    )


def _said(observation: Observation) -> str:
    code = count(observation.data, "status_code")
    name = STAGES.get(code, "execution OK" if code == EXECUTED else "")
    status = f"token status {code}" + (f" ({name})" if name else "")
    return f"{status}, action result {text(observation.data, 'action_result')}"
