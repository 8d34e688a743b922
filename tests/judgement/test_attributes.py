"""The object list against what can be read: each way to pass, each way to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.registry import Context, judge_by_id, latest
from bench.record.model import Judgement, Kind, Observation, Outcome, Requirement, Topic

DEMAND = Requirement(
    document="ATS_AL", edition="1", clause="x", topic=Topic.OBJECT, kind=Kind.STANDARD, status="V1"
)
Judged = Callable[..., Judgement]


@pytest.fixture
def judged(observe: Callable[..., Observation], context_of: Callable[..., Context]) -> Judged:
    judge = judge_by_id(latest("dlms.attributes"))

    def over(*rows: dict[str, Any]) -> Judgement:
        data = {"association": "public", "attributes": list(rows)}
        return judge([observe("attributes", data)], DEMAND, context_of())

    return over


def row(attribute: int, value: str | None = None, **changes: Any) -> dict[str, Any]:
    """One attribute of the register 1-0:1.8.0.255, class 3 version 0, readable."""
    base: dict[str, Any] = {
        "class_id": 3,
        "version": 0,
        "obis": "1-0:1.8.0.255",
        "attribute": attribute,
        "access": 1,
        "value": value,
        "result": None,
    }
    return {**base, **changes}


NAME = row(1, "09060100010800ff")
VALUE = row(2, "0600000001")
SCALER_UNIT = row(3, "02020f00161e")


def test_a_register_as_its_class_says_passes(judged: Judged) -> None:
    found = judged(NAME, VALUE, SCALER_UNIT)
    assert found.outcome is Outcome.PASSED, found.reason
    assert "3 attributes" in found.reason


@pytest.mark.parametrize("code", [2, 3, 4, 11, 13, 250])
def test_an_attribute_listed_as_not_readable_may_be_refused(judged: Judged, code: int) -> None:
    assert judged(NAME, row(2, None, access=0, result=code)).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (row(2, None, result=None, trouble="silence"), "no answer (silence)"),
        (row(2, None, access=0, result=99), "refused with the unknown code 99"),
        (row(2, "06000001"), "its data breaks the rules"),
        (row(2, "060000000100"), "its data breaks the rules"),
        (row(3, "090100"), "scaler_unit is OCTET_STRING"),
        (row(1, "09060100020800ff"), "its logical name reads 1-0:2.8.0.255"),
        (row(1, "0905010001080a"), "its logical name is not an octet-string of six"),
        (row(1, "0600000001"), "its logical name is not an octet-string of six"),
    ],
)
def test_one_wrong_attribute_fails_and_is_named(judged: Judged, wrong: dict[str, Any], words: str) -> None:
    found = judged(NAME, wrong)
    assert found.outcome is Outcome.FAILED
    assert f"3/1-0:1.8.0.255/{wrong['attribute']}: {words}" in found.reason


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (row(2, None, result=3), "listed as readable, refused: 3/1-0:1.8.0.255/2 (3)"),
        (row(2, "0600000001", access=0), "listed as not readable, yet read: 3/1-0:1.8.0.255/2"),
    ],
)
def test_rights_that_are_not_as_listed_fail_on_their_own(
    observe: Callable[..., Observation],
    context_of: Callable[..., Context],
    judged: Judged,
    wrong: dict[str, Any],
    words: str,
) -> None:
    data = {"association": "public", "attributes": [NAME, wrong]}
    found = judge_by_id("dlms.rights-listed/3")([observe("attributes", data)], DEMAND, context_of())
    assert found.outcome is Outcome.FAILED
    assert words in found.reason
    assert judged(NAME, wrong).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (row(1, "090600002a0000ff", obis="0-0:42.0.0.255"), "logical device name is of class 1"),
        (row(1, "090602002a0000ff", class_id=1, obis="2-0:42.0.0.255"), "value group A is not defined"),
    ],
)
def test_a_code_that_cannot_carry_the_class_fails(judged: Judged, wrong: dict[str, Any], words: str) -> None:
    found = judged(wrong)
    assert found.outcome is Outcome.FAILED
    assert words in found.reason


def test_an_empty_object_list_fails(judged: Judged) -> None:
    assert judged().outcome is Outcome.FAILED


def test_a_class_nobody_knows_is_not_judged_and_said(judged: Judged) -> None:
    found = judged(row(2, "0600000001", class_id=9999, obis="0-0:128.0.0.255"))
    assert found.outcome is Outcome.PASSED
    assert "not judged by class: 9999/0" in found.reason


def test_all_faults_are_counted_and_the_first_are_shown(judged: Judged) -> None:
    found = judged(NAME, *[row(2, "06000001") for _ in range(8)])
    assert found.measured == 8.0
    assert "and 3 more" in found.reason
