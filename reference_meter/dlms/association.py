"""Opening and releasing the application association (slot ``association``; dlms.md §6.4).

One association at a time. An AARQ that is decoded ends the association there was; what is refused leaves the
meter idle. The checks stand in one list, in the order in which they are made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.protocols.acse import (
    Aare,
    Aarq,
    ApplicationContext,
    AssociationResult,
    Diagnostic,
    DiagnosticSource,
    Mechanism,
    ProviderDiagnostic,
    Rlre,
    Rlrq,
    UserDiagnostic,
)
from bench.protocols.deviation import Deviation, violations
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import ConfirmedServiceError, InitiateError
from bench.protocols.xdlms.initiate import DLMS_VERSION, InitiateRequest, InitiateResponse
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.dlms.open_association import OpenAssociation
from reference_meter.dlms.services import IMPLEMENTED
from reference_meter.products.product import Association as AssociationSettings

if TYPE_CHECKING:
    from reference_meter.meter import Meter

SHORTEST_PDU = 12
NO_LIMIT = 0

JUDGED_LATER = {"acse.authentication-without-unit", "acse.element-missing"}
"""Violations in an AARQ that the checks answer with a proper AARE."""
JUDGED_IN_INITIATE = {"xdlms.version", "xdlms.conformance-reserved"}
"""Violations in an InitiateRequest that its checks answer, or that do not matter."""
JUDGED_IN_RELEASE = {"acse.reason"}

MECHANISMS = {"none": Mechanism.LOWEST, "lls": Mechanism.LLS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why an AARQ is refused: the diagnostic, and the initiate error where xDLMS refuses."""

    diagnostic: Diagnostic
    error: InitiateError | None = None


def _by_user(code: UserDiagnostic, error: InitiateError | None = None) -> Rejection:
    return Rejection(diagnostic=Diagnostic(DiagnosticSource.USER, code), error=error)


def _initiate(error: InitiateError) -> Rejection:
    return _by_user(UserDiagnostic.NO_REASON_GIVEN, error)


