"""Lines that give back what they are given: taken out where it is stated, told in plain words where it is not."""

from __future__ import annotations

from collections import deque

import pytest

from bench.clock import WallClock
from bench.errors import LinkError
from bench.meter.line_echo import Echo, WithoutEcho
from bench.meter.link import Link, Transport

FRAME = bytes.fromhex("7ea00a00020021219307027e")
ANSWER = bytes.fromhex("7ea01e2100022373c3d6")


class Canned:
    """A transport that gives what it was told to, piece by piece."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = deque(pieces)
        self.sent = b""

    def send(self, octets: bytes) -> None:
        self.sent += octets

    def receive(self, deadline_s: float) -> bytes:
        return self.pieces.popleft() if self.pieces else b""

    def set_rate(self, baud: int, *, seven_bits: bool) -> None:
        raise AssertionError

    def close(self) -> None:
        self.pieces.clear()


def linked(transport: Transport, *, may_echo: bool = False) -> tuple[Link, list[tuple[str, bytes]]]:
    seen: list[tuple[str, bytes]] = []
    link = Link(
        lambda: transport, WallClock(), lambda way, octets: seen.append((way, octets)), may_echo=may_echo
    )
    link.send(FRAME)
    return link, seen


@pytest.mark.parametrize("pieces", [(FRAME + ANSWER,), (FRAME, ANSWER), (FRAME[:3], FRAME[3:] + ANSWER)])
def test_a_stated_echo_is_taken_out_before_anybody_reads(pieces: tuple[bytes, ...]) -> None:
    link, seen = linked(WithoutEcho(Canned(*pieces)))
    assert link.receive(0.0) == ANSWER
    assert seen == [("sent", FRAME), ("received", ANSWER)]


def test_a_stated_echo_without_a_meter_behind_it_is_silence() -> None:
    link, _ = linked(WithoutEcho(Canned(FRAME)))
    assert link.receive(0.0) == b""


def test_the_echo_of_an_earlier_piece_may_be_lost() -> None:
    canned = Canned()
    link, _ = linked(WithoutEcho(canned))
    link.send(ANSWER)
    canned.pieces.extend([ANSWER, FRAME])
    assert link.receive(0.0) == FRAME


def test_an_echo_that_does_not_come_is_said() -> None:
    link, _ = linked(WithoutEcho(Canned(ANSWER)))
    with pytest.raises(LinkError, match="is not what was sent"):
        link.receive(0.0)


@pytest.mark.parametrize("pieces", [(FRAME,), (FRAME[:5], FRAME[5:]), (FRAME + ANSWER,)])
def test_an_echo_nobody_stated_is_no_answer_of_the_meter(pieces: tuple[bytes, ...]) -> None:
    link, seen = linked(Canned(*pieces))
    with pytest.raises(Echo, match=r"The line echoes.*\?echo=yes"):
        link.receive(0.0)
    assert seen[-1] == ("received", b"".join(pieces))


def test_a_meter_that_answered_is_never_taken_for_an_echo() -> None:
    """Its own copy of a frame, later, is the meter's doing, and for the cases to judge."""
    link, _ = linked(Canned(ANSWER, FRAME))
    assert link.receive(0.0) == ANSWER
    assert link.receive(0.0) == FRAME


@pytest.mark.parametrize("answer", [FRAME[:4], ANSWER, b"\x00"])
def test_what_only_begins_like_an_echo_is_passed_on(answer: bytes) -> None:
    link, _ = linked(Canned(answer))
    assert link.receive(0.0) == answer


def test_a_search_for_echoes_gets_them() -> None:
    link, _ = linked(Canned(FRAME), may_echo=True)
    assert link.receive(0.0) == FRAME
