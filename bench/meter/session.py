"""What carries APDUs to the meter and back: an HDLC connection or a wrapped one; and how it can go wrong."""

from __future__ import annotations

from typing import Protocol

from bench.clock import Clock
from bench.errors import LinkError

#: No answer of a meter is longer than this; whoever sends more without an end is cut off.
LONGEST_ANSWER = 1 << 17


class Silence(LinkError):
    """Nothing came within the response time-out."""


class Unexpected(LinkError):
    """The link layer of the meter answered with something else than the answer. ``answer`` is one word."""

    def __init__(self, message: str, answer: str, *, last_octets: bytes = b"") -> None:
        super().__init__(message, last_octets=last_octets)
        self.answer = answer


class BadAnswer(Unexpected):
    """An answer came, and it is not one that the service has: it cannot be decoded, opened, or put together."""

    def __init__(self, message: str, answer: str = "bad answer", *, last_octets: bytes = b"") -> None:
        super().__init__(message, answer, last_octets=last_octets)


class Session(Protocol):
    """A connection that carries one APDU there and one back. ``deviations``: what the strict decoder found."""

    deviations: list[str]

    @property
    def clock(self) -> Clock: ...

    def connect(self) -> object:
        """Make a new connection without association. Raises LinkError."""

    def disconnect(self) -> None:
        """End the connection; a meter that is silent here is already disconnected."""

    def close(self) -> None:
        """Give the line itself back; the next connection opens it anew."""

    def exchange(self, apdu: bytes) -> bytes:
        """Send one APDU and return the answer's. Raises Silence, Unexpected or another LinkError."""


def answer_word(error: LinkError) -> str:
    """Return in one word what came instead of an answer: silence, DM, FRMR, RR, closed, or a fault of the link layer.

    Those faults are listed, as words, in ``bench.judgement.link_fault``.
    """
    if isinstance(error, Silence):
        return "silence"
    return error.answer if isinstance(error, Unexpected) else "closed"
