"""What a run says in numbers, counted so that nothing looks better than it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bench.record.coverage import Wanted, coverage
from bench.record.model import Kind, Outcome
from reports.run_view import RunView


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts by outcome, kind and confirmation; ``unanswered`` holds what was wanted and never judged."""

    counts: Mapping[tuple[Outcome, Kind, bool], int]
    n_given: int
    n_wanted: int
    unanswered: tuple[Wanted, ...]
    selected: tuple[str, ...] = ()

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
        part = f" in a part of the plan, chosen by {' and '.join(self.selected)}" if self.selected else ""
        return f"{self.n_given} of {self.n_wanted} verdicts given{part}"

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
    """Count the verdicts of a run. Where the session names nothing wanted, what was judged counts."""
    wanted = [
        Wanted(case=str(row.get("case", "")), position=str(row.get("position", "")))
        for row in view.session.get("wanted", ())
    ] or list({Wanted(case=verdict.case, position=verdict.position): None for verdict in view.verdicts})
    given = coverage(wanted, view.verdicts)
    return Summary(
        counts=Counter((v.outcome, v.requirement.kind, v.requirement.confirmed) for v in view.verdicts),
        n_given=given.n_given,
        n_wanted=given.n_wanted,
        unanswered=given.unanswered,
        selected=tuple(view.session.get("selected", ())),
    )
