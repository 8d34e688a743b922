"""One row of the tester's score: a defect on one configuration, what is expected, and what the run said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.record.model import Kind, Outcome, Verdict


class Grade(StrEnum):
    """How a row ended."""

    STRICT = "strict"
    LOOSE = "loose"
    MISSED = "missed"
    FALSE_ALARM = "false alarm"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A defect (or variant) and its expectation on one configuration ("c1" or "c2")."""

    id: str
    title: str
    layer: str
    severity: str
    evidence_letter: str
    configuration: str
    expected: str
    topics: frozenset[str]
    built: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a row; ``failed`` names the FAILED verdicts with their topics."""

    row: Row
    grade: Grade
    note: str
    failed: tuple[str, ...] = ()
    seconds: float = 0.0


def grade(row: Row, verdicts: Sequence[Verdict], exit_code: int) -> Result:
    """Grade a finished run against the row's expectation (defects.md 2).

    Strict: the expected outcome, for FAILED in one of the row's topics and with no FAILED outside them. Loose:
    FAILED, but elsewhere too. Missed: anything else. A FAILED where CONFORMING is expected is a false alarm.
    A crash, a time-out or an ERROR verdict alone is no find.
    """
    failed = [item for item in verdicts if item.outcome is Outcome.FAILED]
    weighty = [item for item in failed if item.requirement.kind is not Kind.ADVISORY]
    names = tuple(f"{item.case} [{item.requirement.topic}]" for item in failed)
    if not verdicts or exit_code in {2, 3, 4, 5}:
        return Result(
            row=row, grade=Grade.ERROR, note=f"the run ended with exit code {exit_code}", failed=names
        )
    if row.expected == "FAILED":
        inside = [item for item in weighty if item.requirement.topic in row.topics]
        if inside and len(inside) == len(weighty):
            return Result(row=row, grade=Grade.STRICT, note="found", failed=names)
        if inside:
            return Result(row=row, grade=Grade.LOOSE, note="found, and elsewhere too", failed=names)
        if weighty:
            return Result(row=row, grade=Grade.LOOSE, note="found, for another reason", failed=names)
        return Result(row=row, grade=Grade.MISSED, note=_what_was_said(verdicts), failed=names)
    if row.expected == "ADVISORY":
        if weighty:
            return Result(row=row, grade=Grade.FALSE_ALARM, note="failed a base standard", failed=names)
        found = len(failed) > 0
        note = "advised" if found else _what_was_said(verdicts)
        return Result(row=row, grade=Grade.STRICT if found else Grade.MISSED, note=note, failed=names)
    if weighty:
        return Result(row=row, grade=Grade.FALSE_ALARM, note=f"{row.expected} was expected", failed=names)
    errors = [item.case for item in verdicts if item.outcome is Outcome.ERROR]
    if errors:
        return Result(row=row, grade=Grade.ERROR, note=f"ERROR in {', '.join(errors[:3])}")
    if row.expected == "INCONCLUSIVE" and not any(item.outcome is Outcome.INCONCLUSIVE for item in verdicts):
        return Result(row=row, grade=Grade.MISSED, note="nothing was INCONCLUSIVE")
    return Result(row=row, grade=Grade.STRICT, note="no false alarm")


def _what_was_said(verdicts: Sequence[Verdict]) -> str:
    open_ones = [
        f"{item.case} {item.outcome}"
        for item in verdicts
        if item.outcome not in {Outcome.PASSED, Outcome.INAPPLICABLE, Outcome.NOT_RUN}
    ]
    return "nothing FAILED" + (f"; {', '.join(open_ones[:4])}" if open_ones else "")
