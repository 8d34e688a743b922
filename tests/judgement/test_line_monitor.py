"""The passive monitor: stories of one line, told octet by octet, and what of them counts against the meter."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import pytest

from bench.judgement.plan_rules import PlanRules
from bench.judgement.registry import Context, judge_by_id, latest
from bench.protocols.hdlc import Address, Control, Frame, rr_control
from bench.protocols.hdlc_control import i_control
from bench.protocols.wrapper import WrapperFrame
from bench.record.declaration import Declaration
from bench.record.exchange import Direction, Exchange
from bench.record.model import Observation
from bench.record.secrets import SecretSpan
from tests.judgement.conftest import declared
from tests.judgement.told import FAILED, OPEN, PASSED, RULE, sound

Outcome = Any
CLIENT, SERVER, OTHER_DEVICE, STRANGER = Address(16), Address(1, 16, 4), Address(2, 16, 4), Address(1, 17, 4)
GET = bytes.fromhex("e6e600c001c1000f0000280000ff0100")
DATA = bytes.fromhex("e6e700c401c10009060000280000ff")
HIDDEN = SecretSpan(offset=20, length=3, name="token", keyed_hash="00")
TCP = {"name": "tcp", "framing": "wrapper", "transport": "tcp"}
Turn = tuple[str, bytes]


def ours(control: int, information: bytes = b"", *, to: Address = SERVER, segmented: bool = False) -> Turn:
    return "sent", Frame(to, CLIENT, control, information, segmented=segmented).to_bytes()


def theirs(control: int, information: bytes = b"", *, by: Address = SERVER, segmented: bool = False) -> Turn:
    return "came", Frame(CLIENT, by, control, information, segmented=segmented).to_bytes()


def ask(ns: int, nr: int, information: bytes = GET, **more: Any) -> Turn:
    return ours(i_control(ns, nr), information, **more)


def tell(ns: int, nr: int, information: bytes = DATA, **more: Any) -> Turn:
    return theirs(i_control(ns, nr), information, **more)


def bad_fcs(turn: Turn) -> Turn:
    return turn[0], turn[1][:-3] + bytes([turn[1][-3] ^ 1]) + turn[1][-2:]


OPENED = (ours(Control.SNRM), theirs(Control.UA))
ONCE = (*OPENED, ask(0, 0), tell(0, 1))
TWICE = (*ONCE, ask(1, 1), tell(1, 2))


def monitored(
    *turns: Turn,
    layer: str = "frames",
    case: str = "sts/used_token",
    further: Container[int] = (),
    masked: int = 0,
    first: int = 1,
    **communication: Any,
) -> Any:
    """Let the monitor read the turns from ``first`` on; in the one of the number ``masked`` a secret stood.

    The turns with numbers in ``further`` went over the meter's further port, which carries the wrapper.
    """
    recorded = {
        f"T{number}": Exchange(
            id=f"T{number}",
            position="1",
            case=case,
            t_s=float(number),
            direction=Direction.SENT if who == "sent" else Direction.RECEIVED,
            octets=octets,
            secrets=(HIDDEN,) if number == masked else (),
            port="tcp" if number in further else "",
        )
        for number, (who, octets) in enumerate(turns, 1)
    }
    said = {"server_upper": 1, "server_lower": 16, "address_length": 4, "port": [TCP], **communication}
    context = Context(
        declaration=Declaration.from_json(declared(communication=said)), plan=PlanRules(), recorded=recorded
    )
    data = {"first": first, "last": len(turns), "layer": layer}
    seen = Observation(id="O1", case="c", position="1", kind="line", time_s=0.0, utc="", data=data)
    return sound(judge_by_id(latest("dlms.monitor"))([seen], RULE, context))


HALVES = (tell(0, 1, DATA[:8], segmented=True), ours(rr_control(1)), tell(1, 1, DATA[8:]))
SPOILED = (*OPENED, bad_fcs(ask(0, 0)), tell(5, 5), tell(2, 0))


@pytest.mark.parametrize(
    ("turns", "outcome", "words"),
    [
        (ONCE, PASSED, "2 frames of the meter are sound"),
        (TWICE, PASSED, "3 frames"),
        (OPENED[:1], OPEN, "nothing that could be checked"),
        ((*ONCE, ask(1, 1), tell(1, 1)), FAILED, "N(R)=1 where 2 was due (1 times, first at T6 in sts/used_token)"),
        ((*ONCE, ask(1, 1), tell(0, 2)), FAILED, "N(S)=0 where 1 was due"),
        ((*OPENED, ask(0, 0), tell(1, 1)), FAILED, "N(S)=1 where 0 was due"),
        ((*OPENED, ask(0, 0), tell(0, 0)), FAILED, "N(R)=0 where 1 was due"),
        # the same frame again is answered by the same frame again, and both go on from there
        ((*ONCE, ask(0, 0), tell(0, 1), ask(1, 1), tell(1, 2)), PASSED, "4 frames"),
        # numbers go round after seven
        ((*OPENED, *(turn for n in range(9) for turn in (ask(n % 8, n % 8), tell(n % 8, (n + 1) % 8)))), PASSED, "10"),
        # a new connection counts from 0 again
        ((*TWICE, *ONCE), PASSED, "5 frames"),
        ((*TWICE, ours(Control.DISC), theirs(Control.UA), *ONCE), PASSED, "6 frames"),
        ((*TWICE, *OPENED, ask(0, 0), tell(2, 1)), FAILED, "N(S)=2 where 0 was due"),
        # segments
        ((*OPENED, ask(0, 0), *HALVES), PASSED, "3 frames"),
        ((*OPENED, ask(0, 0), HALVES[0], ask(1, 1), tell(1, 2)), FAILED, "the answer before has no last segment"),
        ((*OPENED, ask(0, 0, GET[:8], segmented=True), theirs(rr_control(1)), ask(1, 0, GET[8:]), tell(0, 2)),
         PASSED, "3 frames"),
        ((*OPENED, ask(0, 0), tell(0, 1, DATA[1:])), FAILED, "an answer without the LLC header E6 E7 00"),
        # what a case sends wrong on purpose makes the numbers unknown, up to the next SNRM
        (SPOILED, PASSED, "3 frames"),
        ((*SPOILED, *ONCE[:3], tell(1, 1)), FAILED, "N(S)=1 where 0 was due (1 times, first at T9"),
        ((*OPENED, ask(3, 0), tell(4, 4)), PASSED, "2 frames"),
        ((*OPENED, ask(3, 0), tell(4, 4, DATA[1:])), PASSED, ""),
        ((*OPENED, ours(Control.UA), ask(0, 0), tell(4, 4)), PASSED, ""),
        ((*OPENED, ours(rr_control(0)), theirs(rr_control(0)), ask(0, 0), tell(4, 1)), FAILED, "N(S)=4"),
        # what is for another meter is nothing to this one
        ((*OPENED, ask(0, 0, to=STRANGER), ask(0, 0), tell(0, 1)), PASSED, "2 frames"),
        ((*OPENED, ours(Control.SNRM, to=STRANGER), ask(0, 0), tell(0, 1), ask(1, 1), tell(1, 2)), PASSED, ""),
        # another logical device of the same meter that confirms a connection is the one spoken to
        ((*TWICE, ours(Control.SNRM, to=OTHER_DEVICE), theirs(Control.UA, by=OTHER_DEVICE),
          ask(0, 0, to=OTHER_DEVICE), tell(0, 1, by=OTHER_DEVICE)), PASSED, "5 frames"),
        ((*TWICE, ours(Control.SNRM, to=OTHER_DEVICE), theirs(Control.UA, by=OTHER_DEVICE),
          ask(0, 0, to=OTHER_DEVICE), tell(2, 1, by=OTHER_DEVICE)), FAILED, "N(S)=2 where 0 was due"),
        ((*ONCE, ours(Control.SNRM, to=OTHER_DEVICE), theirs(Control.DM, by=OTHER_DEVICE), ask(1, 1), tell(0, 2)),
         FAILED, "N(S)=0 where 1 was due"),
        ((*ONCE, theirs(Control.UA, by=STRANGER), ask(1, 1), tell(1, 2)), PASSED, ""),
        # check sums
        ((*OPENED, ask(0, 0), bad_fcs(tell(0, 1))), FAILED, "hdlc.fcs"),
        ((*OPENED, ask(0, 0), bad_fcs(tell(0, 1)), ask(0, 0), tell(0, 1)), FAILED, "hdlc.fcs"),
    ],
)  # fmt: skip
def test_the_frames_of_a_line(turns: tuple[Turn, ...], outcome: Outcome, words: str) -> None:
    found = monitored(*turns)
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    if outcome is FAILED:
        assert (found.measured, found.limit, found.unit) == (1.0, 0.0, "faults")


def test_equal_faults_are_told_once_with_their_first_place() -> None:
    wrong = [turn for n in range(3) for turn in (ask(n, n), tell(n, (n + 2) % 8, DATA[1:]))]
    found = monitored(*OPENED, *wrong)
    assert found.measured == 6.0
    assert (
        "an answer without the LLC header E6 E7 00 (3 times, first at T4 in sts/used_token)" in found.reason
    )
    assert "N(R)=3 where 2 was due (1 times, first at T6 in sts/used_token)" in found.reason
    assert "in no case" in monitored(*OPENED, *wrong, case="").reason


def test_only_the_exchanges_named_are_read() -> None:
    assert monitored(*ONCE[:3], tell(3, 3), *ONCE, first=5).outcome is PASSED
    assert monitored(*ONCE[:3], tell(3, 3), *ONCE, first=4).outcome is FAILED


def test_a_length_that_promises_more_than_came_is_seen_where_the_check_sum_is_right() -> None:
    frame = bytearray(Frame(CLIENT, SERVER, Control.UA).to_bytes())
    frame[2] += 2
    frame[-3:-1] = Frame(CLIENT, SERVER, Control.UA).to_bytes()[-3:-1]
    assert monitored(OPENED[0], ("came", bytes(frame))).outcome is OPEN  # wrong FCS: an unfinished frame
    assert monitored(OPENED[0], ("came", bytes(frame)), *ONCE).outcome is PASSED


def _with_flag_octets_inside() -> list[bytes]:
    """Return answers that hold 7E in the header check, in the frame check, and as first octet of a segment."""
    frames = [tell(0, 1, DATA + bytes(length))[1] for length in range(200)]
    control = 1 + 2 + 1 + 4 + 1
    in_header_check = next(octets for octets in frames if 0x7E in octets[control : control + 2])
    in_frame_check = next(octets for octets in frames if 0x7E in octets[-3:-1])
    segment = tell(0, 1, DATA[:8] + b"\x7e" * 4, segmented=True)[1]
    return [in_header_check, in_frame_check, segment]


@pytest.mark.parametrize("answer", _with_flag_octets_inside())
def test_a_line_may_deliver_an_answer_in_any_two_parts(answer: bytes) -> None:
    before = (*OPENED, ask(0, 0))
    assert monitored(*before, ("came", answer)).outcome is PASSED
    for cut in range(1, len(answer)):
        found = monitored(*before, ("came", answer[:cut]), ("came", answer[cut:]))
        assert found.outcome is PASSED, (cut, found.reason)
        assert "2 frames" in found.reason


def test_a_segment_that_begins_with_a_flag_octet_may_be_cut_behind_it() -> None:
    halves = (*HALVES[:2], tell(1, 1, b"\x7e" + DATA[8:]))
    octets = halves[2][1]
    start = octets.index(b"\x7e", 1)
    told = (*OPENED, ask(0, 0), *halves[:2], ("came", octets[: start + 1]), ("came", octets[start + 1 :]))
    assert monitored(*told).outcome is PASSED


def test_zeros_in_place_of_a_secret_break_no_check_sum() -> None:
    hidden = ("came", ONCE[3][1][:20] + b"\x00\x00\x00" + ONCE[3][1][23:])
    assert monitored(*ONCE[:3], hidden).outcome is FAILED
    assert monitored(*ONCE[:3], hidden, masked=4).outcome is PASSED
    followed = monitored(*ONCE[:3], hidden, ask(1, 1), tell(0, 2), masked=4)
    assert "N(S)=0 where 1 was due" in followed.reason
    asked = ("sent", ONCE[2][1][:20] + b"\x00\x00\x00" + ONCE[2][1][23:])
    assert monitored(*OPENED, asked, tell(3, 3), masked=3).outcome is FAILED
    assert monitored(*OPENED, asked, tell(3, 3)).outcome is PASSED  # our own fault: the numbers are unknown


def apdus(request: str, answer: str) -> tuple[Turn, ...]:
    return (
        *OPENED,
        ask(0, 0, b"\xe6\xe6\x00" + bytes.fromhex(request)),
        tell(0, 1, b"\xe6\xe7\x00" + bytes.fromhex(answer)),
    )


GET_5, SET_5, ACTION_5 = (
    "c001c5000f0000280000ff0100",
    "c101c5000f0000280000ff01000900",
    "c301c5000f0000280000ff0100",
)


@pytest.mark.parametrize(
    ("request_", "answer", "outcome", "words"),
    [
        (GET_5, "c401c5000900", PASSED, "1 APDUs of the meter are sound"),
        (GET_5, "c40185000900", PASSED, ""),  # priority and service class are no part of the id
        (GET_5, "c401c6000900", FAILED, "carries another invoke-id than its request"),
        (SET_5, "c501c500", PASSED, ""),
        (SET_5, "c501c400", FAILED, "another invoke-id"),
        (ACTION_5, "c701c50000", PASSED, ""),
        (ACTION_5, "c701c40000", FAILED, "another invoke-id"),
        # an exception has no id, and an answer of another service none that could be compared
        (GET_5, "d80102", PASSED, ""),
        (GET_5, "c501c400", PASSED, ""),
        # a request that breaks the rules has no id to be held to
        (GET_5[:-4], "c401c6000900", PASSED, ""),
        # the coding of the answer
        (GET_5, "c401c50009", FAILED, ""),
        (GET_5, "c401c500090000", FAILED, ""),
    ],
)
def test_the_apdus_of_a_line(request_: str, answer: str, outcome: Outcome, words: str) -> None:
    found = monitored(*apdus(request_, answer), layer="APDUs")
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    assert monitored(*apdus(request_, answer)).outcome is PASSED  # each layer is judged by itself


def test_the_segments_of_an_answer_are_one_apdu() -> None:
    found = monitored(*OPENED, ask(0, 0), *HALVES, layer="APDUs")
    assert "1 APDUs of the meter are sound" in found.reason
    wrong = (tell(0, 1, DATA[:8], segmented=True), ours(rr_control(1)), tell(1, 1, DATA[8:-1]))
    assert monitored(*OPENED, ask(0, 0), *wrong, layer="APDUs").outcome is FAILED
    hidden = monitored(*OPENED, ask(0, 0), *wrong, layer="APDUs", masked=4)
    assert hidden.outcome is OPEN  # a part of it is not known


def wrapped(who: str, apdu: str, *, version: int = 1) -> Turn:
    frame = bytearray(WrapperFrame(source=1, destination=16, payload=bytes.fromhex(apdu)).to_bytes())
    frame[1] = version
    return who, bytes(frame)


@pytest.mark.parametrize(
    ("turns", "frames", "coded"),
    [
        ((wrapped("sent", GET_5), wrapped("came", "c401c5000900")), PASSED, PASSED),
        ((wrapped("sent", GET_5), wrapped("came", "c401c5000900", version=2)), FAILED, PASSED),
        ((wrapped("sent", GET_5), wrapped("came", "c401c6000900")), PASSED, FAILED),
        ((wrapped("sent", GET_5),), OPEN, OPEN),
    ],
)
def test_a_line_with_the_wrapper(turns: tuple[Turn, ...], frames: Outcome, coded: Outcome) -> None:
    for layer, outcome in (("frames", frames), ("APDUs", coded)):
        assert monitored(*turns, layer=layer, framing="wrapper").outcome is outcome, layer
        # a further port of a meter that speaks HDLC
        assert monitored(*turns, layer=layer, further=range(10)).outcome is outcome, layer
    spoken = (turns[0], *(("came", octets) for _, octets in turns[1:]))
    masked = monitored(*spoken, layer="APDUs", framing="wrapper", masked=2)
    assert masked.outcome is OPEN


def test_two_ports_in_turn_are_two_lines() -> None:
    """What looks like flags inside a wrapped message is no frame, and no number of the other line is used up."""
    both = (wrapped("sent", GET_5), wrapped("came", "c401c500090a7e112233445566778899aa7e"[:32]))
    turns = (*ONCE, *both, ask(1, 1), tell(1, 2))
    further = {len(ONCE) + 1, len(ONCE) + 2}
    assert "3 frames" in monitored(*ONCE, ask(1, 1), tell(1, 2)).reason
    found = monitored(*turns, further=further)
    assert (found.outcome, found.reason) == (PASSED, "4 frames of the meter are sound")
    assert monitored(*turns).outcome is FAILED
