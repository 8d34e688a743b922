"""Defects of layer SE: authentication, ciphering, keys, rights."""

from __future__ import annotations

import hmac
from dataclasses import replace

from bench.protocols.acse import Aarq
from bench.protocols.acse_names import Mechanism
from bench.protocols.ciphering import TAG_LENGTH, Keys
from bench.protocols.deviation import violations
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import ProtectedText, SecurityControl
from bench.protocols.xdlms.initiate import InitiateRequest
from bench.protocols.xdlms.tags import ApduTag
from reference_meter.defects.application import restart
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.dlms.association import Association
from reference_meter.dlms.ciphering import PLAIN, Ciphering, Protection
from reference_meter.dlms.model.cosem_object import Attribute, CosemObject, Role
from reference_meter.dlms.objects import Objects
from reference_meter.dlms.open_association import Handshake, OpenAssociation
from reference_meter.dlms.security import KeyId, Security
from reference_meter.dlms.services import Services
from reference_meter.products.product import Association as AssociationSettings

DEFAULT_PASSWORD = b"00000000"
DEFAULT_KEY = bytes(range(16))
_CIPHERED = {tag for tag in ApduTag if tag.name.startswith(("GLO_", "DED_", "GENERAL_"))}
_COUNTER = slice(1, 5)


class SameCounterAccepted(Security):
    """Take a counter that is not higher, if it is not lower."""

    def fresh(self, settings: AssociationSettings, counter: int, *, broadcast: bool = False) -> bool:
        return counter >= self.last_received(settings, broadcast=broadcast)


class CounterInRam(Security):
    """Forget at power-down which counters were received."""

    def power_up(self) -> None:
        super().power_up()
        for settings in self._associations():
            if settings.keys is not None:
                self.remember(settings, -1)


class TagNotChecked(Ciphering):
    """Take the text of an APDU that is only authenticated without a look at its tag."""

    def try_keys(self, protected: ProtectedText, keys: Keys, title: bytes, head: bytes = b"") -> bytes | None:
        control = protected.security_control
        if control & SecurityControl.AUTHENTICATION and not control & SecurityControl.ENCRYPTION:
            return protected.payload[:-TAG_LENGTH]
        return super().try_keys(protected, keys, title, head)


class PlainAccepted(Ciphering):
    """Serve plain requests in a ciphered association."""

    def open(self, current: OpenAssociation, apdu: bytes) -> tuple[bytes, Protection]:
        if apdu[:1] and apdu[0] in _CIPHERED:
            return super().open(current, apdu)
        return apdu, PLAIN


class HalfProtectionAccepted(Ciphering):
    """Be content with authentication or encryption where the policy wants both."""

    def satisfies(self, settings: AssociationSettings, control: int) -> bool:
        half = SecurityControl.AUTHENTICATION | SecurityControl.ENCRYPTION
        return bool(control & half) or super().satisfies(settings, control)


class AnyProofAccepted(Security):
    """Believe every answer to the meter's challenge."""

    def proves(self, current: OpenAssociation, handshake: Handshake, answer: bytes) -> bool:  # noqa: ARG002
        return True


class SameChallengeAfterPowerUp(Security):
    """Begin the same row of challenges after each power-up."""

    def power_ups(self) -> int:
        return 0


class PasswordByPrefix(Security):
    """Compare as many octets of the password as were presented."""

    def password_matches(self, settings: AssociationSettings, presented: bytes) -> bool:
        password = self.password(settings)
        return password is not None and password.startswith(presented)


class PublicMayEverything(Objects):
    """Let the public client read and write every object, listed or not."""

    def reachable(self, role: Role) -> tuple[CosemObject, ...]:
        return self.rows if role is Role.PUBLIC else super().reachable(role)

    def may_read(self, attribute: Attribute, role: Role) -> bool:
        return role is Role.PUBLIC or super().may_read(attribute, role)

    def may_write(self, attribute: Attribute, role: Role) -> bool:
        return role is Role.PUBLIC or super().may_write(attribute, role)


class OldKeyStaysValid(Security):
    """Go on taking the encryption key that a key transfer replaced."""

    def replace_keys(self, settings: AssociationSettings, keys: dict[KeyId, bytes]) -> None:
        old = self.global_keys(settings)
        super().replace_keys(settings, keys)
        record = f"security.{settings.name}.old"
        self.meter.memory.put(record, [old.encryption.hex(), old.authentication.hex()])

    def candidates(self, settings: AssociationSettings, *, broadcast: bool = False) -> tuple[Keys, ...]:
        current = super().candidates(settings, broadcast=broadcast)
        old = self.meter.memory.get(f"security.{settings.name}.old")
        if old is None:
            return current
        return (*current, Keys(encryption=bytes.fromhex(old[0]), authentication=bytes.fromhex(old[1])))


