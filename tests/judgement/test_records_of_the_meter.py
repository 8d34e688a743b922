"""What a meter records, keeps and tells: phases, demands of tariffs, emergency profiles, debts, rows of days."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import (
    CENTRAL_EUROPE,
    ERROR,
    FAILED,
    GONE,
    OPEN,
    PASSED,
    changed,
    octets,
    said,
)

BEGIN, END, OTHER = 76, 85, 99
NOON = "2027-01-04T12:0"
PHASES: dict[str, Any] = {
    "rules": CENTRAL_EUROPE,
    "what": "under-voltage",
    "clock_column": 0,
    "code_column": 1,
    "rows": [[octets(f"{NOON}{minute}:00"), code] for minute, code in enumerate((BEGIN, END, BEGIN, END))],
    "phases": [
        {
            "phase": phase,
            "begins": BEGIN,
            "ends": END,
            "begin_due": f"{NOON}{2 * phase - 2}:00+00:00",
            "end_due": f"{NOON}{2 * phase - 1}:00+00:00",
            "uncertain_s": 1.0,
        }
        for phase in (1, 2)
    ],
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "recorded in each of 2 phases"),
        ({"rows.1.1": OTHER}, FAILED, "recorded [76, 76, 85], [76, 85, 76, 85] is due"),
        ({"rows": PHASES["rows"][:2]}, FAILED, "recorded [76, 85], [76, 85, 76, 85] is due"),
        ({"rows": [*PHASES["rows"], [octets(f"{NOON}5:00"), OTHER]]}, PASSED, ""),  # an unbalance, perhaps
        ({"rows": [*PHASES["rows"], [octets(f"{NOON}5:00"), BEGIN]]}, FAILED, "[76, 85, 76, 85, 76]"),
        ({"rows": [PHASES["rows"][index] for index in (1, 0, 2, 3)]}, FAILED, "[85, 76, 76, 85]"),
        # three seconds, and the one the bench is unsure of
        ({"rows.2.0": octets(f"{NOON}2:04")}, PASSED, ""),
        ({"rows.2.0": octets(f"{NOON}2:05")}, FAILED, "in L2: record 76 is stamped"),
        ({"clock_column": None, "rows.2.0": ""}, PASSED, ""),
        ({"phases.1.begins": 77, "rows.2.1": 77}, PASSED, ""),  # a code for each phase
        ({"phases.0.ends": None, "phases.1.ends": None, "rows.1.1": OTHER, "rows.3.1": OTHER}, PASSED, ""),
        ({"phases.1.begins": GONE}, ERROR, "begins is None"),
    ],
)  # fmt: skip
def test_a_condition_of_one_phase_alone(changes: dict[str, Any], outcome: Any, words: str) -> None:
    found = said("dual.event-phases", changed(PHASES, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


DEMANDS: dict[str, Any] = {
    "what": "a month's end",
    "resolution_w": 2.0,
    "unloaded": {"0": 0.0, "1": 0.0, "2": 0.0},
    "loaded": {"0": 200.0, "1": 0.0, "2": 200.0},
    "billed": {"0": 0.0, "1": 0.0, "2": 0.0},
    "rates": [2, 2],
    "resets": True,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "their demands begin anew"),
        ({"billed.2": 200.0}, FAILED, "still 200 W in tariff 2 after the end of the month"),
        ({"billed.2": 200.0, "resets": False}, PASSED, "none is reset"),
        ({"billed.0": 200.0}, PASSED, ""),  # the total has a verdict of its own
        ({"loaded.2": 0.0}, FAILED, "the highest demand is 200 W, and no tariff has one"),
        ({"loaded.2": 198.0}, PASSED, ""),
        ({"loaded.2": 197.0}, FAILED, "a demand of 200 W was reached in tariff 2, which has 197 W"),
        ({"loaded.1": 150.0, "loaded.2": 0.0}, FAILED, "reached in tariff 2, which has 0 W"),
        # another tariff began on the way, the total is of before, or nobody says which tariff it was
        ({"loaded.1": 150.0, "loaded.2": 0.0, "rates": [1, 2]}, PASSED, ""),
        ({"loaded.1": 150.0, "loaded.2": 0.0, "unloaded.0": 200.0}, PASSED, ""),
        ({"loaded.1": 150.0, "loaded.2": 0.0, "rates": [None, None]}, PASSED, ""),
        ({"loaded.0": 0.0}, OPEN, "no demand was reached before"),
        ({"loaded.2": "200"}, ERROR, "2 is '200'"),
    ],
)  # fmt: skip
def test_demands_of_tariffs(changes: dict[str, Any], outcome: Any, words: str) -> None:
    found = said("dual.billing-demands", changed(DEMANDS, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


EMERGENCY: dict[str, Any] = {
    "normal_w": 9000,
    "emergency_w": 900,
    "answers": ["success", "success"],
    "looks": [
        {"what": "before", "due": False, "active": False, "threshold_w": 9000},
        {"what": "while it lasts", "due": True, "active": True, "threshold_w": 900},
    ],
    "draws": [
        {"what": "before", "load_w": 3000, "due_live": True, "live_before": True, "live": True},
        {"what": "while it lasts", "load_w": 3000, "due_live": False, "live_before": True, "live": False},
    ],
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "2 looks, 2 loads"),
        ({"looks.0.active": True}, FAILED, "before emergency_profile_active is true"),
        ({"looks.1.active": False}, FAILED, "while it lasts emergency_profile_active is false"),
        ({"looks.0.threshold_w": 900}, FAILED, "before threshold_active is 900, 9000 is due"),
        ({"looks.1.threshold_w": 9000}, FAILED, "while it lasts threshold_active is 9000, 900 is due"),
        ({"looks.0.active": None, "looks.1.threshold_w": None}, PASSED, ""),  # not readable
        ({"draws.0.live": False}, FAILED, "before the switch opened at 3000 W"),
        ({"draws.1.live": True}, FAILED, "while it lasts the switch stayed closed at 3000 W"),
        ({"draws.1.live_before": False, "draws.1.live": True}, OPEN, "was not closed before"),
        ({"answers.1": "read-write-denied"}, OPEN, "was not taken: read-write-denied"),
        ({"normal_w": 0}, ERROR, "normal_w"),
    ],
)
def test_an_emergency_profile_of_the_limiter(changes: dict[str, Any], outcome: Any, words: str) -> None:
    found = said("dual.limiter-emergency", changed(EMERGENCY, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def line(credit: str, word: str = "CREDIT") -> str:
    return f"{word} {credit} kWh | SUPPLY ON"


DEBT: dict[str, Any] = {
    "due_wh": -250.0,
    "credit_wh": -251.0,
    "room_wh": 4.0,
    "places": [
        {"what": "the Account", "told_wh": -251.0, "allowed": [-251.0, 0.0]},
        {"what": "a profile", "told_wh": -249.0, "allowed": [-251.0]},
    ],
    "texts": [
        {"what": "the display", "before": line("5.00"), "after": line("-0.25"), "credit_before_wh": 5004.0}
    ],
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "-251 Wh is told by the Account, a profile, the display"),
        ({"places.0.told_wh": 0.0}, PASSED, ""),
        ({"places.0.told_wh": 251.0}, FAILED, "the Account tells 251 Wh, -251 Wh or 0 Wh is due"),
        ({"places.1.told_wh": 251.0}, FAILED, "a profile tells 251 Wh, -251 Wh is due"),
        ({"places.1.told_wh": -255.0}, PASSED, ""),
        ({"places.1.told_wh": -256.0}, FAILED, "a profile tells -256 Wh"),
        ({"texts.0.after": line("0.25")}, FAILED, 'the display shows "0.25" as for a credit, it is -251 Wh'),
        ({"texts.0.after": line("0,25"), "texts.0.before": line("5,00")}, FAILED, 'shows "0,25"'),
        # other words, other signs, nothing of it, or nothing to compare with
        ({"texts.0.after": line("0.25", "DEBT")}, PASSED, ""),
        ({"texts.0.after": line("- 0.25")}, PASSED, ""),
        ({"texts.0.after": line("0.25").replace("kWh", "kWh DR")}, PASSED, ""),
        ({"texts.0.after": line("0.00")}, PASSED, ""),
        ({"texts.0.after": line("0.25"), "texts.0.before": "total 17 kWh"}, PASSED, ""),
        ({"credit_wh": 251.0}, FAILED, "the Credit object tells 251 Wh, -250 Wh is due"),
        ({"credit_wh": 0.0}, OPEN, "keeps no negative credit"),
        ({"due_wh": -4.0}, OPEN, "did not become negative"),
        ({"room_wh": 0.0}, ERROR, "room_wh"),
    ],
)  # fmt: skip
def test_a_debt_is_told_as_one(changes: dict[str, Any], outcome: Any, words: str) -> None:
    found = said("dual.negative-credit", changed(DEBT, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


ROWS: dict[str, Any] = {
    "rules": CENTRAL_EUROPE,
    "profile": "daily",
    "clock_column": 0,
    "rows": [[octets("2027-01-04T23:00:00")], [octets("2027-01-05T23:00:00")]],
    "dues": [
        {"what": "one", "from": "2027-01-04T23:00:00+00:00", "to": "2027-01-04T23:10:00+00:00"},
        {"what": "two", "from": "2027-01-05T23:00:00+00:00", "to": "2027-01-05T23:00:00+00:00"},
    ],
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "daily profile: a row each, one, two"),
        ({"rows": ROWS["rows"][:1]}, FAILED, "daily profile, two: no row of 2027-01-05 23:00:00"),
        ({"rows": []}, FAILED, "new rows: none"),
        ({"rows": [*ROWS["rows"], ROWS["rows"][0]]}, PASSED, ""),  # twice is no loss
        ({"rows.0.0": octets("2027-01-04T23:10:01")}, PASSED, ""),  # told where the clock was set
        ({"rows.0.0": octets("2027-01-04T23:10:02")}, FAILED, "daily profile, one"),
        ({"rows.1.0": octets("2027-01-05T22:59:58")}, FAILED, "daily profile, two"),
        ({"rows.1.0": octets("2027-01-05T22:59:59")}, PASSED, ""),
        ({"clock_column": None}, ERROR, "clock_column"),
    ],
)  # fmt: skip
def test_no_day_is_without_its_row(changes: dict[str, Any], outcome: Any, words: str) -> None:
    found = said("dual.rows-kept", changed(ROWS, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


STUCK: dict[str, Any] = {
    "code": 68,
    "live": True,
    "rules": CENTRAL_EUROPE,
    "clock_column": 0,
    "code_column": 1,
    "rows": [[octets("2027-01-04T12:00:00"), 62], [octets("2027-01-04T12:00:05"), 68]],
    "from_utc": "2027-01-04T12:00:00+00:00",
    "to_utc": "2027-01-04T12:00:20+00:00",
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "recorded (68)"),
        ({"rows.1.1": 69}, FAILED, "recorded [62, 69], 68 is due"),
        ({"rows": [*STUCK["rows"], STUCK["rows"][1]]}, PASSED, ""),  # it tried again
        ({"rows.1.0": octets("2027-01-04T12:00:23")}, PASSED, ""),
        ({"rows.1.0": octets("2027-01-04T12:00:24")}, FAILED, "the record of the failed motion is stamped"),
        ({"live": False}, OPEN, "did not stick"),
        ({"code": GONE}, ERROR, "code is None"),
    ],
)
def test_a_contact_that_did_not_follow(changes: dict[str, Any], outcome: Any, words: str) -> None:
    found = said("dual.switch-failure-record", changed(STUCK, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


LIMITED: dict[str, Any] = {
    "rules": CENTRAL_EUROPE,
    "clock_column": None,
    "code_column": 0,
    "codes": {"local-disconnect": 64, "local-reconnect": 69},
    "steps": [
        {"do": "overload", "before": 1, "after": 2, "rows": [[64]]},
        {"do": "hold_over", "before": 2, "after": 1, "rows": [[69]]},
    ],
}
OWN = {**LIMITED["codes"], "limiter-disconnect": 65, "limiter-reconnect": 66}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "one record each of overload, hold_over"),
        ({"steps.0.rows": []}, FAILED, "overload moved the switch from state 1 to 2 and left the records []"),
        ({"steps.0.rows": [[64], [64]]}, FAILED, "left the records [64, 64]"),
        ({"steps.0.rows": [[64], [69]]}, FAILED, "left the records [64, 69]"),
        ({"steps.0.rows": [[64], [69]], "steps.0.hold_may_be_over": True}, PASSED, ""),
        ({"steps.0.rows": [[64], [69], [69]], "steps.0.hold_may_be_over": True}, FAILED, "[64, 69, 69]"),
        ({"steps.0.rows": [[69]], "steps.0.hold_may_be_over": True}, FAILED, "left the records [69]"),
        ({"codes": OWN, "steps.0.rows": [[65], [64], [69], [66]], "steps.1.rows": [[66]],
          "steps.0.hold_may_be_over": True}, PASSED, ""),
        ({"steps.1.rows": []}, FAILED, "hold_over moved the switch"),
        ({"steps.1.after": 2, "steps.1.rows": []}, PASSED, "one record each of overload"),
        ({"codes": OWN, "steps.0.rows": [[65]], "steps.1.rows": [[66]]}, PASSED, ""),
        ({"codes": OWN, "steps.0.rows": [[65], [64]], "steps.1.rows": [[66]]}, PASSED, ""),  # both tell it
        ({"codes": OWN}, FAILED, "one 65 (limiter-disconnect) is due"),
        ({"codes": {**LIMITED["codes"], "switch-failed": 68}, "steps.0.rows": [[64], [68]]}, PASSED, ""),
        ({"codes": {"remote-disconnect": 62}}, OPEN, "no request with a declared record"),
    ],
)  # fmt: skip
def test_what_the_limiter_does_is_recorded(changes: dict[str, Any], outcome: Any, words: str) -> None:
    found = said("dual.switch-records", changed(LIMITED, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


POWER: dict[str, Any] = {
    "limit_w": 5520.0,
    "below": {"power_w": 4418.0, "waited_s": 20.0, "load_side_live": True},
    "above": {"power_w": 6626.0, "waited_s": 10.0, "load_side_live": False},
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "limit 5520 W"),
        ({"below.own_w": 8836.0, "above.own_w": 13252.0}, PASSED, ""),  # what is right needs no excuse
        ({"below.load_side_live": False}, FAILED, "it opened at 4418 W"),
        ({"below.load_side_live": False, "below.own_w": 4420.0}, FAILED, "it opened at 4418 W"),
        ({"below.load_side_live": False, "below.own_w": 8836.0}, OPEN, "measures 4418 W as 8836 W"),
        ({"above.load_side_live": True, "above.own_w": 6600.0}, FAILED, "it carried 6626 W"),
        ({"above.load_side_live": True, "above.own_w": 3313.0}, OPEN, "measures 6626 W as 3313 W"),
        # an excuse for one load is none for the other
        ({"below.load_side_live": False, "below.own_w": 8836.0, "above.load_side_live": True}, FAILED, ""),
    ],
)  # fmt: skip
def test_a_limit_is_compared_with_what_the_meter_measures(
    changes: dict[str, Any], outcome: Any, words: str
) -> None:
    found = said("sts.power-limit", changed(POWER, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason
