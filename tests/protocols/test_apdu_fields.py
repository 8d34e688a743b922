"""APDUs field by field: whole they are sound, and cut short they name the field of the standard that is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.protocols.explain import explain
from bench.protocols.xdlms.apdu import decode_apdu

FILE = Path(__file__).parents[1] / "data" / "apdu_fields.txt"
Fields = list[tuple[bytes, str]]


def _read(line: str) -> Fields:
    tag, *rest = line.split(" | ")
    parts = (part.partition(" ") for part in rest)
    return [(bytes.fromhex(tag), "tag"), *((bytes.fromhex(octets), name) for octets, _, name in parts)]


APDUS = [_read(line) for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("fields", APDUS, ids=lambda fields: b"".join(octets for octets, _ in fields).hex())
def test_an_apdu_cut_short_names_the_missing_field(fields: Fields) -> None:
    whole = b"".join(octets for octets, _ in fields)
    apdu, deviations = decode_apdu(whole)
    assert apdu is not None
    assert deviations == ()
    assert apdu.to_bytes() == whole
    for number in range(1, len(fields)):
        octets = b"".join(part for part, _ in fields[:number])
        cut, (deviation, *more) = decode_apdu(octets)
        assert cut is None
        assert more == []
        assert (deviation.rule, deviation.offset) == ("truncated", len(octets))
        # an element of several octets tells how many of them are there
        assert deviation.detail.startswith(f"{fields[number][1]} needs ")


@pytest.mark.parametrize("fields", APDUS, ids=lambda fields: b"".join(octets for octets, _ in fields).hex())
def test_an_octet_behind_an_apdu_is_no_part_of_it(fields: Fields) -> None:
    whole = b"".join(octets for octets, _ in fields)
    _, deviations = decode_apdu(whole + b"\x00")
    assert [(item.rule, item.offset) for item in deviations] == [("trailing", len(whole))]
    assert [(item.rule, item.offset) for item in explain(whole + b"\x00").deviations] == [
        ("trailing", len(whole))
    ]


#: How an explanation may call a field.
CALLED = {
    "invoke-id-and-priority": {"invoke"},
    "long-invoke-id-and-priority": {"long-invoke"},
    "block-number": {"number", "block-number"},
    "block-number-ack": {"block-number-ack"},
    "length of block-data": {"data"},
    "variable-name": {"name"},
    "dlms-version-number": {"version"},
    "conformance block": {"conformance"},
    "client-max-receive-pdu-size": {"max-pdu"},
    "server-max-receive-pdu-size": {"max-pdu"},
    "vaa-name": {"vaa-name"},
    "last-block": {"last"},
    "block-control": {"last"},
    "length of signature": {"signature"},
    "length of content": {"content"},
    "class-id": {"attribute", "method", "reference", "class-id"},
    "length of attribute list": {"items"},
    "length of access-request-specification": {"items"},
    "length of method list": {"methods"},
    "length of variable list": {"variables"},
    "length of value list": {"values"},
    "length of result list": {"results", "outcomes"},
    "length of transaction-id": {"transaction-id"},
    "length of system-title": {"system-title"},
    "length of date-time": {"date-time"},
    "network-id": {"network-id"},
    "length of physical-address": {"physical-address"},
}


@pytest.mark.parametrize("fields", APDUS, ids=lambda fields: b"".join(octets for octets, _ in fields).hex())
def test_an_explanation_puts_each_field_at_its_first_octet(fields: Fields) -> None:
    starts: dict[int, str] = {}
    at = 0
    for octets, name in fields:
        starts[at] = name
        at += len(octets)
    rows = [
        row
        for row in explain(b"".join(octets for octets, _ in fields)).rows
        if row.offset is not None and not row.inside
    ]
    assert rows[0].offset == 0
    assert [row.offset for row in rows] == sorted(row.offset for row in rows if row.offset is not None)
    told: dict[int, list[str]] = {}
    for row in rows[1:]:
        told.setdefault(row.offset or 0, []).append(row.text.strip().partition(":")[0].split(" ")[0])
    for offset, name in starts.items():
        if name in CALLED:
            assert CALLED[name] & set(told.get(offset, [])), (offset, name, told)
