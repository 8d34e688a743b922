"""How sure we are of each limit: the legend of the source status words, with their use in this run."""

from __future__ import annotations

from collections import Counter

from bench.record.model import Outcome
from reports.markup import Markup, section, table, tag
from reports.run_view import RunView
from reports.source_status import SOURCE_STATUS, source_status


def sources(view: RunView) -> Markup:
    used = Counter(verdict.requirement.status or "(none)" for verdict in view.verdicts)
    failed = Counter(
        verdict.requirement.status or "(none)"
        for verdict in view.verdicts
        if verdict.outcome is Outcome.FAILED
    )
    known = [status.word for status in SOURCE_STATUS]
    words = [*known, *sorted(used.keys() - set(known))]
    rows = []
    for word in words:
        status = source_status(word)
        counted = used[word] or tag("span", "0", css="nil")
        rows.append([tag("b", status.word), status.meaning, status.effect, counted, failed[word] or ""])
    return section(
        "sources",
        "How sure we are of each limit",
        tag(
            "p",
            "Each limit carries a word that says where its number was read. A laboratory that owns the "
            "standard can confirm a row; the word changes, the measurement does not.",
        ),
        table(
            ["Word", "Meaning", "A verdict on it is", "Verdicts here", "FAILED here"],
            rows,
            css="stack",
        ),
    )
