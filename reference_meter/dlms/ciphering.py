"""Opening and sealing of APDUs in associations with ciphering (slot ``ciphering``; dlms.md §6.5, §6.6).

A request is opened when its tag fits a key that the association has, its security control octet names the suite
of the association, its counter is higher than all before, and its tag verifies. An answer is sealed as its
request was, at least as the policy demands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.protocols.ciphering import DED_TAGS, GLO_TAGS, Keys, protect, unprotect
from bench.protocols.deviation import DecodeError, violations
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import (
    CipheredApdu,
    GeneralCipheredApdu,
    GeneralCiphering,
    GeneralHead,
    KeyInfoChoice,
    ProtectedText,
    SecurityControl,
)
from bench.protocols.xdlms.conformance import Conformance
from bench.protocols.xdlms.errors import ServiceError
from bench.protocols.xdlms.tags import ApduTag
from reference_meter.dlms.carried_keys import answering_key, carried_key
from reference_meter.dlms.general_signing import (
    REQUESTS_SIGNED,
    RESPONSES_SIGNED,
    SIGNING_OVERHEAD,
    open_signed,
    signed,
)
from reference_meter.dlms.open_association import DedicatedKey, OpenAssociation
from reference_meter.dlms.protection import PLAIN as PLAIN
from reference_meter.dlms.protection import Protection as Protection
from reference_meter.dlms.protection import Refused as Refused
from reference_meter.dlms.protection import Wrapping as Wrapping
from reference_meter.products.product import Association as AssociationSettings

if TYPE_CHECKING:
    from reference_meter.meter import Meter

REQUEST_SHIFT = 2
RESPONSE_SHIFT = 1
"""How far the policy's bits for requests (04, 08) and responses (20, 40) are from the security control's."""

_PLAIN_OF_GLO = {ciphered: plain for plain, ciphered in GLO_TAGS.items()}
_PLAIN_OF_DED = {ciphered: plain for plain, ciphered in DED_TAGS.items()}
_PROTECTION = SecurityControl.AUTHENTICATION | SecurityControl.ENCRYPTION


class Ciphering:
    """Open what clients send, seal what the meter answers."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    # --- requests ---------------------------------------------------------------------------------

    def open(self, current: OpenAssociation, apdu: bytes) -> tuple[bytes, Protection]:
        """Return the plain APDU and how it was protected. Raise `Refused`."""
        if apdu[:1] == bytes([ApduTag.GENERAL_SIGNING]):
            return open_signed(self.meter, current, apdu)
        if self.meter.security.policy(current.settings) & REQUESTS_SIGNED:
            raise Refused(ServiceError.DECIPHERING_ERROR)
        return self.open_unsigned(current, apdu)

    def open_unsigned(self, current: OpenAssociation, apdu: bytes) -> tuple[bytes, Protection]:
        """Return the plain APDU of a request that is not signed, or of what was signed. Raise `Refused`."""
        tag = apdu[0] if apdu else 0
        if tag == ApduTag.GENERAL_CIPHERING:
            return self.open_general(current, apdu)
        if tag in _PLAIN_OF_GLO or tag in _PLAIN_OF_DED or tag in _GENERAL:
            return self.open_protected(current, apdu)
        if not self.satisfies(current.settings, 0):
            raise Refused(ServiceError.SERVICE_NOT_SUPPORTED)
        return apdu, PLAIN

    def open_protected(self, current: OpenAssociation, apdu: bytes) -> tuple[bytes, Protection]:
        """Open an APDU in one of the four wrappings."""
        ciphered = self.decode(apdu)
        wrapping = self.wrapping_of(current, ciphered)
        control = self.checked_control(current, ciphered.protected)
        if wrapping in (Wrapping.DED, Wrapping.GENERAL_DED):
            plain, keys = self.open_dedicated(current, ciphered.protected)
        else:
            plain, keys = self.open_global(current.settings, current.client_title, ciphered.protected)
        expected = _PLAIN_OF_GLO.get(ciphered.tag, _PLAIN_OF_DED.get(ciphered.tag))
        if expected is not None and plain[:1] != bytes([expected]):
            raise Refused(ServiceError.DECIPHERING_ERROR)
        return plain, Protection(wrapping=wrapping, security_control=control, keys=keys)

    def open_general(self, current: OpenAssociation, apdu: bytes) -> tuple[bytes, Protection]:
        """Open general-ciphering with the global key, or with one that comes along. Raise `Refused`."""
        ciphered, deviations = decode_apdu(apdu)
        if not isinstance(ciphered, GeneralCiphering) or violations(deviations):
            raise Refused(ServiceError.DECIPHERING_ERROR)
        if Conformance.GENERAL_PROTECTION not in current.conformance:
            raise Refused(ServiceError.SERVICE_NOT_SUPPORTED)
        titles = (ciphered.originator_system_title, ciphered.recipient_system_title)
        if titles != (current.client_title, self.meter.security.system_title()):
            raise Refused(ServiceError.DECIPHERING_ERROR)
        control = self.checked_control(current, ciphered.protected)
        try:
            carried = carried_key(self.meter, current, ciphered)
        except DecodeError as error:
            raise Refused(ServiceError.DECIPHERING_ERROR) from error
        head = ciphered.head.to_bytes()
        if carried is None:
            plain, keys = self.open_global(current.settings, current.client_title, ciphered.protected, head)
        else:
            plain, keys = self.open_carried(current, ciphered.protected, carried, head)
        return plain, Protection(
            wrapping=Wrapping.GENERAL,
            security_control=control,
            keys=keys,
            transaction_id=ciphered.transaction_id,
            key_choice=KeyInfoChoice.IDENTIFIED
            if ciphered.key_info is None
            else KeyInfoChoice(ciphered.key_info.choice),
        )

    def open_carried(
        self, current: OpenAssociation, protected: ProtectedText, key: bytes, head: bytes
    ) -> tuple[bytes, Keys]:
        """Open with a key that came along, and keep the counter. Raise `Refused`."""
        security = self.meter.security
        keys = replace(security.global_keys(current.settings), encryption=key)
        plain = self.try_keys(protected, keys, current.client_title, head)
        if plain is None:
            raise Refused(ServiceError.DECIPHERING_ERROR)
        if protected.invocation_counter <= security.last_carried(current.settings):
            raise Refused(ServiceError.INVOCATION_COUNTER_ERROR, security.last_carried(current.settings) + 1)
        security.remember_carried(current.settings, protected.invocation_counter)
        return plain, keys

    def checked_control(self, current: OpenAssociation, protected: ProtectedText) -> int:
        """Return the security control octet, if suite and protection are what the association wants."""
        control = protected.security_control
        if control & 0x0F != current.settings.suite or control & SecurityControl.COMPRESSION:
            raise Refused(ServiceError.DECIPHERING_ERROR)
        if not self.satisfies(current.settings, control):
            raise Refused(ServiceError.DECIPHERING_ERROR)
        return control

    def decode(self, apdu: bytes) -> CipheredApdu | GeneralCipheredApdu:
        """Read the structure of a ciphered APDU. Raise `Refused` when it has faults."""
        ciphered, deviations = decode_apdu(apdu)
        if not isinstance(ciphered, CipheredApdu | GeneralCipheredApdu) or violations(deviations):
            raise Refused(ServiceError.DECIPHERING_ERROR)
        return ciphered

    def wrapping_of(self, current: OpenAssociation, ciphered: CipheredApdu | GeneralCipheredApdu) -> Wrapping:
        """Return the wrapping, when the association has the key and the services for it. Raise `Refused`."""
        if isinstance(ciphered, GeneralCipheredApdu):
            if Conformance.GENERAL_PROTECTION not in current.conformance:
                raise Refused(ServiceError.SERVICE_NOT_SUPPORTED)
            if ciphered.system_title not in (b"", current.client_title):
                raise Refused(ServiceError.DECIPHERING_ERROR)
            glo = ciphered.tag == ApduTag.GENERAL_GLO_CIPHERING
            wrapping = Wrapping.GENERAL_GLO if glo else Wrapping.GENERAL_DED
        else:
            wrapping = Wrapping.GLO if ciphered.tag in _PLAIN_OF_GLO else Wrapping.DED
        if wrapping in (Wrapping.DED, Wrapping.GENERAL_DED) and current.dedicated is None:
            raise Refused(ServiceError.DECIPHERING_ERROR)
        return wrapping

    def satisfies(self, settings: AssociationSettings, control: int) -> bool:
        """Decide whether a request protected as ``control`` says is protected as the policy demands."""
        demanded = self.meter.security.policy(settings) << REQUEST_SHIFT & _PROTECTION
        return not demanded & ~control

    def open_global(
        self, settings: AssociationSettings, title: bytes, protected: ProtectedText, head: bytes = b""
    ) -> tuple[bytes, Keys]:
        """Open with the global key, unicast or broadcast, and keep the counter. Raise `Refused`."""
        security = self.meter.security
        broadcast = bool(protected.security_control & SecurityControl.BROADCAST_KEY)
        for keys in security.candidates(settings, broadcast=broadcast):
            plain = self.try_keys(protected, keys, title, head)
            if plain is not None:
                break
        else:
            raise Refused(ServiceError.DECIPHERING_ERROR)
        counter = protected.invocation_counter
        if not security.fresh(settings, counter, broadcast=broadcast):
            expected = security.last_received(settings, broadcast=broadcast) + 1
            raise Refused(ServiceError.INVOCATION_COUNTER_ERROR, expected)
        security.remember(settings, counter, broadcast=broadcast)
        return plain, keys

    def open_dedicated(self, current: OpenAssociation, protected: ProtectedText) -> tuple[bytes, Keys]:
        """Open with the dedicated key and keep its counter. Raise `Refused`."""
        dedicated = current.dedicated
        if dedicated is None:
            raise Refused(ServiceError.DECIPHERING_ERROR)
        keys = replace(self.meter.security.global_keys(current.settings), encryption=dedicated.key)
        plain = self.try_keys(protected, keys, current.client_title)
        if plain is None:
            raise Refused(ServiceError.DECIPHERING_ERROR)
        if protected.invocation_counter <= dedicated.received:
            raise Refused(ServiceError.INVOCATION_COUNTER_ERROR, dedicated.received + 1)
        dedicated.received = protected.invocation_counter
        return plain, keys

    def try_keys(self, protected: ProtectedText, keys: Keys, title: bytes, head: bytes = b"") -> bytes | None:
        """Return the plain text, None when it does not verify with these keys."""
        try:
            return unprotect(protected, keys=keys, system_title=title, head=head)
        except (DecodeError, ValueError):
            return None

    # --- answers ----------------------------------------------------------------------------------

    def seal(self, current: OpenAssociation, plain: bytes, request: Protection) -> bytes:
        """Protect an answer as its request was, at least as the policy demands: sign what is sealed."""
        sealed = self.seal_unsigned(current, plain, request)
        demanded = self.meter.security.policy(current.settings) & RESPONSES_SIGNED and not current.pending
        return signed(self.meter, current, sealed, request) if request.signed or demanded else sealed

    def seal_unsigned(self, current: OpenAssociation, plain: bytes, request: Protection) -> bytes:
        """Protect an answer without signing it.

        An exception-response has no protected form in the service-specific wrappings and stays plain.
        """
        demanded = self.meter.security.policy(current.settings) >> RESPONSE_SHIFT & _PROTECTION
        control = (request.security_control & _PROTECTION) | demanded
        if not control:
            return plain
        wrapping = Wrapping.GLO if request.wrapping is Wrapping.PLAIN else request.wrapping
        tags = {Wrapping.GLO: GLO_TAGS, Wrapping.DED: DED_TAGS}.get(wrapping)
        if tags is not None and plain[0] not in tags:
            return plain
        keys = request.keys or self.meter.security.global_keys(current.settings)
        if wrapping is Wrapping.GENERAL:
            return self.seal_general(current, plain, control, request)
        dedicated = current.dedicated if wrapping in (Wrapping.DED, Wrapping.GENERAL_DED) else None
        text = self.protect(current.settings, plain, control, keys, dedicated)
        if tags is not None:
            return CipheredApdu(tag=tags[plain[0]], protected=text).to_bytes()
        glo = wrapping is Wrapping.GENERAL_GLO
        return GeneralCipheredApdu(
            tag=ApduTag.GENERAL_GLO_CIPHERING if glo else ApduTag.GENERAL_DED_CIPHERING,
            system_title=self.meter.security.system_title(),
            protected=text,
        ).to_bytes()

    def seal_general(
        self, current: OpenAssociation, plain: bytes, control: int, request: Protection
    ) -> bytes:
        """Protect an answer with general-ciphering, under the transaction of its request."""
        own = self.meter.security.system_title()
        head = GeneralHead(
            transaction_id=request.transaction_id,
            originator_system_title=own,
            recipient_system_title=current.client_title,
        )
        keys = request.keys or self.meter.security.global_keys(current.settings)
        info, keys = answering_key(self.meter, current, request.key_choice, keys)
        text = self.protect(current.settings, plain, control, keys, head=head.to_bytes())
        return GeneralCiphering(
            transaction_id=request.transaction_id,
            originator_system_title=own,
            recipient_system_title=current.client_title,
            key_info=info,
            protected=text,
        ).to_bytes()

    def seal_unasked(self, settings: AssociationSettings, plain: bytes) -> bytes:
        """Protect what no client asked for as the policy demands of responses; plain where it demands nothing."""
        control = self.meter.security.policy(settings) >> RESPONSE_SHIFT & _PROTECTION
        if not control:
            return plain
        text = self.protect(settings, plain, control, self.meter.security.global_keys(settings))
        title = self.meter.security.system_title()
        return GeneralCipheredApdu(system_title=title, protected=text).to_bytes()

    def protect(
        self,
        settings: AssociationSettings,
        plain: bytes,
        control: int,
        keys: Keys,
        dedicated: DedicatedKey | None = None,
        head: bytes = b"",
    ) -> ProtectedText:
        """Protect with the next counter of the key."""
        if dedicated is None:
            counter = self.meter.security.next_counter(settings)
        else:
            dedicated.sent += 1
            counter = dedicated.sent
        return protect(
            plain,
            keys=keys,
            system_title=self.meter.security.system_title(),
            invocation_counter=counter,
            security_control=control | settings.suite,
            head=head,
        )

    def overhead(self, request: Protection) -> int:
        """Return how many octets the protection adds to an APDU at most."""
        if request.signed:
            return (
                SIGNING_OVERHEAD + len(request.transaction_id) + self.overhead(replace(request, signed=False))
            )
        if request.wrapping is Wrapping.PLAIN and not request.security_control:
            return 0
        if request.wrapping is Wrapping.GENERAL:
            key = _KEY_OVERHEAD[request.key_choice]
            return _OVERHEAD + _GENERAL_OVERHEAD + len(request.transaction_id) + key
        return _OVERHEAD


_GENERAL = {ApduTag.GENERAL_GLO_CIPHERING, ApduTag.GENERAL_DED_CIPHERING}
_OVERHEAD = 1 + 9 + 3 + 5 + 12
"""Tag, system title with its length, length, security control and counter, authentication tag."""
_GENERAL_OVERHEAD = 1 + 9 + 1 + 1 + 3
"""What general-ciphering has besides: length of the transaction id, second title, two empty fields, key-info."""
_KEY_OVERHEAD = {KeyInfoChoice.IDENTIFIED: 0, KeyInfoChoice.WRAPPED: 41, KeyInfoChoice.AGREED: 4 + 4 * 48}
"""The longest key-info of each kind: a wrapped key of 32 octets, an ephemeral key of P-384 and its signature."""
