"""The keys of general-ciphering: wrapped, or agreed by one-pass Diffie-Hellman C(1e, 1s) in suites 1 and 2.

The sender makes an ephemeral key pair, signs its public key, and derives the key from its ephemeral private and the
receiver's static public key. The derivation is the concatenation function of NIST SP 800-56A with SHA-256 (suite 1) or
SHA-384 (suite 2) over a counter, the shared secret, the algorithm's identifier and both system titles. That choice of
inputs is recalled, no public vector confirms it: uncertain.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from bench.protocols import hls
from bench.protocols.ciphering import unwrap_key, wrap_key
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.ciphered import KeyInfo, KeyInfoChoice

ONE_PASS = b"\x01"
"""key-parameters of the one-pass scheme."""
_ALGORITHMS = {1: bytes.fromhex("60857405080300"), 2: bytes.fromhex("60857405080301")}
"""AES-GCM with 128 and with 256 bits, 2.16.756.5.8.3.0 and .1."""
_DIGESTS = {1: hashlib.sha256, 2: hashlib.sha384}
_HASHES: dict[int, hashes.HashAlgorithm] = {1: hashes.SHA256(), 2: hashes.SHA384()}
_KEY_OCTETS = {1: 16, 2: 32}
_PART_OCTETS = {1: 32, 2: 48}


def derived_key(
    own: ec.EllipticCurvePrivateKey,
    other: ec.EllipticCurvePublicKey,
    *,
    suite: int,
    originator: bytes,
    recipient: bytes,
) -> bytes:
    """Return the key that both sides derive; the titles are those of the APDU."""
    secret = own.exchange(ec.ECDH(), other)
    info = _ALGORITHMS[suite] + originator + recipient
    digest = _DIGESTS[suite]((1).to_bytes(4, "big") + secret + info).digest()
    return digest[: _KEY_OCTETS[suite]]


def agreed_key_info(
    ephemeral: ec.EllipticCurvePrivateKey,
    signing: ec.EllipticCurvePrivateKey,
    *,
    suite: int,
    before: bytes = b"",
) -> KeyInfo:
    """Return the key-info that carries the sender's ephemeral public key and its signature.

    ``before``: what is signed in front of the key (the key's id, in a key agreement).
    """
    public = hls.public_key_octets(ephemeral.public_key(), suite=suite)
    r, s = decode_dss_signature(signing.sign(before + public, ec.ECDSA(_HASHES[suite])))
    size = _PART_OCTETS[suite]
    signature = r.to_bytes(size, "big") + s.to_bytes(size, "big")
    return KeyInfo(choice=KeyInfoChoice.AGREED, parameters=ONE_PASS, data=public + signature)


def ephemeral_key(
    info: KeyInfo, signed_by: ec.EllipticCurvePublicKey, *, suite: int, before: bytes = b""
) -> ec.EllipticCurvePublicKey:
    """Return the sender's ephemeral public key out of a key-info; ``before`` as `agreed_key_info` takes it.

    Raise `DecodeError` ("security.key-info") for another scheme, a wrong length or a point off the curve,
    ("security.authentication") for a signature that does not hold.
    """
    size = _PART_OCTETS[suite]
    if (info.choice, info.parameters, len(info.data)) != (KeyInfoChoice.AGREED, ONE_PASS, 4 * size):
        raise DecodeError(0, "security.key-info", "no ephemeral key with its signature")
    public, r, s = info.data[: 2 * size], info.data[2 * size : 3 * size], info.data[3 * size :]
    signature = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    try:
        signed_by.verify(signature, before + public, ec.ECDSA(_HASHES[suite]))
    except InvalidSignature as error:
        raise DecodeError(0, "security.authentication", "key-info") from error
    try:
        return hls.public_key(public, suite=suite)
    except ValueError as error:
        raise DecodeError(0, "security.key-info", "the point is not on the curve") from error


def wrapped_key_info(key: bytes, *, kek: bytes, kek_id: int = 0) -> KeyInfo:
    """Return the key-info that carries a key wrapped with the key encrypting key."""
    return KeyInfo(choice=KeyInfoChoice.WRAPPED, parameters=bytes([kek_id]), data=wrap_key(key, kek=kek))


def wrapped_key(info: KeyInfo, *, kek: bytes) -> bytes:
    """Return the key out of a key-info. Raise `DecodeError` for another kind, or another key encrypting key."""
    if info.choice != KeyInfoChoice.WRAPPED:
        raise DecodeError(0, "security.key-info", "no wrapped key")
    try:
        return unwrap_key(info.data, kek=kek)
    except ValueError as error:
        if isinstance(error, DecodeError):
            raise
        raise DecodeError(0, "security.key-info", str(error)) from error
