"""What the judges of dialogues say to good, lenient, wrong and silent meters. Frames are those of public examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.application_expected import EXPECTED as APPLICATION
from bench.judgement.dlms_requirements import public_requirement
from bench.judgement.hdlc_expected import EXPECTED as FRAMES
from bench.judgement.registry import Context, judge_by_id
from bench.protocols.hdlc import Address, Control, Frame, LinkParameters, rr_control
from bench.record.exchange import Direction, Exchange
from bench.record.model import Judgement, Observation, Outcome
from bench.record.secrets import SecretSpan
from bench.standards.dlms_cases import PUBLIC_CASES

CLIENT, SERVER = Address(16), Address(1, 16, 4)
COMMUNICATION = {"server_upper": 1, "server_lower": 16, "address_length": 4}
ALIVE = {"alive": True, "calls": 1, "closed": False, "away": False, "duration_s": 0.0}
GONE = {**ALIVE, "alive": False}
AWAY = {**ALIVE, "calls": 9, "away": True, "duration_s": 7.0}
UA, DM, FRMR = (
    Frame(CLIENT, SERVER, control).to_bytes() for control in (Control.UA, Control.DM, Control.FRMR)
)
SNRM = Frame(SERVER, CLIENT, Control.SNRM).to_bytes()
Observe = Callable[..., Observation]


def step(name: str, received: bytes = b"", **changes: Any) -> dict[str, Any]:
    base = {
        "name": name,
        "rule": name,
        "sent": SNRM.hex(),
        "received": received.hex(),
        "late": "",
        "closed": False,
    }
    return {**base, **changes}


@pytest.fixture
def frames(observe: Observe, context_of: Callable[..., Context]) -> Callable[..., Judgement]:
    def judged(procedure: str, *steps: dict[str, Any], after: dict[str, Any] = ALIVE) -> Judgement:
        data = {
            "procedure": procedure,
            "steps": list(steps),
            "before": ALIVE,
            "after": after,
            "client_address": CLIENT.to_bytes().hex(),
            "server_address": SERVER.to_bytes().hex(),
        }
        judge = judge_by_id("dlms.hdlc-dialogue/3")
        return judge(
            [observe("hdlc-dialogue", data)],
            public_requirement(procedure),
            context_of(communication=COMMUNICATION),
        )

    return judged


def test_all_57_public_names_have_a_requirement_and_22_of_them_an_expectation_or_a_judge() -> None:
    assert len(PUBLIC_CASES) == 57
    assert {public_requirement(name).clause for name in PUBLIC_CASES} == set(PUBLIC_CASES)
    hdlc = {name for name in PUBLIC_CASES if name.startswith("HDLC_")}
    assert len(hdlc) == 22
    assert hdlc - set(FRAMES) == {"HDLC_INFO_P1"}  # which the judge of I-frames follows
    derived = [name for name in PUBLIC_CASES if public_requirement(name).status == "to be confirmed"]
    assert len(derived) == 22


def test_a_bad_frame_may_be_discarded_in_silence_or_rejected(frames: Callable[..., Judgement]) -> None:
    nothing_taken = Frame(CLIENT, SERVER, rr_control(0)).to_bytes()
    for answer, word in ((b"", "silence"), (FRMR, "FRMR"), (nothing_taken, "RR")):
        found = frames(
            "HDLC_FRAME_N5",
            step("SNRM", UA),
            step("control FF", answer, rule="unknown control"),
            step("SNRM", UA),
            step("RR after SNRM", nothing_taken, rule="RR"),
        )
        assert found.outcome is Outcome.PASSED
        assert f"unknown control: {word}" in found.reason


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((step("SNRM with wrong FCS", UA), step("DISC in NDM", DM)), "silence was due, UA came"),
        ((step("SNRM with wrong FCS"), step("DISC in NDM", UA)), "DM was due, UA came"),
        ((step("SNRM with wrong FCS"), step("DISC in NDM")), "DM was due, silence came"),
        ((step("SNRM with wrong FCS", late=UA.hex()), step("DISC in NDM", DM)), "after the time-out"),
        ((step("SNRM with wrong FCS"), step("DISC in NDM", DM[:-3] + b"\x00\x00\x7e")), "breaks the rules"),
        ((step("SNRM with wrong FCS"), step("DISC in NDM", DM + DM)), "2 frames"),
    ],
)
def test_a_wrong_answer_to_a_wrong_check_sum_fails(
    frames: Callable[..., Judgement], steps: tuple[dict[str, Any], ...], words: str
) -> None:
    found = frames("HDLC_FRAME_N8", *steps)
    assert found.outcome is Outcome.FAILED
    assert words in found.reason


def test_a_meter_that_was_away_after_the_case_fails_and_one_that_never_returns_is_an_error(
    frames: Callable[..., Judgement],
) -> None:
    steps = (step("SNRM with wrong FCS"), step("DISC in NDM", DM))
    assert frames("HDLC_FRAME_N8", *steps, after=AWAY).outcome is Outcome.FAILED
    assert frames("HDLC_FRAME_N8", *steps, after=GONE).outcome is Outcome.ERROR


def test_a_step_that_was_not_played_is_the_benchs_fault(frames: Callable[..., Judgement]) -> None:
    assert frames("HDLC_FRAME_N8", step("DISC in NDM", DM)).outcome is Outcome.ERROR


def test_a_rejection_that_outlives_snrm_fails(frames: Callable[..., Judgement]) -> None:
    steps = (step("SNRM", UA), step("control FF", FRMR, rule="unknown control"))
    found = frames("HDLC_FRAME_N5", *steps, step("SNRM", UA), step("RR after SNRM", FRMR, rule="RR"))
    assert found.outcome is Outcome.FAILED


def test_a_ua_without_parameters_negotiates_nothing(frames: Callable[..., Judgement]) -> None:
    proposed = LinkParameters(max_info_transmit=32, max_info_receive=32).to_bytes()
    sent = Frame(SERVER, CLIENT, Control.SNRM, proposed).to_bytes().hex()
    steps = (step("SNRM", UA, sent=sent), step("SNRM out of range", DM), step("DISC", UA))
    assert frames("HDLC_NDM2NRM_P1", *steps).outcome is Outcome.PASSED


@pytest.mark.parametrize(("size", "outcome"), [(32, Outcome.PASSED), (33, Outcome.FAILED)])
def test_the_parameters_of_ua_stay_within_the_proposal(
    frames: Callable[..., Judgement], size: int, outcome: Outcome
) -> None:
    proposed = LinkParameters(max_info_transmit=32, max_info_receive=32).to_bytes()
    sent = Frame(SERVER, CLIENT, Control.SNRM, proposed).to_bytes()
    answer = LinkParameters(max_info_transmit=size, max_info_receive=32).to_bytes()
    ua = Frame(CLIENT, SERVER, Control.UA, answer).to_bytes()
    found = frames(
        "HDLC_NDM2NRM_P1",
        step("SNRM", ua, sent=sent.hex()),
        step("SNRM out of range", DM),
        step("DISC", UA),
    )
    assert found.outcome is outcome


def apdu_step(rule: str, received: str | None, answer: str = "", sent: str = "c001c1") -> dict[str, Any]:
    return {"name": rule, "rule": rule, "sent": sent, "received": received, "answer": answer, "trouble": ""}


@pytest.fixture
def application(observe: Observe, context_of: Callable[..., Context]) -> Callable[..., Judgement]:
    def judged(procedure: str, rule: str, *steps: dict[str, Any], **options: bool) -> Judgement:
        left_out = {key[0]: "not here" for key in APPLICATION[procedure] if key[0] != rule}
        dialogue = {"name": rule, "rule": rule, "steps": list(steps), "connected": True, "reopened": False}
        data = {
            "procedure": procedure,
            "association": "public",
            "before": ALIVE,
            "after": ALIVE,
            "left_out": left_out,
            "dialogues": [dialogue],
        }
        judge = judge_by_id("dlms.application/3")
        context = context_of(communication=COMMUNICATION, options=options)
        return judge([observe("apdu-dialogue", data)], public_requirement(procedure), context)

    return judged


#: Rejected: result 1, user diagnostic 1, initiate error 0 (APPL_OPEN_9), as one manufacturer gives it.
REJECTED_OTHER = "611fa109060760857405080101a203020101a305a103020101be0604040e010600"
ACCEPTED = "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f0400001e1d04c80007"
AARQ = "601da109060760857405080101be10040e01000000065f1f0400007e1fffff"


@pytest.mark.parametrize(
    ("received", "answer", "outcome"),
    [("d80102", "", Outcome.PASSED), (None, "DM", Outcome.PASSED), (None, "silence", Outcome.PASSED),
     ("c401c10009060000280000ff", "", Outcome.FAILED), (None, "garbage", Outcome.INCONCLUSIVE)],
)  # fmt: skip
def test_data_without_association(
    application: Callable[..., Judgement], received: str | None, answer: str, outcome: Outcome
) -> None:
    found = application("APPL_IDLE_N1", "without association", apdu_step("GET", received, answer))
    assert found.outcome is outcome


def test_a_dedicated_key_may_be_ignored_only_where_the_declaration_says_so(
    application: Callable[..., Judgement],
) -> None:
    rule = "dedicated key without ciphering"
    rejected = apdu_step("AARQ", REJECTED_OTHER, sent=AARQ)
    accepted = apdu_step("AARQ", ACCEPTED, sent=AARQ)
    assert application("APPL_OPEN_9", rule, rejected).outcome is Outcome.PASSED
    assert application("APPL_OPEN_9", rule, accepted).outcome is Outcome.INCONCLUSIVE
    assert application("APPL_OPEN_9", rule, accepted, dedicated_key_ignored=True).outcome is Outcome.PASSED
    assert application("APPL_OPEN_9", rule, accepted, dedicated_key_ignored=False).outcome is Outcome.FAILED


def test_services_that_were_not_proposed_must_not_be_granted(application: Callable[..., Judgement]) -> None:
    narrow = AARQ.replace("5f1f0400007e1f", "5f1f0400000010")
    found = application("APPL_OPEN_11", "quality of service", apdu_step("AARQ", ACCEPTED, sent=narrow))
    assert found.outcome is Outcome.FAILED
    assert "grants what was not proposed" in found.reason


def test_a_step_that_could_not_be_sent_counts_against_the_meter(
    application: Callable[..., Judgement],
) -> None:
    found = application(
        "APPL_REL_P1",
        "DISC",
        apdu_step("AARQ", None, "closed", sent=AARQ),
        apdu_step("GET after release", None, "not sent"),
    )
    assert found.outcome is Outcome.FAILED


def monitored(
    observe: Observe, context_of: Callable[..., Context], layer: str, *octets: bytes, masked: int = 0
) -> Judgement:
    """Sent and received in turn; a secret stood in the exchange of the number ``masked``."""
    exchanges = {
        f"T{index}": Exchange(
            id=f"T{index}",
            position="1",
            case="sts/used_token",
            t_s=float(index),
            direction=Direction.SENT if index % 2 else Direction.RECEIVED,
            octets=each,
            secrets=(HIDDEN,) if index == masked else (),
        )
        for index, each in enumerate(octets, start=1)
    }
    base = context_of(communication=COMMUNICATION)
    context = Context(declaration=base.declaration, plan=base.plan, recorded=exchanges)
    data = {"first": 1, "last": len(octets), "layer": layer}
    return judge_by_id("dlms.monitor/5")(
        [observe("line", data)], public_requirement("HDLC_FRAME_P1"), context
    )


HIDDEN = SecretSpan(offset=20, length=8, name="token", keyed_hash="00")
GET = bytes.fromhex("e6e600c001c5000f0000280000ff0100")
DATA = bytes.fromhex("e6e700c401c50009060000280000ff")


def i_frame(control: int, information: bytes, *, ours: bool) -> bytes:
    ends = (SERVER, CLIENT) if ours else (CLIENT, SERVER)
    return Frame(*ends, control, information).to_bytes()


@pytest.mark.parametrize(
    ("answer", "layer", "outcome"),
    [
        (i_frame(0x30, DATA, ours=False), "frames", Outcome.PASSED),
        (i_frame(0x30, DATA, ours=False), "APDUs", Outcome.PASSED),
        (i_frame(0x32, DATA, ours=False), "frames", Outcome.FAILED),
        (i_frame(0x10, DATA, ours=False), "frames", Outcome.FAILED),
        (i_frame(0x30, DATA.replace(b"\x01\xc5", b"\x01\xc6"), ours=False), "APDUs", Outcome.FAILED),
        (i_frame(0x30, DATA + b"\x00", ours=False), "APDUs", Outcome.FAILED),
        (i_frame(0x30, DATA, ours=False)[:-3] + b"\x00\x00\x7e", "frames", Outcome.FAILED),
    ],
)
def test_the_monitor_sees_what_an_answer_may_never_do(
    observe: Observe, context_of: Callable[..., Context], answer: bytes, layer: str, outcome: Outcome
) -> None:
    found = monitored(observe, context_of, layer, SNRM, UA, i_frame(0x10, GET, ours=True), answer)
    assert found.outcome is outcome


@pytest.mark.parametrize(("second", "outcome"), [(0x52, Outcome.PASSED), (0x54, Outcome.FAILED)])
def test_the_monitor_follows_the_numbers_of_an_answer_that_carries_a_secret(
    observe: Observe, context_of: Callable[..., Context], second: int, outcome: Outcome
) -> None:
    answer = bytearray(i_frame(0x30, DATA, ours=False))
    answer[20:28] = bytes(8)
    found = monitored(
        observe,
        context_of,
        "frames",
        SNRM,
        UA,
        i_frame(0x10, GET, ours=True),
        bytes(answer),
        i_frame(0x32, GET, ours=True),
        i_frame(second, DATA, ours=False),
        masked=4,
    )
    assert found.outcome is outcome


def test_the_monitor_holds_nothing_against_a_meter_that_was_sent_nonsense(
    observe: Observe, context_of: Callable[..., Context]
) -> None:
    nonsense = SNRM[:-3] + b"\x00\x00\x7e"
    rr = Frame(CLIENT, SERVER, rr_control(0)).to_bytes()
    found = monitored(observe, context_of, "frames", nonsense, rr, SNRM, UA)
    assert found.outcome is Outcome.PASSED
