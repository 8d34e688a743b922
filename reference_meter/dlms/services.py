"""xDLMS services of the meter (slot ``services``): one request APDU in, one answer APDU out (dlms.md §6.5).

Whatever is not in the negotiated conformance, is unknown, or cannot be decoded, gets an exception-response
and changes nothing. A request with service class "unconfirmed" is answered as well, as real meters do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench.protocols.axdr import Data, DataType, encode
from bench.protocols.cosem import CosemAttribute, CosemMethod
from bench.protocols.deviation import violations
from bench.protocols.xdlms.action import (
    ActionOutcome,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionResponseNormal,
    ActionResponseWithList,
)
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import ExceptionResponse, ServiceError, StateError
from bench.protocols.xdlms.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
)
from bench.protocols.xdlms.parts import SelectiveAccess, data_result_octets, list_octets
from bench.protocols.xdlms.results import ActionResult, DataAccessResult
from bench.protocols.xdlms.set import (
    SetRequestNormal,
    SetRequestWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from bench.protocols.xdlms.tags import ApduTag
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.long_get import LongGet, raw_octets_fitting
from reference_meter.dlms.open_association import OpenAssociation

if TYPE_CHECKING:
    from reference_meter.meter import Meter

Result = Data | DataAccessResult

C = Conformance
NEEDED: dict[type[Any], Conformance] = {
    GetRequestNormal: C.GET,
    GetRequestNext: C.GET | C.BLOCK_TRANSFER_WITH_GET_OR_READ,
    GetRequestWithList: C.GET | C.MULTIPLE_REFERENCES,
    SetRequestNormal: C.SET,
    SetRequestWithList: C.SET | C.MULTIPLE_REFERENCES,
    ActionRequestNormal: C.ACTION,
    ActionRequestWithList: C.ACTION | C.MULTIPLE_REFERENCES,
}
"""The conformance bits that each request needs; requests not named here are not built."""

IMPLEMENTED = (
    C.GET | C.SET | C.ACTION | C.BLOCK_TRANSFER_WITH_GET_OR_READ | C.MULTIPLE_REFERENCES | C.SELECTIVE_ACCESS
)
"""What this firmware can do at most; an association gets the part that the product declares for it."""

# Octets of a response with list before its results (tag, choice, invoke-id, count), and of each outcome.
_LIST_HEAD = 4
_OUTCOME = 2


class Services:
    """Answer the requests of the open association."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.long_get: LongGet | None = None
        self._handlers: dict[type[Any], Callable[[OpenAssociation, Any], bytes]] = {
            GetRequestNormal: self.get,
            GetRequestNext: self.get_next,
            GetRequestWithList: self.get_list,
            SetRequestNormal: self.set,
            SetRequestWithList: self.set_list,
            ActionRequestNormal: self.action,
            ActionRequestWithList: self.action_list,
        }

    # --- dispatch ---------------------------------------------------------------------------------

    def handle(self, client_sap: int, apdu: bytes) -> bytes | None:
        """Return the answer to an APDU of a client; None where it wants none."""
        tag = apdu[0] if apdu else None
        if tag == ApduTag.AARQ:
            return self.meter.association.open(client_sap, apdu)
        current = self.meter.association.current
        if current is None:
            return self.not_associated()
        if tag == ApduTag.RLRQ:
            return self.meter.association.release(apdu)
        return self.request(current, apdu)

    def request(self, current: OpenAssociation, apdu: bytes) -> bytes:
        """Answer an xDLMS request within an association."""
        request, deviations = decode_apdu(apdu)
        if request is None or violations(deviations):
            return self.malformed()
        needed = NEEDED.get(type(request))
        if needed is None:
            return self.unsupported()
        if not self.allowed(current, needed):
            return self.refused()
        if not isinstance(request, GetRequestNext):
            self.long_get = None
        return self._handlers[type(request)](current, request)

    def allowed(self, current: OpenAssociation, needed: Conformance) -> bool:
        """Decide whether the services ``needed`` were negotiated."""
        return needed in current.conformance

    def end(self) -> None:
        """Forget what was in progress; the association ended."""
        self.long_get = None

    def longest_request(self) -> int:
        """Return the longest APDU in octets that the meter receives."""
        return max(settings.max_pdu for settings in self.meter.product.communication.associations)

    def not_associated(self) -> bytes:
        """Answer a service outside any association."""
        return self.refused()

    def malformed(self) -> bytes:
        """Answer octets that cannot be decoded, those with an unknown tag among them."""
        return self.refused()

    def unsupported(self) -> bytes:
        """Answer an APDU that is understood, but is no request this meter serves."""
        return self.refused()

    def refused(self) -> bytes:
        """Return the exception-response service-not-allowed, service-not-supported (D8 01 02)."""
        return self._exception(ServiceError.SERVICE_NOT_SUPPORTED)

    def too_long(self) -> bytes:
        """Return the exception-response to a request longer than the meter receives."""
        return self._exception(ServiceError.PDU_TOO_LONG)

    def _exception(self, error: ServiceError) -> bytes:
        return ExceptionResponse(state_error=StateError.SERVICE_NOT_ALLOWED, service_error=error).to_bytes()

    # --- GET --------------------------------------------------------------------------------------

    def get(self, current: OpenAssociation, request: GetRequestNormal) -> bytes:
        """Answer GET-request-normal, in blocks when the value is too long for one APDU."""
        result = self.read(current, request.attribute, request.access)
        answer = GetResponseNormal(invoke=request.invoke, result=result).to_bytes()
        if len(answer) <= current.max_send_pdu:
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
        if len(answer) <= current.max_send_pdu:
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
        self.long_get = LongGet(raw=raw)
        return self.next_block(current, invoke, self.long_get)

    def get_next(self, current: OpenAssociation, request: GetRequestNext) -> bytes:
        """Answer GET-request-next: the block after the one that the client acknowledges."""
        transfer = self.long_get
        if transfer is None:
            return self._no_block(request, DataAccessResult.NO_LONG_GET_IN_PROGRESS)
        if request.block_number != transfer.number:
            self.long_get = None
            return self._no_block(request, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
        return self.next_block(current, request.invoke, transfer)

    def next_block(self, current: OpenAssociation, invoke: int, transfer: LongGet) -> bytes:
        """Return the next block; the transfer ends with the last one."""
        block = transfer.next_block(raw_octets_fitting(current.max_send_pdu))
        if transfer.finished:
            self.long_get = None
        return GetResponseWithDatablock(
            invoke=invoke, last=transfer.finished, block_number=transfer.number, result=block
        ).to_bytes()

    def _no_block(self, request: GetRequestNext, result: DataAccessResult) -> bytes:
        return GetResponseWithDatablock(
            invoke=request.invoke, last=True, block_number=request.block_number, result=result
        ).to_bytes()

    # --- SET and ACTION ---------------------------------------------------------------------------

    def set(self, current: OpenAssociation, request: SetRequestNormal) -> bytes:
        """Answer SET-request-normal."""
        result = self.write(current, request.attribute, request.access, request.value)
        return SetResponseNormal(invoke=request.invoke, result=result).to_bytes()

    def set_list(self, current: OpenAssociation, request: SetRequestWithList) -> bytes:
        """Answer SET-request-with-list, each attribute with its own result."""
        if _LIST_HEAD + len(request.items) > current.max_send_pdu:
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

    def action(self, current: OpenAssociation, request: ActionRequestNormal) -> bytes:
        """Answer ACTION-request-normal."""
        outcome = self.invoke(current, request.method, request.parameters)
        return ActionResponseNormal(
            invoke=request.invoke, result=outcome.result, returned=outcome.returned
        ).to_bytes()

    def action_list(self, current: OpenAssociation, request: ActionRequestWithList) -> bytes:
        """Answer ACTION-request-with-list; null-data stands for no parameters."""
        if _LIST_HEAD + _OUTCOME * len(request.methods) > current.max_send_pdu:
            return self.too_long()
        outcomes = tuple(
            self.invoke(current, method, None if parameter.type is DataType.NULL_DATA else parameter)
            for method, parameter in zip(request.methods, request.parameters, strict=True)
        )
        return ActionResponseWithList(invoke=request.invoke, outcomes=outcomes).to_bytes()

    def invoke(self, current: OpenAssociation, method: CosemMethod, parameter: Data | None) -> ActionOutcome:
        """Invoke one method."""
        try:
            returned = self.meter.objects.invoke(method, parameter, current.role)
        except AccessError as error:
            return ActionOutcome(result=ActionResult(error.result))
        return ActionOutcome(result=ActionResult.SUCCESS, returned=returned)
