"""Profiles: selective access at its edges (procedure 7.3.4 of the object test), and the buffer itself. Pre-run."""

from __future__ import annotations

from typing import Any

from bench.judgement.access_rights import readable
from bench.judgement.dlms_requirements import blue_book_requirement, object_requirement
from bench.judgement.profile_generic import DATE_TIME_OCTETS, FEWEST_ROWS, MOST_ROWS
from bench.meter.dlms_client import DlmsClient
from bench.protocols.axdr import (
    array,
    decode_all,
    double_long_unsigned,
    long_unsigned,
    octet_string,
    structure,
)
from bench.protocols.data import Data
from bench.protocols.values import UnexpectedData, as_elements, as_integer, as_octets
from bench.protocols.xdlms.parts import SelectiveAccess
from bench.record.declaration import AssociationDeclaration
from bench.record.model import Observation, Outcome, Topic
from bench.run.case import case
from bench.run.case_bench import CaseBench
from suites.dlms.hdlc_dialogue import leave
from suites.dlms.object_reading import Reader, associated, list_objects

PROFILE, CLOCK = 7, 8
BUFFER, CAPTURE_OBJECTS, SORT_METHOD, ENTRIES_IN_USE, ENTRIES = 2, 3, 5, 7, 8
BY_RANGE, BY_ENTRY = 1, 2
#: A time before any meter: nothing was captured then.
LONG_AGO = (bytes.fromhex("07cc0101ff000000ff800000"), bytes.fromhex("07cd0101ff000000ff800000"))
MOST_PROFILES = 8


@case("dlms/COSEM_profile_generic", object_requirement("Profile generic 7.3.4", Topic.PROFILE))
def test_profile_generic(bench: CaseBench) -> None:
    """By range: all, none, a part with all columns, a part with two. By entry: one cell, all, a part."""
    association = _reader_of_profiles(bench)
    with associated(bench, association) as client:
        reader = Reader(client)
        profile = next((found for obis in _profiles(client) if (found := _judgeable(reader, obis))), None)
        if profile is None:
            leave(
                bench,
                Outcome.INCONCLUSIVE,
                f"no profile has a clock column, two columns and {FEWEST_ROWS} to {MOST_ROWS} rows",
            )
            return
        profile["subtests"] = [_ask(reader, profile, subtest) for subtest in _subtests(profile)]
        profile["after"] = reader.read(PROFILE, profile["obis"], BUFFER)["value"]
        profile.pop("rows")
    bench.judge("dlms.profile-selection/2", bench.observe("profile", profile))


@case(
    "dlms/profile_empty_range", blue_book_requirement("Profile generic: a range without rows", Topic.PROFILE)
)
def test_profile_empty_range(bench: CaseBench) -> None:
    """A range in which nothing was captured is an empty array."""
    association = _reader_of_profiles(bench)
    with associated(bench, association) as client:
        reader = Reader(client)
        profile = next((found for obis in _profiles(client) if (found := _judgeable(reader, obis, 0))), None)
        if profile is None:
            leave(bench, Outcome.INCONCLUSIVE, "no profile has a clock column")
            return
        nothing = _range("long ago", *LONG_AGO, may_refuse=False)
        profile["subtests"] = [_ask(reader, profile, nothing)]
        profile["after"] = profile["before"]
        profile.pop("rows")
    bench.judge("dlms.profile-selection/2", bench.observe("profile", profile))


@case("dlms/profile_buffer", blue_book_requirement("Profile generic: entries and order", Topic.PROFILE))
def test_profile_buffer(bench: CaseBench) -> None:
    """Entries in use, room, and the order of a FIFO, in every profile that can be read."""
    association = _reader_of_profiles(bench)
    seen: list[Observation] = []
    with associated(bench, association) as client:
        reader = Reader(client)
        for obis in _profiles(client)[:MOST_PROFILES]:
            names = {
                "entries_in_use": ENTRIES_IN_USE,
                "entries": ENTRIES,
                "sort_method": SORT_METHOD,
                "buffer": BUFFER,
            }
            data = {name: reader.read(PROFILE, obis, index)["value"] for name, index in names.items()}
            data["entries_in_use_after"] = reader.read(PROFILE, obis, ENTRIES_IN_USE)["value"]
            seen.append(bench.observe("profile-buffer", {"obis": obis, **data}))
    bench.judge("dlms.profile-buffer/3", *seen)


