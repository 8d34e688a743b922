"""Keys that come with an APDU of general-ciphering: wrapped with the master key, or agreed by ephemeral keys.

An answer goes the way its request came. The counters of such APDUs must grow too, whatever their key: nothing else
would tell a repeated one from a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols import hls, key_agreement
from bench.protocols.ciphering import Keys
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.ciphered import GeneralCiphering, KeyInfo, KeyInfoChoice
from reference_meter.dlms.open_association import OpenAssociation
from reference_meter.dlms.security import KeyId

if TYPE_CHECKING:
    from reference_meter.meter import Meter

GLOBAL_UNICAST = KeyInfo(choice=KeyInfoChoice.IDENTIFIED, parameters=b"\x00")


def carried_key(meter: Meter, current: OpenAssociation, ciphered: GeneralCiphering) -> bytes | None:
    """Return the key that came along, None where the global one is meant. Raise `DecodeError` for an unusable one."""
    info = ciphered.key_info
    if info is None or info.choice == KeyInfoChoice.IDENTIFIED:
        if info not in (None, GLOBAL_UNICAST):
            raise DecodeError(0, "security.key-info", "no key of this number")
        return None
    settings = current.settings
    if info.choice == KeyInfoChoice.WRAPPED:
        key = key_agreement.wrapped_key(info, kek=meter.security.key(settings, KeyId.MASTER))
    else:
        if not settings.client_public_key or not meter.product.communication.agreement_key:
            raise DecodeError(0, "security.key-info", "no keys to agree with")
        signed_by = meter.security.client_key(settings)
        key = key_agreement.derived_key(
            meter.security.agreement_key(settings.suite),
            key_agreement.ephemeral_key(info, signed_by, suite=settings.suite),
            suite=settings.suite,
            originator=ciphered.originator_system_title,
            recipient=ciphered.recipient_system_title,
        )
    return key


def answering_key(
    meter: Meter, current: OpenAssociation, choice: KeyInfoChoice, keys: Keys
) -> tuple[KeyInfo, Keys]:
    """Return what names the key of an answer, and its keys; ``keys`` are those of the request."""
    settings = current.settings
    if choice is KeyInfoChoice.IDENTIFIED:
        return GLOBAL_UNICAST, keys
    if choice is KeyInfoChoice.WRAPPED:
        master = meter.security.key(settings, KeyId.MASTER)
        return key_agreement.wrapped_key_info(keys.encryption, kek=master), keys
    suite = settings.suite
    ephemeral = meter.security.ephemeral_key(suite)
    key = key_agreement.derived_key(
        ephemeral,
        hls.public_key(settings.client_agreement_public_key, suite=suite),
        suite=suite,
        originator=meter.security.system_title(),
        recipient=current.client_title,
    )
    info = key_agreement.agreed_key_info(ephemeral, meter.security.signing_key(suite), suite=suite)
    return info, Keys(encryption=key, authentication=keys.authentication)