class Association:
    """The state of the control function: idle (``current`` is None) or associated."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.current: OpenAssociation | None = None

    def drop(self) -> None:
        """Become idle."""
        self.current = None
        self.meter.services.end()

    # --- AARQ -------------------------------------------------------------------------------------

    def open(self, client_sap: int, apdu: bytes) -> bytes:
        """Answer an AARQ with an AARE, or with an exception-response when it cannot be decoded."""
        aarq, deviations = Aarq.decode(apdu)
        if aarq is None or _others(deviations, JUDGED_LATER):
            return self.meter.services.malformed()
        self.drop()
        settings = self.settings_of(client_sap)
        if settings is None:
            return self.reject(_by_user(UserDiagnostic.NO_REASON_GIVEN))
        initiate = self.initiate_request(aarq)
        rejection = self.check(settings, aarq, initiate)
        if rejection is not None or initiate is None:
            return self.reject(rejection or _initiate(InitiateError.OTHER))
        self.current = self.agree(settings, initiate)
        return self.accept(self.current)

    def settings_of(self, client_sap: int) -> AssociationSettings | None:
        """Return what is configured for a client, None for one that is not."""
        return self.meter.product.communication.association(client_sap)

    def initiate_request(self, aarq: Aarq) -> InitiateRequest | None:
        """Return the InitiateRequest in the user-information, None when there is no sound one."""
        if aarq.user_information is None:
            return None
        request, deviations = decode_apdu(aarq.user_information)
        if not isinstance(request, InitiateRequest) or _others(deviations, JUDGED_IN_INITIATE):
            return None
        return request

    def check(
        self, settings: AssociationSettings, aarq: Aarq, initiate: InitiateRequest | None
    ) -> Rejection | None:
        """Return the first reason to refuse, or None."""
        rejection = (
            self.check_protocol_version(aarq)
            or self.check_context(aarq)
            or self.check_authentication(settings, aarq)
        )
        if rejection is not None or initiate is None:
            return rejection
        return (
            self.check_dedicated_key(initiate)
            or self.check_dlms_version(initiate)
            or self.check_conformance(settings, initiate)
            or self.check_pdu_size(initiate)
        )

    def check_protocol_version(self, aarq: Aarq) -> Rejection | None:
        """Refuse a protocol-version that is present without version1, its first bit."""
        if aarq.protocol_version is None or aarq.protocol_version.startswith("1"):
            return None
        code = ProviderDiagnostic.NO_COMMON_ACSE_VERSION
        return Rejection(diagnostic=Diagnostic(DiagnosticSource.PROVIDER, code))

    def check_context(self, aarq: Aarq) -> Rejection | None:
        """Refuse every context but logical name referencing without ciphering."""
        if aarq.context is ApplicationContext.LN:
            return None
        return _by_user(UserDiagnostic.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED)

    def check_authentication(self, settings: AssociationSettings, aarq: Aarq) -> Rejection | None:
        """Refuse anything but what the client's mechanism demands: nothing for none, all three fields for LLS."""
        if settings.mechanism == "none":
            proper = self.without_authentication(aarq)
        else:
            proper = self.with_password(settings, aarq)
        return None if proper else _by_user(UserDiagnostic.AUTHENTICATION_FAILURE)

    def without_authentication(self, aarq: Aarq) -> bool:
        """Tell whether an AARQ has none of the fields of the authentication functional unit."""
        fields = (aarq.sender_acse_requirements, aarq.mechanism_name, aarq.calling_authentication_value)
        return all(value is None for value in fields)

    def with_password(self, settings: AssociationSettings, aarq: Aarq) -> bool:
        """Tell whether an AARQ asks for authentication by the LLS mechanism and has the password."""
        requirements, presented = aarq.sender_acse_requirements, aarq.calling_authentication_value
        return (
            requirements is not None
            and requirements.startswith("1")
            and aarq.mechanism is MECHANISMS[settings.mechanism]
            and presented is not None
            and self.meter.security.password_matches(settings, presented)
        )

    def check_dedicated_key(self, initiate: InitiateRequest) -> Rejection | None:
        """Refuse a dedicated key: no context of this meter has ciphering."""
        return None if initiate.dedicated_key is None else _initiate(InitiateError.OTHER)

    def check_dlms_version(self, initiate: InitiateRequest) -> Rejection | None:
        """Refuse a version below 6; a higher one is answered with 6."""
        return _initiate(InitiateError.DLMS_VERSION_TOO_LOW) if initiate.version < DLMS_VERSION else None

    def check_conformance(self, settings: AssociationSettings, initiate: InitiateRequest) -> Rejection | None:
        """Refuse a proposal that has no service in common with the meter."""
        if self.negotiate_conformance(settings, initiate.conformance):
            return None
        return _initiate(InitiateError.INCOMPATIBLE_CONFORMANCE)

    def check_pdu_size(self, initiate: InitiateRequest) -> Rejection | None:
        """Refuse a client that can receive fewer than 12 octets; 0 means no limit."""
        too_short = initiate.max_pdu != NO_LIMIT and initiate.max_pdu < SHORTEST_PDU
        return _initiate(InitiateError.PDU_SIZE_TOO_SHORT) if too_short else None

    # --- what is agreed ---------------------------------------------------------------------------

    def supported(self, settings: AssociationSettings) -> Conformance:
        """Return what the product offers this client and the firmware can do."""
        return Conformance.from_names(settings.conformance) & IMPLEMENTED

    def negotiate_conformance(self, settings: AssociationSettings, proposed: Conformance) -> Conformance:
        """Return what both sides can do."""
        return proposed & self.supported(settings)

    def max_send_pdu(self, settings: AssociationSettings, initiate: InitiateRequest) -> int:
        """Return the longest APDU in octets that may be sent: what the client receives and our buffer holds."""
        return settings.max_pdu if initiate.max_pdu == NO_LIMIT else min(initiate.max_pdu, settings.max_pdu)

    def agree(self, settings: AssociationSettings, initiate: InitiateRequest) -> OpenAssociation:
        """Return the association that follows from a request without fault."""
        return OpenAssociation(
            settings=settings,
            role=Role(settings.name),
            conformance=self.negotiate_conformance(settings, initiate.conformance),
            max_send_pdu=self.max_send_pdu(settings, initiate),
            max_receive_pdu=settings.max_pdu,
            context_name=ApplicationContext.LN.object_identifier,
            mechanism_name=MECHANISMS[settings.mechanism].object_identifier,
        )

    def accept(self, agreed: OpenAssociation) -> bytes:
        """Return the AARE that confirms an association."""
        response = InitiateResponse(conformance=agreed.conformance, max_pdu=agreed.max_receive_pdu)
        return Aare(user_information=response.to_bytes()).to_bytes()

    def reject(self, rejection: Rejection) -> bytes:
        """Return the AARE that refuses, for good."""
        error = rejection.error
        return Aare(
            result=AssociationResult.REJECTED_PERMANENT,
            diagnostic=rejection.diagnostic,
            user_information=None if error is None else ConfirmedServiceError(value=error).to_bytes(),
        ).to_bytes()

    # --- RLRQ -------------------------------------------------------------------------------------

    def release(self, apdu: bytes) -> bytes:
        """Answer an RLRQ with an RLRE and become idle; one that cannot be decoded changes nothing."""
        rlrq, deviations = Rlrq.decode(apdu)
        if rlrq is None or _others(deviations, JUDGED_IN_RELEASE):
            return self.meter.services.malformed()
        self.drop()
        return Rlre().to_bytes()


def _others(deviations: Iterable[Deviation], judged: set[str]) -> bool:
    """Tell whether there is a violation besides those that are ``judged`` elsewhere."""
    return any(deviation.rule not in judged for deviation in violations(deviations))
