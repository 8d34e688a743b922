"""Dialogues of APDUs: each kind of answer against what is due, its numbers, and what an association may grant."""

from __future__ import annotations

from typing import Any

import pytest

from bench.judgement.application_answer import read_answer
from bench.judgement.application_expected import EXPECTED
from bench.protocols.acse import Aare, Aarq, Diagnostic, DiagnosticSource, Rlre
from bench.protocols.acse_names import AssociationResult
from bench.protocols.axdr import octet_string, unsigned
from bench.protocols.xdlms.access import AccessOutcome, AccessResponse
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import ConfirmedServiceError, ExceptionResponse
from bench.protocols.xdlms.get import GetResponseNormal, GetResponseWithDatablock, GetResponseWithList
from bench.protocols.xdlms.initiate import InitiateRequest, InitiateResponse
from tests.judgement.told import ERROR, FAILED, OPEN, PASSED, changed, said

Outcome = Any
ALIVE = {"alive": True, "calls": 1, "closed": False, "away": False, "duration_s": 0.0}
GET, SET = Conformance.GET, Conformance.SET
NAME = bytes.fromhex("0000280000ff")
READER: dict[str, Any] = {
    "association": [{"name": "reader", "client_sap": 32, "conformance": ["get", "set"]}]
}


def proposal(services: Conformance = GET | SET) -> str:
    return Aarq(user_information=InitiateRequest(conformance=services).to_bytes()).to_bytes().hex()


def accepted(services: Conformance = GET | SET, version: int = 6) -> str:
    granted = InitiateResponse(conformance=services, max_pdu=1024, version=version)
    return Aare(user_information=granted.to_bytes()).to_bytes().hex()


def rejected(code: int, *, provider: bool = False, error: int | None = None, result: int = 1) -> str:
    source = DiagnosticSource.PROVIDER if provider else DiagnosticSource.USER
    said_why = ConfirmedServiceError(value=error).to_bytes() if error is not None else None
    return (
        Aare(
            result=AssociationResult(result),
            diagnostic=Diagnostic(source, code),
            user_information=said_why,
        )
        .to_bytes()
        .hex()
    )


def data(value: Any = None) -> str:
    return GetResponseNormal(result=octet_string(NAME) if value is None else value).to_bytes().hex()


def refused(code: int) -> str:
    return GetResponseNormal(result=code).to_bytes().hex()


def exception(state: int, service: int) -> str:
    return ExceptionResponse(state_error=state, service_error=service).to_bytes().hex()


def step(
    rule: str, received: str | None, *, answer: str = "", sent: str = "c001c1", **more: Any
) -> dict[str, Any]:
    return {
        "name": rule,
        "rule": rule,
        "sent": sent,
        "received": received,
        "answer": answer,
        "trouble": "",
        **more,
    }


