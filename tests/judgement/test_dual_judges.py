"""Judges of tamper responses, records of the switch, modules, logical devices, orders to all stations, and a year."""

from __future__ import annotations

from typing import Any

import pytest

from bench.record.model import Outcome
from tests.judgement import story
from tests.judgement.told import (
    CENTRAL_EUROPE,
    FAILED,
    GONE,
    INAPPLICABLE,
    OPEN,
    PASSED,
    changed,
    octets,
    said,
)

MATRIX: dict[str, Any] = {
    "rows": [
        {
            "configured": "success",
            "trials": [
                {"what": "cover", "response": "log", "live_before": True, "live_after": True, "alarm": False},
                {
                    "what": "magnet",
                    "response": "disconnect",
                    "live_before": True,
                    "live_after": False,
                    "alarm": True,
                },
                {
                    "what": "terminal cover",
                    "response": "alarm",
                    "live_before": True,
                    "live_after": True,
                    "alarm": True,
                },
            ],
        }
    ]
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "cover, magnet, terminal cover: 3 times in 1 settings"),
        ({"fixed": {"bypass": "other-reason"}}, PASSED, "bypass cannot be configured"),
        ({"rows.0.configured": "other-reason"}, OPEN, "not taken"),
        ({"rows.0.trials.0.live_after": False}, FAILED, "cover with the response log"),
        ({"rows.0.trials.0.alarm": True}, FAILED, "the alarm is raised"),
        ({"rows.0.trials.1.live_after": True}, FAILED, "the switch stays closed"),
        ({"rows.0.trials.1.alarm": False}, PASSED, ""),  # whether it alarms too is the maker's choice
        ({"rows.0.trials.2.alarm": False}, FAILED, "no alarm"),
        ({"rows.0.trials.2.alarm": None}, PASSED, ""),
        ({f"rows.0.trials.{number}.live_before": False for number in range(3)}, OPEN, "before 3 of 3"),
        ({"rows.0.trials.1.live_before": False}, OPEN, "before 1 of 3"),
    ],
)
def test_tamper_responses_in_pairs(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.tamper-matrix", changed(MATRIX, changes))
    assert found.outcome is outcome
    assert words in found.reason


STAMP = octets("2028-06-09T18:09:23", -120, status=0x80)
WHEN = {"from_utc": "2028-06-09T18:09:20+00:00", "to_utc": "2028-06-09T18:09:24+00:00"}
RECORDS: dict[str, Any] = {
    "rules": CENTRAL_EUROPE,
    "codes": {"remote-disconnect": 62, "remote-reconnect": 63, "armed": 59, "local-disconnect": 64},
    "code_column": 1,
    "clock_column": 0,
    "steps": [
        {"do": "remote_disconnect", "before": 1, "after": 0, "rows": [[STAMP, 62]], **WHEN},
        {"do": "remote_reconnect", "before": 0, "after": 1, "rows": [["", 200], [STAMP, 63]], **WHEN},
        {"do": "set_credit", "before": 1, "after": 2, "rows": [[STAMP, 64]], **WHEN},
        {"do": "token", "before": 2, "after": 1, "rows": []},  # its code is not declared
    ],
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "remote_disconnect, remote_reconnect, set_credit"),
        ({"steps.0.rows": []}, FAILED, "left the records [], one 62"),
        ({"steps.0.rows": [["", 62], ["", 62]]}, FAILED, "left the records [62, 62]"),
        ({"steps.0.rows": [["", 64]]}, FAILED, "one 62 (remote-disconnect) is due"),
        ({"steps.1.after": 2}, FAILED, "one 59 (armed) is due"),
        ({"steps.1.after": 2, "steps.1.rows": [[STAMP, 59]]}, PASSED, ""),
        ({"steps.0.rows.0.0": octets("2028-06-09T18:09:27", -120)}, PASSED, ""),
        ({"steps.0.rows.0.0": octets("2028-06-09T18:09:28", -120)}, FAILED, "record of remote_disconnect is"),
        (
            {"steps.2.rows.0.0": octets("2028-06-09T18:09:16", -120)},
            FAILED,
            "record of set_credit is stamped",
        ),
        ({"steps.0.rows.0.0": octets("2028-06-09T20:09:22", None)}, PASSED, ""),
        ({"steps.0.rows.0.0": octets("2028-06-09T18:09:22", None)}, FAILED, "is stamped"),
        ({"clock_column": None, "steps.0.rows.0.0": 7}, PASSED, ""),
        ({"steps": [{"do": "remote_disconnect", "before": 1, "after": 1, "rows": []}]}, OPEN, "moved it"),
    ],
)
def test_who_moved_the_switch(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.switch-records", changed(RECORDS, changes))
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, PASSED),
        ({"removed_records": 49}, FAILED),
        ({"inserted_records": 49}, FAILED),
        ({"inserted_records": None}, PASSED),
        ({"removed_records": 40, "inserted_records": 40, "fits": 40}, PASSED),
    ],
)
def test_records_of_swaps(changes: dict[str, Any], outcome: Outcome) -> None:
    data = {"swaps": 50, "fits": 50, "removed_records": 50, "inserted_records": 50}
    assert said("dual.module-records", changed(data, changes)).outcome is outcome


