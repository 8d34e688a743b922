"""The GET service of the meter: one attribute or a list, whole or in blocks (dlms.md §6.5)."""

from __future__ import annotations

from bench.protocols.axdr import Data, encode
from bench.protocols.cosem import CosemAttribute
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
)
from bench.protocols.xdlms.parts import SelectiveAccess, data_result_octets, list_octets
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.long_get import LongGet, raw_octets_fitting
from reference_meter.dlms.open_association import OpenAssociation
from reference_meter.dlms.service_base import ServiceBase

Result = Data | DataAccessResult
C = Conformance


class GetService(ServiceBase):
    """Answer GET requests."""

    def get(self, current: OpenAssociation, request: GetRequestNormal) -> bytes:
        """Answer GET-request-normal, in blocks when the value is too long for one APDU."""
        result = self.read(current, request.attribute, request.access)
        answer = GetResponseNormal(invoke=request.invoke, result=result).to_bytes()
        if len(answer) <= self.room(current):
            return answer
        if not isinstance(result, Data) or not self.allowed(current, C.BLOCK_TRANSFER_WITH_GET_OR_READ):
            return GetResponseNormal(
                invoke=request.invoke, result=DataAccessResult.DATA_BLOCK_UNAVAILABLE
            ).to_bytes()
        return self.start_blocks(current, request.invoke, encode(result))

    def get_list(self, current: OpenAssociation, request: GetRequestWithList) -> bytes:
        """Answer GET-request-with-list, each attribute with its own result."""
        results = tuple(self.read(current, item.attribute, item.access) for item in request.items)
        answer = GetResponseWithList(invoke=request.invoke, results=results).to_bytes()
        if len(answer) <= self.room(current):
            return answer
        if not self.allowed(current, C.BLOCK_TRANSFER_WITH_GET_OR_READ):
            refusals = (DataAccessResult.DATA_BLOCK_UNAVAILABLE,) * len(results)
            return GetResponseWithList(invoke=request.invoke, results=refusals).to_bytes()
        return self.start_blocks(current, request.invoke, list_octets(results, data_result_octets))

    def read(
        self, current: OpenAssociation, attribute: CosemAttribute, access: SelectiveAccess | None
    ) -> Result:
        """Read one attribute; a refusal comes back as its result code."""
        if access is not None and not self.allowed(current, C.SELECTIVE_ACCESS):
            return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
        selection = None if access is None else (access.selector, access.parameters)
        try:
            return self.meter.objects.read(attribute, current.role, selection)
        except AccessError as error:
            return error.result

    def start_blocks(self, current: OpenAssociation, invoke: int, raw: bytes) -> bytes:
        """Begin a long GET and return its first block."""
        transfer = LongGet(raw=raw)
        current.transfers.long_get = transfer
        return self.next_block(current, invoke, transfer)

    def get_next(self, current: OpenAssociation, request: GetRequestNext) -> bytes:
        """Answer GET-request-next: the block after the one that the client acknowledges."""
        transfer = current.transfers.long_get
        if transfer is None:
            return self._no_block(request, DataAccessResult.NO_LONG_GET_IN_PROGRESS)
        if request.block_number != transfer.number:
            current.transfers.long_get = None
            return self._no_block(request, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
        return self.next_block(current, request.invoke, transfer)

    def next_block(self, current: OpenAssociation, invoke: int, transfer: LongGet) -> bytes:
        """Return the next block; the transfer ends with the last one."""
        block = transfer.next_block(raw_octets_fitting(self.room(current)))
        if transfer.finished:
            current.transfers.long_get = None
        return GetResponseWithDatablock(
            invoke=invoke, last=transfer.finished, block_number=transfer.number, result=block
        ).to_bytes()

    def _no_block(self, request: GetRequestNext, result: DataAccessResult) -> bytes:
        return GetResponseWithDatablock(
            invoke=request.invoke, last=True, block_number=request.block_number, result=result
        ).to_bytes()
