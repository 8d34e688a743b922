"""Defects from a file of its own: at each position the wrapper's port breaks another of its rules, and no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.protocols.acse import Aare, AssociationResult
from bench.protocols.wrapper import HEADER_LENGTH, WrapperFrame, WrapperReader
from tests.suites.kept_rack import Kept, rack

RESTART_S = 8.0
"""So long a port is deaf whose task has to be started again."""
PUBLIC_CLIENT = 16
LONGEST = 0xFFFF
AARQ = b"\x60"
REFUSAL = Aare(result=AssociationResult.REJECTED_TRANSIENT).to_bytes()


class Wedges:
    """A port whose task can hang; its watchdog starts it again after some seconds."""

    deaf_until_s = -1.0

    def wedge(self: Any) -> None:
        """Hang."""
        self.deaf_until_s = self.board.now() + RESTART_S

    def receive(self: Any, octets: bytes) -> None:
        """Take octets, or lose them."""
        if self.board.now() >= self.deaf_until_s:
            super().receive(octets)  # type: ignore[misc]


class HeaderInOnePiece:
    """A header that does not come whole is thrown away."""

    def receive(self: Any, octets: bytes) -> None:
        """Look at the first octets of a message."""
        if self.reader.pending or len(octets) >= HEADER_LENGTH:
            super().receive(octets)  # type: ignore[misc]


class AnswersRunTogether:
    """Answers to two requests in one segment share one header."""

    def receive(self: Any, octets: bytes) -> None:
        """Serve, and send what was answered."""
        self.answers: list[bytes] = []
        super().receive(octets)  # type: ignore[misc]
        if self.answers:
            first = self.answers[0]
            apdus = b"".join(answer[HEADER_LENGTH:] for answer in self.answers)
            server, client = int.from_bytes(first[2:4], "big"), int.from_bytes(first[4:6], "big")
            super().send(WrapperFrame(server, client, apdus).to_bytes())  # type: ignore[misc]

    def send(self: Any, octets: bytes) -> None:
        """Keep the answer."""
        self.answers.append(octets)


class AnyVersion:
    """The version is not looked at."""

    def message_received(self: Any, raw: bytes) -> None:
        """Take version 1 for granted."""
        super().message_received(b"\x00\x01" + raw[2:])  # type: ignore[misc]


class AnyServer:
    """A message to a logical device that is not there is answered by the one that is."""

    def device_at(self: Any, sap: int) -> int:
        """Find the management device everywhere."""
        found: int | None = super().device_at(sap)  # type: ignore[misc]
        return 1 if found is None else found


class AnyClient:
    """A client that nobody configured is served as the public one."""

    def addressed(self: Any, frame: WrapperFrame) -> bool:
        """Look at the destination only."""
        return self.device_at(frame.destination) is not None

    def serve(self: Any, frame: WrapperFrame) -> bytes | None:
        """Serve a stranger like the public client."""
        known = self.settings.association(frame.source) is not None
        answer: bytes | None = super().serve(frame if known else replace(frame, source=PUBLIC_CLIENT))  # type: ignore[misc]
        return answer


class NothingWedges(Wedges):
    """A message of length 0 is one octet less than none: the task waits for 65,535."""

    def message_received(self: Any, raw: bytes) -> None:
        """Hang at an empty message."""
        super().message_received(raw)  # type: ignore[misc]
        if len(raw) == HEADER_LENGTH:
            self.wedge()


class SegmentIsMessage:
    """What comes in one segment is one message, if its length does not say that there is more."""

    def receive(self: Any, octets: bytes) -> None:
        """Correct a length that is too small."""
        said = int.from_bytes(octets[6:8], "big")
        whole = len(octets) - HEADER_LENGTH
        if not self.reader.pending and 0 < said < whole and len(WrapperReader().feed(octets)) == 1:
            octets = octets[:6] + whole.to_bytes(2, "big") + octets[8:]
        super().receive(octets)  # type: ignore[misc]


class NoRoomWedges(Wedges):
    """The buffer for a message is asked for before its octets come; there is none of 65,535."""

    def receive(self: Any, octets: bytes) -> None:
        """Hang at the longest of all lengths."""
        super().receive(octets)
        if octets[6:8] == LONGEST.to_bytes(2, "big"):
            self.wedge()


class IdleStaysOpen:
    """After the inactivity time-out the association ends, and the connection stays."""

    def idle(self: Any) -> None:
        """Forget the association only."""
        self.meter.association.drop_port(self.name)


class SecondTakesOver:
    """A second connection is turned away, and the first loses its association on the way."""

    hooked = False

    def line_opened(self: Any) -> None:
        """Look at who is turned away."""
        super().line_opened()  # type: ignore[misc]
        line = self.board.port(self.name)
        if not self.hooked:
            self.hooked, settle = True, line.settle

            def turn_away() -> None:
                if line._waiting is not None:
                    self.meter.association.drop_port(self.name)
                settle()

            line.settle = turn_away


class VanishedKeepsItsPlace:
    """The place of a client that vanished is free only after somebody else was refused it."""

    taken = False

    def idle(self: Any) -> None:
        """Close, and keep the place."""
        self.taken = True
        super().idle()  # type: ignore[misc]

    def serve(self: Any, frame: WrapperFrame) -> bytes | None:
        """Refuse the first who asks."""
        if self.taken and frame.payload[:1] == AARQ:
            self.taken = False
            return REFUSAL
        answer: bytes | None = super().serve(frame)  # type: ignore[misc]
        return answer


class BrokenOffWedges(Wedges):
    """An answer that finds its connection gone hangs the task that sends."""

    def line_closed(self: Any) -> None:
        """Hang where an answer is on its way."""
        if self._answers:
            self.wedge()
        super().line_closed()  # type: ignore[misc]


class DatagramsAreAStream:
    """What is missing of a message is taken from the next datagram."""

    def receive(self: Any, octets: bytes) -> None:
        """Cut messages out of all datagrams together."""
        self.stream = getattr(self, "stream", None) or WrapperReader()
        for raw in self.stream.feed(octets):
            super().receive(raw)  # type: ignore[misc]


def _kept(mixin: type[Any], name: str, slot: str = "wrapper_tcp") -> Kept:
    return Kept(slot, mixin, f"dlms/{name}", f"test_wrapper.py::test_{name.lower()}")


KEPT = (
    _kept(HeaderInOnePiece, "W_FRAG"),
    _kept(AnswersRunTogether, "W_TWO"),
    _kept(AnyVersion, "W_VERSION"),
    _kept(AnyServer, "W_DPORT"),
    _kept(AnyClient, "W_SPORT"),
    _kept(NothingWedges, "W_LEN0"),
    _kept(SegmentIsMessage, "W_LENSHORT"),
    _kept(NoRoomWedges, "W_LENLONG"),
    _kept(IdleStaysOpen, "W_IDLE"),
    _kept(SecondTakesOver, "W_SECOND"),
    _kept(VanishedKeepsItsPlace, "W_HALFOPEN"),
    _kept(BrokenOffWedges, "W_RST"),
    _kept(DatagramsAreAStream, "W_UDP", "wrapper_udp"),
)
RACK = rack("WRAPPER", KEPT)
