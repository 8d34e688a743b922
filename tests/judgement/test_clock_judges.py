"""The clock: set, refused, drifting, without battery; each bound from just inside and from just outside."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import (
    CENTRAL_EUROPE,
    ERROR,
    FAILED,
    GONE,
    INAPPLICABLE,
    OPEN,
    PASSED,
    changed,
    octets,
    said,
)

Outcome = Any
WINTER, SUMMER = "2027-01-04T12:00:00", "2027-07-05T12:00:00"


def clock_set(what: str = WINTER, *, seen: str, read_after_s: float = 10.0, **declared: Any) -> Any:
    """A time was set at bench second 100 and read ``read_after_s`` later."""
    trial = {
        "what": "a moment",
        "result": "success",
        "utc": f"{what}+00:00",
        "bench_s": 100.0,
        "readings": [{"bench_s": 100.0 + read_after_s, "time": seen}],
    }
    return said("dual.clock-set", {"rules": CENTRAL_EUROPE, "trials": [trial]}, **declared)


@pytest.mark.parametrize(
    ("seen", "outcome", "words"),
    [
        (octets("2027-01-04T12:00:10", -60), PASSED, "1 times were taken"),
        (octets("2027-01-04T12:00:12", -60), PASSED, ""),  # two seconds: rounding at both ends
        (octets("2027-01-04T12:00:08", -60), PASSED, ""),
        (octets("2027-01-04T12:00:13", -60), FAILED, "it reads 2027-01-04T12:00:13"),
        (octets("2027-01-04T12:00:07", -60), FAILED, "due was 2027-01-04T12:00:10"),
        (octets("2027-01-04T12:00:10", 60), FAILED, "deviation 60 min, -60 is due"),
        (octets("2027-01-04T13:00:10", None), PASSED, ""),  # no deviation is a legal choice: local time
        (octets("2027-01-04T12:00:10", None), FAILED, "it reads 2027-01-04T11:00:10"),
        (octets("2027-01-04T12:00:10", -60, 0x80), FAILED, "the bit of daylight saving is 1"),
        (octets("2027-01-04T12:00:10", -60, None), PASSED, ""),  # no status is told
        ("ffff0104ff0c0a00ff800000", FAILED, "not show a whole date"),
    ],
)
def test_a_reading_in_winter(seen: str, outcome: Outcome, words: str) -> None:
    found = clock_set(seen=seen)
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("status", "deviation_min", "outcome"),
    [(0x80, -120, PASSED), (0x00, -120, FAILED), (0x80, -60, FAILED)],
)
def test_a_reading_in_summer(status: int, deviation_min: int, outcome: Outcome) -> None:
    seen = octets("2027-07-05T12:00:10", deviation_min, status)
    assert clock_set(SUMMER, seen=seen).outcome is outcome


@pytest.mark.parametrize(
    ("utc", "deviations"),
    [
        ("2027-03-28T00:59:57", {-60}),
        ("2027-03-28T00:59:59", {-60, -120}),
        ("2027-03-28T01:00:01", {-60, -120}),
        ("2027-03-28T01:00:03", {-120}),
    ],
)
def test_right_at_a_transition_both_deviations_are_true(utc: str, deviations: set[int]) -> None:
    """Summer time begins on 2027-03-28 at 01:00 UTC; two seconds around it nobody can say."""
    for deviation in (-60, -120):
        for status in (0x00, 0x80):
            found = clock_set(utc, seen=octets(utc, deviation, status), read_after_s=0.0)
            true = deviation in deviations and (
                len(deviations) > 1 or (status == 0x80) == (deviation == -120)
            )
            assert found.outcome is (PASSED if true else FAILED), (deviation, status)


def test_the_declared_zone_is_that_of_the_clock() -> None:
    seen = octets("2027-01-04T12:00:10")
    assert clock_set(seen=seen, clock={"time_zone_min": -60}).outcome is PASSED
    found = clock_set(seen=seen, clock={"time_zone_min": 0})
    assert found.outcome is FAILED
    assert "time_zone is -60 min, 0 is declared" in found.reason


def test_a_time_that_is_refused_fails() -> None:
    trial = {"what": "a leap day", "result": "other-reason", "readings": []}
    found = said("dual.clock-set", {"rules": CENTRAL_EUROPE, "trials": [trial]})
    assert found.outcome is FAILED
    assert "set to a leap day: refused (other-reason)" in found.reason


REFUSED = {
    "rules": CENTRAL_EUROPE,
    "before": {"bench_s": 50.0, "time": octets(WINTER)},
    "trials": [
        {
            "what": "the 30th of February",
            "result": "other-reason",
            "after": {"bench_s": 55.0, "time": octets("2027-01-04T12:00:05")},
        },
    ],
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "1 times that do not exist were refused"),
        ({"trials.0.result": "success"}, FAILED, "the 30th of February was taken"),
        (
            {"trials.0.after.time": octets("2027-03-02T12:00:05")},
            FAILED,
            "was refused (other-reason), and the",
        ),
        ({"trials.0.after.time": octets("2027-01-04T12:00:08")}, FAILED, "the clock moved"),
        ({"trials.0.after.time": octets("2027-01-04T12:00:07")}, PASSED, ""),
        ({"before.bench_s": 60.0}, FAILED, "the clock moved"),  # five seconds back in time
        (
            {"trials.0.after.time": octets("2027-03-02T12:00:05"), "trials.0.result": "success"},
            FAILED,
            "was taken, and the clock moved",
        ),
    ],
)
def test_a_time_that_does_not_exist(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.clock-refusals", changed(REFUSED, changes))
    assert found.outcome is outcome
    assert words in found.reason


def drift(gained_s: float, *, days: float = 10.0, within_s: float = 0.4, **declared: Any) -> Any:
    """Read at two instants ``days`` apart, each known to ``within_s``."""
    last = f"2027-01-{14 if days == 10.0 else 5:02d}T12:00:{gained_s:02.0f}"
    data = {
        "rules": CENTRAL_EUROPE,
        "first": {"bench_s": 1000.0, "time": octets(WINTER), "within_s": within_s},
        "last": {"bench_s": 1000.0 + 86400.0 * days, "time": octets(last), "within_s": within_s},
    }
    return said("dual.clock-drift", data, **declared)


@pytest.mark.parametrize(
    ("gained_s", "outcome"),
    # U is (0.4 + 0.4)/2 s in ten days: 0.04 s/d; the limit is 0.5 s/d
    [(0.0, PASSED), (4.0, PASSED), (5.0, None), (6.0, FAILED)],
)
def test_drift_of_ten_days(gained_s: float, outcome: Outcome) -> None:
    found = drift(gained_s)
    assert found.measured == pytest.approx(gained_s / 10)
    assert (found.limit, found.unit, found.u95) == (0.5, "s/d", pytest.approx(0.04))
    assert "drift over 10.00 days" in found.reason
    assert outcome is None or found.outcome is outcome
    assert drift(gained_s, clock={"drift_limit_s_per_day": 1.0}).outcome is PASSED
    assert drift(2.0, clock={"drift_limit_s_per_day": 0.1}).outcome is FAILED


@pytest.mark.parametrize(("within_s", "outcome"), [(0.25, PASSED), (0.26, OPEN)])
def test_a_line_too_slow_to_tell(within_s: float, outcome: Outcome) -> None:
    """In one day an uncertainty of half the limit, 0.25 s, still decides."""
    found = drift(0.0, days=1.0, within_s=within_s)
    assert found.outcome is outcome
    assert (found.limit, found.unit, found.u95) == (0.5, "s/d", pytest.approx(within_s))
    if outcome is OPEN:
        assert found.measured == 0.0
        assert "leaves 0.26 s a day open" in found.reason


UNPOWERED = {
    "rules": CENTRAL_EUROPE,
    "after": {"utc": "2027-01-06T12:00:00+00:00", "time": octets("2027-01-06T12:00:07"), "status": 0},
    "set_again": {"utc": "2027-01-06T12:00:30+00:00", "time": octets("2027-01-06T12:00:37"), "status": 0},
    "offset_s": 7.0,
    "off_s": 172800.0,
}
LOST = octets("2000-01-01T00:00:00")


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "has kept the time"),
        ({"after.time": octets("2027-01-06T12:01:07")}, PASSED, "has kept the time"),  # 60 s: merely slow
        (
            {"after.time": octets("2027-01-06T12:01:08")},
            FAILED,
            "after 48 h without supply and battery it is +61 s",
        ),
        ({"after.time": octets("2027-01-06T11:59:06")}, FAILED, "-61 s off"),
        ({"after.time": LOST}, FAILED, "its status 0x00 does not say so"),
        ({"after.time": LOST, "after.status": 0x01}, PASSED, "its status says so (0x01)"),
        ({"after.time": LOST, "after.status": 0x02}, PASSED, "its status says so (0x02)"),
        ({"after.time": LOST, "after.status": 0x80}, FAILED, "its status 0x80"),
        ({"after.time": octets("2000-01-01T00:00:00", status=0x01)}, PASSED, "its status says so (0x01)"),
        ({"after.time": octets("2000-01-01T00:00:00", status=None), "after.status": 0x04}, FAILED, "0x04"),
        ({"after.time": "ffffffffffffffffff800000"}, PASSED, "shows no date any more"),
        ({"set_again.status": 0x01}, FAILED, "was set again; its status 0x01 says still"),
        ({"set_again.status": 0x82}, PASSED, "has kept the time"),
        (
            {"set_again.time": octets("2027-01-06T12:00:37", status=0x01)},
            FAILED,
            "its status 0x01 says still",
        ),
        # FF is not specified: it says neither that the time is invalid nor that it is valid
        ({"set_again.status": 0xFF}, PASSED, "has kept the time"),
        (
            {"set_again.status": 0xFF, "set_again.time": octets("2027-01-06T12:00:37", status=0x01)},
            FAILED,
            "0x01",
        ),
        (
            {"after.time": octets("2000-01-01T00:00:00", status=None), "after.status": 0xFF},
            OPEN,
            "is not specified",
        ),
        ({"after.time": LOST, "after.status": 0xFF}, FAILED, "its status 0x00 does not say so"),
        ({"after.time": octets("2000-01-01T00:00:00", status=0x01), "after.status": 0xFF}, PASSED, "(0x01)"),
        ({"after.status": 0xFF}, PASSED, "has kept the time"),
        ({"after.utc": GONE}, ERROR, "utc"),
    ],
)
def test_a_clock_without_battery(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.clock-without-battery", changed(UNPOWERED, changes))
    assert found.outcome is outcome
    assert words in found.reason


STANDING = {
    "what": "a day without supply",
    "answers": ["success"],
    "unit_wh": 100.0,
    "period_s": 3600.0,
    "time_s": 36000.0,
    "without_supply_s": 0.0,
    "excluded_s": 0.0,
    "credit_before_wh": 5000.0,
    "credit_after_wh": 4000.0,
}
COLLECTED = {"charges": {"standing": "0-0:19.20.1.255", "missed": "collected"}}
WAIVED = {"charges": {"standing": "0-0:19.20.1.255", "missed": "waived"}}


@pytest.mark.parametrize(
    ("after_wh", "outcome"),
    # ten hours hold nine to eleven ends of an hour; three last digits on top
    [(4103.0, PASSED), (4104.0, FAILED), (3897.0, PASSED), (3896.0, FAILED), (5000.0, FAILED)],
)
def test_a_charge_for_every_hour(after_wh: float, outcome: Outcome) -> None:
    found = said("dual.standing-charge", changed(STANDING, {"credit_after_wh": after_wh}), payment=COLLECTED)
    assert found.outcome is outcome
    assert (found.measured, found.limit, found.unit) == (5000.0 - after_wh, 1100.0, "Wh")
    assert "100 Wh every 3600 s; 900 to 1100 Wh was due" in found.reason


@pytest.mark.parametrize(
    ("changes", "payment", "outcome", "due"),
    [
        ({"without_supply_s": 36000.0}, COLLECTED, PASSED, "900 to 1100 Wh"),
        ({"without_supply_s": 36000.0}, WAIVED, FAILED, "nothing"),
        ({"without_supply_s": 36000.0, "credit_after_wh": 4997.0}, WAIVED, PASSED, "nothing"),
        ({"without_supply_s": 36000.0, "credit_after_wh": 4996.0}, WAIVED, FAILED, "nothing"),
        ({"excluded_s": 36000.0}, COLLECTED, FAILED, "nothing"),
        # half an hour may hold the end of an hour, a second less holds none
        ({"excluded_s": 34200.0, "credit_after_wh": 4900.0}, COLLECTED, PASSED, "0 to 100 Wh"),
        ({"excluded_s": 34201.0, "credit_after_wh": 4900.0}, COLLECTED, FAILED, "nothing"),
        ({"excluded_s": 21600.0, "without_supply_s": 7200.0, "credit_after_wh": 4800.0}, WAIVED, PASSED, "100 to 300"),
        # what was taken for energy is no charge
        ({"credit_after_wh": 3800.0, "used_wh": 200.0}, COLLECTED, PASSED, "1000 Wh were taken"),
        ({"credit_after_wh": 3800.0}, COLLECTED, FAILED, "1200 Wh were taken"),
        ({"used_wh": 500.0, "credit_after_wh": 3500.0}, COLLECTED, PASSED, "900 to 1100 Wh"),  # used meanwhile
        ({"used_wh": 500.0}, COLLECTED, FAILED, "500 Wh were taken"),
        ({"answers": ["success", "read-write-denied"]}, COLLECTED, OPEN, "refused the configuration: read-write"),
        ({}, {}, INAPPLICABLE, "not declared"),
        ({}, {"charges": {"standing": "0-0:19.20.1.255"}}, INAPPLICABLE, "not declared"),
    ],
)  # fmt: skip
def test_a_charge_over_time_that_does_not_count(
    changes: dict[str, Any], payment: dict[str, Any], outcome: Outcome, due: str
) -> None:
    found = said("dual.standing-charge", changed(STANDING, changes), payment=payment)
    assert found.outcome is outcome
    assert due in found.reason


def flat(registered_wh: float, counted_wh: float) -> dict[str, float]:
    """A draw at a price of one."""
    return {
        "register_before_wh": 500.0,
        "register_after_wh": 500.0 + registered_wh,
        "credit_before_wh": 900.0,
        "credit_after_wh": 900.0 - counted_wh,
    }


def steps(taken_wh: float, *, month_before_wh: float = 0.0, second_price: float = 2000.0) -> dict[str, Any]:
    """3000 Wh are drawn; a kWh costs 1000 up to 2000 Wh in the month, then ``second_price``."""
    draw = {
        "what": "across the threshold",
        "register_before_wh": 10_000.0,
        "register_after_wh": 13_000.0,
        "month_before_wh": month_before_wh,
        "credit_before_wh": 9000.0,
        "credit_after_wh": 9000.0 - taken_wh,
    }
    return {
        "answers": ["success", "success"],
        "first_price": 1000.0,
        "second_price": second_price,
        "threshold_wh": 2000.0,
        "draws": [draw],
    }


@pytest.mark.parametrize(
    ("registered_wh", "counted_wh", "changes", "outcome", "words"),
    [
        (100.0, 100.0, {}, PASSED, "at a price of one 100 Wh cost 100"),
        (100.0, 105.0, {}, PASSED, ""),  # three digits, and two in a hundred
        (100.0, 105.1, {}, FAILED, "cost 105"),
        (100.0, 94.9, {}, FAILED, ""),
        (100.0, 0.0, {}, FAILED, "100 Wh cost 0"),  # a credit that stands still
        (0.0, 100.0, {}, FAILED, "0 Wh cost 100"),
        (0.0, 0.0, {}, OPEN, "let no load through"),
        (14.0, 20.0, {}, FAILED, ""),
        (14.0, 14.0, {}, OPEN, "too little"),
        (100.0, 109.0, {"register_resolution_wh": 10.0}, PASSED, ""),
        (100.0, 80.0, {"register_resolution_wh": 100.0}, OPEN, "too little"),
        (100.0, 150.0, {"answers.0": "other-reason"}, OPEN, "refused the tariff: other-reason"),
        (100.0, 150.0, {"at_one_price": GONE}, ERROR, "credit_before_wh"),
    ],
)
def test_a_price_of_one(
    registered_wh: float, counted_wh: float, changes: dict[str, Any], outcome: Outcome, words: str
) -> None:
    data = {
        "answers": ["success"],
        "register_resolution_wh": 1.0,
        "at_one_price": flat(registered_wh, counted_wh),
    }
    found = said("dual.unit-charge", changed(data, changes))
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        (steps(4000.0), PASSED, "3000 Wh cost 4000, 4000 was due"),  # 2000 at 1 and 1000 at 2
        (steps(4009.0), PASSED, ""),  # three digits of energy at the dearer price, and three of credit
        (steps(4010.0), FAILED, "cost 4010, 4000 was due"),
        (steps(3991.0), PASSED, ""),
        (steps(3990.0), FAILED, ""),
        (steps(5000.0, month_before_wh=1000.0), PASSED, "5000 was due"),
        (steps(6000.0, month_before_wh=2000.0), PASSED, "6000 was due"),
        (steps(6000.0, month_before_wh=9000.0), PASSED, "6000 was due"),
        (steps(6000.0), FAILED, ""),  # the step is not reset at the end of the month
        # the same draw took 3010 at one price: 2000 and twice 1010
        (
            changed(steps(4020.0), {"draws.0.at_one_price_wh": 3010.0, "draws.0.register_after_wh": GONE}),
            PASSED,
            "3010",
        ),
        (
            changed(steps(4000.0), {"draws.0.at_one_price_wh": 3010.0}),
            FAILED,
            "3010 Wh cost 4000, 4020 was due",
        ),
        (steps(2500.0, second_price=500.0), PASSED, "2500 was due"),  # a second step may be cheaper
        # the register shows a tenth; the same draw at one price tells the energy
        (
            changed(
                steps(4000.0), {"draws.0.register_after_wh": 10_300.0, "draws.0.at_one_price_wh": 3000.0}
            ),
            PASSED,
            "",
        ),
        (changed(steps(3000.0), {"draws.0.at_one_price_wh": 3000.0}), FAILED, "4000 was due"),
        # a count that loses energy whatever the price says nothing of steps
        (steps(6000.0) | {"at_one_price": flat(100.0, 80.0)}, OPEN, "at one price 100 Wh cost 80"),
        (steps(6000.0) | {"at_one_price": flat(100.0, 95.0)}, FAILED, "4000 was due"),
        # a register of 10 Wh may hide 9
        (
            steps(6000.0) | {"at_one_price": flat(100.0, 110.0), "register_resolution_wh": 10.0},
            FAILED,
            "4000 was due",
        ),
        (
            steps(6000.0) | {"at_one_price": flat(100.0, 118.0), "register_resolution_wh": 10.0},
            OPEN,
            "not the steps",
        ),
        # a switch that has opened says nothing of steps; a credit that stands still while the register runs does
        (changed(steps(0.0), {"draws.0.register_after_wh": 10_000.0}), OPEN, "let no load through"),
        (steps(0.0), FAILED, "3000 Wh cost 0, 4000 was due"),
        (changed(steps(4000.0), {"answers.1": "other-reason"}), OPEN, "refused the tariff: other-reason"),
        (changed(steps(4000.0), {"draws.0.month_before_wh": GONE}), ERROR, "month_before_wh"),
    ],
)
def test_the_steps_of_a_tariff(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.step-charge", data)
    assert found.outcome is outcome
    assert words in found.reason
