"""The SET service of the meter: one attribute or a list, whole or in blocks (dlms.md §6.5)."""

from __future__ import annotations

from bench.protocols.axdr import Data, decode_all, read_data
from bench.protocols.cosem import CosemAttribute
from bench.protocols.cursor import Cursor
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.parts import AttributeAccess, DataBlock, SelectiveAccess, read_list
from bench.protocols.xdlms.results import DataAccessResult
from bench.protocols.xdlms.set import (
    SetRequestNormal,
    SetRequestWithDatablock,
    SetRequestWithFirstDatablock,
    SetRequestWithList,
    SetRequestWithListAndFirstDatablock,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseLastDatablockWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.open_association import OpenAssociation
from reference_meter.dlms.service_base import ServiceBase
from reference_meter.dlms.transfers import Incoming

LONGEST_VALUE_OCTETS = 65536
"""What the meter keeps of a value that comes in blocks (project figure)."""
_LIST_HEAD = 4
"""Octets of a response with list before its results: tag, choice, invoke-id, count."""


class SetService(ServiceBase):
    """Answer SET requests."""

    def set(self, current: OpenAssociation, request: SetRequestNormal) -> bytes:
        """Answer SET-request-normal."""
        result = self.write(current, request.attribute, request.access, request.value)
        return SetResponseNormal(invoke=request.invoke, result=result).to_bytes()

    def set_list(self, current: OpenAssociation, request: SetRequestWithList) -> bytes:
        """Answer SET-request-with-list, each attribute with its own result."""
        if _LIST_HEAD + len(request.items) > self.room(current):
            return self.too_long()
        results = tuple(
            self.write(current, item.attribute, item.access, value)
            for item, value in zip(request.items, request.values, strict=True)
        )
        return SetResponseWithList(invoke=request.invoke, results=results).to_bytes()

    def write(
        self,
        current: OpenAssociation,
        attribute: CosemAttribute,
        access: SelectiveAccess | None,
        value: Data,
    ) -> DataAccessResult:
        """Write one attribute; no attribute of this meter can be written in part."""
        if access is not None:
            return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
        try:
            self.meter.objects.write(attribute, value, current.role)
        except AccessError as error:
            return error.result
        return DataAccessResult.SUCCESS

    # --- in blocks --------------------------------------------------------------------------------

    def set_first(
        self,
        current: OpenAssociation,
        request: SetRequestWithFirstDatablock | SetRequestWithListAndFirstDatablock,
    ) -> bytes:
        """Begin a long SET."""
        current.transfers.long_set = Incoming(first=request)
        return self.set_block(current, current.transfers.long_set, request.invoke, request.block)

    def set_next(self, current: OpenAssociation, request: SetRequestWithDatablock) -> bytes:
        """Go on with a long SET."""
        transfer = current.transfers.long_set
        if transfer is None:
            return SetResponseLastDatablock(
                invoke=request.invoke,
                result=DataAccessResult.NO_LONG_SET_IN_PROGRESS,
                block_number=request.block.number,
            ).to_bytes()
        return self.set_block(current, transfer, request.invoke, request.block)

    def set_block(self, current: OpenAssociation, transfer: Incoming, invoke: int, block: DataBlock) -> bytes:
        """Take one block: acknowledge it, or write what is now complete."""
        if block.number != transfer.number + 1:
            return self.set_aborted(
                current, transfer, invoke, block, DataAccessResult.DATA_BLOCK_NUMBER_INVALID
            )
        if len(transfer.raw) + len(block.raw) > LONGEST_VALUE_OCTETS:
            return self.set_aborted(current, transfer, invoke, block, DataAccessResult.LONG_SET_ABORTED)
        transfer.number = block.number
        transfer.raw += block.raw
        if not block.last:
            return SetResponseDatablock(invoke=invoke, block_number=block.number).to_bytes()
        current.transfers.long_set = None
        return self.set_complete(current, transfer, invoke)

    def set_complete(self, current: OpenAssociation, transfer: Incoming, invoke: int) -> bytes:
        """Write the value or values that came in blocks."""
        first, number = transfer.first, transfer.number
        if isinstance(first, SetRequestWithListAndFirstDatablock):
            results = self.write_list(current, first.items, bytes(transfer.raw))
            return SetResponseLastDatablockWithList(
                invoke=invoke, results=results, block_number=number
            ).to_bytes()
        try:
            value = decode_all(bytes(transfer.raw))
        except DecodeError:
            result = DataAccessResult.TYPE_UNMATCHED
        else:
            result = self.write(current, first.attribute, first.access, value)
        return SetResponseLastDatablock(invoke=invoke, result=result, block_number=number).to_bytes()

    def write_list(
        self, current: OpenAssociation, items: tuple[AttributeAccess, ...], raw: bytes
    ) -> tuple[DataAccessResult, ...]:
        """Write a list of attributes with the values coded in ``raw``."""
        cursor = Cursor(raw)
        try:
            values = read_list(cursor, read_data, "value list")
            cursor.finish()
        except DecodeError:
            values = ()
        if len(values) != len(items):
            return (DataAccessResult.TYPE_UNMATCHED,) * len(items)
        pairs = zip(items, values, strict=True)
        return tuple(self.write(current, item.attribute, item.access, value) for item, value in pairs)

    def set_aborted(
        self,
        current: OpenAssociation,
        transfer: Incoming,
        invoke: int,
        block: DataBlock,
        result: DataAccessResult,
    ) -> bytes:
        """End a long SET whose blocks are not in order, or too many."""
        current.transfers.long_set = None
        if isinstance(transfer.first, SetRequestWithListAndFirstDatablock):
            return SetResponseLastDatablockWithList(
                invoke=invoke, results=(result,) * len(transfer.first.items), block_number=block.number
            ).to_bytes()
        return SetResponseLastDatablock(invoke=invoke, result=result, block_number=block.number).to_bytes()
