"""The verdict counts, with everything apart that must not be added up in a reader's head."""

from __future__ import annotations

from bench.record.model import Kind, Outcome
from reports.markup import Markup, badge, join, section, table, tag
from reports.outcome_style import READING_ORDER
from reports.summary import Summary

_KIND_HEADS = {
    Kind.STANDARD: "Standard",
    Kind.DECLARED: "Declared",
    Kind.PROJECT: "Project rule",
    Kind.ADVISORY: "Advisory",
}


def result(summary: Summary) -> Markup:
    rows: list[list[object]] = [
        [
            badge(outcome),
            tag("b", summary.count(outcome)),
            *(_cell(summary, outcome, kind) for kind in _KIND_HEADS),
        ]
        for outcome in READING_ORDER
    ]
    rows.append(["All", tag("b", summary.count()), *(_cell(summary, None, kind) for kind in _KIND_HEADS)])
    explained = (
        "Standard: demanded by a document. Declared: the manufacturer's own statement. Project rule: ours, "
        "where no standard speaks. Advisory: for information, never counted as a failure. “prov.”: so many of "
        "them are provisional, because the source of the limit is not confirmed; the others are confirmed. "
        "Conditional: within the uncertainty, on this or that side of the limit."
    )
    return section(
        "result",
        "Verdicts",
        tag("p", tag("b", summary.coverage), ". A verdict not given is no statement on the meter."),
        table(["Outcome", "All", *_KIND_HEADS.values()], rows, css="counts-table"),
        tag("p", explained, css="fine"),
    )


def _cell(summary: Summary, outcome: Outcome | None, kind: Kind) -> Markup:
    every = summary.count(outcome, kind)
    if not every:
        return tag("span", "0", css="nil")
    provisional = summary.count(outcome, kind, confirmed=False)
    note = tag("small", f" {provisional} prov.") if provisional else ""
    return join([str(every), note])
