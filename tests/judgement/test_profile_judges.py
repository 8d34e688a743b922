"""Load profiles read by DLMS: selections of rows and columns, whole buffers: inside and outside of each bound."""

from __future__ import annotations

from typing import Any

import pytest

from bench.protocols.axdr import (
    array,
    double_long_unsigned,
    encode,
    enum,
    octet_string,
    structure,
    unsigned,
)
from bench.protocols.data import Data
from bench.record.model import Outcome
from tests.judgement.told import FAILED, OPEN, PASSED, octets, said


def coded(data: Data) -> str:
    return encode(data).hex()


def row(minute: int, value: int, deviation_min: int = 0) -> Data:
    at = octets(f"2027-01-04T12:{minute:02d}:00", deviation_min)
    return structure(octet_string(bytes.fromhex(at)), double_long_unsigned(value))


ROWS = [row(0, 100), row(15, 110), row(30, 120), row(45, 130)]


def table(*rows: Data) -> str:
    return coded(array(*rows))


def by_range(low: int, high: int, value: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "name": "range",
        "kind": "range",
        "from": octets(f"2027-01-04T12:{low:02d}:00", 0),
        "to": octets(f"2027-01-04T12:{high:02d}:00", 0),
        "columns": [],
        "value": value,
        "result": 3,
        "trouble": "",
        "may_refuse": False,
        **changes,
    }


def by_entry(first: int, last: int, left: int, right: int, value: str | None) -> dict[str, Any]:
    places = {"from_entry": first, "to_entry": last, "from_value": left, "to_value": right}
    return {**by_range(0, 0, value), "kind": "entry", "name": "entry", **places}


def selection(subtest: dict[str, Any], *, after: str = "") -> dict[str, Any]:
    return {
        "obis": "1-0:99.1.0.255",
        "before": table(*ROWS),
        "after": after or table(*ROWS),
        "capture_objects": coded(array(unsigned(1), unsigned(2))),
        "clock_column": 0,
        "subtests": [subtest],
    }


def only(column: int, *rows: Data) -> str:
    return table(*(structure(item.value[column]) for item in rows))  # type: ignore[index,arg-type]


