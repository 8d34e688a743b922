"""Rates, their registers, calendars that cannot stand, demand and billing: inside and outside of each bound."""

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
