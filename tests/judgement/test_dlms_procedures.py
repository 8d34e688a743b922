"""What objects, lists and writes bring: sound, and each fault by itself."""

from __future__ import annotations

from typing import Any

import pytest

from bench.protocols.axdr import (
    array,
    encode,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
    visible_string,
)
from bench.protocols.data import Data
from tests.judgement.told import ERROR, FAILED, OPEN, PASSED, changed, said

Outcome = Any
NAME = b"MBX0072200000001"
SECTIONS: dict[str, Any] = {
    "identity": {"flag_id": "MBX", "logical_device_name": NAME.decode()},
    "communication": {"server_upper": 1, "server_lower": 16, "address_length": 4, "server_sap": 3},
    "association": [{"name": "reader", "client_sap": 32}],
}


def coded(data: Data) -> str:
    return encode(data).hex()


def saps(*rows: tuple[int, bytes]) -> str:
    return coded(array(*(structure(long_unsigned(sap), octet_string(name)) for sap, name in rows)))


def partners(client: int, server: int) -> str:
    return coded(structure(unsigned(client), long_unsigned(server)))


OBJECTS = {
    "link_fault": False,
    "association_name": "reader",
    "listed": [{"class_id": 15, "obis": "0-0:40.0.0.255", "version": 1}],
    "association": {"values": {str(index): coded(unsigned(0)) for index in (1, 2, 4, 5, 6)} | {"3": partners(32, 1)}},
    "sap_list": saps((1, NAME)),
    "device_name": coded(octet_string(NAME)),
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "current association version 1, partners 32 and 1; logical devices 1; logical device name MBX"),
        ({"link_fault": True}, OPEN, "the link layer broke"),
        ({"listed": []}, FAILED, "0-0:40.0.0.255 is not listed"),
        ({"listed.0.class_id": 12}, FAILED, "is not listed"),
        ({"listed.0.obis": "0-0:40.0.1.255"}, FAILED, "is not listed"),
        ({"listed.0.version": 9}, FAILED, "of the unknown version 9"),
        ({"listed.0.version": 0}, PASSED, "version 0"),
        ({"association.values": {"3": partners(32, 1)}}, FAILED, "attributes 1, 2, 4, 5, 6 of the current association"),
        ({"association.values.3": partners(16, 1)}, FAILED, "names client 16, 32 speaks"),
        ({"association_name": "nobody", "association.values.3": partners(16, 1)}, PASSED, "partners 16"),
        ({"association.values.3": partners(32, 3)}, FAILED, "names server 3, the address is 1"),
        ({"association.values.3": coded(unsigned(1))}, FAILED, ""),
        ({"association.values.3": "11"}, FAILED, "associated_partners_id breaks the rules"),
        ({"sap_list": None}, FAILED, "SAP assignment list 0-0:41.0.0.255 cannot be read"),
        ({"sap_list": saps((1, NAME), (1, NAME))}, FAILED, "a SAP stands twice"),
        ({"sap_list": saps((2, NAME))}, FAILED, "[2] lacks the logical device 1"),
        ({"sap_list": saps((2, b"other"), (1, NAME))}, PASSED, "logical devices 2, 1"),
        ({"sap_list": saps((2, NAME), (1, b"other"))}, FAILED, "give different names"),
        ({"device_name": None}, FAILED, "logical device name 0-0:42.0.0.255 cannot be read"),
        ({"device_name": coded(octet_string(b""))}, FAILED, "has 0 octets, 1 to 16 are allowed"),
        ({"device_name": coded(octet_string(NAME + b"2"))}, FAILED, "has 17 octets"),
        ({"device_name": coded(octet_string(b"ABX")), "sap_list": saps((1, b"ABX"))}, FAILED, 'begins "ABX"'),
        ({"device_name": coded(octet_string(b"MBX9")), "sap_list": saps((1, b"MBX9"))}, FAILED, 'reads "MBX9"'),
    ],
)  # fmt: skip
def test_mandatory_objects(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.mandatory-objects", changed(OBJECTS, changes), **SECTIONS)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def test_over_the_wrapper_the_address_is_the_wport() -> None:
    wrapped = {**SECTIONS, "communication": {"framing": "wrapper", "server_sap": 3}}
    data = changed(OBJECTS, {"association.values.3": partners(32, 3), "sap_list": saps((3, NAME))})
    assert said("dlms.mandatory-objects", data, **wrapped).outcome is PASSED
    assert said("dlms.mandatory-objects", OBJECTS, **wrapped).outcome is FAILED


LIST = {
    "subtest": "two registers",
    "link_fault": False,
    "trouble": "",
    "targets": ["A", "B"],
    "alone": ["0600000001", "0600000002"],
    "again": ["0600000001", "0600000002"],
    "together": ["0600000001", "0600000002"],
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "two registers: 2 references"),
        ({"link_fault": True}, OPEN, "two registers: the link layer broke"),
        ({"trouble": "silence"}, FAILED, "no list came (silence)"),
        ({"together": ["0600000001"]}, FAILED, "2 references brought 1 results"),
        ({"together.1": "0600000003"}, FAILED, "B reads 0600000002 alone and 0600000003 in the list"),
        # a value that moves may be another, of the same type
        ({"together.1": "0600000003", "again.1": "0600000004"}, PASSED, ""),
        ({"together.1": "1200000003", "again.1": "0600000004"}, FAILED, "B reads"),
        ({"together.1": "result 3", "again.1": "0600000004"}, FAILED, "B reads"),
        ({"alone.1": "result 3", "again.1": "result 3", "together.1": "result 3"}, PASSED, ""),
        ({"alone.1": "result 3", "again.1": "result 4", "together.1": "result 4"}, FAILED, "result 4 in the list"),
        ({"together.1": "06" * 30}, FAILED, "06" * 18 + "0..."),
        ({"together.1": "06" * 20}, FAILED, "06" * 20 + " in the list"),
    ],
)  # fmt: skip
def test_a_list_of_references(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.multiple-references", changed(LIST, changes))
    assert found.outcome is outcome
    assert words in found.reason


def test_every_list_is_judged() -> None:
    assert said("dlms.multiple-references", LIST, {**LIST, "trouble": "silence"}).outcome is FAILED


def probe(target: str, value: str | None = None, trouble: str = "") -> dict[str, Any]:
    return {"target": target, "value": value, "trouble": trouble}


@pytest.mark.parametrize(
    ("control", "probes", "outcome", "words"),
    [
        (None, [probe("A"), probe("B")], PASSED, "association reader: 2 unlisted attributes are refused"),
        (None, [], OPEN, "nothing unlisted to try"),
        ("1100", [probe("A", "1100")], OPEN, "even NONE, which no meter has"),
        (None, [probe("A"), probe("B", "1100")], FAILED, "can be read, though not listed: B"),
        (None, [probe("A", trouble="silence"), probe("B")], OPEN, "no proper answer to A"),
        (None, [probe("A", trouble="silence"), probe("B", "1100")], FAILED, "not listed: B"),
        (None, [probe(f"P{n}", "1100") for n in range(5)], FAILED, "P0, P1, P2, P3, P4"),
        (None, [probe(f"P{n}", "1100") for n in range(7)], FAILED, "P4 and 2 more"),
    ],
)
def test_what_is_not_listed(
    control: str | None, probes: list[dict[str, Any]], outcome: Outcome, words: str
) -> None:
    data = {"association": "reader", "control": {"target": "NONE", "value": control}, "probes": probes}
    found = said("dlms.unlisted", data)
    assert found.outcome is outcome
    assert words in found.reason
    if outcome is FAILED:
        read = sum(item["value"] is not None for item in probes)
        assert (found.measured, found.limit, found.unit) == (float(read), 0.0, "attributes")


WRITE = {
    "target": "1-0:1.8.0",
    "link_fault": False,
    "trouble": "",
    "before": "1100",
    "written": "1101",
    "after": "1101",
    "restored": "1100",
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "written, read and restored: 1-0:1.8.0"),
        ({"link_fault": True}, OPEN, "1-0:1.8.0: the link layer broke"),
        ({"trouble": "refused (3)"}, FAILED, "1-0:1.8.0: refused (3)"),
        ({"after": "1100"}, FAILED, "SET of 1101 was confirmed, 1100 is read"),
        ({"restored": "1101"}, FAILED, "the old value could not be put back"),
    ],
)
def test_what_is_written_is_read(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    write = {**WRITE, **changes}
    found = said("dlms.stored", {"writes": [WRITE, write]})
    assert found.outcome is outcome
    assert words in found.reason
    alone = said("dlms.protected-write", {"writes": [write], "control": []})
    assert alone.outcome is outcome
    plain = said("dlms.protected-write", {"writes": [write], "control": [WRITE]})
    assert plain.outcome is outcome
    if outcome is FAILED:
        both = said("dlms.protected-write", {"writes": [write], "control": [write]})
        assert both.outcome is OPEN
        assert "writing fails without protection, too" in both.reason


def test_nothing_written_is_our_mistake() -> None:
    assert said("dlms.stored", {"writes": []}).outcome is ERROR


SIZE = {
    "max_pdu": 64,
    "link_fault": False,
    "trouble": "",
    "lengths": [60, 64],
    "block_numbers": [1, 2],
    "value": "A",
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "the same value in 2 sizes of APDU"),
        ({"link_fault": True}, OPEN, "client-max-receive-pdu-size 64: the link layer broke"),
        ({"trouble": "silence"}, FAILED, "64: silence"),
        ({"lengths": [60, 65]}, FAILED, "an APDU of 65 octets came"),
        ({"lengths": [65, 60]}, FAILED, "an APDU of 65 octets came"),
        ({"max_pdu": 0, "lengths": [900]}, PASSED, ""),  # no limit
        ({"block_numbers": []}, PASSED, ""),
        ({"block_numbers": [0, 1]}, FAILED, "blocks are numbered [0, 1]"),
        ({"block_numbers": [1, 3]}, FAILED, "blocks are numbered [1, 3]"),
        ({"block_numbers": [1, 1, 2]}, FAILED, "blocks are numbered"),
        ({"value": "B"}, FAILED, "64: another value came than with size 1024"),
    ],
)
def test_sizes_of_apdus(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    whole = {**SIZE, "max_pdu": 1024, "block_numbers": []}
    found = said("dlms.pdu-sizes", {"sizes": [whole, {**SIZE, **changes}]})
    assert found.outcome is outcome
    assert words in found.reason
    if "65 octets" in words:
        assert (found.measured, found.limit, found.unit) == (65.0, 64.0, "octets")


@pytest.mark.parametrize(
    ("sent", "received", "outcome", "words"),
    [
        ("c001c1", "c401c1", PASSED, "1 answers carry"),
        ("c001c1", "c40181", PASSED, ""),  # priority and service class are no part of the id
        ("c001c1", "c401c2", FAILED, "invoke-id 1 was answered with 2"),
        ("c001cf", "c401c7", FAILED, "invoke-id 15 was answered with 7"),
        ("c001c1", "d80102", FAILED, "invoke-id 1: D8 01 02 came"),
        ("c001c1", "c401", FAILED, "C4 01 came"),
        ("c001c1", "", FAILED, "came"),
    ],
)
def test_invoke_ids(sent: str, received: str, outcome: Outcome, words: str) -> None:
    found = said("dlms.invoke-ids", {"pairs": [{"sent": sent, "received": received}]})
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("value", "outcome", "words"),
    [
        (None, PASSED, "users: refused (3)"),
        (coded(unsigned(5)), PASSED, "users: 5"),
        (coded(octet_string(b"MBX1")), PASSED, "users: MBX1"),
        (coded(octet_string(b"\x01\x02")), PASSED, "users: 0102"),
        (coded(octet_string(b"\xc4\xc5")), PASSED, "users: c4c5"),
        (coded(octet_string(b"")), PASSED, "users: "),
        (coded(structure(unsigned(5), visible_string("A"))), PASSED, "users: [5, A]"),
        ("11", FAILED, "users breaks the rules"),
        ("110500", FAILED, "users breaks the rules"),  # an octet too many
    ],
)
def test_what_is_only_reported(value: str | None, outcome: Outcome, words: str) -> None:
    refused = {"what": "suite", "value": None, "result": 4, "trouble": ""}
    row = {"what": "users", "value": value, "result": 3, "trouble": "", "link_fault": False}
    found = said("dlms.reporting", {"shown": [row]})
    assert found.outcome is outcome
    assert words in found.reason
    behind = said("dlms.reporting", {"shown": [refused, row]})
    assert behind.outcome is outcome
    assert words in behind.reason


@pytest.mark.parametrize(("link_fault", "outcome"), [(False, FAILED), (True, OPEN)])
def test_what_has_no_proper_answer_cannot_be_reported(*, link_fault: bool, outcome: Outcome) -> None:
    row = {"what": "users", "value": None, "result": None, "trouble": "odd octets", "link_fault": link_fault}
    found = said("dlms.reporting", {"shown": [row]})
    assert found.outcome is outcome
    assert "users: no proper answer (odd octets)" in found.reason