@pytest.mark.parametrize(
    ("subtest", "outcome", "words"),
    [
        (by_range(15, 30, table(*ROWS[1:3])), PASSED, "1-0:99.1.0.255: 4 rows; range: 2 rows"),
        (by_range(14, 31, table(*ROWS[1:3])), PASSED, "2 rows"),
        (by_range(16, 29, table(), may_refuse=True), PASSED, "0 rows"),
        (by_range(15, 30, table(*ROWS)), FAILED, "1-0:99.1.0.255, range: 4 rows came, 2 were due"),
        (by_range(15, 30, table(*ROWS[1:2])), FAILED, "1 rows came"),
        (by_range(15, 30, table(*ROWS[2:4])), FAILED, "other rows or columns"),
        (by_range(15, 30, only(1, *ROWS[1:3]), columns=[1]), PASSED, "2 rows"),
        (by_range(15, 30, only(0, *ROWS[1:3]), columns=[1]), FAILED, "other rows or columns"),
        (by_range(15, 30, None), FAILED, "refused with 3, 2 rows were due"),
        (by_range(15, 30, None, may_refuse=True), FAILED, "refused with 3"),
        (by_range(16, 29, None, may_refuse=True), PASSED, "refused (3)"),
        (by_range(16, 29, None), FAILED, "refused with 3, 0 rows were due"),
        (by_range(15, 30, table(*ROWS[1:3]), trouble="silence"), FAILED, "range: silence"),
        (by_range(15, 30, "1101"), FAILED, ""),
        (by_entry(2, 3, 1, 0, table(*ROWS[1:3])), PASSED, "entry: 2 rows"),
        (by_entry(1, 0, 1, 0, table(*ROWS)), PASSED, "4 rows"),
        (by_entry(2, 3, 1, 0, table(*ROWS[2:4])), FAILED, "other rows or columns"),  # counted from 0
        (by_entry(1, 4, 2, 2, only(1, *ROWS)), PASSED, "4 rows"),
        (by_entry(1, 4, 1, 1, only(0, *ROWS)), PASSED, "4 rows"),
        (by_entry(1, 4, 1, 1, only(1, *ROWS)), FAILED, "other rows or columns"),
    ],
)
def test_a_part_of_a_profile(subtest: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.profile-selection", selection(subtest))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def test_a_row_captured_meanwhile_may_be_there() -> None:
    more = [*ROWS, row(50, 140)]
    ask = by_range(30, 59, table(*more[2:]))
    assert said("dlms.profile-selection", selection(ask)).outcome is FAILED
    assert said("dlms.profile-selection", selection(ask, after=table(*more))).outcome is PASSED


def test_the_hours_of_other_zones_are_compared_in_utc() -> None:
    ask = by_range(15, 30, table(*ROWS[1:3]))
    ask |= {"from": octets("2027-01-04T12:15:00", -60), "to": octets("2027-01-04T12:30:00", -60)}
    assert said("dlms.profile-selection", selection(ask)).outcome is PASSED


RIGHT, TURNED = "ffc4", "003c"


def written(minute: int, deviation: str) -> str:
    """An hour east of Greenwich, with a deviation that says so or the opposite."""
    at = octets(f"2027-01-04T12:{minute:02d}:00", -60)
    return at[:18] + deviation + at[22:]


#: The clock changed the sign of its deviation after two rows.
MIXED = [
    structure(octet_string(bytes.fromhex(written(minute, sign))), double_long_unsigned(minute))
    for minute, sign in ((0, RIGHT), (15, RIGHT), (30, TURNED), (45, TURNED))
]


@pytest.mark.parametrize(
    ("rows", "zone_min", "outcome"),
    [
        (MIXED[1:3], -60, PASSED),  # as written
        (MIXED[1:], -60, PASSED),  # rows as they are meant, the end of the range as it is written
        (MIXED, -60, FAILED),
        ([MIXED[1], MIXED[3]], -60, FAILED),
        ([*MIXED[2:], MIXED[1]], -60, FAILED),
        (MIXED[1:2], -60, FAILED),
        (MIXED[1:], 300, FAILED),  # no such zone is declared
        (MIXED[1:], None, FAILED),
    ],
)
def test_a_deviation_of_the_opposite_sign_is_the_clocks_fault(
    rows: list[Data], zone_min: int | None, outcome: Outcome
) -> None:
    ask = by_range(0, 0, table(*rows)) | {"from": written(15, RIGHT), "to": written(30, TURNED)}
    data = selection(ask, after=table(*MIXED)) | {"before": table(*MIXED)}
    clock = {} if zone_min is None else {"time_zone_min": zone_min}
    assert said("dlms.profile-selection", data, clock=clock).outcome is outcome


def test_a_ring_is_none_where_only_the_deviation_changed_its_sign() -> None:
    late = [
        structure(octet_string(bytes.fromhex(written(minute, sign))), double_long_unsigned(minute))
        for minute, sign in ((0, TURNED), (15, TURNED), (30, RIGHT), (45, RIGHT))
    ]
    east = {"time_zone_min": -60}
    assert said("dlms.profile-buffer", BUFFER | {"buffer": table(*late)}, clock=east).outcome is PASSED
    assert said("dlms.profile-buffer", BUFFER | {"buffer": table(*late)}, clock={}).outcome is OPEN
    unrolled = table(*late[2:], *late[:2])
    assert said("dlms.profile-buffer", BUFFER | {"buffer": unrolled}, clock=east).outcome is OPEN


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"before": table(*ROWS, structure(unsigned(1)))}, "a row has not the 2 columns"),
        ({"before": "0101"}, "its data breaks the rules"),
        ({"capture_objects": coded(array(unsigned(1)))}, "a row has not the 1 columns"),
    ],
)
def test_a_buffer_that_is_none(changes: dict[str, Any], words: str) -> None:
    found = said("dlms.profile-selection", {**selection(by_range(15, 30, table(*ROWS[1:3]))), **changes})
    assert found.outcome is FAILED
    assert words in found.reason


