"""General block transfer as two state machines: cut an APDU into windows of blocks, put blocks together again.

Blocks count from 1. All blocks of a window but its last carry the streaming bit, and only that last one is answered:
with the number of the last block that came in order. What was sent after a lost block is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer

LARGEST_WINDOW = 63
OVERHEAD = 9
"""Octets of a block before its data at most: tag, control, two numbers, length."""


@dataclass(slots=True, kw_only=True)
class BlockSender:
    """One APDU on its way. ``size``: octets a block; ``confirmed``: the last block that the other side has."""

    apdu: bytes
    size: int
    confirmed: int = 0

    @property
    def count(self) -> int:
        """Return how many blocks there are."""
        return max(1, -(-len(self.apdu) // self.size))

    @property
    def finished(self) -> bool:
        """Whether the other side has everything."""
        return self.confirmed >= self.count

    def confirm(self, number: int) -> bool:
        """Take an acknowledgement; False for one of a block that was never made, or taken back."""
        if not self.confirmed <= number <= self.count:
            return False
        self.confirmed = number
        return True

    def window(self, blocks: int, *, acknowledged: int = 0) -> list[GeneralBlockTransfer]:
        """Return the next at most ``blocks`` blocks after the last confirmed one.

        ``acknowledged``: the number of the other side's block that these confirm.
        """
        first = self.confirmed + 1
        last = min(self.count, self.confirmed + max(1, min(blocks, LARGEST_WINDOW)))
        return [
            self.block(number, streaming=number < last, acknowledged=acknowledged)
            for number in range(first, last + 1)
        ]

    def block(self, number: int, *, streaming: bool = False, acknowledged: int = 0) -> GeneralBlockTransfer:
        """Return one block."""
        return GeneralBlockTransfer(
            last=number == self.count,
            streaming=streaming,
            block_number=number,
            block_number_ack=acknowledged,
            data=self.apdu[(number - 1) * self.size : number * self.size],
        )


@dataclass(slots=True, kw_only=True)
class BlockReceiver:
    """The blocks of one APDU; ``longest`` bounds what is kept.

    ``received`` is the last block that came in order; later ones are not kept, they come again.
    """

    longest: int
    received: int = 0
    complete: bool = False
    too_long: bool = False
    _octets: bytearray = field(default_factory=bytearray)

    @property
    def apdu(self) -> bytes:
        """Return what has come so far, the whole APDU once it is complete."""
        return bytes(self._octets)

    def take(self, block: GeneralBlockTransfer) -> bool:
        """Take a block; return whether the sender now waits for an answer (not within a window)."""
        if block.block_number == self.received + 1 and not self.complete:
            self.received = block.block_number
            if len(self._octets) + len(block.data) > self.longest:
                self.too_long = True
            else:
                self._octets += block.data
            self.complete = block.last
        return block.last or not block.streaming

    def acknowledgement(self, *, window: int = 1) -> GeneralBlockTransfer:
        """Return the block without data that confirms what came in order and asks for ``window`` more."""
        return GeneralBlockTransfer(
            last=False, window=window, block_number=0, block_number_ack=self.received, data=b""
        )
