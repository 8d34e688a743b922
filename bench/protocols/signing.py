"""general-signing (DF): sign an APDU, and check who signed one (suites 1 and 2).

What is signed is recalled, no public vector confirms it: the fields before the content and the content, each with its
length (uncertain).
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from bench.protocols.cursor import counted_octets
from bench.protocols.xdlms.ciphered import GeneralHead
from bench.protocols.xdlms.signed import GeneralSigning

_HASHES: dict[int, tuple[hashes.HashAlgorithm, int]] = {1: (hashes.SHA256(), 32), 2: (hashes.SHA384(), 48)}


def sign_apdu(content: bytes, head: GeneralHead, key: ec.EllipticCurvePrivateKey, *, suite: int) -> bytes:
    """Return the general-signing APDU around ``content``."""
    algorithm, size = _HASHES[suite]
    r, s = decode_dss_signature(key.sign(_signed(head, content), ec.ECDSA(algorithm)))
    return GeneralSigning(
        transaction_id=head.transaction_id,
        originator_system_title=head.originator_system_title,
        recipient_system_title=head.recipient_system_title,
        date_time=head.date_time,
        other_information=head.other_information,
        content=content,
        signature=r.to_bytes(size) + s.to_bytes(size),
    ).to_bytes()


def signature_holds(apdu: GeneralSigning, key: ec.EllipticCurvePublicKey, *, suite: int) -> bool:
    """Return whether the APDU was signed with the private key that belongs to this public one."""
    algorithm, size = _HASHES[suite]
    if len(apdu.signature) != 2 * size:
        return False
    r, s = int.from_bytes(apdu.signature[:size]), int.from_bytes(apdu.signature[size:])
    try:
        key.verify(encode_dss_signature(r, s), _signed(apdu.head, apdu.content), ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def _signed(head: GeneralHead, content: bytes) -> bytes:
    return head.to_bytes() + counted_octets(content)
