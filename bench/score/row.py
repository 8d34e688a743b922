"""One row of the tester's score: a defect on one configuration, what is expected, and what the runs said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from bench.record.model import Kind, Outcome, Verdict

#: Verdicts that are told of a row; the rest is counted.
TOLD_MAX = 12


class Grade(StrEnum):
    """How a row ended."""

    STRICT = "strict"
    LOOSE = "loose"
    MISSED = "missed"
    FALSE_ALARM = "false alarm"
    ERROR = "error"


#: Of several trials of one row the worst counts, in this order.
FROM_BEST = (Grade.STRICT, Grade.LOOSE, Grade.MISSED, Grade.FALSE_ALARM, Grade.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A defect, a pair, a variant or a clean meter, and its expectation on one configuration ("c1" or "c2").

    ``defects``: what the laboratory is given, ids or FILE.py:NAME. ``topics``: where a FAILED verdict is the right
    reason; empty: anywhere. ``demands``: sets of topics of which each must show a FAILED (second order).
    """

    id: str
    title: str
    layer: str
    severity: str
    evidence_letter: str
    configuration: str
    expected: str
    topics: frozenset[str]
    built: bool
    defects: tuple[str, ...] = ()
    demands: tuple[frozenset[str], ...] = ()
    layers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How people call the row: its id, or that the meter is clean."""
        return self.id or "clean"

    @property
    def key(self) -> str:
        """Row and configuration."""
        return f"{self.name}/{self.configuration}"

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {
            **asdict(self),
            "topics": sorted(self.topics),
            "defects": list(self.defects),
            "demands": [sorted(demand) for demand in self.demands],
            "layers": list(self.layers),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one trial; ``failed`` names the FAILED verdicts with their topics, ``told`` what else was said."""

    row: Row
    grade: Grade
    note: str
    failed: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    seed: int = 0
    everything: bool = False
    seconds: float = 0.0
    counts: tuple[tuple[str, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            **asdict(self),
            "row": self.row.to_json(),
            "grade": self.grade.value,
            "counts": dict(self.counts),
        }

    @classmethod
    def from_json(cls, row: Row, data: Mapping[str, Any]) -> Self:
        """Return a result as ``to_json`` wrote it, of a row that is known."""
        return cls(
            row=row,
            grade=Grade(data["grade"]),
            note=data["note"],
            failed=tuple(data["failed"]),
            told=tuple(data["told"]),
            seed=data["seed"],
            everything=data["everything"],
            seconds=data["seconds"],
            counts=tuple(data["counts"].items()),
        )


def grade(row: Row, verdicts: Sequence[Verdict], exit_code: int) -> Result:
    """Grade a finished run against the row's expectation (defects.md 2).

    Strict: the expected outcome, for FAILED in one of the row's topics and with no FAILED outside them; of a pair,
    in the topics of each. Loose: FAILED, but elsewhere too. Missed: anything else. A FAILED where CONFORMING is
    expected is a false alarm. A crash, a time-out or an ERROR verdict alone is no find.
    """
    failed = [item for item in verdicts if item.outcome is Outcome.FAILED]
    failed.sort(
        key=lambda item: str(item.requirement.topic) in row.topics
    )  # what is out of place comes first
    found, note = _found(row, verdicts, failed, exit_code)
    return Result(
        row=row,
        grade=found,
        note=note,
        failed=tuple(f"{item.case} [{item.requirement.topic}]" for item in failed),
        told=() if found is Grade.STRICT else told(row, verdicts),
        counts=tuple(Counter(str(item.outcome) for item in verdicts).items()),
    )


def _found(
    row: Row, verdicts: Sequence[Verdict], failed: Sequence[Verdict], exit_code: int
) -> tuple[Grade, str]:
    weighty = [item for item in failed if item.requirement.kind is not Kind.ADVISORY]
    if not verdicts or exit_code in {2, 3, 4, 5} or exit_code < 0:
        return Grade.ERROR, f"the run ended with exit code {exit_code}"
    if row.expected == "FAILED":
        return _of_a_defect(row, verdicts, weighty)
    if row.expected == "ADVISORY":
        if weighty:
            return Grade.FALSE_ALARM, "failed a base standard"
        return (Grade.STRICT, "advised") if failed else (Grade.MISSED, _what_was_said(verdicts))
    if weighty:
        return Grade.FALSE_ALARM, f"{row.expected} was expected"
    errors = [item.case for item in verdicts if item.outcome is Outcome.ERROR]
    if errors:
        return Grade.ERROR, f"ERROR in {', '.join(errors[:3])}"
    if row.expected == "INCONCLUSIVE" and not any(item.outcome is Outcome.INCONCLUSIVE for item in verdicts):
        return Grade.MISSED, "nothing was INCONCLUSIVE"
    return Grade.STRICT, "no false alarm"


def _of_a_defect(row: Row, verdicts: Sequence[Verdict], weighty: Sequence[Verdict]) -> tuple[Grade, str]:
    if not weighty:
        return Grade.MISSED, _what_was_said(verdicts)
    topics = {str(item.requirement.topic) for item in weighty}
    for demand in row.demands:
        if not topics & demand:
            return Grade.MISSED, f"nothing FAILED for {' or '.join(sorted(demand))}"
    if not row.topics or topics <= row.topics:
        return Grade.STRICT, "found"
    if topics & row.topics:
        return Grade.LOOSE, "found, and elsewhere too"
    return Grade.LOOSE, "found, for another reason"


def told(row: Row, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Return what the run said in the row's topics, and what it left open anywhere, the telling verdicts first."""
    closed = {Outcome.PASSED, Outcome.INAPPLICABLE}
    in_topics = [item for item in verdicts if not row.topics or str(item.requirement.topic) in row.topics]
    open_here = [item for item in in_topics if item.outcome not in closed]
    elsewhere = [
        item for item in verdicts if item not in in_topics and item.outcome not in {*closed, Outcome.NOT_RUN}
    ]
    words = [
        f"{item.case} {item.outcome}: {item.reason[:160]}" for item in (*open_here, *elsewhere)[:TOLD_MAX]
    ]
    passed = [item.case for item in in_topics if item.outcome is Outcome.PASSED]
    if passed:
        shown = ", ".join(passed[:8]) + (", ..." if len(passed) > 8 else "")
        words.append(f"{len(passed)} PASSED in {'its topics' if row.topics else 'all'}: {shown}")
    return tuple(words)


def _what_was_said(verdicts: Sequence[Verdict]) -> str:
    open_ones = [
        f"{item.case} {item.outcome}"
        for item in verdicts
        if item.outcome not in {Outcome.PASSED, Outcome.INAPPLICABLE, Outcome.NOT_RUN}
    ]
    return "nothing FAILED" + (f"; {', '.join(open_ones[:4])}" if open_ones else "")
