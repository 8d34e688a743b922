"""Judge the load switch test that a display token asks for: afterwards the switch is as it was before."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import MalformedObservation, text, truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("sts.switch-test", version=1)
def judge_switch_test(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """PASSED when the load side is live after each test as it was before, whether the test was made or refused."""
    trials = observations[0].data.get("trials")
    if not isinstance(trials, Sequence) or not trials or isinstance(trials, str):
        raise MalformedObservation("trials is not a list")
    faults, said = [], []
    for trial in trials:
        state = text(trial, "state")
        before, after = truth(trial, "live_before"), truth(trial, "live_after")
        if before != after:
            faults.append(f"{state}, the test left it {'closed' if after else 'open'}")
        said.append(f"{state}: {'it moved and came back' if truth(trial, 'moved') else 'it did not move'}")
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(said))
