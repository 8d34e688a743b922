"""Opening and releasing the application association (slot ``association``; dlms.md §6.4).

One association a channel: one on the optical port, one a client on a network port. An AARQ that is decoded ends
the association that its channel had; what is refused leaves the channel idle. The checks stand in one list, in
the order in which they are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
from bench.protocols.ciphering import GLO_TAGS
from bench.protocols.deviation import Deviation, violations
from bench.protocols.hls import CHALLENGE_OCTETS
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import TITLE_LENGTH, CipheredApdu, GeneralCipheredApdu
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import ConfirmedServiceError, InitiateError, ServiceError
from bench.protocols.xdlms.initiate import DLMS_VERSION, InitiateRequest, InitiateResponse
from bench.protocols.xdlms.tags import ApduTag
from reference_meter.dlms.ciphering import Protection, Refused, Wrapping
from reference_meter.dlms.logical_devices import MANAGEMENT_DEVICE
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.dlms.open_association import DedicatedKey, Handshake, OpenAssociation
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

MECHANISMS = {
    "none": Mechanism.LOWEST,
    "lls": Mechanism.LLS,
    "hls-md5": Mechanism.HLS_MD5,
    "hls-sha1": Mechanism.HLS_SHA1,
    "hls-gmac": Mechanism.HLS_GMAC,
    "hls-sha256": Mechanism.HLS_SHA256,
    "hls-ecdsa": Mechanism.HLS_ECDSA,
}
CONTEXTS = {"ln": ApplicationContext.LN, "ln-ciphered": ApplicationContext.LN_CIPHERED}
OPTICAL = "optical"
NOT_FINISHED = 1
"""reason of an RLRE: the association goes on."""
_PROTECTION_BITS = 0x30
_INITIATE_TAGS = {GLO_TAGS[ApduTag.INITIATE_REQUEST], ApduTag.GENERAL_GLO_CIPHERING}


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
    """The state of the control function, channel by channel: idle (``current`` is None) or associated."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.channel = OPTICAL
        self.device: int = MANAGEMENT_DEVICE
        """The logical device that is being served."""
        self._open: dict[str, OpenAssociation] = {}

    @property
    def current(self) -> OpenAssociation | None:
        """Return the association of the channel that is being served."""
        return self._open.get(self.channel)

    @contextmanager
    def serving(self, device: int) -> Iterator[None]:
        """Let requests made inside go to a logical device."""
        self.device = device
        try:
            yield
        finally:
            self.device = MANAGEMENT_DEVICE

    def drop(self, channel: str | None = None) -> None:
        """Make a channel idle, the one that is being served unless another is named."""
        self._open.pop(self.channel if channel is None else channel, None)

    def drop_port(self, port: str) -> None:
        """Make all channels of a network port idle."""
        for channel in [channel for channel in self._open if channel.startswith(f"{port}/")]:
            self.drop(channel)

    def pre_established(self, client_sap: int) -> OpenAssociation | None:
        """Return the association that a client has without opening one, if there is such a client."""
        settings = self.settings_of(client_sap)
        if settings is None or not settings.pre_established:
            return None
        initiate = InitiateRequest(conformance=self.supported(settings), max_pdu=NO_LIMIT)
        self._open[self.channel] = self.agree(settings, initiate)
        return self.current

    # --- AARQ -------------------------------------------------------------------------------------

    def open(self, client_sap: int, apdu: bytes) -> bytes:
        """Answer an AARQ with an AARE, or with an exception-response when it cannot be decoded."""
        aarq, deviations = Aarq.decode(apdu)
        if aarq is None or _others(deviations, JUDGED_LATER):
            return self.meter.services.malformed()
        self.drop()
        settings = self.settings_of(client_sap)
        protection_of_port = self.meter.port_protection
        if settings is None or protection_of_port.locked(self.channel):
            return self.reject(_by_user(UserDiagnostic.NO_REASON_GIVEN))
        rejection = self.check_acse(settings, aarq)
        if rejection is not None:
            if rejection.diagnostic.code is UserDiagnostic.AUTHENTICATION_FAILURE:
                protection_of_port.failed(self.channel)
            return self.reject(rejection)
        try:
            initiate, protection = self.initiate_request(settings, aarq)
        except Refused:
            return self.reject(_by_user(UserDiagnostic.AUTHENTICATION_FAILURE))
        if initiate is None:
            return self.reject(_initiate(InitiateError.OTHER))
        rejection = self.check_initiate(settings, initiate, protection)
        if rejection is not None:
            return self.reject(rejection)
        agreed = self.agree(settings, initiate)
        if settings.context == "ln-ciphered" or settings.mechanism.startswith("hls"):
            agreed = self.agree_security(agreed, aarq, initiate, protection)
        self._open[self.channel] = agreed
        if settings.mechanism == "lls":
            protection_of_port.succeeded(self.channel)
        return self.accept(agreed, protection)

    def settings_of(self, client_sap: int) -> AssociationSettings | None:
        """Return what is configured for a client, None for one that is not; ciphered ones are with management alone."""
        settings = self.meter.product.communication.association(client_sap)
        elsewhere = self.device != MANAGEMENT_DEVICE and settings is not None and settings.keys is not None
        return None if elsewhere else settings

    def initiate_request(
        self, settings: AssociationSettings, aarq: Aarq
    ) -> tuple[InitiateRequest | None, Protection]:
        """Return the InitiateRequest in the user-information, None when there is no sound one, and how it came.

        Raise `Refused` when its protection does not hold or is less than the policy demands.
        """
        octets, protection = aarq.user_information, Protection()
        if octets is None:
            return None, protection
        if settings.context == "ln-ciphered":
            octets, protection = self.open_initiate(settings, aarq, octets)
        request, deviations = decode_apdu(octets)
        if not isinstance(request, InitiateRequest) or _others(deviations, JUDGED_IN_INITIATE):
            return None, protection
        return request, protection

    def open_initiate(
        self, settings: AssociationSettings, aarq: Aarq, octets: bytes
    ) -> tuple[bytes, Protection]:
        """Return the InitiateRequest or RLRQ content of a ciphered context in the clear. Raise `Refused`."""
        ciphering = self.meter.ciphering
        if octets[:1] == bytes([ApduTag.INITIATE_REQUEST]):
            return octets, Protection()
        ciphered, deviations = decode_apdu(octets)
        if not isinstance(ciphered, CipheredApdu | GeneralCipheredApdu) or violations(deviations):
            raise Refused(ServiceError.DECIPHERING_ERROR)
        if ciphered.tag not in _INITIATE_TAGS:
            raise Refused(ServiceError.DECIPHERING_ERROR)
        control = ciphered.protected.security_control
        if control & 0x0F != settings.suite:
            raise Refused(ServiceError.DECIPHERING_ERROR)
        title = aarq.calling_ap_title or b""
        plain, keys = ciphering.open_global(settings, title, ciphered.protected)
        general = isinstance(ciphered, GeneralCipheredApdu)
        wrapping = Wrapping.GENERAL_GLO if general else Wrapping.GLO
        return plain, Protection(wrapping=wrapping, security_control=control, keys=keys)

    def check_acse(self, settings: AssociationSettings, aarq: Aarq) -> Rejection | None:
        """Return the first reason that ACSE has to refuse, or None."""
        return (
            self.check_protocol_version(aarq)
            or self.check_context(settings, aarq)
            or self.check_title(settings, aarq)
            or self.check_authentication(settings, aarq)
        )

    def check_initiate(
        self, settings: AssociationSettings, initiate: InitiateRequest, protection: Protection
    ) -> Rejection | None:
        """Return the first reason that xDLMS has to refuse, or None."""
        return (
            self.check_protection(settings, protection)
            or self.check_dedicated_key(settings, initiate, protection)
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

    def check_context(self, settings: AssociationSettings, aarq: Aarq) -> Rejection | None:
        """Refuse every context but that of the association: logical names, ciphered or not."""
        if aarq.context is CONTEXTS[settings.context]:
            return None
        return _by_user(UserDiagnostic.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED)

    def check_title(self, settings: AssociationSettings, aarq: Aarq) -> Rejection | None:
        """Refuse a client of a ciphered context whose system title is missing or of a wrong length."""
        if settings.context != "ln-ciphered" or len(aarq.calling_ap_title or b"") == TITLE_LENGTH:
            return None
        return _by_user(UserDiagnostic.CALLING_AP_TITLE_NOT_RECOGNIZED)

    def check_authentication(self, settings: AssociationSettings, aarq: Aarq) -> Rejection | None:
        """Refuse anything but what the client's mechanism demands: nothing for none, else all three fields."""
        if settings.mechanism == "none":
            proper = self.without_authentication(aarq)
        elif settings.mechanism == "lls":
            proper = self.with_password(settings, aarq)
        else:
            proper = self.with_challenge(settings, aarq)
        return None if proper else _by_user(UserDiagnostic.AUTHENTICATION_FAILURE)

    def with_challenge(self, settings: AssociationSettings, aarq: Aarq) -> bool:
        """Tell whether an AARQ asks for authentication by the HLS mechanism and has a challenge."""
        requirements, presented = aarq.sender_acse_requirements, aarq.calling_authentication_value
        return (
            requirements is not None
            and requirements.startswith("1")
            and aarq.mechanism is MECHANISMS[settings.mechanism]
            and presented is not None
            and len(presented) in CHALLENGE_OCTETS
        )

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

    def check_protection(self, settings: AssociationSettings, protection: Protection) -> Rejection | None:
        """Refuse an InitiateRequest that is less protected than the policy demands."""
        ciphered = settings.context == "ln-ciphered"
        if not ciphered or self.meter.ciphering.satisfies(settings, protection.security_control):
            return None
        return _by_user(UserDiagnostic.AUTHENTICATION_FAILURE)

    def check_dedicated_key(
        self, settings: AssociationSettings, initiate: InitiateRequest, protection: Protection
    ) -> Rejection | None:
        """Refuse a dedicated key without ciphering, unprotected, or of a wrong length."""
        key = initiate.dedicated_key
        if key is None:
            return None
        length = 32 if settings.suite == 2 else 16
        proper = settings.dedicated_key and protection.security_control and len(key) == length
        return None if proper else _initiate(InitiateError.OTHER)

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
            role=Role(settings.role or settings.name),
            conformance=self.negotiate_conformance(settings, initiate.conformance),
            max_send_pdu=self.max_send_pdu(settings, initiate),
            max_receive_pdu=settings.max_pdu,
            context_name=CONTEXTS[settings.context].object_identifier,
            mechanism_name=MECHANISMS[settings.mechanism].object_identifier,
        )

    def agree_security(
        self, agreed: OpenAssociation, aarq: Aarq, initiate: InitiateRequest, protection: Protection
    ) -> OpenAssociation:
        """Add the client's title, the challenges and the dedicated key."""
        settings = agreed.settings
        handshake = None
        if settings.mechanism.startswith("hls"):
            handshake = Handshake(
                mechanism=MECHANISMS[settings.mechanism],
                client_challenge=aarq.calling_authentication_value or b"",
                own_challenge=self.meter.security.challenge(),
            )
        key = initiate.dedicated_key
        return replace(
            agreed,
            client_title=aarq.calling_ap_title or b"",
            opening_protection=protection.security_control,
            handshake=handshake,
            dedicated=None if key is None else DedicatedKey(key=key),
        )

    def accept(self, agreed: OpenAssociation, protection: Protection) -> bytes:
        """Return the AARE that confirms an association."""
        response = InitiateResponse(conformance=agreed.conformance, max_pdu=agreed.max_receive_pdu).to_bytes()
        if not agreed.ciphered and agreed.handshake is None:
            return Aare(user_information=response).to_bytes()
        aare = Aare(
            application_context_name=agreed.context_name,
            responding_ap_title=self.meter.security.system_title(),
            user_information=self.meter.ciphering.seal(agreed, response, protection)
            if agreed.ciphered
            else response,
        )
        if agreed.handshake is None:
            return aare.to_bytes()
        required = Diagnostic(DiagnosticSource.USER, UserDiagnostic.AUTHENTICATION_REQUIRED)
        return replace(
            aare,
            diagnostic=required,
            responder_acse_requirements="1",
            mechanism_name=agreed.mechanism_name,
            responding_authentication_value=agreed.handshake.own_challenge,
        ).to_bytes()

    def reply_to_hls(self, answer: bytes) -> bytes | None:
        """Take pass 3, the client's answer to our challenge; return ours to its, or None for a wrong answer."""
        current = self.current
        if current is None or current.handshake is None or not current.pending:
            return None
        if not self.meter.security.proves(current, current.handshake, answer):
            self.meter.port_protection.failed(self.channel)
            self.hls_failed()
            return None
        current.handshake.pending = False
        self.meter.port_protection.succeeded(self.channel)
        return self.meter.security.proof(current, current.handshake)

    def hls_failed(self) -> None:
        """Leave the association pending: the client may try again."""

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
        """Answer an RLRQ with an RLRE and become idle; one that cannot be decoded changes nothing.

        In a ciphered context an RLRQ that is less protected than its AARQ was is not obeyed.
        """
        rlrq, deviations = Rlrq.decode(apdu)
        if rlrq is None or _others(deviations, JUDGED_IN_RELEASE):
            return self.meter.services.malformed()
        current = self.current
        if current is None or not current.ciphered:
            self.drop()
            return Rlre().to_bytes()
        try:
            protection = self.release_protection(current, rlrq)
        except Refused:
            return Rlre(reason=NOT_FINISHED).to_bytes()
        response = InitiateResponse(conformance=current.conformance, max_pdu=current.max_receive_pdu)
        sealed = self.meter.ciphering.seal(current, response.to_bytes(), protection)
        self.drop()
        return Rlre(user_information=sealed if protection.security_control else None).to_bytes()

    def release_protection(self, current: OpenAssociation, rlrq: Rlrq) -> Protection:
        """Return how an RLRQ is protected. Raise `Refused` when that is not enough or does not hold."""
        if rlrq.user_information is None:
            protection = Protection()
        else:
            title = Aarq(calling_ap_title=current.client_title)
            _, protection = self.open_initiate(current.settings, title, rlrq.user_information)
        if current.opening_protection & ~protection.security_control & _PROTECTION_BITS:
            raise Refused(ServiceError.SERVICE_NOT_SUPPORTED)
        return protection


def _others(deviations: Iterable[Deviation], judged: set[str]) -> bool:
    """Tell whether there is a violation besides those that are ``judged`` elsewhere."""
    return any(deviation.rule not in judged for deviation in violations(deviations))
