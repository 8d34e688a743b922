"""What a token may do to credit, to the last digit that the meter shows, and which answers go with it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import FAILED, OPEN, PASSED, said, token_entry

Outcome = Any
STS = {
    "meter_pan": "600727000000000009",
    "supply_group_code": "201457",
    "tariff_index": 1,
    "key_revision_number": 1,
    "key_type": 2,
    "base_date": 2014,
    "carriers": ["keypad", "gateway"],
    "supports": ["credit-kwh"],
    "result_codes": {"Accept": 1, "UsedError": 10, "CRCError": 13},
    "result_texts": {"Accept": "OK", "UsedError": "Used", "CRCError": "Err", "OldError": "Err Old"},
}


def judged(*entries: dict[str, Any]) -> Any:
    return said("sts.token-series", {"entries": list(entries)}, sts=STS)


@pytest.mark.parametrize(
    ("situation", "gained_wh", "resolution_wh", "outcome"),
    [
        # digits of 1 Wh: 2900 Wh is a whole number of them, so half a digit is too much
        ("good credit", 2900.5, 1.0, PASSED),
        ("good credit", 2899.5, 1.0, PASSED),
        ("good credit", 2901.0, 1.0, FAILED),
        ("good credit", 2899.0, 1.0, FAILED),
        # digits of 1 kWh: 2.9 kWh falls between two, and either is right
        ("good credit", 3000.0, 1000.0, PASSED),
        ("good credit", 2000.0, 1000.0, PASSED),
        ("good credit", 4000.0, 1000.0, FAILED),
        ("good credit", 1000.0, 1000.0, FAILED),
        # nothing may come of what is refused
        ("used", 0.5, 1.0, PASSED),
        ("used", 0.6, 1.0, FAILED),
        ("used", -0.5, 1.0, PASSED),
        ("used", -0.6, 1.0, FAILED),
        # nothing may be left
        ("clears the credit", -1000.0, 1.0, PASSED),
        ("clears the credit", -999.5, 1.0, PASSED),
        ("clears the credit", -999.4, 1.0, FAILED),
        ("clears the credit", -1000.6, 1.0, FAILED),
    ],
)
def test_what_a_token_does_to_credit(
    situation: str, gained_wh: float, resolution_wh: float, outcome: Outcome
) -> None:
    found = judged(token_entry(situation, gained_wh, credit_resolution_wh=resolution_wh))
    assert found.outcome is outcome, found.reason
    wrong = 1.0 if outcome is FAILED else 0.0
    assert (found.measured, found.limit, found.unit) == (wrong, 0.0, "tokens")


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({"display": "OK"}, PASSED, ""),
        ({"display": "Used"}, FAILED, "Accept was due, the meter said UsedError"),
        ({"display": "something else"}, PASSED, ""),  # no declared word
        ({"display": ""}, PASSED, ""),
        ({"data_value": "00000001"}, PASSED, ""),
        ({"data_value": "00001010"}, FAILED, "the meter said UsedError"),
        ({"data_value": "01111111"}, PASSED, ""),  # no declared code
        ({"data_value": ""}, PASSED, ""),
        ({"status_code": 3}, PASSED, "status 3"),
        ({"status_code": 6}, FAILED, "status 6"),
        ({"status_code": 99}, FAILED, "status 99 (unknown)"),
        ({"status_code": True}, PASSED, "no result shown"),  # no number
        ({"status_code": 3, "display": "Used"}, FAILED, "UsedError, status 3"),
        ({"status_code": 3, "data_value": "00001010", "display": "Used"}, FAILED, "said UsedError, status 3"),
    ],
)
def test_what_a_meter_says_of_a_good_token(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = judged(token_entry("good credit", 2900.0, **changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


@pytest.mark.parametrize(
    ("action_result", "status_code", "outcome"),
    [
        ("other-reason", 8, PASSED),  # the call itself is refused, with any code that is no progress
        ("other-reason", 3, FAILED),
        ("other-reason", 2, FAILED),
        ("other-reason", 4, PASSED),
        ("success", 8, FAILED),
        (None, 8, FAILED),
    ],
)
def test_a_call_that_is_refused(action_result: str | None, status_code: int, outcome: Outcome) -> None:
    found = judged(token_entry("used", 0.0, action_result=action_result, status_code=status_code))
    assert found.outcome is outcome, found.reason
    # what must be accepted cannot be refused in that way
    assert (
        judged(token_entry("good credit", 0.0, action_result="other-reason", status_code=8)).outcome is FAILED
    )


def test_three_faults_are_told_and_the_rest_is_counted() -> None:
    wrong = token_entry("used", 100.0)
    three, five = judged(*[wrong] * 3), judged(*[wrong] * 5)
    assert three.reason.count("changed the credit") == 3
    assert "more" not in three.reason
    assert five.reason.endswith("; and 2 more")
    assert five.measured == 5.0


def test_an_accept_by_chance_is_one_of_a_run() -> None:
    hit = token_entry("not authentic", 2900.0, explained=None)
    assert judged(hit).outcome is OPEN
    assert judged(hit, hit).outcome is FAILED
    assert judged(hit, token_entry("used", 100.0)).outcome is FAILED
    by_status = token_entry("not authentic", 0.0, status_code=3, explained=None)
    assert judged(by_status).outcome is OPEN
    least = token_entry("not authentic", 0.6, explained=None)
    assert judged(least).outcome is OPEN


def power_cut(first_wh: float, total_wh: float, *, resolution_wh: float = 1.0) -> dict[str, Any]:
    return {
        "token": {"least_units": 29},
        "cut_after_s": 0.025,
        "before_wh": 500.0,
        "credit_resolution_wh": resolution_wh,
        "after_cut_wh": 500.0 + first_wh,
        "after_again_wh": 500.0 + total_wh,
    }


@pytest.mark.parametrize(
    ("trials", "outcome", "words"),
    [
        ([power_cut(2900.0, 2900.0)], PASSED, "1 tokens were credited before, 0 not"),
        ([power_cut(0.0, 2900.0)], PASSED, "0 tokens were credited before, 1 not"),
        ([power_cut(2900.5, 2899.5)], PASSED, ""),
        ([power_cut(2901.0, 2900.0)], FAILED, "changed by 2901 Wh, 2900 Wh or nothing was due"),
        ([power_cut(0.5, 2900.0)], PASSED, ""),
        ([power_cut(0.6, 2900.0)], FAILED, "changed by 0.6 Wh"),
        ([power_cut(0.0, 0.5)], FAILED, "the credit of 2900 Wh is lost"),
        ([power_cut(0.0, 0.6)], FAILED, "changed by 0.6 Wh in all, 2900 Wh was due once"),
        ([power_cut(2900.0, 5800.0)], FAILED, "changed by 5800 Wh in all"),
        ([power_cut(2900.0, 2901.0)], FAILED, "changed by 2901 Wh in all"),
        ([power_cut(0.0, 0.0)] * 5, FAILED, "; and 2 more"),
        ([], OPEN, "no power cut was tried"),
    ],
)
def test_a_power_cut_and_the_token_again(trials: list[dict[str, Any]], outcome: Outcome, words: str) -> None:
    found = said("sts.token-power-cut", {"trials": trials}, sts=STS)
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    if outcome is PASSED:
        assert "25 to 25 ms" in found.reason
