"""What a run says in numbers, counted so that nothing looks better than it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bench.record.model import Kind, Outcome
from reports.run_view import RunView

#: Outcomes that say nothing of the meter: such a verdict is not "given".
_NOT_GIVEN = frozenset({Outcome.NOT_RUN, Outcome.ERROR, Outcome.INCONCLUSIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A verdict the plan asked for."""

    case: str
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts by outcome, kind and confirmation; ``unanswered`` holds what was wanted and never judged."""

    counts: Mapping[tuple[Outcome, Kind, bool], int]
    n_given: int
    n_wanted: int
    unanswered: tuple[Wanted, ...]

    def count(
        self, outcome: Outcome | None = None, kind: Kind | None = None, *, confirmed: bool | None = None
    ) -> int:
        """Return how many verdicts have this outcome, kind and confirmation; None means any."""
        return sum(
            number
            for (its_outcome, its_kind, its_confirmed), number in self.counts.items()
            if outcome in (None, its_outcome)
            and kind in (None, its_kind)
            and confirmed in (None, its_confirmed)
        )

    @property
    def n_failed(self) -> int:
        """FAILED verdicts that count against the meter: every kind but advisory."""
        return self.count(Outcome.FAILED) - self.count(Outcome.FAILED, Kind.ADVISORY)

    @property
    def coverage(self) -> str:
        """The honesty line: ``218 of 640 verdicts given``."""
        return f"{self.n_given} of {self.n_wanted} verdicts given"

    @property
    def statement(self) -> str:
        """One sentence on the meter, never stronger than what was tested."""
        undecided = self.count(Outcome.ERROR) + self.count(Outcome.INCONCLUSIVE)
        conditional = self.count(Outcome.CONDITIONAL_FAIL) + self.count(Outcome.CONDITIONAL_PASS)
        if self.n_failed:
            confirmed = self.count(Outcome.FAILED, confirmed=True) - self.count(
                Outcome.FAILED, Kind.ADVISORY, confirmed=True
            )
            return (
                f"Requirements not met: {self.n_failed} FAILED "
                f"({confirmed} confirmed, {self.n_failed - confirmed} provisional)."
            )
        if undecided:
            return f"No requirement found not met, but not everything could be decided: {undecided} open."
        if not self.n_given:
            return "Nothing was judged."
        if conditional:
            return f"No requirement found not met; conditional, within the uncertainty: {conditional}."
        return "No requirement found not met."


def summarise(view: RunView) -> Summary:
    """Count the verdicts of a run.

    What the plan wanted is given when the worst verdict on it, sub-cases included, says something of the
    meter: not NOT_RUN, ERROR or INCONCLUSIVE. Where the session names nothing wanted, what was judged counts.
    """
    worst: dict[Wanted, Outcome] = {}
    for verdict in view.verdicts:
        for case in _with_parents(verdict.case):
            key = Wanted(case=case, position=verdict.position)
            if key not in worst or verdict.outcome.severity > worst[key].severity:
                worst[key] = verdict.outcome
    wanted = [
        Wanted(case=str(row.get("case", "")), position=str(row.get("position", "")))
        for row in view.session.get("wanted", ())
    ] or list({Wanted(case=verdict.case, position=verdict.position): None for verdict in view.verdicts})
    return Summary(
        counts=Counter((v.outcome, v.requirement.kind, v.requirement.confirmed) for v in view.verdicts),
        n_given=sum(1 for want in wanted if want in worst and worst[want] not in _NOT_GIVEN),
        n_wanted=len(wanted),
        unanswered=tuple(want for want in wanted if want not in worst),
    )


def _with_parents(case: str) -> tuple[str, ...]:
    """Return ``a/b/c`` with the cases it may be a part of: ``a/b/c``, ``a/b``, ``a``."""
    words = case.split("/")
    return tuple("/".join(words[:length]) for length in range(len(words), 0, -1))
