"""A run seen as a buyer sees it: the seven selection criteria, shown by test, by a document, or not at all."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from bench.record.model import Kind, Outcome, Verdict
from bench.standards.selection_criteria import CRITERIA, Criterion, Item
from reports.document_manifest import Filed


class Standing(StrEnum):
    """What is known of an item."""

    SHOWN = "shown by test"
    REFUTED = "not met"
    PARTLY = "partly shown"
    NOT_OFFERED = "not offered"
    NOT_SHOWN = "not shown"
    FILED = "document filed"
    WANTED = "needs a document"
    REJECTED = "document does not count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One item of a criterion with its standing, and what that rests on."""

    criterion: Criterion
    item: Item
    standing: Standing
    note: str

    def to_json(self) -> dict[str, Any]:
        """Return the item as JSON values."""
        return {
            "criterion": self.criterion.title,
            "requirement": self.item.id,
            "item": self.item.title,
            "standing": self.standing.value,
            "note": self.note,
        }


def selection(
    verdicts: Sequence[Verdict],
    documents: Mapping[str, Sequence[Filed]],
    *,
    on: datetime.date,
    firmware: str = "",
) -> tuple[Seen, ...]:
    """Return every item of the seven criteria with what the verdicts and the documents say of it.

    ``on`` is the day for which documents must hold, ``firmware`` that of the meter, empty where it is not known.
    """
    return tuple(
        Seen(criterion=criterion, item=item, standing=standing, note=note)
        for criterion in CRITERIA
        for item in criterion.items
        for standing, note in [
            _by_document(item, documents, on, firmware) if item.document else _by_test(item, verdicts)
        ]
    )


def _by_test(item: Item, verdicts: Iterable[Verdict]) -> tuple[Standing, str]:
    """A failed verdict refutes; something passed and nothing left open shows."""
    fitting = [
        verdict
        for verdict in verdicts
        if verdict.requirement.kind is not Kind.ADVISORY
        and any(fnmatchcase(verdict.case, pattern) for pattern in _with_parts(item.cases))
    ]
    failed = [verdict for verdict in fitting if verdict.outcome is Outcome.FAILED]
    passed = [v for v in fitting if v.outcome in (Outcome.PASSED, Outcome.CONDITIONAL_PASS)]
    left_out = [verdict for verdict in fitting if verdict.outcome is Outcome.INAPPLICABLE]
    open_ = len(fitting) - len(failed) - len(passed) - len(left_out)
    if failed:
        return Standing.REFUTED, f"{len(failed)} FAILED, first {failed[0].case}"
    if passed:
        words = f"{len(passed)} passed" + (f", {open_} open" if open_ else "")
        return (Standing.PARTLY if open_ else Standing.SHOWN), words
    if left_out and not open_:
        return Standing.NOT_OFFERED, f"{len(left_out)} excluded by the declaration"
    return Standing.NOT_SHOWN, f"{open_} open" if open_ else "no verdict"


def _with_parts(patterns: Iterable[str]) -> Iterable[str]:
    """Return patterns together with those of their parts, "case/*" of "case"."""
    for pattern in patterns:
        yield pattern
        yield f"{pattern}/*"


def _by_document(
    item: Item, documents: Mapping[str, Sequence[Filed]], on: datetime.date, firmware: str
) -> tuple[Standing, str]:
    filed = documents.get(item.document, ())
    if not filed:
        return Standing.WANTED, item.document
    faults = [entry.fault(on, firmware) for entry in filed]
    good = [entry for entry, fault in zip(filed, faults, strict=True) if not fault]
    if not good:
        return Standing.REJECTED, f"{item.document}: {faults[0]}"
    first = good[0]
    told = " ".join(word for word in (first.document.number, first.document.issuer) if word)
    return Standing.FILED, f"{first.document.file} {told} sha256 {first.sha256[:16]}".replace("  ", " ")
