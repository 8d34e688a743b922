"""Frames, messages and sign-ons as octets: what is sound, and each way in which an answer is not."""

from __future__ import annotations

from typing import Any

import pytest

from bench.protocols.acse import Aare
from bench.protocols.acse_names import AssociationResult
from bench.protocols.hdlc import Address, Control, Frame, LinkParameters, rr_control
from bench.protocols.hdlc_control import i_control
from bench.protocols.wrapper import WrapperFrame
from tests.judgement.told import ERROR, FAILED, PASSED, changed, said

Outcome = Any
CLIENT, SERVER, STRANGER = Address(16), Address(1, 16, 4), Address(17)
ALIVE = {"alive": True, "calls": 1, "closed": False, "away": False, "duration_s": 0.0}
DEAD = {**ALIVE, "alive": False}
CLOSED = {**ALIVE, "closed": True}
AWAY = {**ALIVE, "away": True, "duration_s": 7.0}
DATA = bytes.fromhex("e6e700c401c10009060000280000ff")
GET = bytes.fromhex("e6e600c001c1000f0000280000ff0100")


def meter(control: int, information: bytes = b"", *, segmented: bool = False, to: Address = CLIENT) -> bytes:
    return Frame(to, SERVER, control, information, segmented=segmented).to_bytes()


def bench(control: int, information: bytes = b"", *, segmented: bool = False) -> bytes:
    return Frame(SERVER, CLIENT, control, information, segmented=segmented).to_bytes()


UA, DM, RR, FRMR = meter(Control.UA), meter(Control.DM), meter(rr_control(0)), meter(Control.FRMR)
WRONG_FCS = UA[:-3] + b"\x00\x00\x7e"


def step(rule: str, received: bytes = b"", sent: bytes = b"", **more: Any) -> dict[str, Any]:
    base = {
        "name": rule,
        "rule": rule,
        "sent": sent.hex(),
        "received": received.hex(),
        "late": "",
        "closed": False,
    }
    return {**base, **more}


def dialogue(*steps: dict[str, Any], procedure: str = "HDLC_FRAME_P1", **more: Any) -> dict[str, Any]:
    return {
        "procedure": procedure,
        "steps": list(steps),
        "before": ALIVE,
        "after": ALIVE,
        "client_address": CLIENT.to_bytes().hex(),
        "server_address": SERVER.to_bytes().hex(),
        **more,
    }


COMMUNICATION = {"server_upper": 1, "server_lower": 16, "address_length": 4}


def hdlc(data: dict[str, Any], **communication: Any) -> Any:
    return said("dlms.hdlc-dialogue", data, communication={**COMMUNICATION, **communication})


GOOD = (step("SNRM", UA), step("RR", RR), step("DISC in NRM", UA), step("DISC in NDM", DM))


