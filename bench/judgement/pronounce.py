"""Turn a judgement into a verdict, and write the verdicts the bench gives on its own account."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.registry import Context, Judge
from bench.record.model import Judgement, Observation, Outcome, Requirement, Verdict
from bench.record.run_folder import BENCH


def pronounce(
    judge: Judge,
    observations: Sequence[Observation],
    requirement: Requirement,
    context: Context,
    *,
    case: str,
    position: str,
    traffic: Sequence[str] = (),
    mandatory: bool = True,
    attempt: int = 1,
    lot: str = "",
    time_s: float = 0.0,
    utc: str = "",
) -> Verdict:
    """Let a judge judge and return the verdict, with the observations and ``traffic`` ids as its evidence."""
    judgement = judge(observations, requirement, context)
    return _verdict(
        judgement,
        judge.id,
        requirement,
        case=case,
        position=position,
        evidence=(*(observation.id for observation in observations), *traffic),
        mandatory=mandatory,
        attempt=attempt,
        lot=lot,
        serial_number=context.declaration.identity.serial_number,
        time_s=time_s,
        utc=utc,
    )


def say_ourselves(
    outcome: Outcome,
    reason: str,
    requirement: Requirement,
    *,
    case: str,
    position: str,
    evidence: Sequence[str] = (),
    mandatory: bool = True,
    attempt: int = 1,
    lot: str = "",
    serial_number: str = "",
    time_s: float = 0.0,
    utc: str = "",
) -> Verdict:
    """Return a verdict of the bench itself: ERROR, NOT_RUN, INAPPLICABLE or INCONCLUSIVE, without a judge."""
    return _verdict(
        Judgement(outcome=outcome, reason=reason),
        BENCH,
        requirement,
        case=case,
        position=position,
        evidence=tuple(evidence),
        mandatory=mandatory,
        attempt=attempt,
        lot=lot,
        serial_number=serial_number,
        time_s=time_s,
        utc=utc,
    )


def _verdict(
    judgement: Judgement,
    judge_id: str,
    requirement: Requirement,
    *,
    case: str,
    position: str,
    evidence: tuple[str, ...],
    mandatory: bool,
    attempt: int,
    lot: str,
    serial_number: str,
    time_s: float,
    utc: str,
) -> Verdict:
    return Verdict(
        case=case,
        position=position,
        outcome=judgement.outcome,
        requirement=requirement,
        judge=judge_id,
        measured=judgement.measured,
        limit=judgement.limit,
        unit=judgement.unit,
        u95=judgement.u95,
        decision_rule=judgement.decision_rule,
        reason=judgement.reason,
        evidence=evidence,
        mandatory=mandatory,
        attempt=attempt,
        lot=lot,
        serial_number=serial_number,
        time_s=time_s,
        utc=utc,
    )
