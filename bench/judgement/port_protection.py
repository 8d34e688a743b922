"""Judge the protection of a port (class 124): failed attempts lock it, longer each time up to a limit, and it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import number, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

UNLOCKED = 0


@judge("dlms.port-protection", version=1)
def judge_protection(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Every attempt ends as it should; the object tells of the lock, of failed attempts, and that they were reset."""
    data = observations[0].data
    refused = text(data, "settings")
    if refused:
        reason = f"the protection cannot be set for the test: {refused}"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    attempts: Sequence[Mapping[str, Any]] = data["attempts"]
    for attempt in attempts:
        if attempt["got"] != attempt["due"]:
            return _failed(f"{text(attempt, 'what')}: {text(attempt, 'got')}, due was {text(attempt, 'due')}")
    if data["status_locked"] == UNLOCKED:
        return _failed("protection_status is 0 while the port is locked")
    if data["failed_after_reset"] not in (None, 0):
        return _failed(f"failed_attempts is {data['failed_after_reset']} after reset")
    risen = int(number(data, "total_after") - number(data, "total_before"))
    least, most = int(number(data, "least_counted")), int(number(data, "most_counted"))
    if not least <= risen <= most:
        return _failed(
            f"cumulative_failed_attempts rose by {risen}, {least} to {most} wrong passwords can have counted"
        )
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"{len(attempts)} attempts: locked, longer the second time, never beyond the limit",
    )


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)