def played(procedure: str, rule: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    others = {name: "not here" for name, _ in EXPECTED[procedure] if name != rule}
    return {
        "procedure": procedure,
        "association": "reader",
        "before": ALIVE,
        "after": ALIVE,
        "left_out": others,
        "dialogues": [
            {"name": rule, "rule": rule, "steps": list(steps), "connected": True, "reopened": False}
        ],
        **more,
    }


def judged(procedure: str, rule: str, *steps: dict[str, Any], options: Any = None, **more: Any) -> Any:
    sections = {**READER, "options": options or {}}
    return said("dlms.application", played(procedure, rule, *steps, **more), **sections)


@pytest.mark.parametrize(
    ("procedure", "rule", "name", "received", "outcome"),
    [
        # data without an association: state-error 1, service-error 1, 2 or 3
        ("APPL_IDLE_N1", "without association", "GET", exception(1, 1), PASSED),
        ("APPL_IDLE_N1", "without association", "GET", exception(1, 3), PASSED),
        ("APPL_IDLE_N1", "without association", "GET", exception(1, 4), FAILED),
        ("APPL_IDLE_N1", "without association", "GET", exception(2, 2), FAILED),
        ("APPL_IDLE_N1", "without association", "GET", data(), FAILED),
        ("APPL_IDLE_N1", "without association", "GET", refused(3), FAILED),
        # an unknown context: rejected for good, user diagnostic 2
        ("APPL_OPEN_5", "unused context", "AARQ", rejected(2), PASSED),
        ("APPL_OPEN_5", "unused context", "AARQ", rejected(1), FAILED),
        ("APPL_OPEN_5", "unused context", "AARQ", rejected(2, result=2), FAILED),
        ("APPL_OPEN_5", "unused context", "AARQ", rejected(2, provider=True), FAILED),
        ("APPL_OPEN_5", "unused context", "AARQ", accepted(), FAILED),
        ("APPL_OPEN_5", "unused context", "AARQ", exception(1, 1), FAILED),
        # no common ACSE version: the provider's diagnostic 2
        ("APPL_OPEN_4", "six bits without version1", "AARQ", rejected(2, provider=True), PASSED),
        ("APPL_OPEN_4", "six bits without version1", "AARQ", rejected(2), FAILED),
        ("APPL_OPEN_4", "six bits without version1", "AARQ", rejected(1, provider=True), FAILED),
        # a wrong proof: 11 to 14
        *(("APPL_OPEN_7", "wrong proof", "AARQ", rejected(code), PASSED) for code in (11, 12, 13, 14)),
        ("APPL_OPEN_7", "wrong proof", "AARQ", rejected(10), FAILED),
        ("APPL_OPEN_7", "wrong proof", "AARQ", accepted(), FAILED),
        # a version below 6, and too small a PDU: the initiate errors 1 and 3
        ("APPL_OPEN_12", "version below 6", "AARQ", rejected(1, error=1), PASSED),
        ("APPL_OPEN_12", "version below 6", "AARQ", rejected(1, error=3), FAILED),
        ("APPL_OPEN_12", "version below 6", "AARQ", rejected(1), FAILED),
        ("APPL_OPEN_14", "11 octets", "AARQ", rejected(1, error=3), PASSED),
        ("APPL_OPEN_14", "11 octets", "AARQ", accepted(), FAILED),
        ("APPL_OPEN_14", "no limit", "AARQ", accepted(), PASSED),
        ("APPL_OPEN_14", "no limit", "AARQ", accepted(version=5), FAILED),
        ("APPL_OPEN_14", "no limit", "AARQ", accepted(GET | SET | Conformance.ACTION), FAILED),
        # what is declared is granted
        ("APPL_OPEN_13", "all services", "AARQ", accepted(GET | SET), PASSED),
        ("APPL_OPEN_13", "all services", "AARQ", accepted(GET), FAILED),
        ("APPL_OPEN_13", "one service", "AARQ", accepted(GET | SET), PASSED),
        ("APPL_OPEN_13", "one service", "AARQ", accepted(SET), FAILED),
    ],
)
def test_one_answer(procedure: str, rule: str, name: str, received: str, outcome: Outcome) -> None:
    found = judged(procedure, rule, step(name, received, sent=proposal()))
    assert found.outcome is outcome, found.reason


def test_more_than_declared_is_told_by_name() -> None:
    more = GET | SET | Conformance.ACTION
    found = judged("APPL_OPEN_13", "all services", step("AARQ", accepted(more), sent=proposal(more)))
    assert found.outcome is FAILED
    assert "granted, not declared: action" in found.reason
    fewer = judged("APPL_OPEN_13", "all services", step("AARQ", accepted(GET), sent=proposal()))
    assert "declared, not granted: set" in fewer.reason
    one = judged("APPL_OPEN_13", "one service", step("AARQ", accepted(SET), sent=proposal()))
    assert "proposed and declared, not granted: get" in one.reason
    ciphered = Aare(user_information=b"\x28\x00").to_bytes().hex()
    found = judged("APPL_OPEN_13", "all services", step("AARQ", ciphered, sent=proposal()))
    assert found.outcome is FAILED


@pytest.mark.parametrize(
    ("services", "outcome"),
    # a bit that is no service may be set or cleared at will; one that is reserved for zero may not
    [
        (GET | SET | Conformance.PRIORITY_MGMT_SUPPORTED, PASSED),
        (GET | SET | Conformance.RESERVED_ZERO, FAILED),
    ],
)
def test_bits_that_are_no_service(services: Conformance, outcome: Outcome) -> None:
    found = judged("APPL_OPEN_13", "all services", step("AARQ", accepted(services), sent=proposal(services)))
    assert found.outcome is outcome, found.reason


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        (octet_string(NAME), PASSED),
        (octet_string(bytes.fromhex("0000280001ff")), PASSED),  # the instance of the client
        (octet_string(bytes.fromhex("0000290000ff")), FAILED),
        (unsigned(5), FAILED),
    ],
)
def test_the_name_of_the_association(name: Any, outcome: Outcome) -> None:
    released = Rlre().to_bytes().hex()
    for last in (released, None):
        steps = (
            step("AARQ", accepted(), sent=proposal()),
            step("GET logical name", data(name)),
            step("RLRQ", last, answer="" if last else "silence"),
        )
        assert judged("APPL_OPEN_1", "association", *steps).outcome is outcome
    block = GetResponseWithDatablock(last=True, block_number=1, result=b"\x09\x00").to_bytes().hex()
    steps = (
        step("AARQ", accepted(), sent=proposal()),
        step("GET logical name", block),
        step("RLRQ", released),
    )
    assert "came in blocks" in judged("APPL_OPEN_1", "association", *steps).reason


