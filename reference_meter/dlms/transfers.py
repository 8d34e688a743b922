"""What a client and the meter are in the middle of: messages that go in blocks, both ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bench.protocols.block_stream import BlockReceiver, BlockSender
from reference_meter.dlms.long_get import LongGet


@dataclass(slots=True, kw_only=True)
class Incoming:
    """A long SET or ACTION: the request that began it, the octets so far, the number of the last block."""

    first: Any
    raw: bytearray = field(default_factory=bytearray)
    number: int = 0


@dataclass(slots=True, kw_only=True)
class Transfers:
    """The transfers of one association; None where nothing is in progress.

    ``outgoing`` and ``incoming`` belong to general block transfer: whole APDUs in blocks.
    """

    long_get: LongGet | None = None
    long_set: Incoming | None = None
    long_action: Incoming | None = None
    long_result: LongGet | None = None
    outgoing: BlockSender | None = None
    incoming: BlockReceiver | None = None

    def forget(self) -> None:
        """End everything that a new request of its kind ends: all transfers of the data services."""
        self.long_get = self.long_set = self.long_action = self.long_result = None
