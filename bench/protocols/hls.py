"""The functions f of high level security (IEC 62056-5-3): what each side answers to the other's challenge.

MD5 and SHA-1 hash the challenge and the secret; SHA-256 also both system titles and the other challenge; GMAC
stands in `bench.protocols.ciphering`; ECDSA signs titles and challenges (P-256 with SHA-256 in suite 1, P-384
with SHA-384 in suite 2). Mechanism 2 is the maker's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from bench.protocols.acse_names import Mechanism

PublicKey = ec.EllipticCurvePublicKey
CHALLENGE_OCTETS = range(8, 65)
"""Lengths a challenge may have."""

_DIGESTS: dict[Mechanism, Callable[[bytes], bytes]] = {
    Mechanism.HLS_MD5: lambda text: hashlib.md5(text, usedforsecurity=False).digest(),
    Mechanism.HLS_SHA1: lambda text: hashlib.sha1(text, usedforsecurity=False).digest(),
    Mechanism.HLS_SHA256: lambda text: hashlib.sha256(text).digest(),
}
HASHED = frozenset(_DIGESTS)
"""The mechanisms whose f is a hash of the challenge and a secret."""

_CURVES: dict[int, tuple[ec.EllipticCurve, hashes.HashAlgorithm, int]] = {
    1: (ec.SECP256R1(), hashes.SHA256(), 32),
    2: (ec.SECP384R1(), hashes.SHA384(), 48),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What enters f, seen from the side that answers: the challenge it got, the one it sent, both titles."""

    challenge: bytes
    own_challenge: bytes
    own_title: bytes = b""
    peer_title: bytes = b""


def hashed(mechanism: Mechanism, proof: Proof, secret: bytes) -> bytes:
    """Return f(challenge) of MD5, SHA-1 or SHA-256. Raises ValueError for another mechanism."""
    digest = _DIGESTS.get(mechanism)
    if digest is None:
        raise ValueError(f"mechanism {mechanism} has no hash")
    if mechanism is Mechanism.HLS_SHA256:
        titles = proof.own_title + proof.peer_title
        return digest(secret + titles + proof.challenge + proof.own_challenge)
    return digest(proof.challenge + secret)


def signed(proof: Proof, key: ec.EllipticCurvePrivateKey, *, suite: int) -> bytes:
    """Return f(challenge) of ECDSA: r and s, each as long as the curve's order."""
    _, algorithm, size = _CURVES[suite]
    r, s = decode_dss_signature(key.sign(_to_sign(proof), ec.ECDSA(algorithm)))
    return r.to_bytes(size) + s.to_bytes(size)


def signature_holds(
    answer: bytes, proof: Proof, public_key: ec.EllipticCurvePublicKey, *, suite: int
) -> bool:
    """Return whether ``answer`` is f(challenge) of the side whose public key this is."""
    _, algorithm, size = _CURVES[suite]
    if len(answer) != 2 * size:
        return False
    signature = encode_dss_signature(int.from_bytes(answer[:size]), int.from_bytes(answer[size:]))
    try:
        public_key.verify(signature, _to_sign(proof), ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def private_key(number: int, *, suite: int) -> ec.EllipticCurvePrivateKey:
    """Return the private key of a number on the suite's curve."""
    return ec.derive_private_key(number, _CURVES[suite][0])


def public_key_octets(key: ec.EllipticCurvePublicKey, *, suite: int) -> bytes:
    """Return a public key as x and y."""
    numbers, size = key.public_numbers(), _CURVES[suite][2]
    return numbers.x.to_bytes(size) + numbers.y.to_bytes(size)


def public_key(octets: bytes, *, suite: int) -> ec.EllipticCurvePublicKey:
    """Return the public key of x and y. Raises ValueError for a point that is not on the suite's curve."""
    curve, _, size = _CURVES[suite]
    if len(octets) != 2 * size:
        raise ValueError(f"a public key of suite {suite} has {2 * size} octets, not {len(octets)}")
    x, y = int.from_bytes(octets[:size]), int.from_bytes(octets[size:])
    return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()


def _to_sign(proof: Proof) -> bytes:
    return proof.own_title + proof.peer_title + proof.challenge + proof.own_challenge
