"""Lines that give back what they are given, as many optical heads and two-wire adapters do.

An echo that is stated (``?echo=yes`` in the meter's URL) is taken out before anybody reads. One that is not stated
would pass for the meter's own octets, so it ends the case: our trouble, never the meter's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from bench.errors import LinkError

#: Fewer octets than this may come back by chance; the shortest frame has more.
SHORTEST_PROOF = 6


class Echo(LinkError):
    """The line gives our own octets back, and nobody said that it does."""

    def __init__(self, octets: bytes) -> None:
        super().__init__(
            "The line echoes: our own octets come back before any of the meter's.",
            remedy='If its optical head or adapter does that, say so in the URL: "...?echo=yes".',
            last_octets=octets,
        )


class _Transport(Protocol):
    def send(self, octets: bytes) -> None: ...
    def receive(self, deadline_s: float) -> bytes: ...
    def set_rate(self, baud: int, *, seven_bits: bool) -> None: ...
    def close(self) -> None: ...


class WithoutEcho:
    """A transport whose line is known to echo: what was sent is taken off the front of what comes.

    The echo of an earlier piece may be lost, where the line changes its rate meanwhile; that of the last may not.
    """

    def __init__(self, transport: _Transport) -> None:
        self._transport = transport
        self._due: list[bytes] = []

    def send(self, octets: bytes) -> None:
        self._transport.send(octets)
        self._due.append(octets)

    def receive(self, deadline_s: float) -> bytes:
        """Return what comes behind the echo. Raises LinkError where it is none."""
        while True:
            octets = self._transport.receive(deadline_s)
            if not octets:
                return b""
            rest = self._behind_the_echo(octets)
            if rest:
                return rest

    def _behind_the_echo(self, octets: bytes) -> bytes:
        for first in range(max(1, len(self._due))):
            due = b"".join(self._due[first:])
            n = min(len(octets), len(due))
            if octets[:n] == due[:n]:
                self._due = [due[n:]] if due[n:] else []
                return octets[n:]
        self._due = []
        raise LinkError(
            "What comes back is not what was sent, although the meter's URL says that the line echoes.",
            remedy='Without an echo, leave "echo=yes" away; with one, is something else sending, too?',
            last_octets=octets,
        )

    def set_rate(self, baud: int, *, seven_bits: bool) -> None:
        self._transport.set_rate(baud, seven_bits=seven_bits)

    def close(self) -> None:
        self._transport.close()


class EchoWatch:
    """Looks at the first octets that ever come in: a meter's, or our own again."""

    def __init__(self) -> None:
        self._sent = b""
        self.proven = False
        """Whether octets came that are not ours: there is nothing more to look for."""

    def sent(self, octets: bytes) -> None:
        """Take note of octets sent."""
        if not self.proven:
            self._sent = octets

    def look(self, octets: bytes, more: Callable[[], bytes]) -> bytes:
        """Return what came in, with what had to be waited for to tell. Raises Echo for our own octets."""
        if self.proven or not octets or len(self._sent) < SHORTEST_PROOF:
            return octets
        while len(octets) < len(self._sent) and self._sent.startswith(octets):
            further = more()
            if not further:
                return octets
            octets += further
        if octets.startswith(self._sent):
            raise Echo(octets)
        self.proven = True
        return octets
