"""Defects of layer AP in associations and services: what is negotiated, how answers are coded."""

from __future__ import annotations

from bench.protocols.acse import Aarq
from bench.protocols.axdr import Data, unsigned
from bench.protocols.cosem import CosemAttribute
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.get import (
    GetRequestNormal,
    GetRequestWithList,
    GetResponseWithList,
)
from bench.protocols.xdlms.initiate import InitiateRequest
from bench.protocols.xdlms.parts import DataBlock, SelectiveAccess
from bench.protocols.xdlms.results import DataAccessResult
from bench.protocols.xdlms.set import SetResponseDatablock
from bench.protocols.xdlms.tags import ApduTag
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.dlms.association import Association, Rejection
from reference_meter.dlms.get_service import Result
from reference_meter.dlms.long_get import LongGet
from reference_meter.dlms.open_association import OpenAssociation
from reference_meter.dlms.push import Message, Push
from reference_meter.dlms.services import Services
from reference_meter.dlms.transfers import Incoming
from reference_meter.products.product import Association as AssociationSettings

_LONG_APDU_OCTETS = 1024
_PAUSE_S = 2.0
_ECHOED = {ApduTag.GET_RESPONSE, ApduTag.SET_RESPONSE, ApduTag.ACTION_RESPONSE}
_INVOKE_ID = 0x0F


class UnknownContextAccepted(Association):
    """Take an application context name that no standard knows for logical name referencing."""

    def check_context(self, settings: AssociationSettings, aarq: Aarq) -> Rejection | None:
        unknown = aarq.application_context_name is not None and aarq.context is None
        return None if unknown else super().check_context(settings, aarq)


class UnaskedServices(Association):
    """Negotiate everything the meter can do, whatever was proposed."""

    def negotiate_conformance(
        self,
        settings: AssociationSettings,
        proposed: Conformance,  # noqa: ARG002
    ) -> Conformance:
        return self.supported(settings)


class ClientSizeIgnored(Association):
    """Send as long an APDU as the meter's own buffer allows."""

    def max_send_pdu(
        self,
        settings: AssociationSettings,
        initiate: InitiateRequest,  # noqa: ARG002
    ) -> int:
        return settings.max_pdu


class SmallSizeAccepted(Association):
    """Open an association with a client that can hardly receive anything."""

    def check_pdu_size(self, initiate: InitiateRequest) -> Rejection | None:  # noqa: ARG002
        return None


class ServesEverything(Services):
    """Serve what the firmware can do, negotiated or not."""

    def allowed(self, current: OpenAssociation, needed: Conformance) -> bool:  # noqa: ARG002
        return True


class BlocksFromZero(Services):
    """Number the first block of a long GET 0."""

    def start_blocks(self, current: OpenAssociation, invoke: int, raw: bytes) -> bytes:
        transfer = LongGet(raw=raw, number=-1)
        current.transfers.long_get = transfer
        return self.next_block(current, invoke, transfer)


class OctetTwiceAtBoundary(Services):
    """Begin each further block of a long answer with the last octet of the block before."""

    def next_block(self, current: OpenAssociation, invoke: int, transfer: LongGet) -> bytes:
        if transfer.sent and len(transfer.raw) > _LONG_APDU_OCTETS:
            transfer.sent -= 1
        return super().next_block(current, invoke, transfer)


class UndefinedIsZero(Services):
    """Read 0 from objects that do not exist."""

    def read(
        self, current: OpenAssociation, attribute: CosemAttribute, access: SelectiveAccess | None
    ) -> Result:
        result = super().read(current, attribute, access)
        return unsigned(0) if result == DataAccessResult.OBJECT_UNDEFINED else result


class NeitherDataNorError(Services):
    """End a GET-response-normal before its result when there is no data."""

    def get(self, current: OpenAssociation, request: GetRequestNormal) -> bytes:
        refused = not isinstance(self.read(current, request.attribute, request.access), Data)
        answer = super().get(current, request)
        return answer[:3] if refused else answer