class SameTitleForAll(Security):
    """Carry the same system title in every meter, without a FLAG id."""

    def system_title(self) -> bytes:
        return bytes(8)


class FactoryDefaultsWork(Security):
    """Take the password and the keys of an unpersonalised meter beside the right ones."""

    def password_matches(self, settings: AssociationSettings, presented: bytes) -> bool:
        default = settings.password is not None and hmac.compare_digest(presented, DEFAULT_PASSWORD)
        return default or super().password_matches(settings, presented)

    def candidates(self, settings: AssociationSettings, *, broadcast: bool = False) -> tuple[Keys, ...]:
        default = Keys(encryption=DEFAULT_KEY, authentication=DEFAULT_KEY)
        return (*super().candidates(settings, broadcast=broadcast), default)


class DedicatedKeyIgnored(Association):
    """Read over the dedicated key of an AARQ."""

    def agree_security(
        self, agreed: OpenAssociation, aarq: Aarq, initiate: InitiateRequest, protection: Protection
    ) -> OpenAssociation:
        return replace(super().agree_security(agreed, aarq, initiate, protection), dedicated=None)


class WrongLengthCrashes(Services):
    """Start anew on a ciphered APDU whose length does not fit its octets: no answer, no association, no link."""

    def handle(self, client_sap: int, apdu: bytes, channel: str = "optical") -> bytes | None:
        if apdu[:1] and apdu[0] in _CIPHERED:
            _, deviations = decode_apdu(apdu)
            if violations(deviations):
                restart(self)
                return None
        return super().handle(client_sap, apdu, channel)


class CounterOfOpeningWanted(Association):
    """Want the counter of the AARQ again in the client's GMAC, not a higher one."""

    _opening_counter = -1

    def agree_security(
        self, agreed: OpenAssociation, aarq: Aarq, initiate: InitiateRequest, protection: Protection
    ) -> OpenAssociation:
        self._opening_counter = self.meter.security.last_received(agreed.settings)
        return super().agree_security(agreed, aarq, initiate, protection)

    def reply_to_hls(self, answer: bytes) -> bytes | None:
        current = self.current
        gmac = (
            current is not None
            and current.handshake is not None
            and current.handshake.mechanism is Mechanism.HLS_GMAC
        )
        if gmac and int.from_bytes(answer[_COUNTER]) != self._opening_counter:
            return None
        return super().reply_to_hls(answer)


def _defect(defect_id: str, title: str, slot: str, mixin: type[object]) -> SlotDefect:
    return SlotDefect(id=defect_id, title=title, slot=slot, mixin=mixin)


DEFECTS = (
    _defect("SE-01", "Replay: same invocation counter accepted", "security", SameCounterAccepted),
    _defect("SE-03", "Stored client counter lost at power-down", "security", CounterInRam),
    _defect("SE-05", "GMAC tag not checked on authenticated-only APDU", "ciphering", TagNotChecked),
    _defect("SE-07", "Plain APDU accepted inside a ciphered association", "ciphering", PlainAccepted),
    _defect("SE-08", "Half the protection accepted", "ciphering", HalfProtectionAccepted),
    _defect("SE-09", "HLS pass 3 not verified", "security", AnyProofAccepted),
    _defect("SE-10", "StoC constant after each power-up", "security", SameChallengeAfterPowerUp),
    _defect("SE-12", "LLS secret compared by prefix", "security", PasswordByPrefix),
    _defect("SE-14", "Public client can write or read private objects", "objects", PublicMayEverything),
    _defect("SE-15", "Old global key stays valid after key_transfer", "security", OldKeyStaysValid),
    _defect("SE-17", "System title identical in a whole batch", "security", SameTitleForAll),
    _defect("SE-19", "Factory default keys and passwords still work", "security", FactoryDefaultsWork),
    _defect("SE-23", "Dedicated key from AARQ ignored", "association", DedicatedKeyIgnored),
    _defect("SE-24", "Ciphered length field overflow crashes the stack", "services", WrongLengthCrashes),
    _defect("SE-26", "GMAC wants the counter not incremented", "association", CounterOfOpeningWanted),
)
