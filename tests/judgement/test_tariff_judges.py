"""Rates, their registers, calendars that cannot stand, profiles and billing: inside and outside of each bound."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import CENTRAL_EUROPE, ERROR, FAILED, GONE, OPEN, PASSED, changed, octets, said

Outcome = Any
#: Rate 1 at night and rate 2 from 07:00 in winter, rate 3 all day in summer, rate 4 on the first of May.
TARIFFS = {
    "seasons": {"W": [1, 1, "A"], "S": [4, 1, "B"]},
    "weeks": {"A": [1] * 7, "B": [2] * 7},
    "days": {"1": [["00:00", 1], ["07:00", 2]], "2": [["00:00", 3]], "3": [["00:00", 4]]},
    "special": {"2027-05-01": 3},
}


def probe(utc: str, rate: Any) -> dict[str, Any]:
    return {
        "installed": ["success", "success"],
        "tariffs": TARIFFS,
        "rules": CENTRAL_EUROPE,
        "probes": [{"what": "a moment", "utc": f"{utc}+00:00", "rate": rate}],
    }


@pytest.mark.parametrize(
    ("utc", "rates"),
    [
        ("2027-01-04T05:59:57", {1}),  # 06:59:57 in local time
        ("2027-01-04T05:59:58", {1, 2}),  # two seconds of the switch at 07:00
        ("2027-01-04T06:00:01", {1, 2}),
        ("2027-01-04T06:00:02", {2}),
        ("2027-06-01T10:00:00", {3}),
        ("2027-05-01T10:00:00", {4}),
        ("2027-04-30T22:00:03", {4}),  # summer time: the first of May begins at 22:00 UTC
        ("2027-04-30T21:59:50", {3}),
    ],
)
def test_the_rate_of_a_moment(utc: str, rates: set[int]) -> None:
    for rate in (1, 2, 3, 4):
        found = said("dual.tariff-rates", probe(utc, rate))
        assert found.outcome is (PASSED if rate in rates else FAILED), rate
        if rate not in rates:
            assert f"{' or '.join(map(str, sorted(rates)))} is due" in found.reason


def test_a_calendar_not_taken_or_a_rate_in_words_decides_nothing() -> None:
    data = probe("2027-06-01T10:00:00", 1)
    assert said("dual.tariff-rates", {**data, "installed": ["success", "other-reason"]}).outcome is OPEN
    found = said("dual.tariff-rates", probe("2027-06-01T10:00:00", "T3"))
    assert found.outcome is OPEN
    assert "told as T3" in found.reason


#: A hundred Wh at each of the rates 1 and 2, in a hundred seconds each: 1 Wh a second.
REGISTERS = {
    "rates_before_wh": [1000.0, 2000.0, 0.0],
    "rates_after_wh": [1100.0, 2100.0, 0.0],
    "total_before_wh": 3000.0,
    "total_after_wh": 3200.0,
    "resolution_wh": 1.0,
    "seconds": {"1": 100.0, "2": 100.0},
    "uncertain_s": 0.0,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "the rates moved by 200 Wh, the total by 200 Wh"),
        # a digit for each register in use
        ({"total_before_wh": 3002.0, "total_after_wh": 3202.0}, PASSED, ""),
        ({"total_before_wh": 3003.0, "total_after_wh": 3203.0}, FAILED, "before the switch the rates add up to 3000"),
        ({"total_before_wh": 2997.0, "total_after_wh": 3197.0}, FAILED, "before the switch"),
        ({"total_after_wh": 3203.0}, FAILED, "after the switch the rates add up to 3200 Wh, the total is 3203"),
        ({"total_before_wh": 2998.0, "total_after_wh": 3202.0}, FAILED, "the rates moved by 200 Wh, the total by 204"),
        ({"rates_after_wh": [1100.0, 2100.0]}, ERROR, "cannot be judged"),
        # nothing was ever registered: a digit is left all the same
        ({name: [0.0] for name in ("rates_before_wh", "rates_after_wh")}
         | {"total_before_wh": 1.0, "total_after_wh": 1.0}, PASSED, ""),
        ({"resolution_wh": 0.0}, ERROR, "resolution_wh"),
    ],
)  # fmt: skip
def test_the_sum_of_the_rates(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.tariff-sum", changed(REGISTERS, changes))
    assert found.outcome is outcome
    assert words in found.reason


def test_how_far_the_sum_is_away_is_told() -> None:
    found = said("dual.tariff-sum", changed(REGISTERS, {"total_after_wh": 3210.0}))
    assert (found.measured, found.limit, found.unit) == (-10.0, 2.0, "Wh")
    crossed = {"total_before_wh": 2998.0, "total_after_wh": 3202.0}
    found = said("dual.tariff-sum", changed(REGISTERS, crossed))
    assert (found.measured, found.limit, found.unit) == (-4.0, 2.0, "Wh")


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "of 200 Wh rate 1 by 100 Wh, rate 2 by 100 Wh, as the time says"),
        # two seconds of 1 Wh, and two digits
        ({"rates_after_wh": [1104.0, 2096.0, 0.0]}, PASSED, ""),
        ({"rates_after_wh": [1105.0, 2095.0, 0.0]}, FAILED, "rate 1 moved by 105 Wh, 100.0 Wh were due in its 100 s"),
        ({"rates_after_wh": [1105.0, 2095.0, 0.0], "uncertain_s": 1.0}, PASSED, ""),
        ({"rates_after_wh": [1096.0, 2104.0, 0.0]}, PASSED, ""),
        ({"rates_after_wh": [1095.0, 2105.0, 0.0]}, FAILED, "rate 1 moved by 95 Wh"),
        ({"rates_after_wh": [1099.0, 2099.0, 2.0]}, FAILED, "rates [3] moved although they were not in force"),
        ({"seconds": {"1": 200.0}}, FAILED, "rate 1 moved by 100 Wh, 200.0 Wh were due in its 200 s"),
        ({"rates_after_wh": [1010.0, 2010.0, 0.0]}, PASSED, "of 20 Wh"),  # twenty digits can be shared
        ({"rates_after_wh": [1010.0, 2009.0, 0.0]}, OPEN, "moved by 19 Wh, too little"),
        ({"resolution_wh": 0.0}, ERROR, "resolution_wh"),
    ],
)  # fmt: skip
def test_the_share_of_each_rate(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.tariff-registers", changed(REGISTERS, changes))
    assert found.outcome is outcome
    assert words in found.reason
    if "105" in words:
        assert (found.measured, found.limit, found.unit) == (5.0, pytest.approx(4.0), "Wh")


TRIAL = {
    "what": "a day without rates",
    "written": ["success"],
    "activated": "other-reason",
    "active_after": "A",
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "1 calendars that cannot stand were refused"),
        ({"written": ["other-reason"], "activated": "success"}, PASSED, ""),
        ({"activated": "success"}, FAILED, "a day without rates was taken and activated"),
        ({"active_after": "B"}, FAILED, "the active calendar is another one now"),
    ],
)
def test_calendars_that_cannot_stand(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.tariff-refusals", {"active_before": "A", "trials": [{**TRIAL, **changes}]})
    assert found.outcome is outcome
    assert words in found.reason


def one_rate(rate: int) -> dict[str, Any]:
    return {
        "seasons": {"W": [1, 1, "A"]},
        "weeks": {"A": [1] * 7},
        "days": {"1": [["00:00", rate]]},
        "special": {},
    }


@pytest.mark.parametrize(
    ("early", "late", "outcome"),
    [(1, 2, PASSED), (2, 2, FAILED), (1, 1, FAILED), ("T1", 2, OPEN), (1, "T2", OPEN)],
)
def test_a_calendar_that_waits(early: Any, late: Any, outcome: Outcome) -> None:
    data = {
        "installed": ["success"],
        "tariffs": one_rate(1),
        "waiting": one_rate(2),
        "early": early,
        "late": late,
    }
    assert said("dual.waiting-calendar", data).outcome is outcome
    assert said("dual.waiting-calendar", {**data, "installed": ["other-reason"]}).outcome is OPEN


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


DEMAND = {
    "rules": CENTRAL_EUROPE,
    "before_w": 0.0,
    "after_w": 1000.0,
    "due_w": 1000.0,
    "tolerance_w": 100.0,
    "window": "block",
    "capture_time": octets("2027-01-04T12:15:00"),
    "ends": ["2027-01-04T12:15:00+00:00", "2027-01-04T12:30:00+00:00"],
}
#: What the meter itself registered makes 1040 W due as well.
OWN = {"own_due_w": 1040.0}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "1000 W at 2027-01-04 12:15:00"),
        ({"before_w": 899.0}, PASSED, ""),
        ({"before_w": 900.0}, OPEN, "the highest demand was 900 W already"),
        ({"after_w": 1100.0}, PASSED, ""),
        ({"after_w": 1101.0}, FAILED, "highest demand 1101 W, 1000 W is due of a block window"),
        ({"after_w": 1140.0, **OWN}, PASSED, ""),
        ({"after_w": 1141.0, **OWN}, FAILED, "1040 W is due"),
        ({"after_w": 900.0, **OWN}, PASSED, ""),
        ({"after_w": 900.0}, PASSED, ""),
        ({"after_w": 899.0}, FAILED, "highest demand 899 W"),
        # the meter registered twice as much as there was: that is no matter of the window
        ({"after_w": 2000.0, "own_due_w": 2000.0}, PASSED, "2000 W"),
        ({"after_w": 1000.0, "own_due_w": 2000.0}, PASSED, "1000 W"),
        ({"after_w": 1500.0, "own_due_w": 2000.0}, FAILED, "highest demand 1500 W"),
        ({"capture_time": octets("2027-01-04T12:30:01")}, PASSED, ""),
        ({"capture_time": octets("2027-01-04T12:00:00")}, FAILED, "its time is 2027-01-04 12:00:00"),
        (
            {"capture_time": octets("2027-01-04T12:15:02")},
            FAILED,
            "the period ended at 2027-01-04 12:15:00 or",
        ),
        ({"capture_time": octets("2027-01-04T12:14:59")}, PASSED, ""),
        # a sliding window may end anywhere
        ({"window": "sliding", "capture_time": octets("2027-01-04T12:20:00")}, PASSED, ""),
    ],
)
def test_the_highest_demand(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.maximum-demand", {**DEMAND, **changes})
    assert found.outcome is outcome
    assert words in found.reason
    if outcome is not OPEN:
        after_w = changes.get("after_w", 1000.0)
        nearest_w = {1140.0: 1040.0, 1141.0: 1040.0, 2000.0: 2000.0}.get(after_w, 1000.0)
        assert (found.measured, found.limit, found.unit) == (after_w, nearest_w, "W")


BILLING = {
    "rules": CENTRAL_EUROPE,
    "what": "a month without supply",
    "rows": [[octets("2027-02-01T00:00:00")]],
    "clock_column": 0,
    "due": "2027-02-01T00:00:00+00:00",
    "now": "2027-02-01T06:00:00+00:00",
    "columns": [{"what": "total", "value": 5000, "low": 4999, "high": 5001}],
    "demand_after_w": 10.0,
    "demand_most_w": 10.0,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "a month without supply: one row, stamped 2027-02-01 00:00:00"),
        ({"rows": []}, FAILED, "0 rows were captured"),
        ({"rows": BILLING["rows"] * 2}, FAILED, "2 rows were captured"),
        ({"rows": [[octets("2027-01-31T23:59:59")]]}, PASSED, ""),
        ({"rows": [[octets("2027-01-31T23:59:58")]]}, FAILED, "the row is stamped 2027-01-31 23:59:58"),
        ({"rows": [[octets("2027-02-01T06:00:01")]]}, PASSED, ""),  # captured when the supply came back
        ({"rows": [[octets("2027-02-01T06:00:02")]]}, FAILED, "the row is stamped"),
        ({"columns.0.value": 4999}, PASSED, ""),
        ({"columns.0.value": 4998}, FAILED, "total is 4998 in the row, 4999 to 5001 is due"),
        ({"columns.0.value": 5001}, PASSED, ""),
        ({"columns.0.value": 5002}, FAILED, "total is 5002"),
        ({"demand_after_w": 11.0}, FAILED, "the highest demand is still 11 W"),
        ({"demand_after_w": None, "demand_most_w": GONE}, PASSED, ""),
    ],
)
def test_the_end_of_a_month(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.billing", changed(BILLING, changes))
    assert found.outcome is outcome
    assert words in found.reason


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
    reading = {"display": display, "dlms_wh": dlms_wh, "resolution_wh": 1.0}
    found = said("dual.display-credit", {"readings": [reading]})
    assert found.outcome is outcome
    if outcome is FAILED:
        digit = 1.0 if "." not in display else 0.01
        shown_kwh = 10.0
        assert found.measured == pytest.approx(shown_kwh - dlms_wh / 1000)
        assert (found.limit, found.unit) == (pytest.approx(digit + 0.001), "kWh")


LOW = {"answer": "success", "credit": 999.0, "threshold": 1000.0, "sign": "LOW", "display": "LOW CREDIT"}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "below its threshold only"),
        ({"display": "CREDIT"}, FAILED, 'the display does not show "LOW"'),
        ({"credit": 1000.0}, FAILED, 'credit 1000, threshold 1000: the display shows "LOW"'),
        ({"credit": 1000.0, "display": "CREDIT"}, PASSED, ""),
        ({"bit": True}, PASSED, ""),
        ({"bit": False}, FAILED, "the bit low_credit of the account is 0"),
        ({"bit": True, "credit": 1000.0, "display": "CREDIT"}, FAILED, "the account is 1"),
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


@pytest.mark.parametrize(
    ("at_end_wh", "outcome"),
    # a digit of the credit, and one of the register
    [(1200.0, PASSED), (1198.0, PASSED), (1197.0, FAILED), (1202.0, PASSED), (1203.0, FAILED)],
)
def test_credit_and_register_move_together(at_end_wh: float, outcome: Outcome) -> None:
    found = said("dual.credit-and-register", changed(STORY, {"credit_at_end_wh": at_end_wh}))
    assert found.outcome is outcome
    assert (found.measured, found.limit, found.unit) == (1200.0 - at_end_wh, 2.0, "Wh")