class OneBadItemFailsAll(Services):
    """Refuse all attributes of a list when one is refused."""

    def get_list(self, current: OpenAssociation, request: GetRequestWithList) -> bytes:
        results = tuple(self.read(current, item.attribute, item.access) for item in request.items)
        bad = next((result for result in results if not isinstance(result, Data)), None)
        if bad is None:
            return super().get_list(current, request)
        return GetResponseWithList(invoke=request.invoke, results=(bad,) * len(results)).to_bytes()


class InvokeIdNotEchoed(Services):
    """Answer under the next invoke-id."""

    def request(self, current: OpenAssociation, apdu: bytes) -> bytes:
        answer = bytearray(super().request(current, apdu))
        if answer[0] in _ECHOED:
            answer[2] = (answer[2] & ~_INVOKE_ID) | (answer[2] + 1 & _INVOKE_ID)
        return bytes(answer)


class UnknownTagReboots(Services):
    """Start anew on an APDU whose tag no standard knows: no answer, no association, no link."""

    def handle(self, client_sap: int, apdu: bytes, channel: str = "optical") -> bytes | None:
        if apdu and apdu[0] not in set(ApduTag):
            restart(self)
            return None
        return super().handle(client_sap, apdu, channel)


class BlockLostAfterPause(Services):
    """Acknowledge a block of a long SET that comes after a pause, and lose it."""

    _last_block_s = 0.0

    def set_block(self, current: OpenAssociation, transfer: Incoming, invoke: int, block: DataBlock) -> bytes:
        now_s = self.meter.board.now()
        paused = transfer.number > 0 and now_s - self._last_block_s >= _PAUSE_S
        self._last_block_s = now_s
        if not paused:
            return super().set_block(current, transfer, invoke, block)
        transfer.number += 1
        if block.last:
            current.transfers.long_set = None
            return self.set_complete(current, transfer, invoke)
        return SetResponseDatablock(invoke=invoke, block_number=transfer.number).to_bytes()


class PushesMixed(Push):
    """Send the next block of whichever push has waited longest for its turn."""

    def next_message(self) -> Message:
        message = super().next_message()
        self.waiting.rotate(-1)
        return message


def restart(services: Services) -> None:
    """Lose everything that lives in RAM of the communication: links, associations, answers on their way."""
    meter = services.meter
    for listener in (meter.sign_on, meter.wrapper_tcp, meter.wrapper_udp):
        listener.line_closed()


def _association(defect_id: str, title: str, mixin: type[Association]) -> SlotDefect:
    return SlotDefect(id=defect_id, title=title, slot="association", mixin=mixin)


def _services(defect_id: str, title: str, mixin: type[Services]) -> SlotDefect:
    return SlotDefect(id=defect_id, title=title, slot="services", mixin=mixin)


DEFECTS = (
    _association("AP-01", "AARQ with unknown application context accepted", UnknownContextAccepted),
    _association("AP-02", "Negotiated conformance has bits that were not proposed", UnaskedServices),
    _services("AP-03", "Serves services that were not negotiated", ServesEverything),
    _association("AP-05", "client-max-receive-pdu-size ignored", ClientSizeIgnored),
    _association("AP-06", "client-max-receive-pdu-size 0..11 accepted", SmallSizeAccepted),
    _services("AP-07", "First data block numbered 0", BlocksFromZero),
    _services("AP-09", "One octet duplicated at the block boundary, APDU > 1024", OctetTwiceAtBoundary),
    _services("AP-10", "Unknown object answered with data 0", UndefinedIsZero),
    _services("AP-26", "GET-response-normal with neither data nor error", NeitherDataNorError),
    _services("AP-27", "GET-with-list: one bad item fails all", OneBadItemFailsAll),
    _services("AP-28", "Invoke-id not echoed", InvokeIdNotEchoed),
    _services("AP-32", "Unknown APDU tag reboots the meter", UnknownTagReboots),
    _services("AP-33", "Second long SET block lost when the client pauses 2 s", BlockLostAfterPause),
    SlotDefect(
        id="AP-41",
        title="Two push messages interleave their general-block-transfer blocks",
        slot="push",
        mixin=PushesMixed,
    ),
)
