"""Requests in blocks: how a client writes what does not fit into one APDU of the meter. Pure octets."""

from __future__ import annotations

from collections.abc import Iterator

from bench.protocols.cosem import CosemAttribute, CosemMethod
from bench.protocols.xdlms.action import ActionRequestWithFirstPblock, ActionRequestWithPblock
from bench.protocols.xdlms.parts import DataBlock
from bench.protocols.xdlms.set import SetRequestWithDatablock, SetRequestWithFirstDatablock

#: Octets of the longest protection: tag, length, security control, counter and authentication tag.
PROTECTION = 22
#: Octets of the first request beside its block: tag, choice, invoke-id, attribute or method, access selection.
FIRST_HEAD = 13
#: Octets of a further request beside its block.
HEAD = 3
#: Flag, number and the longest count of a block.
BLOCK_HEAD = 8


def set_requests(invoke: int, attribute: CosemAttribute, value: bytes, longest: int) -> Iterator[bytes]:
    """Yield the requests that write a coded value, none longer than ``longest`` octets."""
    first, *further = blocks(value, longest)
    yield SetRequestWithFirstDatablock(invoke=invoke, attribute=attribute, block=first).to_bytes()
    for block in further:
        yield SetRequestWithDatablock(invoke=invoke, block=block).to_bytes()


def action_requests(invoke: int, method: CosemMethod, value: bytes, longest: int) -> Iterator[bytes]:
    """Yield the requests that invoke a method with a coded parameter, none longer than ``longest`` octets."""
    first, *further = blocks(value, longest)
    yield ActionRequestWithFirstPblock(invoke=invoke, method=method, block=first).to_bytes()
    for block in further:
        yield ActionRequestWithPblock(invoke=invoke, block=block).to_bytes()


def blocks(value: bytes, longest: int) -> tuple[DataBlock, ...]:
    """Return a coded value in blocks for requests of at most ``longest`` octets."""
    sizes = [max(1, longest - FIRST_HEAD - BLOCK_HEAD)]
    size = max(1, longest - HEAD - BLOCK_HEAD)
    sizes += [size] * -(-max(0, len(value) - sizes[0]) // size)
    made, begun = [], 0
    for number, octets in enumerate(sizes, 1):
        made.append(DataBlock(last=number == len(sizes), number=number, raw=value[begun : begun + octets]))
        begun += octets
    return tuple(made)