UNKNOWN: dict[str, Any] = {
    "answered": True,
    "live_before": True,
    "live_with": True,
    "as_before": True,
    "told": "something",
    "declared": ["plc", "gprs"],
    "told_after": "plc",
    "there_after": "plc",
}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, PASSED),
        ({"told": None, "told_after": None}, PASSED),
        ({"answered": False}, FAILED),
        ({"live_with": False}, FAILED),
        ({"as_before": False}, FAILED),
        ({"told": "gprs"}, FAILED),
        ({"told_after": "something"}, FAILED),
    ],
)
def test_a_module_nobody_declared(changes: dict[str, Any], outcome: Outcome) -> None:
    assert said("dual.unknown-module", changed(UNKNOWN, changes)).outcome is outcome


DEVICES: dict[str, Any] = {
    "devices": [
        {"sap": 1, "listed_name": "MBR1", "own_name": "MBR1", "credit": 500},
        {"sap": 2, "listed_name": "MBR2", "own_name": "MBR2", "credit": 500},
        {"sap": 3, "listed_name": "MBR3", "own_name": "MBR3", "credit": None},
    ]
}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, PASSED),
        ({"devices.1.listed_name": "MBR1"}, FAILED),
        ({"devices.1.listed_name": "XYZ2", "devices.1.own_name": "XYZ2"}, FAILED),
        ({"devices.1.listed_name": "MBR45678901234567"}, FAILED),
        ({"devices.1.own_name": "MBR9"}, FAILED),
        ({"devices.1.credit": 501}, FAILED),
        # a device for other clients than those at hand says nothing of the others
        ({"devices.1.own_name": None, "devices.1.credit": None}, PASSED),
        ({f"devices.{index}.{name}": None for index in range(3) for name in ("own_name", "credit")}, OPEN),
    ],
)
def test_logical_devices(changes: dict[str, Any], outcome: Outcome) -> None:
    identity = {
        "manufacturer": "m",
        "flag_id": "MBR",
        "type": "t",
        "serial_number": "1",
    }
    found = said("dual.logical-devices", changed(DEVICES, changes), identity=identity)
    assert found.outcome is outcome


LIVE = {
    "live": {
        "under the key of one meter": True,
        "ordered": False,
        "reconnected": True,
        "the same order again": True,
        "a new order": False,
    }
}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, PASSED),
        ({"live.under the key of one meter": False}, FAILED),
        ({"live.the same order again": False}, FAILED),
        ({"live.reconnected": False}, OPEN),
        ({"live.ordered": True, "live.a new order": True}, OPEN),
    ],
)
def test_orders_to_all_stations(changes: dict[str, Any], outcome: Outcome) -> None:
    assert said("dual.broadcast-protection", changed(LIVE, changes)).outcome is outcome


TO_ALL = ("broadcast_disconnect", {})


