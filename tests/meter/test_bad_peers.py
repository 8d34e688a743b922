"""A meter that is silent, late, endless, closing, repeating or slow costs bounded time, and spoils nothing else."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest

from bench.errors import LinkError
from bench.meter.hdlc_session import HdlcEndpoints, HdlcSession
from bench.meter.liveness import prove_alive
from bench.meter.player import HdlcPlayer
from bench.meter.session import Silence, Unexpected
from bench.protocols.hdlc import LLC_RESPONSE, Control, Frame, LinkParameters, decode_frame, i_control
from tests.meter.scripted_meter import CLIENT, CLOSE, DM, SERVER, UA, ScriptedMeter, polite

TIME_OUT_S = 0.15
ENDS = HdlcEndpoints(client=CLIENT, server=SERVER, response_time_out_s=TIME_OUT_S, proposed=LinkParameters())


def _silent(_raw: bytes) -> Iterator[bytes]:
    return iter(())


def _late(raw: bytes) -> Iterator[bytes]:
    time.sleep(2 * TIME_OUT_S)
    yield from polite(raw)


def _garbage(_raw: bytes) -> Iterator[bytes]:
    for _ in itertools.repeat(None):
        yield bytes(range(0x20, 0x60)) * 8


def _closing(_raw: bytes) -> Iterator[bytes]:
    yield CLOSE


def _octet_by_octet(raw: bytes) -> Iterator[bytes]:
    for answer in polite(raw):
        for octet in answer:
            time.sleep(0.002)
            yield bytes([octet])


def _claims_65535(_raw: bytes) -> Iterator[bytes]:
    # The length sub-field has 11 bits; this is the most it can claim, and nothing follows.
    yield bytes.fromhex("7ea7ff21") + bytes(16)


def _endless_segments(raw: bytes) -> Iterator[bytes]:
    frame = decode_frame(raw).frame
    if frame is None or frame.control == Control.SNRM:
        yield UA
        return
    number = _endless_segments.count  # type: ignore[attr-defined]
    _endless_segments.count = number + 1  # type: ignore[attr-defined]
    yield Frame(
        CLIENT, SERVER, i_control(number % 8, (number + 1) % 8), LLC_RESPONSE + bytes(100), True
    ).to_bytes()


@pytest.mark.parametrize("peer", [_silent, _late, _garbage, _closing, _claims_65535])
def test_a_step_of_the_player_ends_in_bounded_time(peer: object) -> None:
    with ScriptedMeter(peer) as meter:  # type: ignore[arg-type]
        player = HdlcPlayer(meter.link(), ENDS)
        began = time.monotonic()
        player.play("SNRM", player.snrm().to_bytes())
        assert time.monotonic() - began < 10 * TIME_OUT_S
        assert len(player.steps) == 1
        assert len(player.steps[0]["received"]) <= 2 << 14


def test_an_answer_in_single_octets_is_one_answer() -> None:
    with ScriptedMeter(_octet_by_octet) as meter:
        player = HdlcPlayer(meter.link(), ENDS)
        assert player.play("SNRM", player.snrm().to_bytes()) == UA


def test_a_late_answer_is_kept_with_the_step_it_belongs_to() -> None:
    def late_once(raw: bytes) -> Iterator[bytes]:
        frame = decode_frame(raw).frame
        if frame is not None and frame.control == Control.SNRM:
            time.sleep(1.5 * TIME_OUT_S)
            yield UA
        else:
            yield DM

    with ScriptedMeter(late_once) as meter:
        player = HdlcPlayer(meter.link(), ENDS)
        assert player.play("SNRM", player.snrm().to_bytes()) == b""
        time.sleep(TIME_OUT_S)
        assert player.play("DISC", player.disc().to_bytes()) == DM
        assert bytes.fromhex(player.steps[0]["late"]) == UA


@pytest.mark.parametrize(
    ("peer", "error"),
    [(_silent, Silence), (_garbage, Unexpected), (_closing, LinkError), (_claims_65535, LinkError)],
)
def test_the_working_session_says_what_came_instead(peer: object, error: type[LinkError]) -> None:
    with ScriptedMeter(peer) as meter:  # type: ignore[arg-type]
        session = HdlcSession(meter.link(), ENDS)
        began = time.monotonic()
        with pytest.raises(error):
            session.connect()
        assert time.monotonic() - began < 20 * TIME_OUT_S


def test_an_endless_answer_is_cut_off() -> None:
    _endless_segments.count = 0  # type: ignore[attr-defined]
    with ScriptedMeter(_endless_segments) as meter:
        session = HdlcSession(meter.link(), ENDS)
        session.connect()
        with pytest.raises(Unexpected, match="no end"):
            session.exchange(b"\xc0\x01\xc1")


def test_an_old_answer_repeated_is_no_answer() -> None:
    def repeating(_raw: bytes) -> Iterator[bytes]:
        yield UA

    with ScriptedMeter(repeating) as meter:
        session = HdlcSession(meter.link(), ENDS)
        session.connect()
        with pytest.raises(Unexpected) as raised:
            session.exchange(b"\xc0\x01\xc1")
        assert raised.value.answer == "UA"


def test_a_dead_line_is_given_up_after_its_patience() -> None:
    with ScriptedMeter(_silent) as meter:
        session = HdlcSession(meter.link(), ENDS)

        def call() -> bool:
            try:
                session.connect(again=False)
            except Silence:
                return False
            return True

        found = prove_alive(session.clock, call, session.close, patience_s=2 * TIME_OUT_S)
        assert not found.alive
        assert found.calls >= 2


def test_a_meter_that_comes_back_after_closing_is_alive_but_not_called_away() -> None:
    calls = itertools.count()

    def closes_once(raw: bytes) -> Iterator[bytes]:
        if next(calls) == 0:
            yield CLOSE
        else:
            yield from polite(raw)

    with ScriptedMeter(closes_once) as meter:
        session = HdlcSession(meter.link(), ENDS)

        def call() -> bool:
            session.connect()
            return True

        found = prove_alive(session.clock, call, session.close, patience_s=5.0)
        assert found.alive
        assert found.closed
        assert not found.to_json()["away"]
