"""xDLMS services of the meter (slot ``services``): one request APDU in, one answer APDU out (dlms.md §6.5).

Whatever is not in the negotiated conformance, is unknown, or cannot be decoded, gets an exception-response
and changes nothing. A request with service class "unconfirmed" is answered as well, as real meters do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench.protocols.block_stream import OVERHEAD, BlockReceiver, BlockSender
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
WINDOW = 4
"""How many general blocks the meter takes before it wants to answer."""


class Services(AccessService):
    """Answer the requests of the open association."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._followers: list[bytes] = []
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
        self._followers = []
        self.in_general_blocks = False
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
            return self.start_general(current, answer)
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

    def general_block(self, current: OpenAssociation, apdu: bytes) -> bytes | None:
        """Take a general block: part of a request, or the acknowledgement of a part of an answer."""
        block, deviations = decode_apdu(apdu)
        if not isinstance(block, GeneralBlockTransfer) or violations(deviations):
            return self.malformed()
        if not self.allowed(current, C.GENERAL_BLOCK_TRANSFER):
            return self.refused()
        transfers = current.transfers
        if transfers.outgoing is not None and not block.data:
            return self.next_general(current, transfers.outgoing, block)
        if transfers.incoming is None or (block.block_number == 1 and transfers.incoming.received > 1):
            transfers.incoming = BlockReceiver(longest=LONGEST_VALUE_OCTETS)
        incoming = transfers.incoming
        if not incoming.take(block):
            return None
        if incoming.too_long:
            transfers.incoming = None
            return self.too_long()
        if not incoming.complete:
            return incoming.acknowledgement(window=WINDOW).to_bytes()
        transfers.incoming = None
        self.in_general_blocks = True
        answer = self.secured(current, incoming.apdu)
        return self.start_general(current, answer, window=block.window, acknowledged=incoming.received)

    def start_general(
        self, current: OpenAssociation, answer: bytes, *, window: int = 1, acknowledged: int = 0
    ) -> bytes:
        """Begin to send an answer in general blocks; ``window`` is what the client can take at once."""
        sender = BlockSender(apdu=answer, size=max(1, current.max_send_pdu - OVERHEAD))
        current.transfers.outgoing = sender
        return self.send_window(sender, window, acknowledged)

    def next_general(
        self, current: OpenAssociation, sender: BlockSender, block: GeneralBlockTransfer
    ) -> bytes:
        """Send the blocks after the one that the client acknowledges; what was lost is sent again."""
        if not sender.confirm(block.block_number_ack):
            current.transfers.outgoing = None
            return self.refused()
        if sender.finished:
            current.transfers.outgoing = None
            return BlockReceiver(longest=0, received=block.block_number).acknowledgement().to_bytes()
        return self.send_window(sender, block.window, block.block_number)

    def send_window(self, sender: BlockSender, window: int, acknowledged: int) -> bytes:
        """Return the first block of a window; the others follow it (`take_followers`)."""
        first, *others = (block.to_bytes() for block in sender.window(window, acknowledged=acknowledged))
        self._followers = others
        return first

    def take_followers(self) -> list[bytes]:
        """Return the APDUs that are to be sent right after the last answer, once."""
        followers, self._followers = self._followers, []
        return followers