@pytest.mark.parametrize(
    ("steps", "first", "taken", "of_the_switch"),
    [
        ([(*TO_ALL, story.OFF)], story.ON, PASSED, PASSED),
        ([(*TO_ALL, story.ON), ("wait", {}, story.ON)], story.ON, FAILED, PASSED),
        ([(*TO_ALL, story.OFF), ("remote_reconnect", {}, story.ON), (*TO_ALL, story.ON)], story.ON, FAILED, PASSED),
        ([("set_credit", {"wh": 0}, story.BROKE), (*TO_ALL, story.BROKE)], story.ON, FAILED, PASSED),
        # what was taken holds
        ([(*TO_ALL, story.ARMED)], story.ON, FAILED, FAILED),
        ([(*TO_ALL, story.OFF), ("token", {"wh": 1000}, story.ON)], story.ON, PASSED, PASSED),
        ([(*TO_ALL, story.OFF)], story.OFF, OPEN, PASSED),
        ([(*TO_ALL, story.look(1, control_mode=0))], story.look(1, control_mode=0), INAPPLICABLE, PASSED),
    ],
)  # fmt: skip
def test_an_order_to_all_that_does_not_come_is_no_fault_of_the_switch(
    steps: list[Any], first: dict[str, Any], taken: Outcome, of_the_switch: Outcome
) -> None:
    told = story.told(*steps, first=first)
    assert story.story("broadcast-taken", told).outcome is taken
    assert story.story("supply-story", told).outcome is of_the_switch


def test_what_all_were_told_is_ended_by_remote_reconnect_alone() -> None:
    told = story.told((*TO_ALL, story.OFF), ("token", {"wh": 1000}, story.ON))
    assert story.story("remote-latch", told).outcome is FAILED


def reading(utc: str, bench_s: float, deviation_min: int | None = -60) -> dict[str, Any]:
    return {"time": octets(utc, deviation_min), "instant": f"{utc}+00:00", "bench_s": bench_s}


DAY_S = 86_400.0
YEAR: dict[str, Any] = {
    "rules": CENTRAL_EUROPE,
    "readings": [
        reading("2027-01-01T00:00:00", 0.0),
        reading("2027-03-01T00:00:05", 59 * DAY_S),
        reading("2027-07-01T00:00:00", 181 * DAY_S, -120),
    ],
}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, PASSED),
        ({"readings.2": reading("2027-07-01T00:00:00", 181 * DAY_S, -60)}, FAILED),  # no summer time
        ({"readings.2": reading("2027-07-01T00:00:00", 182 * DAY_S, -120)}, FAILED),
        ({"readings.1": reading("2027-03-01T01:00:00", 59 * DAY_S)}, FAILED),
    ],
)
def test_a_clock_over_a_year(changes: dict[str, Any], outcome: Outcome) -> None:
    assert said("dual.year", changed(YEAR, changes)).outcome is outcome


ROWS: dict[str, Any] = {
    "rules": CENTRAL_EUROPE,
    "books": [
        {
            "step": "day",
            "times": [
                octets("2027-03-26T23:00:00", -60),
                octets("2027-03-27T23:00:00", -60),
                octets("2027-03-28T22:00:00", -120),  # the day of 23 hours
            ],
        },
        {"step": "month", "times": [octets("2027-02-28T23:00:00"), octets("2027-03-31T22:00:00", -120)]},
    ],
}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, PASSED),
        ({"books.0.times.2": octets("2027-03-28T23:00:00", -120)}, FAILED),
        ({"books.0.times.1": octets("2027-03-26T23:00:00")}, FAILED),
        ({"books.1.times.1": octets("2027-04-30T22:00:00", -120)}, FAILED),
        ({"books.1.times": [octets("2027-02-28T23:00:00")]}, OPEN),
    ],
)
def test_days_and_months_follow_each_other(changes: dict[str, Any], outcome: Outcome) -> None:
    assert said("dual.year-rows", changed(ROWS, changes)).outcome is outcome


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [({}, PASSED), ({"used_wh": 0.0}, FAILED), ({"used_wh": GONE}, FAILED)],
)
def test_what_was_taken_for_energy_is_no_charge(changes: dict[str, Any], outcome: Outcome) -> None:
    data = {
        "what": "over an outage",
        "answers": ["success"],
        "unit_wh": 20.0,
        "period_s": 60.0,
        "time_s": 420.0,
        "without_supply_s": 300.0,
        "excluded_s": 0.0,
        "credit_before_wh": 1000.0,
        "credit_after_wh": 830.0,
        "used_wh": 30.0,
    }
    charges = {"charges": {"standing": "0-0:19.20.1.255", "missed": "collected"}}
    assert said("dual.standing-charge", changed(data, changes), payment=charges).outcome is outcome
