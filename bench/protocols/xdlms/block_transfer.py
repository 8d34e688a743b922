"""General block transfer (IEC 62056-5-3): any APDU in numbered blocks."""

from __future__ import annotations

from dataclasses import dataclass

from bench.protocols.cursor import Cursor, counted_octets
from bench.protocols.xdlms.tags import ApduTag


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralBlockTransfer:
    """One block: last-block and streaming bits, window (0..63), numbers of this and of the acknowledged block."""

    last: bool
    streaming: bool = False
    window: int = 1
    block_number: int
    block_number_ack: int
    data: bytes

    def to_bytes(self, *, tag: int = ApduTag.GENERAL_BLOCK_TRANSFER) -> bytes:
        """Return the APDU."""
        control = self.last << 7 | self.streaming << 6 | (self.window & 0x3F)
        numbers = self.block_number.to_bytes(2, "big") + self.block_number_ack.to_bytes(2, "big")
        return bytes([tag, control]) + numbers + counted_octets(self.data)


def read_general_block_transfer(cursor: Cursor) -> GeneralBlockTransfer:
    """Read what follows the tag E0."""
    control = cursor.octet("block-control")
    return GeneralBlockTransfer(
        last=bool(control & 0x80),
        streaming=bool(control & 0x40),
        window=control & 0x3F,
        block_number=cursor.unsigned(2, "block-number"),
        block_number_ack=cursor.unsigned(2, "block-number-ack"),
        data=cursor.counted("block-data"),
    )