def get_dialogue(**changes: str | None) -> tuple[dict[str, Any], ...]:
    said_to = {
        "AARQ": accepted(),
        "unknown choice": exception(1, 2),
        "truncated": exception(1, 2),
        "absent object": refused(4),
        "still associated": data(),
    }
    said_to.update({name.replace("_", " "): answer for name, answer in changes.items()})  # type: ignore[arg-type]
    return tuple(step(name, answer, answer="silence", sent=proposal()) for name, answer in said_to.items())


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "GET, absent object: result 4"),
        *(({"absent_object": refused(code)}, PASSED, "") for code in (3, 9, 11)),
        (
            {"absent_object": refused(2)},
            FAILED,
            "refused 3 or 4 or 9 or 11, or exception was due [GX], result 2 came",
        ),
        ({"absent_object": data()}, FAILED, "data came"),
        ({"truncated": None}, FAILED, "silence came"),
        ({"truncated": "c401c100"}, FAILED, "GET, truncated"),
        ({"still_associated": exception(1, 1)}, FAILED, "the association is still there"),
    ],
)
def test_requests_that_cannot_be_served(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = judged("APPL_DATA_LN_N1", "GET", *get_dialogue(**changes))
    assert found.outcome is outcome
    assert words in found.reason


def test_what_was_left_out_is_told_and_what_is_missing_is_our_fault() -> None:
    whole = step("AARQ", rejected(2), sent=proposal())
    found = judged("APPL_OPEN_5", "unused context", whole)
    assert "unused context: rejected, result 1, user 2; unknown context left out: not here" in found.reason
    assert judged("APPL_OPEN_5", "unused context", whole, left_out={}).outcome is ERROR
    bare = played("APPL_OPEN_5", "unused context", whole, left_out={})
    bare["dialogues"].append(
        {**bare["dialogues"][0], "name": "2", "rule": "unknown context", "ended": True, "steps": []}
    )
    assert said("dlms.application", bare, **READER).outcome is PASSED
    assert said("dlms.application", {**bare, "procedure": "APPL_NONE"}, **READER).outcome is ERROR
    assert judged("APPL_OPEN_5", "unused context", step("dance", rejected(2))).outcome is ERROR


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({"before": {**ALIVE, "alive": False}}, ERROR, "before the case began"),
        ({"after": {**ALIVE, "alive": False}}, ERROR, "after the case"),
        ({"after": {**ALIVE, "away": True, "duration_s": 7.0}}, FAILED, "away for 7.0 s"),
        ({"after": {**ALIVE, "closed": True}}, PASSED, "it was reopened"),
        ({"dialogues.0.steps.0.received": None, "dialogues.0.steps.0.answer": "garbage"}, OPEN, "(garbage)"),
        (
            {"dialogues.0.steps.0.received": None, "dialogues.0.steps.0.answer": "not sent"},
            FAILED,
            "not be sent",
        ),
    ],
)
def test_what_becomes_of_the_link(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    whole = played("APPL_OPEN_5", "unused context", step("AARQ", rejected(2), sent=proposal()))
    found = said("dlms.application", changed(whole, changes), **READER)
    assert found.outcome is outcome
    assert words in found.reason


def test_behind_a_broken_link_nothing_is_judged() -> None:
    steps = list(get_dialogue(truncated=None, still_associated=exception(1, 1)))
    steps[2] = {**steps[2], "answer": "broken frame"}
    found = judged("APPL_DATA_LN_N1", "GET", *steps)
    assert found.outcome is OPEN
    assert found.reason.count("the link layer broke (broken frame)") == 3


def test_what_the_declaration_decides() -> None:
    rule, answer = "dedicated key without ciphering", step("AARQ", accepted(), sent=proposal())
    assert judged("APPL_OPEN_9", rule, answer).outcome is OPEN
    assert "options.dedicated_key_ignored" in judged("APPL_OPEN_9", rule, answer).reason
    assert judged("APPL_OPEN_9", rule, answer, options={"dedicated_key_ignored": True}).outcome is PASSED
    assert judged("APPL_OPEN_9", rule, answer, options={"dedicated_key_ignored": False}).outcome is FAILED


def block(number: int, inside: bytes) -> str:
    made = GeneralBlockTransfer(last=True, block_number=number, block_number_ack=1, data=inside)
    return made.to_bytes().hex()


@pytest.mark.parametrize(
    ("last", "outcome"),
    [(block(1, bytes.fromhex(data())), PASSED), (block(1, b""), FAILED), (block(1, b"\xc5\x01"), FAILED)],
)
def test_an_answer_in_general_blocks(last: str, outcome: Outcome) -> None:
    steps = (
        step("AARQ", accepted(), sent=proposal()),
        step("first block", block(1, b"")),
        step("last block", last),
        step("still associated", data()),
    )
    assert judged("general_blocks", "request in blocks", *steps).outcome is outcome


@pytest.mark.parametrize(
    ("third", "outcome"),
    [
        (block(1, b""), PASSED),
        (block(1, bytes.fromhex(data())), FAILED),
        (exception(1, 2), PASSED),
        (data(), FAILED),
    ],
)
def test_a_request_with_a_hole_in_it(third: str, outcome: Outcome) -> None:
    steps = (
        step("AARQ", accepted(), sent=proposal()),
        step("first block", block(1, b"")),
        step("third block", third),
        step("still associated", data()),
    )
    assert judged("general_blocks", "a block left out", *steps).outcome is outcome


def access(values: int, outcomes: int) -> AccessResponse:
    return AccessResponse(
        long_invoke=1,
        values=tuple(unsigned(5) for _ in range(values)),
        outcomes=tuple(AccessOutcome(choice=1, result=0) for _ in range(outcomes)),
    )


@pytest.mark.parametrize(
    ("received", "word", "words", "numbers"),
    [
        (accepted(GET), "accepted", "accepted (get)", ()),
        (
            Aare(user_information=b"\x28\x00").to_bytes().hex(),
            "accepted",
            "ciphered InitiateResponse or none",
            (),
        ),
        (rejected(13), "rejected", "rejected, result 1, user 13", ()),
        (rejected(2, provider=True), "rejected", "rejected, result 1, provider 2", ()),
        (rejected(1, error=3), "rejected", "rejected, result 1, user 1, initiate error 3", ()),
        (exception(1, 2), "exception", "exception-response 1 2", (1, 2)),
        (
            ConfirmedServiceError(service=5, error_type=2, value=1).to_bytes().hex(),
            "service-error",
            "(5, 2, 1)",
            (5, 2, 1),
        ),
        (data(), "data", "data", ()),
        (refused(3), "refused", "result 3", (3,)),
        ("c402c1010000000100020900", "data", "data", ()),
        (GetResponseWithList(results=(unsigned(1), unsigned(2))).to_bytes().hex(), "list", "2 results", ()),
        ("c501c100", "done", "success", ()),
        ("c501c103", "refused", "result 3", (3,)),
        ("c701c10000", "done", "success", ()),
        ("c701c10c00", "refused", "result 12", (12,)),
        (Rlre(reason=30).to_bytes().hex(), "released", "RLRE, reason 30", (30,)),
        (Rlre(reason=None).to_bytes().hex(), "released", "RLRE, reason None", ()),
        (access(2, 2).to_bytes().hex(), "access", "ACCESS with 2 results", (2,)),
        (block(3, b""), "block", "general block 3, block 1 taken", (3, 1)),
        ("c001c1000f0000280000ff0100", "other", "C0 01 C1", ()),
        ("c401", "broken", "C4 01 (", ()),
        ("c501c10000", "broken", "C5 01 C1 00 00 (", ()),  # an octet too many
        ("ff", "broken", "FF (", ()),
    ],
)
def test_how_an_answer_is_read(received: str, word: str, words: str, numbers: tuple[int, ...]) -> None:
    found = read_answer({"received": received, "answer": ""})
    assert (found.word, found.numbers) == (word, numbers)
    assert words in found.text


@pytest.mark.parametrize(
    ("answer", "word", "words"),
    [("", "silence", "silence"), ("closed", "closed", "the line closed"), ("DM", "DM", "DM")],
)
def test_what_came_instead_of_an_answer(answer: str, word: str, words: str) -> None:
    found = read_answer({"received": None, "answer": answer})
    assert (found.word, found.text) == (word, words)
