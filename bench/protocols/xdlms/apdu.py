"""Decode any APDU by its tag."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bench.protocols.acse import Aare, Aarq, Rlre, Rlrq, read_acse
from bench.protocols.cursor import Cursor
from bench.protocols.deviation import DecodeError, Deviation
from bench.protocols.xdlms.access import (
    AccessRequest,
    AccessResponse,
    read_access_request,
    read_access_response,
)
from bench.protocols.xdlms.action import (
    ActionRequest,
    ActionResponse,
    read_action_request,
    read_action_response,
)
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer, read_general_block_transfer
from bench.protocols.xdlms.ciphered import (
    Ciphered,
    read_ciphered_apdu,
    read_general_ciphered_apdu,
    read_general_ciphering,
)
from bench.protocols.xdlms.errors import (
    ConfirmedServiceError,
    ExceptionResponse,
    read_confirmed_service_error,
    read_exception_response,
)
from bench.protocols.xdlms.get import GetRequest, GetResponse, read_get_request, read_get_response
from bench.protocols.xdlms.initiate import (
    InitiateRequest,
    InitiateResponse,
    read_initiate_request,
    read_initiate_response,
)
from bench.protocols.xdlms.notification import (
    DataNotification,
    EventNotificationRequest,
    read_data_notification,
    read_event_notification_request,
)
from bench.protocols.xdlms.set import SetRequest, SetResponse, read_set_request, read_set_response
from bench.protocols.xdlms.short_name import (
    InformationReportRequest,
    ReadRequest,
    ReadResponse,
    UnconfirmedWriteRequest,
    WriteRequest,
    WriteResponse,
    read_information_report_request,
    read_read_request,
    read_read_response,
    read_unconfirmed_write_request,
    read_write_request,
    read_write_response,
)
from bench.protocols.xdlms.signed import (
    GatewayApdu,
    GeneralSigning,
    read_gateway_apdu,
    read_general_signing,
)
from bench.protocols.xdlms.tags import ApduTag

Apdu: TypeAlias = (
    InitiateRequest
    | InitiateResponse
    | ConfirmedServiceError
    | ReadRequest
    | ReadResponse
    | WriteRequest
    | WriteResponse
    | UnconfirmedWriteRequest
    | InformationReportRequest
    | DataNotification
    | EventNotificationRequest
    | GetRequest
    | GetResponse
    | SetRequest
    | SetResponse
    | ActionRequest
    | ActionResponse
    | AccessRequest
    | AccessResponse
    | ExceptionResponse
    | GeneralBlockTransfer
    | Ciphered
    | GeneralSigning
    | GatewayApdu
    | Aarq
    | Aare
    | Rlrq
    | Rlre
)
"""Any APDU this package decodes; each has ``to_bytes()``."""

_READERS: dict[int, Callable[[Cursor], Apdu]] = {
    ApduTag.INITIATE_REQUEST: read_initiate_request,
    ApduTag.INITIATE_RESPONSE: read_initiate_response,
    ApduTag.CONFIRMED_SERVICE_ERROR: read_confirmed_service_error,
    ApduTag.READ_REQUEST: read_read_request,
    ApduTag.READ_RESPONSE: read_read_response,
    ApduTag.WRITE_REQUEST: read_write_request,
    ApduTag.WRITE_RESPONSE: read_write_response,
    ApduTag.UNCONFIRMED_WRITE_REQUEST: read_unconfirmed_write_request,
    ApduTag.INFORMATION_REPORT_REQUEST: read_information_report_request,
    ApduTag.DATA_NOTIFICATION: read_data_notification,
    ApduTag.EVENT_NOTIFICATION_REQUEST: read_event_notification_request,
    ApduTag.GET_REQUEST: read_get_request,
    ApduTag.GET_RESPONSE: read_get_response,
    ApduTag.SET_REQUEST: read_set_request,
    ApduTag.SET_RESPONSE: read_set_response,
    ApduTag.ACTION_REQUEST: read_action_request,
    ApduTag.ACTION_RESPONSE: read_action_response,
    ApduTag.ACCESS_REQUEST: read_access_request,
    ApduTag.ACCESS_RESPONSE: read_access_response,
    ApduTag.EXCEPTION_RESPONSE: read_exception_response,
    ApduTag.GENERAL_CIPHERING: read_general_ciphering,
    ApduTag.GENERAL_SIGNING: read_general_signing,
    ApduTag.GENERAL_BLOCK_TRANSFER: read_general_block_transfer,
}
_ACSE_TAGS = {ApduTag.AARQ, ApduTag.AARE, ApduTag.RLRQ, ApduTag.RLRE}
_TAGGED_READERS: dict[int, Callable[[Cursor, int], Apdu]] = {
    ApduTag.GATEWAY_REQUEST: read_gateway_apdu,
    ApduTag.GATEWAY_RESPONSE: read_gateway_apdu,
    ApduTag.GENERAL_GLO_CIPHERING: read_general_ciphered_apdu,
    ApduTag.GENERAL_DED_CIPHERING: read_general_ciphered_apdu,
    **{tag: read_ciphered_apdu for tag in ApduTag if tag.name.startswith(("GLO_", "DED_"))},
}
"""Those that keep their tag, because several tags share one structure."""


def decode_apdu(octets: bytes) -> tuple[Apdu | None, tuple[Deviation, ...]]:
    """Decode one APDU and report every deviation; never raises.

    Return None for the APDU when it cannot be read to its end; trailing octets are only a deviation.
    """
    cursor = Cursor(octets)
    return read_apdu(cursor), tuple(cursor.deviations)


def read_apdu(cursor: Cursor) -> Apdu | None:
    """Decode what a cursor is over as one APDU; deviations are noted there. Never raises."""
    apdu = None
    try:
        apdu = _read(cursor)
        cursor.finish()
    except DecodeError as error:
        cursor.deviations.append(error.deviation)
    return apdu


def _read(cursor: Cursor) -> Apdu:
    if not cursor.left:
        raise DecodeError(0, "xdlms.empty")
    tag = cursor.octets[0]
    if tag in _ACSE_TAGS:
        return read_acse(cursor)
    cursor.octet("tag")
    read = _READERS.get(tag)
    if read is not None:
        return read(cursor)
    read_tagged = _TAGGED_READERS.get(tag)
    if read_tagged is None:
        raise DecodeError(0, "xdlms.tag", f"{tag:02X}")
    return read_tagged(cursor, tag)