def with_rr(received: bytes, **more: Any) -> dict[str, Any]:
    return dialogue(GOOD[0], step("RR", received, **more), *GOOD[2:])


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        (dialogue(*GOOD), PASSED, "SNRM: UA; RR: RR; DISC in NRM: UA; DISC in NDM: DM"),
        (dialogue(*GOOD, after=CLOSED), PASSED, "the meter closed the line; it was reopened"),
        (dialogue(*GOOD, after=AWAY), FAILED, "the meter was away for 7.0 s"),
        (dialogue(*GOOD, before=DEAD), ERROR, "did not answer before the case"),
        (dialogue(*GOOD, after=DEAD), ERROR, "could not be opened again"),
        (dialogue(*GOOD[:3]), ERROR, "not all there"),
        (dialogue(*GOOD, step("wait")), ERROR, "or too many"),
        (dialogue(*GOOD, procedure="HDLC_NONE"), ERROR, "no procedure 'HDLC_NONE'"),
        (dialogue(GOOD[0], *GOOD), PASSED, "SNRM: UA (2 times); RR: RR"),
        (with_rr(b""), FAILED, "RR: RR with N(R)=0 was due, silence came"),
        (with_rr(b"", closed=True), FAILED, "the connection closed"),
        (with_rr(meter(rr_control(1))), FAILED, "RR with N(R)=1 came"),
        (with_rr(meter(rr_control(0, poll=False))), FAILED, "RR without the final bit came"),
        (with_rr(meter(rr_control(0), to=STRANGER)), FAILED, "RR came with addresses 23 and 00020021"),
        (with_rr(DM), FAILED, "DM came"),
        (with_rr(RR + RR), FAILED, "2 frames and 0 stray octets came"),
        (with_rr(b"\x00" + RR), FAILED, "stray octets came"),
        (with_rr(RR[:-2]), FAILED, "octets came that are no whole frame"),
        (with_rr(b"\x7e"), FAILED, "0 frames and 0 stray octets came"),
        (with_rr(WRONG_FCS), FAILED, "a frame came that breaks the rules"),
    ],
)
def test_a_dialogue_of_frames(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = hdlc(data)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


@pytest.mark.parametrize(
    ("received", "more", "outcome", "words"),
    [
        (b"", {}, PASSED, "SNRM with wrong FCS: silence; DISC in NDM: DM"),
        (b"", {"closed": True}, PASSED, "silence, and the meter closed the line"),
        (b"", {"late": UA.hex()}, FAILED, "came after the time-out"),
        (UA, {}, FAILED, "silence was due, UA came"),
        (FRMR, {}, FAILED, "FRMR came"),
    ],
)
def test_silence_that_is_due(received: bytes, more: dict[str, Any], outcome: Outcome, words: str) -> None:
    first = step("SNRM with wrong FCS", received, **more)
    found = hdlc(dialogue(first, step("DISC in NDM", DM), procedure="HDLC_FRAME_N8"))
    assert found.outcome is outcome
    assert words in found.reason


def parameters(transmit: int, receive: int, window_t: int = 1, window_r: int = 1) -> bytes:
    return LinkParameters(
        max_info_transmit=transmit,
        max_info_receive=receive,
        window_transmit=window_t,
        window_receive=window_r,
    ).to_bytes()


@pytest.mark.parametrize(
    ("proposed", "agreed", "outcome", "words"),
    # The client's transmit is the meter's receive: declared are 256 out and 512 in, windows 3 and 5.
    [
        (parameters(512, 256, 5, 3), parameters(256, 512, 3, 5), PASSED, ""),
        (parameters(512, 256, 5, 3), parameters(255, 511, 2, 4), PASSED, ""),
        (
            parameters(512, 255, 5, 3),
            parameters(256, 512, 3, 5),
            FAILED,
            "max info transmit 256, 255 was proposed",
        ),
        (
            parameters(511, 256, 5, 3),
            parameters(256, 512, 3, 5),
            FAILED,
            "max info receive 512, 511 was proposed",
        ),
        (parameters(512, 256, 5, 2), parameters(256, 512, 3, 5), FAILED, "window transmit 3, 2 was proposed"),
        (parameters(512, 256, 4, 3), parameters(256, 512, 3, 5), FAILED, "window receive 5, 4 was proposed"),
        (
            parameters(1024, 1024, 7, 7),
            parameters(257, 512, 3, 5),
            FAILED,
            "max info transmit 257, 256 is declared",
        ),
        (
            parameters(1024, 1024, 7, 7),
            parameters(256, 513, 3, 5),
            FAILED,
            "max info receive 513, 512 is declared",
        ),
        (
            parameters(1024, 1024, 7, 7),
            parameters(256, 512, 4, 5),
            FAILED,
            "window transmit 4, 3 is declared",
        ),
        (parameters(1024, 1024, 7, 7), parameters(256, 512, 3, 6), FAILED, "window receive 6, 5 is declared"),
        (parameters(512, 256, 5, 3), b"", PASSED, ""),  # nothing is negotiated: the defaults hold
        (parameters(512, 256, 5, 3), parameters(256, 512, 3, 5)[:-1], FAILED, "of the UA break the rules"),
    ],
)
def test_the_parameters_of_a_connection(proposed: bytes, agreed: bytes, outcome: Outcome, words: str) -> None:
    declared = {"max_info_transmit": 256, "max_info_receive": 512, "window_transmit": 3, "window_receive": 5}
    snrm = step("SNRM", meter(Control.UA, agreed), bench(Control.SNRM, proposed))
    found = hdlc(dialogue(snrm, step("DISC", UA), procedure="HDLC_NDM2NRM_P2"), **declared)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


# -- I-frames


def ask(control: int = i_control(0, 0), information: bytes = GET, **more: Any) -> bytes:
    return bench(control, information, **more)


def turn(received: bytes, rule: str = "request", sent: bytes | None = None, **more: Any) -> dict[str, Any]:
    return step(rule, received, ask() if sent is None else sent, **more)


def answer(ns: int = 0, nr: int = 1, information: bytes = DATA, *, poll: bool = True, **more: Any) -> bytes:
    return meter(i_control(ns, nr, poll), information, **more)


OPENED = step("SNRM", UA)
HALVES = (answer(information=DATA[:8], segmented=True), answer(1, 1, DATA[8:]))


@pytest.mark.parametrize(
    ("steps", "outcome", "words"),
    [
        ((OPENED, turn(answer())), PASSED, "1 answers in 1 I-frames, longest information 15 octets"),
        ((OPENED, turn(answer()), turn(answer(1, 2), sent=ask(i_control(1, 1)))), PASSED, "2 answers in 2 I-frames"),
        ((OPENED, turn(answer()), OPENED, turn(answer())), PASSED, "2 answers"),  # SNRM begins anew
        ((OPENED, turn(HALVES[0]), turn(HALVES[1], "continue", bench(rr_control(1)))), PASSED, "1 answers in 2"),
        ((OPENED, turn(HALVES[0])), FAILED, "the last answer never ended"),
        ((OPENED, turn(HALVES[0]), turn(answer(1, 2), sent=ask(i_control(1, 1)))), FAILED, "was left unfinished"),
        ((OPENED, turn(answer(1, 1))), FAILED, "N(S)=1 came, 0 was due"),
        ((OPENED, turn(answer(0, 0))), FAILED, "N(R)=0 came, 1 was due"),
        ((OPENED, turn(answer(poll=False))), FAILED, "the final bit does not stand in the last frame"),
        ((OPENED, turn(HALVES[0] + HALVES[1])), FAILED, "2 frames in a row, the window agreed is 1"),
        ((OPENED, turn(answer(to=STRANGER))), FAILED, "a frame has the addresses 23 and 00020021"),
        ((OPENED, turn(answer(information=DATA[1:]))), FAILED, "begins E7 00 C4, the LLC header E6 E7 00 was due"),
        ((OPENED, turn(answer(information=DATA[:3] + b"\xc5\x01"))), FAILED, "the answer to C0 begins C5 01"),
        ((OPENED, turn(answer(information=DATA[:3]))), FAILED, "the answer to C0 begins"),
        ((OPENED, turn(answer(information=bytes.fromhex("e6e700d80102")))), PASSED, ""),
        ((OPENED, turn(RR)), FAILED, "information was due, RR came"),
        ((OPENED, turn(b"")), FAILED, "an answer was due, silence came"),
        ((OPENED, turn(b"", closed=True)), FAILED, "the connection closed"),
        ((OPENED, turn(answer()[:-3] + b"\x00\x00\x7e")), FAILED, "a frame breaks the rules"),
        ((OPENED, turn(answer()[:-2])), FAILED, "octets came that are no frame"),
        ((OPENED, turn(b"\x55" + answer())), FAILED, "octets came that are no frame"),
        ((OPENED, turn(answer(information=DATA + bytes(114)))), FAILED, "information of 129 octets, agreed are 128"),
        ((OPENED, turn(answer(information=DATA + bytes(113)))), PASSED, "longest information 128 octets"),
        ((step("SNRM", DM),), FAILED, "UA was due, DM came"),
        ((step("SNRM", UA + UA),), FAILED, "UA was due, UA, UA came"),
        ((step("SNRM", meter(Control.UA, b"\x81")),), FAILED, "of the UA break the rules"),
        ((OPENED, turn(answer()), step("DISC", DM)), PASSED, ""),
        ((OPENED, turn(answer()), step("DISC", RR)), FAILED, "UA or DM was due, RR came"),
        ((OPENED,), ERROR, "holds no message"),
        ((OPENED, step("dance", UA)), ERROR, "no rule 'dance'"),
        ((OPENED, turn(answer(), sent=b"\x00")), ERROR, "what was sent is no frame"),
        ((OPENED, turn(answer()), turn(answer(), "repeat")), PASSED, "1 answers"),
        ((OPENED, turn(answer()), turn(meter(rr_control(1)), "repeat")), PASSED, ""),
        ((OPENED, turn(answer()), turn(meter(rr_control(2)), "repeat")), FAILED, "N(R)=2 came, 1 was due"),
        ((OPENED, turn(answer()), turn(answer(1, 1), "repeat")), FAILED, "is due the same answer again"),
        ((OPENED, turn(answer()), turn(meter(rr_control(1)) * 2, "repeat")), FAILED, "the same answer again"),
    ],
)  # fmt: skip
def test_a_dialogue_of_information(steps: tuple[Any, ...], outcome: Outcome, words: str) -> None:
    found = said("dlms.hdlc-information", dialogue(*steps))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def test_a_request_in_segments_and_an_answer_in_a_window() -> None:
    opened = step("SNRM", meter(Control.UA, parameters(128, 128, 2, 2)))
    first = turn(meter(rr_control(1)), "segment", ask(information=GET[:8], segmented=True))
    whole = answer(0, 2, DATA[:8], segmented=True, poll=False) + answer(1, 2, DATA[8:])
    second = turn(whole, sent=ask(i_control(1, 0), GET[8:]))
    assert said("dlms.hdlc-information", dialogue(opened, first, second)).outcome is PASSED
    polled = answer(0, 2, DATA[:8], segmented=True) + answer(1, 2, DATA[8:])
    found = said("dlms.hdlc-information", dialogue(opened, first, {**second, "received": polled.hex()}))
    assert "final bit does not stand in the last" in found.reason
    ended = answer(0, 2, DATA[:8], poll=False) + answer(1, 2, DATA[8:])
    found = said("dlms.hdlc-information", dialogue(opened, first, {**second, "received": ended.hex()}))
    assert "segmentation bit is clear before" in found.reason
    wrong = {**first, "received": meter(rr_control(0)).hex()}
    assert "N(R)=0 came, 1 was due" in said("dlms.hdlc-information", dialogue(opened, wrong)).reason


def test_numbers_go_round_after_seven() -> None:
    turns = [turn(answer(n % 8, (n + 1) % 8), sent=ask(i_control(n, n))) for n in range(9)]
    assert "9 answers" in said("dlms.hdlc-information", dialogue(OPENED, *turns)).reason
    stuck = [*turns[:8], turn(answer(1, 1), sent=ask(i_control(0, 0)))]
    assert said("dlms.hdlc-information", dialogue(OPENED, *stuck)).outcome is FAILED


def test_a_meter_that_was_away_or_dead() -> None:
    steps = (OPENED, turn(answer()))
    assert said("dlms.hdlc-information", dialogue(*steps, after=AWAY)).outcome is FAILED
    assert said("dlms.hdlc-information", dialogue(*steps, before=DEAD)).outcome is ERROR
    assert "reopened" in said("dlms.hdlc-information", dialogue(*steps, after=CLOSED)).reason


# -- the wrapper

AARE = Aare().to_bytes()
REJECTED = Aare(result=AssociationResult.REJECTED_PERMANENT).to_bytes()
RESPONSE = DATA[3:]
ASKED = GET[3:]
ASKED_2 = b"\xc0\x01\xc2" + ASKED[3:]
EXCEPTION = bytes.fromhex("d80102")


def wrapped(*apdus: bytes, source: int = 1, destination: int = 16, **more: Any) -> bytes:
    return b"".join(WrapperFrame(source, destination, apdu).to_bytes(**more) for apdu in apdus)


def message(rule: str, received: bytes, *, closed: bool = False, sent: bytes = b"") -> dict[str, Any]:
    step = {
        "name": rule,
        "rule": rule,
        "received": received.hex(),
        "server": 1,
        "client": 16,
        "closed": closed,
    }
    alive = {"before": ALIVE, "after": ALIVE, "elsewhere": None, "response_time_out_s": 2.0}
    return {**alive, "steps": [{**step, "sent": sent.hex()}]}


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        (message("answered", wrapped(AARE)), PASSED, "answered: one AARE"),
        (message("answered", b""), FAILED, "one AARE was due, silence came"),
        (message("answered", b"", closed=True), FAILED, "the connection closed came"),
        (message("answered", wrapped(AARE, AARE)), FAILED, "one AARE was due, 61"),
        (message("answered", wrapped(RESPONSE)), FAILED, "C4 01 C1 00 came"),
        (message("data", wrapped(RESPONSE)), PASSED, "data: one GET-response"),
        (message("data", wrapped(AARE)), FAILED, "one GET-response was due"),
        (message("data", wrapped(RESPONSE, RESPONSE)), FAILED, "one GET-response was due"),
        (message("ignored", b""), PASSED, "ignored: silence"),
        (message("ignored", b"", closed=True), PASSED, "ignored: the connection closed"),
        (message("ignored", wrapped(RESPONSE)), FAILED, "silence was due, C4 01"),
        (message("not served", b""), PASSED, "not served: silence"),
        (message("not served", wrapped(EXCEPTION)), PASSED, "exception-response"),
        (message("not served", wrapped(REJECTED)), PASSED, "AARE, rejected"),
        (message("not served", wrapped(AARE)), FAILED, "silence or a refusal was due, 61"),
        (message("not served", wrapped(RESPONSE)), FAILED, "a refusal was due"),
        (message("not served", wrapped(EXCEPTION, EXCEPTION)), FAILED, "silence or one refusal was due"),
        (message("first or both", wrapped(RESPONSE)), PASSED, "1 answers to two requests at once"),
        (message("first or both", wrapped(AARE, RESPONSE)), PASSED, "2 answers"),
        (message("first or both", b""), FAILED, "one answer or two were due, silence came"),
        (message("first or both", wrapped(AARE, AARE, AARE)), FAILED, "were due, 3 came"),
        (message("first or both", wrapped(AARE, EXCEPTION)), FAILED, "answers to the requests were due"),
        (message("second client", wrapped(AARE)), PASSED, "second client: 61"),
        (message("second client", b"", closed=True), PASSED, "second client: the connection closed"),
        (message("second client", wrapped(AARE, AARE)), FAILED, "one answer, or a closed connection"),
        (message("left", wrapped(RESPONSE)), PASSED, "left: C4"),
        (message("closed", b"", closed=True), PASSED, "closed after the inactivity time-out"),
        (message("closed", b""), FAILED, "stayed open"),
        (message("closed", wrapped(RESPONSE), closed=True), FAILED, "silence was due until"),
        (message("dance", b""), ERROR, "no rule 'dance'"),
        (message("answered", wrapped(AARE, destination=17)), FAILED, "the wPorts 1 and 17"),
        (message("answered", wrapped(AARE, source=2)), FAILED, "the wPorts 2 and 16"),
        (message("answered", wrapped(AARE)[:-1]), FAILED, "no whole message: 00 01 00 01 00 10"),
        (message("answered", b"\x00\x02" + wrapped(AARE)[2:]), FAILED, "the wrapper breaks the rules"),
        (message("data", wrapped(RESPONSE + b"\x00")), FAILED, "the APDU breaks the rules"),
        (changed(message("answered", wrapped(AARE)), {"before": DEAD}), ERROR, "before the case began"),
        (changed(message("answered", wrapped(AARE)), {"after": DEAD}), ERROR, "could not be opened again"),
        (
            changed(message("answered", wrapped(AARE)), {"after": DEAD, "elsewhere": True}),
            FAILED,
            "answers no more, and the meter's main port does",
        ),
        (changed(message("answered", wrapped(AARE)), {"after": AWAY}), FAILED, "the meter was away for"),
        (message("answered", wrapped(REJECTED)), FAILED, "one that rejects came"),
        (message("first or both", wrapped(RESPONSE), sent=wrapped(ASKED)), PASSED, "1 answers"),
        # the second answered, the first not
        (
            message("first or both", wrapped(RESPONSE), sent=wrapped(ASKED_2) + wrapped(ASKED)),
            FAILED,
            "the answers to invoke-id 2 and invoke-id 1 were due in this order, those to invoke-id 1 came",
        ),
        # an id that nobody asked with: not a matter of the wrapper
        (message("first or both", wrapped(RESPONSE), sent=wrapped(ASKED_2)), PASSED, "1 answers"),
        (changed(message("answered", b""), {"steps": []}), ERROR, "nothing was played"),
    ],
)  # fmt: skip
def test_messages_over_the_wrapper(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.wrapper", data)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def test_equal_answers_are_counted() -> None:
    data = message("data", wrapped(RESPONSE))
    data["steps"] *= 3
    assert "one GET-response (3 times)" in said("dlms.wrapper", data).reason


# -- mode E


def sign_on(rule: str, received: bytes, *, sent: bytes = b"", **more: Any) -> dict[str, Any]:
    client = CLIENT.to_bytes().hex()
    return dialogue({**step(rule, received, sent), "baud": 9600, "client_address": client}, **more)


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        (sign_on("identification", b"/MBX5\\2DDS722\r\n"), PASSED, "identification /MBX5\\2DDS722"),
        (sign_on("identification", b"/mbx5\\2DDS722\r\n"), PASSED, ""),
        (sign_on("identification", b""), FAILED, "an identification was due, silence came"),
        (sign_on("identification", b"MBX"), FAILED, "is no identification"),
        (sign_on("identification", b"/ABC5\\2DDS722\r\n"), FAILED, 'begins "ABC", the FLAG ID is MBX'),
        (sign_on("identification", b"/MBX5DDS722\r\n"), FAILED, "offers no HDLC"),
        (sign_on("identification", b"/MBX9\\2DDS722\r\n"), FAILED, 'the rate "9", which mode E has not'),
        (sign_on("acknowledgement", b"", sent=b"\x06252\r\n"), PASSED, ""),
        (sign_on("acknowledgement", b"\x06252\r\n", sent=b"\x06252\r\n"), PASSED, "is repeated"),
        (sign_on("acknowledgement", b"\x06250\r\n", sent=b"\x06252\r\n"), FAILED, "06 32 35 30"),
        (sign_on("silent", b""), PASSED, "silence"),
        (sign_on("silent", b"\x55"), FAILED, "silence was due, 55 came"),
        (sign_on("SNRM", UA), PASSED, "UA at 9600 Bd"),
        (sign_on("SNRM", DM), FAILED, "UA at 9600 Bd was due, DM came"),
        (sign_on("SNRM", b""), FAILED, "silence came"),
        (sign_on("SNRM", UA + UA), FAILED, "UA at 9600 Bd was due, 7E"),
        (sign_on("SNRM", WRONG_FCS), FAILED, "was due, 7E"),
        (sign_on("SNRM", meter(Control.UA, to=STRANGER)), FAILED, "was due, 7E"),
        (sign_on("SNRM at another rate", b""), PASSED, "no HDLC at 9600 Bd"),
        (sign_on("SNRM at another rate", UA), PASSED, "UA at 9600 Bd"),
        (sign_on("SNRM at another rate", DM), FAILED, "DM came"),
        (sign_on("DISC", UA), PASSED, ""),
        (sign_on("DISC", DM), PASSED, ""),
        (sign_on("DISC", RR), FAILED, "UA or DM was due, RR came"),
        (sign_on("DISC", b""), FAILED, "UA or DM was due, silence came"),
        (sign_on("free", b"\x55"), PASSED, ""),
        (sign_on("dance", b""), ERROR, "no rule 'dance'"),
        (sign_on("silent", b"", before=DEAD), ERROR, ""),
        (sign_on("silent", b"", after=CLOSED), PASSED, "it was reopened"),
        (changed(sign_on("silent", b""), {"steps": []}), ERROR, "nothing was played"),
    ],
)
def test_signing_on_by_mode_e(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.mode-e", data)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def test_equal_steps_of_a_sign_on_are_counted() -> None:
    data = sign_on("silent", b"")
    data["steps"] *= 2
    assert "silence (2 times)" in said("dlms.mode-e", data).reason
