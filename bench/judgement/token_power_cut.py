"""Judge tokens whose processing a power cut met: credit and identifier together, or neither.

Each trial: a good token, the supply taken away some milliseconds after it was entered, brought back, the credit
read, the same token entered again, the credit read again (sts.md 7.3: stored before or with the credit).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, count, number, part
from bench.judgement.registry import Context, judge
from bench.judgement.token_situations import amount_due_wh
from bench.record.model import Judgement, Observation, Outcome, Requirement

_SHOWN_AT_MOST = 3


@judge("sts.token-power-cut", version=1)
def judge_power_cut(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """PASSED when each token was credited exactly once, by the first entry or by the second."""
    trials = [trial for seen in observations for trial in seen.data.get("trials", ())]
    if not trials:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no power cut was tried")
    faults = [fault for fault in map(_fault, trials) if fault]
    if faults:
        more = f"; and {len(faults) - _SHOWN_AT_MOST} more" if len(faults) > _SHOWN_AT_MOST else ""
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults[:_SHOWN_AT_MOST]) + more)
    present = sum(_gained(trial, "after_cut_wh") > 0 for trial in trials)
    delays = [number(trial, "cut_after_s") for trial in trials]
    reason = (
        f"{len(trials)} power cuts {1000 * min(delays):g} to {1000 * max(delays):g} ms after entry: "
        f"{present} tokens were credited before, {len(trials) - present} not; none was lost, none counted twice"
    )
    return Judgement(outcome=Outcome.PASSED, reason=reason)


def _fault(trial: Mapping[str, Any]) -> str:
    due = amount_due_wh(count(part(trial, "token"), "least_units"))
    if due is None:
        raise MalformedObservation("the amount of the token is none that the judge knows")
    tolerance = number(trial, "credit_resolution_wh") / 2
    first, total = _gained(trial, "after_cut_wh"), _gained(trial, "after_again_wh")
    when = f"cut {1000 * number(trial, 'cut_after_s'):g} ms after entry"
    if abs(first) > tolerance and abs(first - due) > tolerance:
        return f"{when}: the credit changed by {first:g} Wh, {due:g} Wh or nothing was due"
    if abs(total - due) <= tolerance:
        return ""
    if abs(total) <= tolerance:
        return f"{when}: the credit of {due:g} Wh is lost: not given, and the token does not count any more"
    return f"{when}: the credit changed by {total:g} Wh in all, {due:g} Wh was due once"


def _gained(trial: Mapping[str, Any], name: str) -> float:
    return number(trial, name) - number(trial, "before_wh")
