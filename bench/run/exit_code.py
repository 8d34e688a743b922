"""The exit code of a run, from its verdicts alone."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from bench.record.model import Kind, Outcome, Verdict


class ExitCode(IntEnum):
    """What the shell sees; 2 to 5 are pytest's own."""

    PASSED = 0
    FAILED = 1
    INTERRUPTED = 2
    INTERNAL_ERROR = 3
    USAGE_ERROR = 4
    NOTHING_COLLECTED = 5
    UNDECIDED = 10
    REFUSED = 11
    NOT_RUN = 12
    CONDITIONAL = 13


def exit_code(
    verdicts: Iterable[Verdict], *, clear_passes_only: bool, unanswered: int = 0, trouble: bool = False
) -> ExitCode:
    """Return the exit code the verdicts of a run deserve (design: contracts, exit code).

    A FAILED of kind advisory never counts. ``clear_passes_only`` is the plan's demand. ``unanswered``: mandatory
    cases that have no verdict at all, which count as NOT_RUN. ``trouble``: the bench did not end as it should.
    """
    counted = [
        verdict
        for verdict in verdicts
        if verdict.outcome is not Outcome.FAILED or verdict.requirement.kind is not Kind.ADVISORY
    ]
    outcomes = {verdict.outcome for verdict in counted}
    if Outcome.FAILED in outcomes:
        return ExitCode.FAILED
    if trouble or outcomes & {Outcome.ERROR, Outcome.INCONCLUSIVE}:
        return ExitCode.UNDECIDED
    if unanswered or any(verdict.outcome is Outcome.NOT_RUN and verdict.mandatory for verdict in counted):
        return ExitCode.NOT_RUN
    if clear_passes_only and outcomes & {Outcome.CONDITIONAL_PASS, Outcome.CONDITIONAL_FAIL}:
        return ExitCode.CONDITIONAL
    return ExitCode.PASSED