BUFFER = {
    "obis": "1-0:99.1.0.255",
    "buffer": table(*ROWS),
    "entries_in_use": coded(double_long_unsigned(4)),
    "entries_in_use_after": coded(double_long_unsigned(4)),
    "entries": coded(double_long_unsigned(4)),
    "sort_method": coded(enum(1)),
}
RING = table(*ROWS[2:], *ROWS[:2])


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "1-0:99.1.0.255: 4 of 4"),
        ({"entries": coded(double_long_unsigned(3))}, FAILED, "4 entries in use, profile_entries is 3"),
        ({"buffer": table(*ROWS[1:])}, FAILED, "4 entries in use, 3 rows in the buffer"),
        # a row was captured between the two readings
        ({"buffer": table(*ROWS[1:]), "entries_in_use_after": coded(double_long_unsigned(5))}, PASSED, ""),
        ({"buffer": RING}, OPEN, "the oldest row is not the first, or the clock was set back"),
        ({"buffer": RING, "sort_method": coded(enum(2))}, PASSED, ""),
        ({"buffer": table(ROWS[0], ROWS[2], ROWS[1], ROWS[3])}, PASSED, ""),  # the clock was set back
        (
            {"buffer": table(ROWS[1], ROWS[3], ROWS[0], ROWS[2])},
            PASSED,
            "",
        ),  # and what followed is the newest
        ({"buffer": table(ROWS[3], *ROWS[:3])}, OPEN, "the oldest row is not the first"),
        ({"buffer": table(*ROWS) + "00"}, FAILED, "its data breaks the rules"),
        ({"entries_in_use": "0600000004ff"}, FAILED, "its data breaks the rules"),
        ({"buffer": table(*ROWS[::-1])}, PASSED, ""),  # newest first is no unrolled ring
        ({"entries": None}, FAILED, "an attribute could not be read"),
    ],
)
def test_a_whole_profile(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.profile-buffer", {**BUFFER, **changes})
    assert found.outcome is outcome
    assert words in found.reason
    assert said("dlms.profile-buffer", BUFFER, {**BUFFER, **changes}).outcome is outcome
    if "profile_entries is 3" in words:
        assert (found.measured, found.limit, found.unit) == (4.0, 3.0, "entries")


#: Two rows more than there is room for, captured beside rows whose clock had been set back.
OLD = [row(45, 97), row(50, 98), row(0, 99), row(15, 100)]
NEW = [row(30, 101), row(45, 102)]
WRAP = {
    "obis": "1-0:98.1.0.255",
    "captured": 2,
    "before": table(*OLD),
    "after": table(*OLD[2:], *NEW),
    "entries_in_use": coded(double_long_unsigned(4)),
    "entries": coded(double_long_unsigned(4)),
    "sort_method": coded(enum(1)),
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "4 of 4 after 2 captures"),
        # the same ring as it lies in memory: the new rows where the oldest were
        ({"after": table(*NEW, *OLD[2:])}, FAILED, "not in order, the oldest first"),
        ({"after": table(*OLD)}, FAILED, "2 captures, 0 new rows"),  # nothing new came
        ({"after": table(*NEW[::-1], *OLD[:1:-1])}, FAILED, "not in order"),  # newest first
        (
            {
                "sort_method": coded(enum(2)),
                "before": table(*OLD[::-1]),
                "after": table(*NEW[::-1], *OLD[:1:-1]),
            },
            PASSED,
            "",
        ),
        ({"sort_method": coded(enum(2))}, FAILED, "not in order, the newest first"),
        ({"sort_method": coded(enum(3)), "after": table(*NEW, *OLD[2:])}, PASSED, ""),  # sorted by a value
        # a row that the profile captured by itself meanwhile, then three
        ({"captured": 1, "before": table(*OLD)}, PASSED, ""),
        ({"captured": 1, "after": table(*OLD[2:3], *NEW, OLD[3])}, FAILED, "not in order"),
        ({"before": table(*OLD[:2]), "after": table(*OLD[:2], *NEW)}, PASSED, ""),
        ({"before": table(OLD[0])}, OPEN, "1 rows and 2 captures do not fill 4 entries"),
        ({"entries_in_use": coded(double_long_unsigned(3))}, FAILED, "3 of 4 entries are in use, 4 rows"),
        ({"after": table(*OLD[1:], *NEW)}, FAILED, "5 rows in the buffer"),
        ({"after": None}, FAILED, "an attribute could not be read"),
    ],
)
def test_a_profile_filled_beyond_its_room(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.profile-wrap", {**WRAP, **changes})
    assert found.outcome is outcome
    assert words in found.reason
