"""All verdicts, by document and clause."""

from __future__ import annotations

import re
from collections import Counter

from bench.record.model import Verdict
from reports.citation import clause_text, document_text, kind_note
from reports.curve_points import load_point_name
from reports.markup import Markup, badge, join, section, table, tag
from reports.outcome_style import READING_ORDER, STYLES
from reports.quantities import limit_text, measured_text, u95_text
from reports.run_view import RunView

_HEAD = ("Clause", "Case", "Pos.", "Outcome", "Measured", "Limit", "U95", "Source", "Reason")


def verdict_table(view: RunView) -> Markup:
    by_document: dict[str, list[Verdict]] = {}
    for verdict in view.verdicts:
        by_document.setdefault(document_text(verdict.requirement), []).append(verdict)
    parts = []
    for document, verdicts in sorted(by_document.items()):
        tally = Counter(verdict.outcome for verdict in verdicts)
        counted = ", ".join(f"{tally[o]} {STYLES[o].word.lower()}" for o in READING_ORDER if tally[o])
        parts.append(tag("h3", document, tag("small", f" {len(verdicts)} verdicts: {counted}")))
        parts.append(_rows(view, verdicts))
    return section("verdicts", "All verdicts by document and clause", *parts)


def natural(words: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts clause 8.2 before 8.10, and "uncertain" last."""
    if words in ("", "uncertain"):
        return ((2, 0, ""),)
    return tuple(
        (0, int(piece), "") if piece.isdecimal() else (1, 0, piece)
        for piece in re.split(r"(\d+)", words)
        if piece
    )


def _rows(view: RunView, verdicts: list[Verdict]) -> Markup:
    rows = []
    before = None
    for verdict in sorted(verdicts, key=lambda v: natural(v.requirement.clause)):
        clause = clause_text(verdict.requirement)
        point = load_point_name(view, verdict)
        rows.append(
            [
                tag("b", clause) if clause != before else tag("span", clause, css="again"),
                join([verdict.case, tag("small", point)], " ") if point else verdict.case,
                verdict.position,
                badge(verdict.outcome, kind_note(verdict)),
                measured_text(verdict),
                limit_text(verdict),
                u95_text(verdict),
                verdict.requirement.status,
                verdict.reason,
            ]
        )
        before = clause
    return table(_HEAD, rows, css="verdicts")
