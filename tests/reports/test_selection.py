"""The seven selection criteria: what verdicts and documents say of each item."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.record.model import Kind, Outcome, Requirement, Topic, Verdict
from bench.standards.selection_criteria import CRITERIA
from reports.document_manifest import read_manifest
from reports.selection import Seen, Standing, selection

ON = datetime.date(2027, 3, 5)


def verdict(case: str, outcome: Outcome, kind: Kind = Kind.STANDARD) -> Verdict:
    requirement = Requirement(
        document="d", edition="e", clause="", topic=Topic.MODULE, kind=kind, status="V1"
    )
    return Verdict(
        case=case,
        position="1",
        outcome=outcome,
        requirement=requirement,
        judge="j/1",
        measured=None,
        limit=None,
        unit="",
        u95=None,
        decision_rule="",
        reason="",
        evidence=(),
    )


def standing(verdicts: list[Verdict], title: str, **documents: Path) -> Seen:
    filed = read_manifest(documents["manifest"]) if documents else {}
    rows = selection(verdicts, filed, on=ON, firmware="1.0.0")
    return next(row for row in rows if row.item.title.startswith(title))


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], Standing.NOT_SHOWN),
        ([verdict("dual/module_swap", Outcome.PASSED)], Standing.SHOWN),
        ([verdict("dual/module_swap/energy", Outcome.PASSED)], Standing.SHOWN),
        ([verdict("dual/module_swap", Outcome.INAPPLICABLE)], Standing.NOT_OFFERED),
        ([verdict("dual/module_swap", Outcome.NOT_RUN)], Standing.NOT_SHOWN),
        (
            [verdict("dual/module_swap", Outcome.PASSED), verdict("dual/module_swap", Outcome.ERROR)],
            Standing.PARTLY,
        ),
        (
            [verdict("dual/module_swap", Outcome.PASSED), verdict("dual/module_swap", Outcome.FAILED)],
            Standing.REFUTED,
        ),
        ([verdict("dual/module_swap", Outcome.FAILED, Kind.ADVISORY)], Standing.NOT_SHOWN),
    ],
)
def test_what_the_verdicts_show(verdicts: list[Verdict], expected: Standing) -> None:
    assert standing(verdicts, "modules are swapped").standing is expected


@pytest.mark.parametrize(
    ("more", "expected", "words"),
    [
        ("", Standing.FILED, hashlib.sha256(b"paper").hexdigest()[:16]),
        ("valid_until = 2027-03-05", Standing.FILED, ""),
        ("valid_until = 2027-03-04", Standing.REJECTED, "expired"),
        ("issued = 2027-03-06", Standing.REJECTED, "after the run"),
        ('firmware = "1.0.0"', Standing.FILED, ""),
        ('firmware = "0.9.0"', Standing.REJECTED, "made for firmware 0.9.0"),
    ],
)
def test_what_a_document_is_worth(tmp_path: Path, more: str, expected: Standing, words: str) -> None:
    (tmp_path / "sts.pdf").write_bytes(b"paper")
    manifest = tmp_path / "documents.toml"
    manifest.write_text(f'[[document]]\nkind = "sts-certificate"\nfile = "sts.pdf"\n{more}\n')
    seen = standing([], "STS certificate", manifest=manifest)
    assert seen.standing is expected
    assert words in seen.note


def test_a_file_that_is_not_there_does_not_count(tmp_path: Path) -> None:
    manifest = tmp_path / "documents.toml"
    manifest.write_text('[[document]]\nkind = "warranty"\nfile = "lost.pdf"\n')
    assert standing([], "warranty", manifest=manifest).standing is Standing.REJECTED
    assert standing([], "spare modules", manifest=manifest).standing is Standing.WANTED


def test_an_unknown_kind_of_document_is_refused(tmp_path: Path) -> None:
    manifest = tmp_path / "documents.toml"
    manifest.write_text('[[document]]\nkind = "letter"\nfile = "a.pdf"\n')
    with pytest.raises(PlanError, match="letter"):
        read_manifest(manifest)


def test_there_are_seven_criteria_and_each_item_is_shown_in_one_way() -> None:
    assert [criterion.number for criterion in CRITERIA] == [1, 2, 3, 4, 5, 6, 7]
    assert all(
        bool(item.cases) is not bool(item.document) for criterion in CRITERIA for item in criterion.items
    )
