"""What SET answers against what is read, and the units of registers against their codes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import ERROR, FAILED, OPEN, PASSED, said

Outcome = Any


def write(result: Any, after: str, **changes: Any) -> dict[str, Any]:
    return {
        "target": "8/0-0:1.0.0.255/3",
        "before": "100000",
        "written": "100001",
        "stored": ["100001"],
        "result": result,
        "after": after,
        "trouble": "",
        **changes,
    }


@pytest.mark.parametrize(
    ("rows", "outcome", "words"),
    [
        ([write(0, "100001")], PASSED, "result 0"),
        ([write(0, "100000")], FAILED, "SET of 100001 was confirmed, 100000 is read"),
        ([write(12, "100000")], PASSED, "result 12"),
        ([write(12, "100001")], FAILED, "SET was refused (12), yet 100000 became 100001"),
        ([write("not as a list", "100000", trouble="not as a list")], OPEN, "not as a list"),
        ([write(0, "100001"), write(0, "100000")], FAILED, "was confirmed"),
        ([write(0, "", trouble="no answer"), write(0, "100000")], FAILED, "was confirmed"),
        ([], ERROR, "nothing was written"),
    ],
)
def test_what_set_answers_is_what_happened(rows: list[dict[str, Any]], outcome: Outcome, words: str) -> None:
    found = said("dlms.set-answers", {"writes": rows})
    assert found.outcome is outcome
    assert words in found.reason


def register(unit: int) -> dict[str, Any]:
    return {"name": "current", "obis": "1-0:31.7.0.255", "unit": unit, "unit_due": 33}


@pytest.mark.parametrize(
    ("rows", "outcome", "words"),
    [
        ([register(33)], PASSED, "1 registers"),
        ([register(33), register(35)], FAILED, "current 1-0:31.7.0.255 has unit 35, 33 was due"),
        ([], ERROR, "no register was read"),
    ],
)
def test_a_register_has_the_unit_of_its_code(
    rows: list[dict[str, Any]], outcome: Outcome, words: str
) -> None:
    found = said("dlms.units", {"registers": rows})
    assert found.outcome is outcome
    assert words in found.reason
