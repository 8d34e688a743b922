"""What the display shows and what the head-end finds in the books: inside and outside of each bound."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import FAILED, OPEN, PASSED, changed, said

Outcome = Any
CODE = {
    "code": "801",
    "what": "credit",
    "display": "801 10.06 kWh",
    "dlms_wh": 10_065.0,
    "resolution_wh": 1.0,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "code 801 shows 10.06 kWh, as DLMS does"),
        ({"display": "10.06 kWh"}, PASSED, ""),
        ({"display": "801 11.0 kWh"}, FAILED, "credit: the display shows 11 kWh, DLMS says 10.065 kWh"),
        ({"what": "total-energy", "display": "801 90.0 kWh"}, FAILED, "total-energy: the display shows 90 kWh"),
        ({"display": "801"}, FAILED, "code 801 (credit) shows no kWh"),
        ({"what": "serial-number", "dlms": "72200001", "display": "801 72200001"}, PASSED, "shows 72200001"),
        ({"what": "serial-number", "dlms": "801", "display": "801 72200001"}, FAILED, '"72200001", DLMS says 801'),
    ],
)  # fmt: skip
def test_what_a_short_code_shows(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.short-code", {**CODE, **changes})
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("display", "dlms_wh", "outcome"),
    [
        # a display of 0.01 kWh and a register of 1 Wh: 10.5 Wh apart is possible, more is not
        ("10.00 kWh", 10_010.0, PASSED),
        ("10.00 kWh", 10_011.0, FAILED),
        ("10.00 kWh", 9_990.0, PASSED),
        ("10.00 kWh", 9_989.0, FAILED),
        ("-1.50 KWH", -1_500.0, PASSED),
        ("1,50kWh", 1_500.0, PASSED),
        ("10 kWh", 11_000.0, PASSED),  # whole kWh
        ("10 kWh", 11_001.0, FAILED),
    ],
)
def test_a_display_to_its_last_digit(display: str, dlms_wh: float, outcome: Outcome) -> None:
    reading = {"pages": [display], "dlms_wh": dlms_wh, "resolution_wh": 1.0}
    found = said("dual.display-credit", {"readings": [reading]})
    assert found.outcome is outcome
    if outcome is FAILED:
        digit = 1.0 if "." not in display else 0.01
        shown_kwh = 10.0
        assert found.measured == pytest.approx(shown_kwh - dlms_wh / 1000)
        assert (found.limit, found.unit) == (pytest.approx(digit + 0.001), "kWh")


@pytest.mark.parametrize(
    ("display", "outcome"),
    [
        ("801 150.359 kWh", PASSED),  # a register of 10 Wh that hides 9 Wh
        ("801 150.340 kWh", PASSED),
        ("801 150.361 kWh", FAILED),
        ("801 150.339 kWh", FAILED),
    ],
)
def test_a_display_finer_than_the_register(display: str, outcome: Outcome) -> None:
    seen = {**CODE, "what": "total-energy", "display": display, "dlms_wh": 150_350.0, "resolution_wh": 10.0}
    assert said("dual.short-code", seen).outcome is outcome


@pytest.mark.parametrize(
    ("pages", "outcome", "words"),
    [
        (["SUPPLY ON", "CREDIT 10.06 kWh"], PASSED, ""),
        (["TOTAL 812.5 kWh", "CREDIT 10.06 kWh"], PASSED, ""),
        (["TOTAL 812.5 kWh CREDIT 10.06 kWh"], PASSED, ""),
        (["CREDIT 11.06 kWh", "TOTAL 812.5 kWh"], FAILED, "shows 11.06 kWh"),
        (["SUPPLY ON", "METER 4711"], OPEN, '"SUPPLY ON" / "METER 4711"'),
    ],
)
def test_a_display_of_many_pages(pages: list[str], outcome: Outcome, words: str) -> None:
    good = {"pages": ["CREDIT 10.06 kWh"], "dlms_wh": 10_065.0, "resolution_wh": 1.0}
    found = said("dual.display-credit", {"readings": [good, {**good, "pages": pages}]})
    assert found.outcome is outcome, found.reason
    assert words in found.reason


LOW = {"answer": "success", "credit": 999.0, "threshold": 1000.0, "sign": "LOW", "pages": ["LOW CREDIT"]}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "below its threshold only"),
        ({"pages": ["CREDIT"]}, FAILED, 'the display does not show "LOW"'),
        ({"credit": 1000.0}, FAILED, 'credit 1000, threshold 1000: the display shows "LOW"'),
        ({"credit": 1000.0, "pages": ["CREDIT"]}, PASSED, ""),
        ({"pages": ["CREDIT", "SUPPLY ON", "LOW CREDIT"]}, PASSED, ""),
        ({"pages": ["CREDIT", "SUPPLY ON"]}, FAILED, "does not show"),
        ({"credit": 1000.0, "pages": ["CREDIT", "LOW CREDIT"]}, FAILED, 'the display shows "LOW"'),
        ({"bit": True}, PASSED, ""),
        ({"bit": False}, FAILED, "the bit low_credit of the account is 0"),
        ({"bit": True, "credit": 1000.0, "pages": ["CREDIT"]}, FAILED, "the account is 1"),
        ({"answer": "other-reason"}, OPEN, "the threshold was not taken: other-reason"),
    ],
)
def test_the_sign_of_low_credit(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.low-credit", {**LOW, **changes})
    assert found.outcome is outcome
    assert words in found.reason
    both = said("dual.low-credit", LOW, {**LOW, **changes})
    assert both.outcome is outcome


STORY = {
    "credit_resolution_wh": 1.0,
    "register_resolution_wh": 1.0,
    "token_wh": 1000.0,
    "credit_before_wh": 500.0,
    "credit_after_token_wh": 1500.0,
    "credit_after_keypad_wh": 1500.0,
    "display": "Used 1500 Wh",
    "credit_at_end_wh": 1200.0,
    "register_before_wh": 7000.0,
    "register_at_end_wh": 7300.0,
    "books": {"daily profile": {"rows": 1, "value": 7300.0, "due": 7300.0, "room": 2.0}},
}
WORDS = {
    "sts": {
        "meter_pan": "600727000000000009",
        "supply_group_code": "201457",
        "tariff_index": "01",
        "key_revision_number": 1,
        "key_type": 2,
        "base_date": 2014,
        "result_texts": {"UsedError": "Used"},
    }
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "1000 Wh vended, credited once, 300 Wh used, found in account and daily profile"),
        ({"books": {}}, PASSED, "no profile"),
        ({"credit_before_wh": 501.0}, PASSED, ""),
        ({"credit_before_wh": 502.0}, FAILED, "a token of 1000 Wh moved the credit by 998 Wh"),
        ({"credit_before_wh": 498.0}, FAILED, "moved the credit by 1002 Wh"),
        (
            {"credit_after_keypad_wh": 2500.0},
            FAILED,
            "the same token at the keypad moved the credit by 1000 Wh",
        ),
        ({"credit_after_keypad_wh": 1498.0}, FAILED, "the same token"),
        ({"display": "OK"}, FAILED, 'the keypad shows "OK" for a used token, "Used" is declared'),
        ({"credit_at_end_wh": 1498.0}, PASSED, ""),
        ({"credit_at_end_wh": 1499.0}, FAILED, "the credit fell by 1 Wh under load"),
        ({"books.daily profile.rows": 0}, FAILED, "0 rows in the daily profile"),
        ({"books.daily profile.value": 7302.0}, PASSED, ""),
        ({"books.daily profile.value": 7303.0}, FAILED, "the daily profile says 7303 Wh, 7300 Wh is due"),
        ({"books.daily profile.value": 7297.0}, FAILED, "says 7297 Wh"),
    ],
)
def test_a_token_through_the_books(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.head-end-story", changed(STORY, changes), **WORDS)
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("end_wh", "outcome"),
    # 300 Wh in the register; a digit of credit and one of the register
    [(1200.0, PASSED), (1198.0, PASSED), (1202.0, PASSED), (1197.0, FAILED), (1203.0, FAILED)],
)
def test_credit_and_register_over_a_month(end_wh: float, outcome: Outcome) -> None:
    found = said("dual.credit-and-register", {**STORY, "credit_at_end_wh": end_wh})
    assert found.outcome is outcome
    assert (found.measured, found.limit, found.unit) == (1200.0 - end_wh, 2.0, "Wh")
    assert f"fell by {1500 - end_wh:g} Wh while the register moved by 300 Wh" in found.reason


def test_a_meter_whose_words_are_not_declared_may_show_any() -> None:
    assert said("dual.head-end-story", {**STORY, "display": "OK"}).outcome is PASSED
