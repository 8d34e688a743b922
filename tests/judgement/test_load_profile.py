"""Rows of a load profile, a clock set back and a gap in the supply: inside and outside of each bound."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import CENTRAL_EUROPE, ERROR, FAILED, OPEN, PASSED, changed, octets, said

Outcome = Any
#: Three quarters of an hour, each with 100 Wh; the register moved by 200 Wh from the first row to the last.
CAPTURE = {
    "rules": CENTRAL_EUROPE,
    "rows": [
        [octets("2027-01-04T12:00:00"), 100, 5000],
        [octets("2027-01-04T12:15:00"), 100, 5100],
        [octets("2027-01-04T12:30:00"), 100, 5200],
    ],
    "clock_column": 0,
    "interval_column": 1,
    "interval_unit_wh": 1.0,
    "energy_column": 2,
    "energy_unit_wh": 1.0,
    "period_s": 900.0,
    "first_due": "2027-01-04T12:00:00+00:00",
    "last_due": "2027-01-04T12:30:00+00:00",
    "register_before_wh": 5000.0,
    "register_after_wh": 5200.0,
    "resolution_wh": 1.0,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "3 rows at their times; the intervals add up to 200 Wh; the rows go from first to last by 200"),
        ({"rows.1.0": octets("2027-01-04T12:15:01")}, PASSED, ""),
        ({"rows.1.0": octets("2027-01-04T12:14:59")}, PASSED, ""),
        ({"rows.1.0": octets("2027-01-04T12:15:02")}, FAILED, "stamped 2027-01-04 12:15:02, 2027-01-04 12:15:00 is"),
        ({"rows.1.0": octets("2027-01-04T12:14:58")}, FAILED, "a row is stamped"),
        ({"last_due": "2027-01-04T12:45:00+00:00"}, FAILED, "3 rows"),
        ({"last_due": "2027-01-04T12:15:00+00:00"}, FAILED, "2 were due from 2027-01-04 12:00:00 to"),
        ({"rows.2.1": 101}, PASSED, ""),
        ({"rows.2.1": 102}, FAILED, "the intervals add up to 202 Wh over 2 intervals, the register moved by 200 Wh"),
        ({"rows.2.1": 98}, FAILED, "add up to 198 Wh"),
        ({"rows.0.1": 999}, PASSED, ""),  # the interval before the first row is not part of it
        ({"rows.2.2": 5201}, PASSED, ""),
        ({"rows.2.2": 5202}, FAILED, "from first to last by 202 Wh"),
        ({"rows.0.2": 5002}, FAILED, "from first to last by 198 Wh"),
        ({"interval_unit_wh": 10.0}, FAILED, "add up to 2000 Wh"),
        ({"energy_unit_wh": 10.0}, FAILED, "by 2000 Wh"),
        ({"interval_column": None, "rows.2.1": 0}, PASSED, ""),
        ({"energy_column": None, "rows.2.2": 0}, PASSED, ""),
        ({"interval_column": None, "energy_column": None}, PASSED, "no energy in the profile"),
        ({"period_s": 0.0}, ERROR, "period_s"),
    ],
)  # fmt: skip
def test_rows_of_a_load_profile(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.profile-capture", changed(CAPTURE, changes))
    assert found.outcome is outcome
    assert words in found.reason
    if "add up to 202" in words or "by 202" in words:
        assert (found.measured, found.limit, found.unit) == (2.0, 1.0, "Wh")


def back(rows_after: list[list[Any]], **changes: Any) -> dict[str, Any]:
    return {
        "clock_column": 0,
        "status_column": 1,
        "clock_adjusted_bit": 0x20,
        "rows_before": [[octets("2027-01-04T12:15:00"), 0]],
        "rows_after": rows_after,
        **changes,
    }


TWICE = [octets("2027-01-04T12:15:00"), 0]
TWICE_MARKED = [octets("2027-01-04T12:15:00"), 0x20]
LATER = [octets("2027-01-04T12:30:00"), 0]


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        (back([]), PASSED, "nothing was captured twice"),
        (back([TWICE_MARKED]), PASSED, "1 rows after the clock was set back, the change is marked"),
        (back([[TWICE[0], 0x60]]), PASSED, ""),
        (back([TWICE]), FAILED, "1 times stand twice, and no row"),
        (back([[TWICE[0], 0x40]]), FAILED, "(status 64, bit 32)"),
        (back([LATER]), FAILED, "no row after the clock was set back is marked"),
        (back([TWICE], status_column=None), OPEN, "no status"),
        (back([TWICE], clock_adjusted_bit=None), OPEN, "no status"),
    ],
)
def test_a_clock_that_was_set_back(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.profile-clock-back", data)
    assert found.outcome is outcome
    assert words in found.reason
    assert ("stand twice" in found.reason) is (words.startswith("1 times") or "(status 64" in words)


def outage(*rows: tuple[str, int], **changes: Any) -> dict[str, Any]:
    """The supply came back at 13:07."""
    return {
        "rules": CENTRAL_EUROPE,
        "clock_column": 0,
        "status_column": 1,
        "power_down_bit": 0x80,
        "back_utc": "2027-01-04T13:07:00+00:00",
        "rows": [[octets(f"2027-01-04T{at}:00"), status] for at, status in rows],
        **changes,
    }


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        (outage(("13:15", 0x80), ("13:30", 0)), PASSED, "the gap is marked"),
        (outage(("12:30", 0x80), ("13:15", 0x80), ("13:30", 8)), PASSED, ""),
        (outage(("13:15", 0x80), ("13:30", 0x88)), FAILED, "1 rows of intervals with supply"),
        (outage(("12:30", 0x80), ("13:15", 0)), PASSED, ""),  # a row in the gap says so
        (outage(("13:15", 0), ("13:30", 0x80)), FAILED, "do not tell of it (status 0)"),
        (outage(("12:30", 0), ("13:15", 0x7F)), FAILED, "(status 0, 127)"),
        (outage(("13:07", 0x80)), FAILED, "nothing was captured after"),  # at 13:07 it was not yet back
        (outage(), FAILED, "nothing was captured after"),
        (outage(("13:15", 0x80), status_column=None), OPEN, "no status"),
        (outage(("13:15", 0x80), power_down_bit=None), OPEN, "no status"),
    ],
)
def test_a_gap_in_the_supply(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.profile-outage", data)
    assert found.outcome is outcome
    assert words in found.reason