def _reader_of_profiles(bench: CaseBench) -> AssociationDeclaration:
    """Return the first association that lists a profile and declares selective access; leave without one."""
    bench.energise()
    selective = [
        item for item in bench.position.usable_associations if "selective-access" in item.conformance
    ]
    for association in selective:
        with associated(bench, association) as client:
            if _profiles(client):
                return association
    leave(
        bench, Outcome.INAPPLICABLE, "no association that can be opened lists a profile with selective access"
    )
    raise AssertionError("unreachable")


def _profiles(client: DlmsClient) -> list[str]:
    """Return the codes of the profiles whose buffer can be read; load profiles first."""
    codes = [
        row["obis"]
        for row in list_objects(client)
        if row["class_id"] == PROFILE and row["attribute"] == BUFFER and readable(row)
    ]
    return sorted(codes, key=lambda obis: (":99.1." not in obis, obis))


def _judgeable(reader: Reader, obis: str, fewest: int = FEWEST_ROWS) -> dict[str, Any] | None:
    """Read a profile whole; return None where it is not fit for the procedure."""
    in_use = reader.read(PROFILE, obis, ENTRIES_IN_USE)["value"]
    captured = reader.read(PROFILE, obis, CAPTURE_OBJECTS)["value"]
    if in_use is None or captured is None:
        return None
    try:
        columns = [as_elements(item) for item in as_elements(decode_all(bytes.fromhex(captured)))]
        classes = [as_integer(column[0]) for column in columns]
        if not fewest <= as_integer(decode_all(bytes.fromhex(in_use))) <= MOST_ROWS:
            return None
        if len(columns) < 2 or CLOCK not in classes:
            return None
        before = reader.read(PROFILE, obis, BUFFER)["value"]
        if before is None:
            return None
        rows = [as_elements(row) for row in as_elements(decode_all(bytes.fromhex(before)))]
        clock = classes.index(CLOCK)
        # A row that repeats its time by null-data cannot be told by time.
        if any(len(as_octets(row[clock])) != DATE_TIME_OCTETS for row in rows):
            return None
    except (UnexpectedData, ValueError, IndexError):
        return None
    return {
        "obis": obis,
        "capture_objects": captured,
        "before": before,
        "clock_column": clock,
        "rows": rows,
    }


def _subtests(profile: dict[str, Any]) -> list[dict[str, Any]]:
    rows, clock = profile["rows"], profile["clock_column"]
    times = [as_octets(row[clock]) for row in rows]
    low, high = min(times), max(times)
    middle = sorted(times)[1:-1] or times
    other = 1 if clock == 0 else 0
    return [
        _range("all", low, high),
        _range("outside", *LONG_AGO, may_refuse=True),
        _range("a part, all columns", middle[0], middle[-1]),
        _range("a part, two columns", middle[0], middle[-1], columns=[clock, other]),
        _entries("one cell", 1, 1, 1, 1),
        _entries("all", 1, 0, 1, 0),
        _entries("a part", 2, 4, 1, 2),
    ]


def _range(
    name: str, low: bytes, high: bytes, *, columns: list[int] | None = None, may_refuse: bool = False
) -> dict[str, Any]:
    words = {"name": f"by range, {name}", "kind": "range", "from": low.hex(), "to": high.hex()}
    return {**words, "columns": columns or [], "may_refuse": may_refuse}


def _entries(name: str, first: int, last: int, left: int, right: int) -> dict[str, Any]:
    words = {"name": f"by entry, {name}", "kind": "entry", "from_entry": first, "to_entry": last}
    return {**words, "from_value": left, "to_value": right, "may_refuse": False}


def _ask(reader: Reader, profile: dict[str, Any], subtest: dict[str, Any]) -> dict[str, Any]:
    selector, parameters = (
        (BY_RANGE, _range_parameters(profile, subtest))
        if subtest["kind"] == "range"
        else (BY_ENTRY, _entry_parameters(subtest))
    )
    access = SelectiveAccess(selector=selector, parameters=parameters)
    return {**subtest, **reader.read(PROFILE, profile["obis"], BUFFER, access)}


def _range_parameters(profile: dict[str, Any], subtest: dict[str, Any]) -> Data:
    captured = as_elements(decode_all(bytes.fromhex(profile["capture_objects"])))
    clock = captured[profile["clock_column"]]
    return structure(
        clock,
        octet_string(bytes.fromhex(subtest["from"])),
        octet_string(bytes.fromhex(subtest["to"])),
        array(*(captured[index] for index in subtest["columns"])),
    )


def _entry_parameters(subtest: dict[str, Any]) -> Data:
    return structure(
        double_long_unsigned(subtest["from_entry"]),
        double_long_unsigned(subtest["to_entry"]),
        long_unsigned(subtest["from_value"]),
        long_unsigned(subtest["to_value"]),
    )
