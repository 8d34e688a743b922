"""What the report says nothing about, and why: as important as what it says."""

from __future__ import annotations

from collections.abc import Iterable

from bench.record.model import Outcome
from reports.markup import Markup, badge, section, table, tag
from reports.run_view import RunView
from reports.summary import Summary


def not_tested(view: RunView, summary: Summary) -> Markup:
    groups: dict[tuple[Outcome, str], list[tuple[str, str]]] = {}
    for verdict in view.verdicts:
        if verdict.outcome in (Outcome.NOT_RUN, Outcome.INAPPLICABLE):
            key = (verdict.outcome, verdict.reason)
            groups.setdefault(key, []).append((verdict.case, verdict.position))
    order = (Outcome.NOT_RUN, Outcome.INAPPLICABLE)
    rows: list[list[object]] = []
    if summary.unanswered:
        why = (
            "Wanted by the plan, but the run ended before a verdict was recorded."
            if view.incomplete
            else "Wanted by the plan, but no verdict was recorded."
        )
        cases = [(want.case, want.position) for want in summary.unanswered]
        rows.append([tag("span", "NO VERDICT", css="o o-error"), why, len(cases), _cases(view, cases)])
    for (outcome, reason), cases in sorted(groups.items(), key=lambda item: order.index(item[0][0])):
        rows.append([badge(outcome), reason, len(cases), _cases(view, cases)])
    if not rows:
        return section("not-tested", "Not tested", tag("p", "Every verdict the plan wanted was given."))
    return section(
        "not-tested",
        "Not tested, and why",
        tag(
            "p",
            "Not run: wanted, but the rig, the plan or a precondition does not allow it. "
            "Inapplicable: excluded by the manufacturer's declaration.",
            css="fine",
        ),
        table(["Outcome", "Reason", "n", "Cases"], rows, css="stack reasons"),
    )


def _cases(view: RunView, cases: Iterable[tuple[str, str]]) -> Markup:
    by_case: dict[str, list[str]] = {}
    for case, position in cases:
        by_case.setdefault(case, []).append(position)
    said = (
        f"{case} (position {', '.join(positions)})" if view.several_positions else case
        for case, positions in by_case.items()
    )
    return tag("span", ", ".join(said), css="cases")
