"""A long GET on its way: the coded result is sent block by block, each on the client's request."""

from __future__ import annotations

from dataclasses import dataclass

# Octets of a GET-response-with-datablock before the raw data: tag, choice, invoke-id, last-block, number (4),
# result choice; then the length of the raw data, which takes 1, 2 or 3 octets.
_HEAD = 9
_LENGTHS = ((0x7F, 1), (0xFF, 2), (0xFFFF, 3))


def raw_octets_fitting(max_pdu: int) -> int:
    """Return how many octets of raw data fit a block response of at most ``max_pdu`` octets; at least 1."""
    return max(1, *(min(longest, max_pdu - _HEAD - octets) for longest, octets in _LENGTHS))


@dataclass(slots=True, kw_only=True)
class LongGet:
    """The coded result, how much of it was sent, and the number of the block sent last."""

    raw: bytes
    sent: int = 0
    number: int = 0

    @property
    def finished(self) -> bool:
        """Whether the last block has been sent."""
        return self.sent >= len(self.raw)

    def next_block(self, octets: int) -> bytes:
        """Return the next at most ``octets`` octets and count the block."""
        block = self.raw[self.sent : self.sent + octets]
        self.sent += len(block)
        self.number += 1
        return block
