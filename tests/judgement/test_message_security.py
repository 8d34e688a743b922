"""Counters, challenges, system titles and the second opinion: sound, and each fault by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import FAILED, OPEN, PASSED, said

Outcome = Any


@pytest.mark.parametrize(
    ("counters", "outcome", "words"),
    [
        ([5, 6, 9], PASSED, "3 answers, counters 5 to 9"),
        ([5, 5], FAILED, "an answer with counter 5 came after one with 5"),
        ([5, 6, 4], FAILED, "counter 4 came after one with 6"),
        ([5], FAILED, "were not protected"),
        ([], FAILED, "were not protected"),
        ([5, 6], PASSED, ""),
    ],
)
def test_counters_of_answers(counters: list[int], outcome: Outcome, words: str) -> None:
    found = said("dlms.counters-grow", {"counters": counters})
    assert found.outcome is outcome
    assert words in found.reason


A, B = "0a" * 16, "0b" * 16


@pytest.mark.parametrize(
    ("before", "after", "outcome", "words"),
    [
        ([A], [B], PASSED, "2 challenges, none of them twice"),
        ([A, "0c" * 8], ["0d" * 64], PASSED, "3 challenges"),
        ([A, "0c" * 7], [], FAILED, "a challenge has 7 octets"),
        ([A, "0c" * 65], [], FAILED, "a challenge has 65 octets"),
        ([A, A], [B], FAILED, "came again at once"),
        ([A], [B, B], FAILED, "came again at once"),
        ([A], [A], FAILED, "came again after a power cut"),
        ([A], [], OPEN, "fewer than two"),
    ],
)
def test_challenges(before: list[str], after: list[str], outcome: Outcome, words: str) -> None:
    found = said("dlms.challenges", {"before": before, "after": after})
    assert found.outcome is outcome
    assert words in found.reason


TITLE = "4d42580000000001"
SECURITY = {"security": {"system_title": TITLE}}


@pytest.mark.parametrize(
    ("title", "outcome", "words"),
    [
        (TITLE, PASSED, f"system title {TITLE}"),
        ("4d42580000000002", FAILED, f"is 4d42580000000002, {TITLE} is declared"),
        ("4d425800000001", FAILED, "has 7 octets"),
        ("4d4258000000000001", FAILED, "has 9 octets"),
        ("4142430000000001", FAILED, 'begins "ABC", the FLAG ID is MBX'),
        ("0001020000000001", FAILED, "begins 00 01 02"),
        ("c4c5c60000000001", FAILED, "begins c4 c5 c6"),
    ],
)
def test_the_system_title(title: str, outcome: Outcome, words: str) -> None:
    found = said("dlms.system-title", {"title": title}, **SECURITY)
    assert found.outcome is outcome
    assert words in found.reason


def test_a_title_that_is_not_declared_need_only_begin_with_the_flag_id() -> None:
    assert said("dlms.system-title", {"title": "4d42580000000002"}).outcome is PASSED


def opinion(ours: str | None, theirs: Any, trouble: str = "") -> dict[str, Any]:
    rows = [{"target": "T", "ours": ours, "theirs": theirs}] if ours is not None or theirs is not None else []
    return {"association": "reader", "trouble": trouble, "rows": rows}


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        (opinion("1105", 5), PASSED, "1 readings agree"),
        (opinion("0902beef", "beef"), PASSED, ""),
        (opinion("1105", 6), OPEN, "reader, T: we read 5, gurux-dlms reads 6"),
        (opinion(None, 6), OPEN, "we read None"),
        (opinion("fe", "fe"), PASSED, ""),  # what neither can decode is compared as octets
        (opinion("1105", 5, trouble="no key"), OPEN, "reader: gurux-dlms cannot read (no key), we can"),
        (opinion(None, None), OPEN, "nothing both could read"),
    ],
)
def test_the_second_opinion(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.second-opinion", data)
    assert found.outcome is outcome
    assert words in found.reason
    assert said("dlms.second-opinion", opinion("1105", 5), data).outcome is (
        PASSED if "nothing both" in words else outcome
    )
