"""The client's side of general-ciphering (with the global, a wrapped or an agreed key) and of general-signing."""

from __future__ import annotations

import secrets as random_source
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec

from bench.errors import PlanError
from bench.meter.protection import Protection
from bench.meter.session import BadAnswer
from bench.protocols import hls, key_agreement
from bench.protocols.ciphering import open_apdu, protect
from bench.protocols.deviation import DecodeError
from bench.protocols.signing import sign_apdu, signature_holds
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import GeneralCiphering, GeneralHead, KeyInfo, KeyInfoChoice
from bench.protocols.xdlms.signed import GeneralSigning

GLOBAL_UNICAST = KeyInfo(choice=KeyInfoChoice.IDENTIFIED, parameters=b"\x00")
#: Bits below the order of both curves, so that any such number is a private key.
_PRIVATE_BITS = 255


def seal_general(protection: Protection, plain: bytes, choice: KeyInfoChoice) -> bytes:
    """Protect a request with general-ciphering. Raises PlanError for keys that are missing or unusable.

    ``choice``: the global key by its number, a fresh one wrapped with the master key, or one agreed by an ephemeral
    key pair (C(1e, 1s)).
    """
    try:
        info, key = _fresh_key(protection, choice)
    except (KeyError, ValueError) as error:
        raise PlanError(
            "general-ciphering lacks a key that it needs.",
            remedy="Declare suite, master_key (wrapped), signing_key and meter_agreement_key (agreed).",
        ) from error
    counter = protection.counter
    protection.counter += 1
    head = GeneralHead(
        transaction_id=counter.to_bytes(8, "big"),
        originator_system_title=protection.own_title,
        recipient_system_title=protection.meter_title,
    )
    text = protect(
        plain,
        keys=replace(protection.keys, encryption=key),
        system_title=protection.own_title,
        invocation_counter=counter,
        security_control=protection.control | protection.suite,
        head=head.to_bytes(),
    )
    return GeneralCiphering(
        transaction_id=head.transaction_id,
        originator_system_title=protection.own_title,
        recipient_system_title=protection.meter_title,
        key_info=info,
        protected=text,
    ).to_bytes()


def open_general(protection: Protection, octets: bytes) -> bytes:
    """Return the plain answer; an answer in another form comes back as it is. Raises BadAnswer."""
    apdu, _ = decode_apdu(octets)
    if not isinstance(apdu, GeneralCiphering):
        return protection.open(octets)
    try:
        key = _answered_key(protection, apdu)
        keys = protection.keys if key is None else replace(protection.keys, encryption=key)
        plain = open_apdu(apdu, keys=keys, system_title=protection.meter_title)
    except (DecodeError, KeyError, ValueError) as error:
        raise BadAnswer(f"The meter's protected answer does not open: {error}.", "not opened") from error
    protection.received.append(apdu.protected.invocation_counter)
    return plain


def sign_general(protection: Protection, sealed: bytes) -> bytes:
    """Sign a request that is protected already. Raises PlanError for keys that are missing or unusable."""
    head = GeneralHead(
        transaction_id=protection.counter.to_bytes(8, "big"),
        originator_system_title=protection.own_title,
        recipient_system_title=protection.meter_title,
    )
    try:
        key = _private(protection.signing_key, protection.suite)
    except (KeyError, ValueError) as error:
        raise PlanError(
            "general-signing needs the client's private key for signatures of suite 1 or 2.",
            remedy='Declare signing_key = "name in the secrets file" and the suite.',
        ) from error
    return sign_apdu(sealed, head, key, suite=protection.suite)


def open_signed(protection: Protection, octets: bytes) -> bytes:
    """Return what is inside a signed answer; another answer comes back as it is. Raises BadAnswer."""
    apdu, _ = decode_apdu(octets)
    if not isinstance(apdu, GeneralSigning):
        return octets
    try:
        key = hls.public_key(protection.meter_public_key, suite=protection.suite)
    except (KeyError, ValueError) as error:
        raise PlanError(
            "general-signing needs the meter's public key for signatures.",
            remedy="Declare meter_public_key, x and y in hexadecimal digits.",
        ) from error
    if not signature_holds(apdu, key, suite=protection.suite):
        raise BadAnswer("The signature of the meter's answer does not hold.", "not opened")
    return apdu.content


def _fresh_key(protection: Protection, choice: KeyInfoChoice) -> tuple[KeyInfo, bytes]:
    if choice is KeyInfoChoice.IDENTIFIED:
        return GLOBAL_UNICAST, protection.keys.encryption
    if choice is KeyInfoChoice.WRAPPED:
        key = random_source.token_bytes(len(protection.keys.encryption))
        return key_agreement.wrapped_key_info(key, kek=protection.master_key), key
    suite = protection.suite
    ephemeral = hls.private_key(1 + random_source.randbits(_PRIVATE_BITS), suite=suite)
    key = key_agreement.derived_key(
        ephemeral,
        hls.public_key(protection.meter_agreement_key, suite=suite),
        suite=suite,
        originator=protection.own_title,
        recipient=protection.meter_title,
    )
    signing = _private(protection.signing_key, suite)
    return key_agreement.agreed_key_info(ephemeral, signing, suite=suite), key


def _answered_key(protection: Protection, apdu: GeneralCiphering) -> bytes | None:
    info, suite = apdu.key_info, protection.suite
    if info is None or info.choice == KeyInfoChoice.IDENTIFIED:
        return None
    if info.choice == KeyInfoChoice.WRAPPED:
        return key_agreement.wrapped_key(info, kek=protection.master_key)
    signed_by = hls.public_key(protection.meter_public_key, suite=suite)
    return key_agreement.derived_key(
        _private(protection.agreement_key, suite),
        key_agreement.ephemeral_key(info, signed_by, suite=suite),
        suite=suite,
        originator=apdu.originator_system_title,
        recipient=apdu.recipient_system_title,
    )


def _private(octets: bytes, suite: int) -> ec.EllipticCurvePrivateKey:
    return hls.private_key(int.from_bytes(octets), suite=suite)
