"""What the source status of a number allows a verdict to say."""

from __future__ import annotations

from dataclasses import replace

from bench.record.model import UNVERIFIED_STATUS, Judgement, Outcome, Requirement


def as_status_allows(judgement: Judgement, requirement: Requirement) -> Judgement:
    """Temper a judgement by the status of its requirement's number.

    Status U (unverified) cannot yield FAILED, at most CONDITIONAL_FAIL, and a pass says so; any other
    unconfirmed status (R, E, K, "to be confirmed") makes FAILED provisional. Nothing is said twice.
    """
    if requirement.status in UNVERIFIED_STATUS:
        note = "the limit is not verified against the document (status U)"
        if judgement.outcome is Outcome.FAILED:
            return replace(judgement, outcome=Outcome.CONDITIONAL_FAIL, reason=_with(judgement.reason, note))
        if judgement.outcome in {Outcome.PASSED, Outcome.CONDITIONAL_PASS, Outcome.CONDITIONAL_FAIL}:
            return replace(judgement, reason=_with(judgement.reason, note))
        return judgement
    if judgement.outcome is Outcome.FAILED and not requirement.confirmed:
        note = f"provisional: the source of the requirement is not confirmed (status {requirement.status})"
        return replace(judgement, reason=_with(judgement.reason, note))
    return judgement


def _with(reason: str, note: str) -> str:
    return reason if note in reason else f"{reason}; {note}"
