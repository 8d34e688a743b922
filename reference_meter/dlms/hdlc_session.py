"""State of one HDLC connection in normal response mode (NRM): sequence numbers, limits and both queues.

Sequence numbers count modulo 8. ``send_number`` is V(S), ``receive_number`` V(R) of ISO/IEC 13239.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from bench.protocols.hdlc import Address, LinkParameters

MODULUS = 8


@dataclass(slots=True, kw_only=True)
class Segment:
    """One information field on its way to the client. ``number`` is its N(S) once it has been sent."""

    information: bytes
    segmented: bool
    number: int = 0


@dataclass(slots=True, kw_only=True)
class HdlcSession:
    """A connection between one client and this server.

    ``limits`` are the negotiated ones, seen from the server. ``server`` is the form of the server address the
    client used in its SNRM; replies carry it. ``unacknowledged`` holds segments sent and not yet confirmed,
    ``waiting`` those still to be sent, oldest first. ``last_reply`` repeats the answer to a repeated I-frame.
    ``reject`` is the information field of the FRMR that holds until the next SNRM or DISC.
    """

    client: Address
    server: Address
    limits: LinkParameters
    send_number: int = 0
    receive_number: int = 0
    received: bytearray = field(default_factory=bytearray)
    overflow: bool = False
    unacknowledged: deque[Segment] = field(default_factory=deque)
    waiting: deque[Segment] = field(default_factory=deque)
    last_reply: bytes = b""
    reject: bytes | None = None

    @property
    def client_sap(self) -> int:
        """Return the client address as service access point."""
        return self.client.upper

    def acknowledges(self, number: int) -> bool:
        """Tell whether N(R) = ``number`` confirms a segment that was sent, or none."""
        oldest = (self.send_number - len(self.unacknowledged)) % MODULUS
        return (number - oldest) % MODULUS <= len(self.unacknowledged)

    def acknowledge(self, number: int) -> None:
        """Forget the segments before N(R) = ``number``."""
        while self.unacknowledged and self.unacknowledged[0].number != number:
            self.unacknowledged.popleft()

    def store(self, information: bytes, maximum: int) -> None:
        """Append a received segment; of a message above ``maximum`` octets only that fact is kept."""
        if len(self.received) + len(information) > maximum:
            self.overflow = True
        else:
            self.received += information

    def take_message(self) -> tuple[bytes, bool]:
        """Return the message received so far and whether it was too long, and start a new one."""
        message, overflow = bytes(self.received), self.overflow
        self.received.clear()
        self.overflow = False
        return message, overflow

    def enqueue(self, message: bytes, segment_length: int) -> None:
        """Cut ``message`` into segments of at most ``segment_length`` octets; what waited is dropped."""
        self.waiting.clear()
        self.append(message, segment_length)

    def append(self, message: bytes, segment_length: int) -> None:
        """Cut a further message into segments, behind what waits already."""
        for start in range(0, len(message), segment_length):
            end = start + segment_length
            self.waiting.append(Segment(information=message[start:end], segmented=end < len(message)))
