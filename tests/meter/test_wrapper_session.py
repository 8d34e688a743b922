"""The working client of the wrapper against peers that misbehave: each ends with a word, in bounded time and octets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bench.clock import WallClock
from bench.errors import LinkError
from bench.meter.link import Link
from bench.meter.session import LONGEST_ANSWER, Silence, Unexpected, answer_word
from bench.meter.wrapper_session import WrapperEndpoints, WrapperSession
from bench.protocols.wrapper import WrapperFrame

ENDS = WrapperEndpoints(client=16, server=1, response_time_out_s=2.0)
REQUEST = b"\xc0\x01\xc1\x00\x08\x00\x00\x01\x00\x00\xff\x02\x00"
ANSWER = b"\xc4\x01\xc1\x00\x00"
FRAME = WrapperFrame(1, 16, ANSWER).to_bytes()
Pieces = Iterator[bytes | float]


class Still(WallClock):
    """A clock that moves only where somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def now(self) -> float:
        return self.now_s


class Peer:
    """Gives pieces after each request: octets at once, a number to let so many seconds pass before the next."""

    def __init__(self, clock: Still, answer: Callable[[bytes], Pieces]) -> None:
        self._clock, self._answer = clock, answer
        self._streams: list[Pieces] = []
        self._arrives_s = 0.0
        self._waiting = b""
        self.n_given = 0

    def send(self, octets: bytes) -> None:
        self._streams.append(self._answer(octets))

    def receive(self, deadline_s: float) -> bytes:
        if not self._waiting:
            self._arrives_s = max(self._arrives_s, self._clock.now_s)
            self._waiting = self._next()
        if not self._waiting or self._arrives_s > deadline_s:
            self._clock.now_s = max(self._clock.now_s, deadline_s)
            return b""
        self._clock.now_s = max(self._clock.now_s, self._arrives_s)
        octets, self._waiting = self._waiting, b""
        self.n_given += len(octets)
        return octets

    def _next(self) -> bytes:
        while self._streams:
            for piece in self._streams[0]:
                if isinstance(piece, bytes):
                    return piece
                self._arrives_s += piece
            self._streams.pop(0)
        return b""

    def set_rate(self, baud: int, *, seven_bits: bool) -> None:
        raise AssertionError("a network connection has no rate")

    def close(self) -> None:
        self._streams.clear()


def talking(answer: Callable[[bytes], Pieces]) -> tuple[WrapperSession, Peer, Still]:
    clock = Still()
    peer = Peer(clock, answer)
    link = Link(lambda: peer, clock, lambda _direction, _octets: None)
    return WrapperSession(link, ENDS), peer, clock


def garbage(_request: bytes) -> Pieces:
    while True:
        yield b"\x00\x02\xff\xff" * 512


def slow_garbage(_request: bytes) -> Pieces:
    while True:
        yield 0.1
        yield b"\xaa"


def closing(_request: bytes) -> Pieces:
    raise LinkError("It closed the connection.")
    yield b""


def long_length(_request: bytes) -> Pieces:
    yield WrapperFrame(1, 16, ANSWER).to_bytes(length=0xFFFF)


def silent(_request: bytes) -> Pieces:
    return iter(())


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (silent, "silence"),
        (garbage, "garbage"),
        (slow_garbage, "garbage"),
        (long_length, "garbage"),
        (closing, "closed"),
    ],
)
def test_each_ends_with_its_word_in_bounded_time_and_octets(
    answer: Callable[[bytes], Pieces], word: str
) -> None:
    session, peer, clock = talking(answer)
    with pytest.raises(LinkError) as raised:
        session.exchange(REQUEST)
    assert answer_word(raised.value) == word
    assert clock.now_s <= ENDS.response_time_out_s + 0.2
    assert peer.n_given <= LONGEST_ANSWER + 4096


def test_an_answer_in_single_octets_is_one_answer() -> None:
    session, _, _ = talking(
        lambda _request: iter([part for octet in FRAME for part in (0.01, bytes([octet]))])
    )
    assert session.exchange(REQUEST) == ANSWER


def test_a_late_answer_is_silence_and_not_the_answer_to_the_next_request() -> None:
    answers = iter([[3.0, WrapperFrame(1, 16, b"\xc4old").to_bytes()], [FRAME]])
    session, _, clock = talking(lambda _request: iter(next(answers)))
    with pytest.raises(Silence):
        session.exchange(REQUEST)
    clock.now_s += 1.5
    assert session.exchange(REQUEST) == ANSWER


def test_two_answers_at_once_are_not_mixed() -> None:
    session, _, _ = talking(lambda _request: iter([FRAME[:5], FRAME[5:] + FRAME]))
    assert session.exchange(REQUEST) == ANSWER


def test_an_answer_for_somebody_else_is_noted_and_not_taken() -> None:
    session, _, _ = talking(lambda _request: iter([WrapperFrame(1, 17, ANSWER).to_bytes()]))
    with pytest.raises(Unexpected):
        session.exchange(REQUEST)
    assert session.deviations == ["the answer has wPorts 1 and 17"]
