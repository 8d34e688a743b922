"""How many of the verdicts a plan wanted were given: the one count that console, record and reports share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.record.model import Outcome, Verdict

#: Outcomes that say nothing of the meter: such a verdict is not "given".
NOT_GIVEN = frozenset({Outcome.NOT_RUN, Outcome.ERROR, Outcome.INCONCLUSIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A verdict the plan asked for."""

    case: str
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """``unanswered`` holds what was wanted and has no verdict at all."""

    n_given: int
    n_wanted: int
    unanswered: tuple[Wanted, ...]

    def __str__(self) -> str:
        return f"{self.n_given} of {self.n_wanted} verdicts given"


def coverage(wanted: Iterable[Wanted], verdicts: Iterable[Verdict]) -> Coverage:
    """Count what was given.

    A wanted case is given when the worst verdict on it, sub-cases included, says something of the meter: not
    NOT_RUN, ERROR or INCONCLUSIVE.
    """
    worst: dict[Wanted, Outcome] = {}
    for verdict in verdicts:
        for case in _with_parents(verdict.case):
            key = Wanted(case=case, position=verdict.position)
            if key not in worst or verdict.outcome.severity > worst[key].severity:
                worst[key] = verdict.outcome
    asked = tuple(wanted)
    return Coverage(
        n_given=sum(1 for want in asked if want in worst and worst[want] not in NOT_GIVEN),
        n_wanted=len(asked),
        unanswered=tuple(want for want in asked if want not in worst),
    )


def _with_parents(case: str) -> tuple[str, ...]:
    """Return ``a/b/c`` with the cases it may be a part of: ``a/b/c``, ``a/b``, ``a``."""
    words = case.split("/")
    return tuple("/".join(words[:length]) for length in range(len(words), 0, -1))
