"""Faults of associations and services that no catalogue lists, one for each case that none of it breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.protocols.acse import Diagnostic, DiagnosticSource, UserDiagnostic
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.errors import InitiateError
from bench.protocols.xdlms.initiate import InitiateRequest
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.association import NO_LIMIT, Rejection
from tests.suites.kept_rack import Kept

_TITLE_OCTETS = 8
_ACCESS_ITEMS = 2
SET_REQUEST, EXCEPTION_RESPONSE = b"\xc1", b"\xd8"


def _refused_by_xdlms(error: InitiateError) -> Rejection:
    code = Diagnostic(DiagnosticSource.USER, UserDiagnostic.NO_REASON_GIVEN)
    return Rejection(diagnostic=code, error=error)


class ServesWithoutAssociation:
    """Whoever did not associate is served as if it had."""

    def pre_established(self: Any, client_sap: int) -> Any:
        """Agree with every client on all it may do."""
        settings = self.settings_of(client_sap)
        if settings is None:
            return None
        proposed = InitiateRequest(conformance=self.supported(settings), max_pdu=NO_LIMIT)
        self._open[self.channel] = self.agree(settings, proposed)
        return self.current


class ProtocolVersionIgnored:
    """Any ACSE version will do."""

    def check_protocol_version(self: Any, _aarq: Any) -> None:
        """Find nothing wrong."""


class TitleCutToEight:
    """Of a longer system title the first eight octets are kept, and nobody looks at the rest."""

    def check_title(self: Any, settings: Any, aarq: Any) -> Any:
        """Look at the part that is kept."""
        return super().check_title(settings, _cut(aarq))  # type: ignore[misc]

    def open_initiate(self: Any, settings: Any, aarq: Any, octets: bytes) -> Any:
        """Open with it."""
        return super().open_initiate(settings, _cut(aarq), octets)  # type: ignore[misc]

    def agree_security(self: Any, agreed: Any, aarq: Any, *words: Any) -> Any:
        """Keep it."""
        return super().agree_security(agreed, _cut(aarq), *words)  # type: ignore[misc]


def _cut(aarq: Any) -> Any:
    return replace(aarq, calling_ap_title=(aarq.calling_ap_title or b"")[:_TITLE_OCTETS])


class KeyTakenForVersion:
    """An InitiateRequest is read at fixed places, so that a key that is present stands where the version is due."""

    def check_dedicated_key(self: Any, settings: Any, initiate: Any, protection: Any) -> Any:
        """Read an octet of the key as the version."""
        if initiate.dedicated_key is not None and not protection.security_control:
            return _refused_by_xdlms(InitiateError.DLMS_VERSION_TOO_LOW)
        return super().check_dedicated_key(settings, initiate, protection)  # type: ignore[misc]


class QualityOfServiceRefused:
    """What the firmware has no use for it refuses."""

    def check_dlms_version(self: Any, initiate: Any) -> Any:
        """Refuse a quality of service before anything else is looked at."""
        if initiate.quality_of_service is not None:
            return _refused_by_xdlms(InitiateError.OTHER)
        return super().check_dlms_version(initiate)  # type: ignore[misc]


class AnyVersion:
    """A client of DLMS version 0 is as good as one of version 6."""

    def check_dlms_version(self: Any, _initiate: Any) -> None:
        """Find nothing wrong."""


class ReleasedInWordsOnly:
    """RLRE is sent, and the association stays."""

    def release(self: Any, apdu: bytes) -> bytes:
        """Release, and put back what was associated."""
        kept = self.current
        answer: bytes = super().release(apdu)  # type: ignore[misc]
        self._open[self.channel] = kept
        return answer


class CalledTitleRefused:
    """A title of the meter in the AARQ is held against the client, though nobody needs it."""

    def check_title(self: Any, settings: Any, aarq: Any) -> Any:
        """Refuse it."""
        if aarq.called_ap_title is not None:
            return _refused_by_xdlms(InitiateError.OTHER)
        return super().check_title(settings, aarq)  # type: ignore[misc]


class OutlivesDisc:
    """DISC ends the connection, and the association waits for the next one."""

    def disconnect(self: Any) -> None:
        """Disconnect, and put back what was associated."""
        association = self.meter.association
        channel, kept = association.channel, association.current
        super().disconnect()  # type: ignore[misc]
        if kept is not None:
            association._open[channel] = kept


class SetErrorEndsAssociation:
    """A SET that cannot be read ends the association."""

    def request(self: Any, current: Any, apdu: bytes) -> bytes:
        """Answer, and be idle after an exception-response."""
        answer: bytes = super().request(current, apdu)  # type: ignore[misc]
        if apdu[:1] == SET_REQUEST and answer[:1] == EXCEPTION_RESPONSE:
            self.meter.association.drop()
        return answer


class ConfirmsAnyWrite:
    """SET of an object that is not there succeeds."""

    def write(self: Any, *words: Any) -> Any:
        """Say success instead of object-undefined."""
        result = super().write(*words)  # type: ignore[misc]
        return DataAccessResult.SUCCESS if result == DataAccessResult.OBJECT_UNDEFINED else result


class TwoItemsAtMost:
    """ACCESS has room for two items; the others are forgotten."""

    def access(self: Any, current: Any, request: Any) -> bytes:
        """Answer the first two."""
        items, values = request.items[:_ACCESS_ITEMS], request.values[:_ACCESS_ITEMS]
        answer: bytes = super().access(current, replace(request, items=items, values=values))  # type: ignore[misc]
        return answer


class BlocksUncounted:
    """General blocks are put together in the order in which they come, whatever their numbers say."""

    def general_block(self: Any, current: Any, apdu: bytes) -> Any:
        """Take every block for the next one."""
        block, _ = decode_apdu(apdu)
        incoming = current.transfers.incoming
        if isinstance(block, GeneralBlockTransfer) and block.data and incoming is not None:
            apdu = replace(block, block_number=incoming.received + 1).to_bytes()
        return super().general_block(current, apdu)  # type: ignore[misc]


DATA = "test_data_services.py"
OPENING = "test_association_opening.py"
PROPOSAL = "test_association_proposal.py"
FURTHER = "test_further_services.py"
KEPT = (
    Kept(
        "association",
        ServesWithoutAssociation,
        "dlms/APPL_IDLE_N1",
        f"{DATA}::test_appl_idle_n1",
        "without association: exception 1 1 or 2 or 3",
    ),
    Kept(
        "association",
        ProtocolVersionIgnored,
        "dlms/APPL_OPEN_4",
        f"{OPENING}::test_appl_open_4",
        "six bits without version1: rejected provider 2 was due",
    ),
    Kept(
        "association",
        TitleCutToEight,
        "dlms/APPL_OPEN_6",
        f"{OPENING}::test_appl_open_6",
        "title too long: rejected user 3",
    ),
    Kept(
        "association",
        KeyTakenForVersion,
        "dlms/APPL_OPEN_9",
        f"{PROPOSAL}::test_appl_open_9",
        "initiate error 1 came",
    ),
    Kept(
        "association",
        QualityOfServiceRefused,
        "dlms/APPL_OPEN_11",
        f"{PROPOSAL}::test_appl_open_11",
        "quality of service: accepted was due",
    ),
    Kept(
        "association",
        AnyVersion,
        "dlms/APPL_OPEN_12",
        f"{PROPOSAL}::test_appl_open_12",
        "version 5: rejected user 1 initiate error 1 was due",
    ),
    Kept(
        "association",
        ReleasedInWordsOnly,
        "dlms/APPL_REL_P1",
        f"{DATA}::test_appl_rel_p1",
        "RLRQ, GET after release",
    ),
    Kept(
        "association",
        CalledTitleRefused,
        "dlms/APPL_OPEN_6",
        f"{OPENING}::test_appl_open_6",
        "unused fields: accepted was due",
    ),
    Kept(
        "hdlc_link",
        OutlivesDisc,
        "dlms/APPL_REL_P1",
        f"{DATA}::test_appl_rel_p1",
        "DISC, GET after release",
    ),
    Kept(
        "services",
        SetErrorEndsAssociation,
        "dlms/APPL_DATA_LN_N3",
        f"{DATA}::test_appl_data_ln_n3",
        "SET, still associated: data was due",
    ),
    Kept(
        "services",
        ConfirmsAnyWrite,
        "dlms/APPL_DATA_LN_N3",
        f"{DATA}::test_appl_data_ln_n3",
        "absent object: refused",
    ),
    Kept(
        "services",
        TwoItemsAtMost,
        "dlms/access",
        f"{FURTHER}::test_access",
        "ACCESS of three, one absent",
    ),
    Kept(
        "services",
        BlocksUncounted,
        "dlms/general_blocks",
        f"{FURTHER}::test_general_blocks",
        "a request with a hole in it was served",
    ),
)
