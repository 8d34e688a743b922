"""xDLMS services of the meter (slot ``services``): one request APDU in, one answer APDU out (dlms.md §6.5).

Whatever is not in the negotiated conformance, is unknown, or cannot be decoded, gets an exception-response
and changes nothing. A request with service class "unconfirmed" is answered as well, as real meters do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench.protocols.cosem import CosemMethod, Obis
from bench.protocols.deviation import violations
from bench.protocols.xdlms.access import AccessRequest
from bench.protocols.xdlms.action import (
    ActionRequestNextPblock,
    ActionRequestNormal,
    ActionRequestWithFirstPblock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
    ActionRequestWithPblock,
)
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.get import GetRequestNext, GetRequestNormal, GetRequestWithList
from bench.protocols.xdlms.set import (
    SetRequestNormal,
    SetRequestWithDatablock,
    SetRequestWithFirstDatablock,
    SetRequestWithList,
    SetRequestWithListAndFirstDatablock,
)
from bench.protocols.xdlms.tags import ApduTag
from reference_meter.dlms.access_service import AccessService
from reference_meter.dlms.ciphering import PLAIN, Refused
from reference_meter.dlms.long_get import LongGet
from reference_meter.dlms.open_association import OpenAssociation
from reference_meter.dlms.set_service import LONGEST_VALUE_OCTETS

if TYPE_CHECKING:
    from reference_meter.meter import Meter

C = Conformance
NEEDED: dict[type[Any], Conformance] = {
    GetRequestNormal: C.GET,
    GetRequestNext: C.GET | C.BLOCK_TRANSFER_WITH_GET_OR_READ,
    GetRequestWithList: C.GET | C.MULTIPLE_REFERENCES,
    SetRequestNormal: C.SET,
    SetRequestWithList: C.SET | C.MULTIPLE_REFERENCES,
    SetRequestWithFirstDatablock: C.SET | C.BLOCK_TRANSFER_WITH_SET_OR_WRITE,
    SetRequestWithDatablock: C.SET | C.BLOCK_TRANSFER_WITH_SET_OR_WRITE,
    SetRequestWithListAndFirstDatablock: C.SET | C.BLOCK_TRANSFER_WITH_SET_OR_WRITE | C.MULTIPLE_REFERENCES,
    ActionRequestNormal: C.ACTION,
    ActionRequestWithList: C.ACTION | C.MULTIPLE_REFERENCES,
    ActionRequestNextPblock: C.ACTION | C.BLOCK_TRANSFER_WITH_ACTION,
    ActionRequestWithFirstPblock: C.ACTION | C.BLOCK_TRANSFER_WITH_ACTION,
    ActionRequestWithPblock: C.ACTION | C.BLOCK_TRANSFER_WITH_ACTION,
    ActionRequestWithListAndFirstPblock: C.ACTION | C.BLOCK_TRANSFER_WITH_ACTION | C.MULTIPLE_REFERENCES,
    AccessRequest: C.ACCESS,
}
"""The conformance bits that each request needs; requests not named here are not built."""

CONTINUING = (GetRequestNext, SetRequestWithDatablock, ActionRequestNextPblock, ActionRequestWithPblock)
"""Requests that go on with a transfer; every other request ends it."""

IMPLEMENTED = (
    C.GET
    | C.SET
    | C.ACTION
    | C.BLOCK_TRANSFER_WITH_GET_OR_READ
    | C.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | C.BLOCK_TRANSFER_WITH_ACTION
    | C.MULTIPLE_REFERENCES
    | C.SELECTIVE_ACCESS
    | C.ACCESS
    | C.GENERAL_BLOCK_TRANSFER
    | C.GENERAL_PROTECTION
)
"""What this firmware can do at most; an association gets the part that the product declares for it."""

REPLY_TO_HLS = CosemMethod(15, Obis("0-0:40.0.0.255"), 1)
_BLOCK_OVERHEAD = 9
"""Octets of a general block before its data: tag, control, two numbers, length."""


class Services(AccessService):
    """Answer the requests of the open association."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._handlers: dict[type[Any], Callable[[OpenAssociation, Any], bytes]] = {
            GetRequestNormal: self.get,
            GetRequestNext: self.get_next,
            GetRequestWithList: self.get_list,
            SetRequestNormal: self.set,
            SetRequestWithList: self.set_list,
            SetRequestWithFirstDatablock: self.set_first,
            SetRequestWithListAndFirstDatablock: self.set_first,
            SetRequestWithDatablock: self.set_next,
            ActionRequestNormal: self.action,
            ActionRequestWithList: self.action_list,
            ActionRequestNextPblock: self.action_next,
            ActionRequestWithFirstPblock: self.action_first,
            ActionRequestWithListAndFirstPblock: self.action_first,
            ActionRequestWithPblock: self.action_continued,
            AccessRequest: self.access,
        }

    def handle(self, client_sap: int, apdu: bytes, channel: str = "optical") -> bytes | None:
        """Return the answer to an APDU of a client; None where it wants none.

        ``channel`` tells conversations apart: the optical port, or a port and client of the network.
        """
        association = self.meter.association
        association.channel = channel
        self.protection = PLAIN
        tag = apdu[0] if apdu else None
        if tag == ApduTag.AARQ:
            return association.open(client_sap, apdu)
        current = association.current or association.pre_established(client_sap)
        if current is None:
            return self.not_associated()
        if tag == ApduTag.RLRQ:
            return association.release(apdu)
        if tag == ApduTag.GENERAL_BLOCK_TRANSFER:
            return self.general_block(current, apdu)
        answer = self.secured(current, apdu)
        if len(answer) > current.max_send_pdu and self.allowed(current, C.GENERAL_BLOCK_TRANSFER):
            return self.start_general(current, answer, acknowledged=0)
        return answer

    def secured(self, current: OpenAssociation, apdu: bytes) -> bytes:
        """Open a request, answer it, and seal the answer; without ciphering only answer it."""
        if not current.ciphered:
            return self.request(current, apdu)
        try:
            plain, self.protection = self.meter.ciphering.open(current, apdu)
        except Refused as refused:
            return self.not_opened(refused)
        return self.meter.ciphering.seal(current, self.request(current, plain), self.protection)

    def not_opened(self, refused: Refused) -> bytes:
        """Answer a request whose protection does not hold."""
        return self.exception(refused.error, refused.counter)

    def request(self, current: OpenAssociation, apdu: bytes) -> bytes:
        """Answer an xDLMS request within an association."""
        request, deviations = decode_apdu(apdu)
        if request is None or violations(deviations):
            return self.malformed()
        needed = NEEDED.get(type(request))
        if needed is None:
            return self.unsupported()
        proving = current.handshake is not None and self.is_reply_to_hls(request)
        if not proving and (current.pending or not self.allowed(current, needed)):
            return self.refused()
        if not isinstance(request, CONTINUING):
            current.transfers.forget()
        return self._handlers[type(request)](current, request)

    def is_reply_to_hls(self, request: Any) -> bool:
        """Tell whether a request is pass 3 of high level security: that needs no service to be negotiated."""
        return isinstance(request, ActionRequestNormal) and request.method == REPLY_TO_HLS

    def longest_request(self) -> int:
        """Return the longest APDU in octets that the meter receives."""
        return max(settings.max_pdu for settings in self.meter.product.communication.associations)

    # --- general block transfer -------------------------------------------------------------------

    def general_block(self, current: OpenAssociation, apdu: bytes) -> bytes:
        """Take a general block: part of a request, or the acknowledgement of a part of an answer."""
        block, deviations = decode_apdu(apdu)
        if not isinstance(block, GeneralBlockTransfer) or violations(deviations):
            return self.malformed()
        if not self.allowed(current, C.GENERAL_BLOCK_TRANSFER):
            return self.refused()
        transfers = current.transfers
        if transfers.outgoing is not None and not block.data:
            return self.next_general(current, transfers.outgoing, block)
        if transfers.incoming is None:
            transfers.incoming, transfers.incoming_number = bytearray(), 0
        if block.block_number == transfers.incoming_number + 1:
            transfers.incoming += block.data
            transfers.incoming_number = block.block_number
        if len(transfers.incoming) > LONGEST_VALUE_OCTETS:
            transfers.incoming = None
            return self.too_long()
        if not block.last or block.block_number != transfers.incoming_number:
            return self.acknowledge(transfers.incoming_number)
        whole, number = bytes(transfers.incoming), transfers.incoming_number
        transfers.incoming = None
        return self.start_general(current, self.secured(current, whole), acknowledged=number)

    def acknowledge(self, number: int) -> bytes:
        """Confirm the blocks up to ``number`` and send nothing."""
        return GeneralBlockTransfer(last=False, block_number=0, block_number_ack=number, data=b"").to_bytes()

    def start_general(self, current: OpenAssociation, answer: bytes, *, acknowledged: int) -> bytes:
        """Begin to send an answer in general blocks."""
        current.transfers.outgoing = LongGet(raw=answer)
        return self.send_general(current, current.transfers.outgoing, acknowledged)

    def next_general(self, current: OpenAssociation, transfer: LongGet, block: GeneralBlockTransfer) -> bytes:
        """Send the block after the one that the client acknowledges; one that was lost is sent again."""
        size = self.general_size(current)
        if not 0 <= transfer.number - block.block_number_ack <= transfer.number:
            current.transfers.outgoing = None
            return self.refused()
        transfer.number = block.block_number_ack
        transfer.sent = min(block.block_number_ack * size, len(transfer.raw))
        if transfer.finished:
            current.transfers.outgoing = None
            return self.acknowledge(block.block_number)
        return self.send_general(current, transfer, block.block_number)

    def send_general(self, current: OpenAssociation, transfer: LongGet, acknowledged: int) -> bytes:
        """Return the next general block of an answer."""
        data = transfer.next_block(self.general_size(current))
        return GeneralBlockTransfer(
            last=transfer.finished,
            block_number=transfer.number,
            block_number_ack=acknowledged,
            data=data,
        ).to_bytes()

    def general_size(self, current: OpenAssociation) -> int:
        """Return how many octets of an answer one general block carries."""
        return max(1, current.max_send_pdu - _BLOCK_OVERHEAD)
