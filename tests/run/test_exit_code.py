"""The exit code of a run: FAILED outranks ERROR, ERROR outranks NOT_RUN, and silence is no pass."""

from __future__ import annotations

import pytest

from bench.record.model import Kind, Outcome, Requirement, Topic, Verdict
from bench.run.exit_code import ExitCode, exit_code


def verdict(outcome: Outcome, *, kind: Kind = Kind.STANDARD, mandatory: bool = True) -> Verdict:
    return Verdict(
        case="sts/used_token",
        position="1",
        outcome=outcome,
        requirement=Requirement(
            document="IEC 62055-41", edition="2018", clause="7.3.7", topic=Topic.TOKEN, kind=kind, status="V1"
        ),
        judge="sts.token-series/1",
        measured=None,
        limit=None,
        unit="",
        u95=None,
        decision_rule="",
        reason="",
        evidence=("O1",),
        mandatory=mandatory,
    )


P, CP, CF, F, IC, NA, NR, E = (
    Outcome.PASSED,
    Outcome.CONDITIONAL_PASS,
    Outcome.CONDITIONAL_FAIL,
    Outcome.FAILED,
    Outcome.INCONCLUSIVE,
    Outcome.INAPPLICABLE,
    Outcome.NOT_RUN,
    Outcome.ERROR,
)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([P, P], 0),
        ([P, NA], 0),
        ([CP, CF], 0),
        ([P, F], 1),
        ([E, F], 1),
        ([NR, F], 1),
        ([P, E], 10),
        ([P, IC], 10),
        ([NR, E], 10),
        ([P, NR], 12),
    ],
)
def test_the_worst_outcome_decides(outcomes: list[Outcome], code: int) -> None:
    assert exit_code([verdict(outcome) for outcome in outcomes], clear_passes_only=False) == code


@pytest.mark.parametrize(("outcome", "code"), [(P, 0), (CP, 13), (CF, 13), (F, 1), (E, 10)])
def test_a_plan_may_demand_clear_passes(outcome: Outcome, code: int) -> None:
    assert exit_code([verdict(outcome)], clear_passes_only=True) == code


def test_a_case_that_may_be_missing_may_be_missing() -> None:
    assert exit_code([verdict(NR, mandatory=False)], clear_passes_only=False) is ExitCode.PASSED


def test_a_mandatory_case_without_any_verdict_counts_as_not_run() -> None:
    assert exit_code([verdict(P)], clear_passes_only=False, unanswered=1) is ExitCode.NOT_RUN


def test_trouble_of_the_bench_at_the_end_is_never_zero() -> None:
    assert exit_code([verdict(P)], clear_passes_only=False, trouble=True) is ExitCode.UNDECIDED


def test_an_advisory_failure_does_not_count() -> None:
    found = [verdict(P), verdict(F, kind=Kind.ADVISORY)]
    assert exit_code(found, clear_passes_only=False) is ExitCode.PASSED


def test_an_advisory_case_that_could_not_run_still_counts() -> None:
    found = [verdict(P), verdict(E, kind=Kind.ADVISORY)]
    assert exit_code(found, clear_passes_only=False) is ExitCode.UNDECIDED
