"""The working HDLC client against a far end that follows a script: good, slow, wrong, silent, endless."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.errors import LinkError
from bench.meter.hdlc_session import HdlcEndpoints, HdlcSession
from bench.meter.link import Link
from bench.meter.session import Silence, Unexpected
from bench.protocols.hdlc import Address, Control, Frame, LinkParameters, i_control, rr_control
from tests.meter.scripted_line import Chatterbox, ScriptedLine, SteppedClock

CLIENT, SERVER = Address(16), Address(1, 16, 4)
TIME_OUT_S = 2.0
ENDS = HdlcEndpoints(
    client=CLIENT, server=SERVER, response_time_out_s=TIME_OUT_S, proposed=LinkParameters(max_info_receive=64)
)
Start = Callable[..., tuple[HdlcSession, ScriptedLine]]


def from_meter(
    control: int, information: bytes = b"", *, segmented: bool = False, to: Address = CLIENT
) -> bytes:
    return Frame(
        destination=to, source=SERVER, control=control, information=information, segmented=segmented
    ).to_bytes()


def ua(**limits: int) -> bytes:
    return from_meter(Control.UA, LinkParameters(**limits).to_bytes())


def answer(
    number: int, apdu: bytes, *, received: int = 1, segmented: bool = False, llc: bool = True
) -> bytes:
    information = (b"\xe6\xe7\x00" if llc else b"") + apdu
    return from_meter(i_control(number, received), information, segmented=segmented)


@pytest.fixture
def start() -> Start:
    def make(*answers: object, line: type[ScriptedLine] = ScriptedLine) -> tuple[HdlcSession, ScriptedLine]:
        clock = SteppedClock()
        far_end = line(clock, answers)  # type: ignore[arg-type]
        link = Link(lambda: far_end, clock, lambda _direction, _octets: None)
        return HdlcSession(link, ENDS), far_end

    return make


def test_it_connects_and_takes_the_negotiated_limits(start: Start) -> None:
    session, line = start(ua(max_info_transmit=100, max_info_receive=40))
    session.connect()
    assert session.negotiated.max_info_transmit == 100
    assert session.negotiated.max_info_receive == 40
    assert len(line.sent) == 1


def test_one_request_brings_one_answer_without_its_llc_header(start: Start) -> None:
    session, _ = start(ua(), answer(0, b"\xc4\x01"))
    session.connect()
    assert session.exchange(b"\xc0\x01") == b"\xc4\x01"
    assert session.deviations == []


class SlowLine(ScriptedLine):
    """A line at so few octets a second that a frame takes longer than the answer may."""

    octet_time_s = 0.05


def test_a_frame_that_has_begun_may_take_longer_than_the_time_out(start: Start) -> None:
    whole = answer(0, bytes(range(40)))
    pieces = [whole[at : at + 10] for at in range(0, len(whole), 10)]
    session, line = start(ua(), pieces, line=SlowLine)
    session.connect()
    assert len(whole) * line.octet_time_s > TIME_OUT_S
    assert session.exchange(b"\xc0") == bytes(range(40))


def test_a_ua_without_parameters_leaves_no_more_than_was_proposed(start: Start) -> None:
    session, _ = start(from_meter(Control.UA))
    assert session.connect().max_info_transmit == ENDS.proposed.max_info_receive


def test_an_answer_in_pieces_of_any_size_is_put_together(start: Start) -> None:
    whole = answer(0, bytes(range(40)))
    session, _ = start(ua(), [whole[index : index + 1] for index in range(len(whole))])
    session.connect()
    assert session.exchange(b"\xc0") == bytes(range(40))


def test_a_segmented_answer_is_fetched_with_rr(start: Start) -> None:
    session, line = start(
        ua(),
        answer(0, b"first ", segmented=True),
        answer(1, b"second ", segmented=True, llc=False),
        answer(2, b"third", llc=False),
    )
    session.connect()
    assert session.exchange(b"\xc0") == b"first second third"
    assert len(line.sent) == 4


def test_a_long_request_is_segmented_as_negotiated(start: Start) -> None:
    session, line = start(
        ua(max_info_receive=32),
        from_meter(rr_control(1)),
        from_meter(rr_control(2)),
        answer(0, b"ok", received=3),
    )
    session.connect()
    assert session.exchange(bytes(80)) == b"ok"
    assert len(line.sent) == 4
    assert all(len(sent) <= 32 + 20 for sent in line.sent)


def test_silence_is_a_link_error_after_the_declared_time(start: Start) -> None:
    session, line = start(None)
    with pytest.raises(LinkError, match="did not answer within 2 s"):
        session.connect()
    assert line.clock.now() == pytest.approx(2 * TIME_OUT_S, abs=0.1)  # asked once more


@pytest.mark.parametrize(
    "nonsense",
    [b"\x00\xff\x12hello", b"~~~~~~", b"\x7e\xa0\x05\x01", bytes(300)],
    ids=["text", "flags", "half a frame", "zeros"],
)
def test_garbage_is_a_link_error_that_ends(start: Start, nonsense: bytes) -> None:
    session, line = start(nonsense)
    with pytest.raises(LinkError):
        session.connect()
    assert line.clock.now() < 3 * TIME_OUT_S


def test_garbage_without_end_ends_too(start: Start) -> None:
    session, line = start(line=Chatterbox)
    with pytest.raises(LinkError):
        session.connect()
    assert line.clock.now() < 60.0


def test_a_frame_with_a_wrong_check_sequence_is_noted_and_not_taken(start: Start) -> None:
    good = ua()
    session, _ = start(good[:-2] + bytes([good[-2] ^ 1]) + good[-1:])
    with pytest.raises(LinkError):
        session.connect()
    assert session.deviations


def test_a_frame_for_somebody_else_is_not_taken(start: Start) -> None:
    session, _ = start(from_meter(Control.UA, LinkParameters().to_bytes(), to=Address(32)))
    with pytest.raises(LinkError):
        session.connect()


def test_dm_instead_of_ua_is_a_link_error(start: Start) -> None:
    session, _ = start(from_meter(Control.DM))
    with pytest.raises(LinkError, match="did not answer SNRM with UA"):
        session.connect()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (answer(3, b"x"), r"N\(S\)=3, 0 was due"),
        (answer(0, b"x", llc=False), "LLC header"),
        (from_meter(Control.DM), "DM instead of an I-frame"),
        (from_meter(rr_control(1)), "RR instead of an I-frame"),
    ],
)
def test_a_wrong_answer_to_a_request_is_a_link_error(start: Start, wrong: bytes, words: str) -> None:
    session, _ = start(ua(), wrong)
    session.connect()
    with pytest.raises(LinkError, match=words):
        session.exchange(b"\xc0")


def test_a_line_that_breaks_says_so(start: Start) -> None:
    session, _ = start(ua(), LinkError("the converter was unplugged"))
    session.connect()
    with pytest.raises(LinkError, match="unplugged"):
        session.exchange(b"\xc0")


@pytest.mark.parametrize(
    "reply", [from_meter(Control.UA), from_meter(Control.DM), None], ids=["UA", "DM", "silence"]
)
def test_disconnecting_takes_ua_dm_or_silence(start: Start, reply: bytes | None) -> None:
    session, _ = start(ua(), reply)
    session.connect()
    session.disconnect()


def test_a_new_connection_counts_from_zero_again(start: Start) -> None:
    session, _ = start(ua(), answer(0, b"one"), ua(), answer(0, b"two"))
    session.connect()
    assert session.exchange(b"\xc0") == b"one"
    session.connect()
    assert session.exchange(b"\xc0") == b"two"


def test_an_snrm_that_is_lost_is_sent_once_more(start: Start) -> None:
    session, line = start(None, ua())
    session.connect()
    assert len(line.sent) == 2
    assert session.resent == 1


def test_a_request_that_the_meter_never_took_is_sent_again(start: Start) -> None:
    not_taken = from_meter(rr_control(0))
    session, line = start(ua(), None, not_taken, answer(0, b"\xc4\x01"))
    session.connect()
    assert session.exchange(b"\xc0\x01") == b"\xc4\x01"
    assert line.sent[1] == line.sent[3]


def test_a_request_that_is_never_taken_is_a_fault_of_the_link(start: Start) -> None:
    session, _ = start(ua(), None, from_meter(rr_control(0)), None)
    session.connect()
    with pytest.raises(Unexpected) as raised:
        session.exchange(b"\xc0\x01")
    assert raised.value.answer == "frame not taken"


def test_a_request_that_was_taken_and_not_answered_is_silence(start: Start) -> None:
    session, _ = start(ua(), None, from_meter(rr_control(1)))
    session.connect()
    with pytest.raises(Silence):
        session.exchange(b"\xc0\x01")


def test_an_answer_after_the_time_out_is_silence_and_spoils_nothing(start: Start) -> None:
    late = answer(0, b"\xc4\x01")
    session, _ = start(ua(), None, late, answer(1, b"\xc4\x02", received=2))
    session.connect()
    with pytest.raises(Silence, match="after the time-out"):
        session.exchange(b"\xc0\x01")
    assert session.exchange(b"\xc0\x02") == b"\xc4\x02"


def test_a_length_that_is_one_too_many_is_noted_and_borne(start: Start) -> None:
    frame = Frame(CLIENT, SERVER, i_control(0, 1), b"\xe6\xe7\x00\xc4\x01")
    session, _ = start(ua(), frame.to_bytes(length=len(frame.to_bytes()) - 1))
    session.connect()
    assert session.exchange(b"\xc0\x01") == b"\xc4\x01"
    assert "hdlc.length" in session.deviations[0]


def test_a_segmentation_bit_in_the_last_segment_is_noted_and_borne(start: Start) -> None:
    session, _ = start(ua(), answer(0, b"\xc4\x01", segmented=True), from_meter(rr_control(1)))
    session.connect()
    assert session.exchange(b"\xc0\x01") == b"\xc4\x01"
    assert session.deviations
