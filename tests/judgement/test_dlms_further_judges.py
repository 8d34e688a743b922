"""What the judges of sign-ons, images, lost links, values and prepayment objects say to good and wrong meters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.cosem_shape import shape_fault
from bench.judgement.dlms_requirements import protocol_requirement
from bench.judgement.registry import Context, judge_by_id
from bench.protocols.axdr import (
    array,
    double_long,
    encode,
    enum,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from bench.protocols.data import Data
from bench.protocols.hdlc import Address, Control, Frame
from bench.record.model import Judgement, Observation, Outcome, Topic

Judged = Callable[[str, dict[str, Any]], Judgement]
ALIVE = {"alive": True, "calls": 1, "closed": False, "away": False, "duration_s": 0.0}
CLIENT, SERVER = Address(16), Address(1)
UA = Frame(CLIENT, SERVER, Control.UA).to_bytes()
IDENTIFICATION = b"/MBX5\\2DDS722\r\n"
CREDIT = "0-0:19.10.0.255"
CREDIT_OCTETS = bytes.fromhex("0000130a00ff")


@pytest.fixture
def judged(observe: Callable[..., Observation], context_of: Callable[..., Context]) -> Judged:
    def judge(name: str, data: dict[str, Any]) -> Judgement:
        requirement = protocol_requirement("any", Topic.OBJECT, "V1")
        return judge_by_id(name)([observe("any", data)], requirement, context_of())

    return judge


def sign_on(rule: str, received: bytes, *, sent: bytes = b"") -> dict[str, Any]:
    step = {"name": rule, "rule": rule, "baud": 9600, "sent": sent.hex(), "received": received.hex()}
    return {
        "steps": [{**step, "client_address": CLIENT.to_bytes().hex()}],
        "before": ALIVE,
        "after": ALIVE,
    }


@pytest.mark.parametrize(
    ("rule", "received", "outcome"),
    [
        ("identification", IDENTIFICATION, Outcome.PASSED),
        ("identification", b"", Outcome.FAILED),
        ("identification", b"/ABC5\\2DDS722\r\n", Outcome.FAILED),
        ("identification", b"/MBX5DDS722\r\n", Outcome.FAILED),
        ("identification", b"/MBX9\\2DDS722\r\n", Outcome.FAILED),
        ("silent", b"", Outcome.PASSED),
        ("silent", IDENTIFICATION, Outcome.FAILED),
        ("SNRM", UA, Outcome.PASSED),
        ("SNRM", b"", Outcome.FAILED),
        ("SNRM", UA[:-3] + b"\x00\x00\x7e", Outcome.FAILED),
        ("SNRM at another rate", b"", Outcome.PASSED),
        ("acknowledgement", b"\x06250\r\n", Outcome.FAILED),
    ],
)
def test_sign_ons(judged: Judged, rule: str, received: bytes, outcome: Outcome) -> None:
    assert judged("dlms.mode-e/1", sign_on(rule, received)).outcome is outcome


def test_an_acknowledgement_may_be_repeated(judged: Judged) -> None:
    data = sign_on("acknowledgement", b"\x06252\r\n", sent=b"\x06252\r\n")
    assert judged("dlms.mode-e/1", data).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("word", "alive", "outcome"),
    [
        ("silence", True, Outcome.FAILED),
        ("closed", True, Outcome.FAILED),
        ("silence", False, Outcome.ERROR),
        ("frame not taken", True, Outcome.INCONCLUSIVE),
        ("bad answer", True, Outcome.INCONCLUSIVE),
    ],
)
def test_a_lost_link(judged: Judged, word: str, alive: bool, outcome: Outcome) -> None:
    data = {"trouble": "No answer.", "word": word, "alive": alive, "signed_on": False}
    assert judged("dlms.lost-link/1", data).outcome is outcome


def test_a_meter_that_signs_on_and_then_is_silent_is_not_our_fault(judged: Judged) -> None:
    data = {"trouble": "No answer.", "word": "silence", "alive": False, "signed_on": True}
    assert judged("dlms.lost-link/1", data).outcome is Outcome.INCONCLUSIVE


def image(came: str, *, missing: int = 2, status: int = 4) -> dict[str, Any]:
    step = {"name": "verify", "due": "refused", "came": came, "why": "", "link_fault": False}
    return {"steps": [step], "first_missing": [{"after": "two", "read": missing, "due": 2}], "status": status}


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (image("refused"), Outcome.PASSED),
        (image("done"), Outcome.FAILED),
        (image("refused", missing=0), Outcome.FAILED),
        (image("refused", status=3), Outcome.FAILED),
    ],
)
def test_an_unsound_image(judged: Judged, data: dict[str, Any], outcome: Outcome) -> None:
    assert judged("dlms.image/1", data).outcome is outcome


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (["00" * 16, "01" * 16], [], Outcome.PASSED),
        (["00" * 16], ["00" * 16], Outcome.FAILED),
        (["00" * 4, "01" * 16], [], Outcome.FAILED),
        (["00" * 16], [], Outcome.INCONCLUSIVE),
    ],
)
def test_challenges(judged: Judged, before: list[str], after: list[str], outcome: Outcome) -> None:
    assert judged("dlms.challenges/1", {"before": before, "after": after}).outcome is outcome


@pytest.mark.parametrize(
    ("scaler", "unit", "outcome"),
    [(-1, 35, Outcome.PASSED), (0, 35, Outcome.FAILED), (-1, 33, Outcome.FAILED)],
)
def test_measured_values(judged: Judged, scaler: int, unit: int, outcome: Outcome) -> None:
    row = {"name": "voltage", "obis": "1-0:32.7.0.255", "applied": 230.0, "raw": 2301, "scaler": scaler}
    data = {"values": [{**row, "unit": unit, "unit_due": 35, "symbol": "V"}]}
    assert judged("dlms.measured-values/1", data).outcome is outcome


def account(available: int, *, named: bytes = CREDIT_OCTETS) -> dict[str, Any]:
    amount = encode(double_long(available)).hex()
    return {
        "account": "0-0:19.0.0.255",
        "listed": [[112, CREDIT]],
        "lists": {
            "credit_reference_list": encode(array(octet_string(named))).hex(),
            "charge_reference_list": None,
            "token_gateway_configuration": None,
        },
        "credits": [
            {"obis": CREDIT, "amount": encode(double_long(500)).hex(), "status": encode(enum(3)).hex()}
        ],
        "available_before": amount,
        "available_after": amount,
    }


def test_credits_in_use_make_the_available_credit(judged: Judged) -> None:
    assert judged("dlms.prepayment-objects/1", account(500)).outcome is Outcome.PASSED
    assert judged("dlms.prepayment-objects/1", account(600)).outcome is Outcome.FAILED


def test_an_account_names_objects_that_are_listed(judged: Judged) -> None:
    strange = account(500, named=bytes.fromhex("0000130b00ff"))
    assert judged("dlms.prepayment-objects/1", strange).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("value", "shape", "fits"),
    [
        (octet_string(bytes(12)), "octets(12)", True),
        (octet_string(bytes(4)), "octets(12)", False),
        (array(), "array(structure(octets, unsigned))", True),
        (array(structure(octet_string(b"A"), unsigned(1))), "array(structure(octets, unsigned))", True),
        (array(structure(octet_string(b"A"))), "array(structure(octets, unsigned))", False),
        (array(unsigned(1)), "array(structure(octets, unsigned))", False),
        (structure(unsigned(1), octet_string(b"")), "structure(any, octets)", True),
        # a shape inside a shape, in each place
        (
            structure(unsigned(1), array(enum(1)), octet_string(b"")),
            "structure(unsigned, array(enum), octets)",
            True,
        ),
        (
            structure(unsigned(1), array(unsigned(1)), octet_string(b"")),
            "structure(unsigned, array(enum), octets)",
            False,
        ),
        (structure(unsigned(1), array(enum(1)), enum(1)), "structure(unsigned, array(enum), octets)", False),
        (structure(array(enum(1)), unsigned(1)), "structure(array(enum), unsigned)", True),
        (structure(array(unsigned(1)), unsigned(1)), "structure(array(enum), unsigned)", False),
        (octet_string(bytes(5)), "octets(4, 5)", True),
        (octet_string(bytes(6)), "octets(4, 5)", False),
        (array(octet_string(bytes(6)), octet_string(bytes(5))), "array(octets(6))", False),
        (null_data(), "structure(unsigned, unsigned)", True),  # nothing there
        (array(null_data(), enum(1)), "array(enum)", True),
        (structure(unsigned(1)), "structure", True),
        (unsigned(1), "unsigned", True),
        (enum(1), "unsigned", False),
        (unsigned(1), "octets", False),
    ],
)
def test_shapes(value: Data, shape: str, fits: bool) -> None:
    assert (shape_fault(value, shape) == "") is fits


def test_a_shape_that_is_none_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="no shape"):
        shape_fault(unsigned(1), "array(enum) enum")
