"""Protection of APDUs with AES-GCM, GMAC and key wrap (IEC 62056-5-3, NIST SP 800-38D, RFC 3394).

The initialization vector is the sender's system title (8 octets) and the invocation counter (4). The
authenticated data: SC and AK, and the plain text too when it is not encrypted. Tags have 12 octets; with
encryption alone there is none. Suites 0 and 1 use 128-bit keys, suite 2 256-bit keys.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.ciphered import (
    TITLE_LENGTH,
    Ciphered,
    GeneralCipheredApdu,
    GeneralCiphering,
    ProtectedText,
    SecurityControl,
)
from bench.protocols.xdlms.tags import ApduTag

TAG_LENGTH = 12
_WHOLE_TAG = 16
# As plain numbers: the enumeration's operators cost more than the rest of a check.
_AUTHENTICATION = int(SecurityControl.AUTHENTICATION)
_ENCRYPTION = int(SecurityControl.ENCRYPTION)
_COMPRESSION = int(SecurityControl.COMPRESSION)
_KEY_LENGTHS = {0: 16, 1: 16, 2: 32}

_SERVICES = (
    ApduTag.INITIATE_REQUEST,
    ApduTag.INITIATE_RESPONSE,
    ApduTag.CONFIRMED_SERVICE_ERROR,
    ApduTag.READ_REQUEST,
    ApduTag.WRITE_REQUEST,
    ApduTag.READ_RESPONSE,
    ApduTag.WRITE_RESPONSE,
    ApduTag.UNCONFIRMED_WRITE_REQUEST,
    ApduTag.INFORMATION_REPORT_REQUEST,
    ApduTag.GET_REQUEST,
    ApduTag.SET_REQUEST,
    ApduTag.EVENT_NOTIFICATION_REQUEST,
    ApduTag.ACTION_REQUEST,
    ApduTag.GET_RESPONSE,
    ApduTag.SET_RESPONSE,
    ApduTag.ACTION_RESPONSE,
)

GLO_TAGS: dict[int, int] = {tag: ApduTag[f"GLO_{tag.name}"] for tag in _SERVICES}
"""The tag of the service ciphered with the global key, by the plain tag."""
DED_TAGS: dict[int, int] = {tag: ApduTag[f"DED_{tag.name}"] for tag in _SERVICES}
"""The tag of the service ciphered with the dedicated key, by the plain tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """An encryption key (global, broadcast or dedicated) and the authentication key that goes with it."""

    encryption: bytes = field(repr=False)
    authentication: bytes = field(default=b"", repr=False)


def protect(
    plain: bytes,
    *,
    keys: Keys,
    system_title: bytes,
    invocation_counter: int,
    security_control: int,
    head: bytes = b"",
) -> ProtectedText:
    """Protect ``plain`` as the security control octet says; ``system_title`` is the sender's.

    ``head``: what general-ciphering authenticates beside the text, its fields before the key with their lengths.
    Raise ValueError for keys, title or counter of a wrong length.
    """
    security_control = int(security_control)
    _check_keys(keys, system_title, security_control)
    iv = system_title + invocation_counter.to_bytes(4, "big")
    cipher = _cipher(keys.encryption)
    data = b""
    if security_control & _AUTHENTICATION:
        data = _authenticated_data(head + plain, head, keys, security_control)
    if security_control & _ENCRYPTION:
        sealed = cipher.encrypt(iv, plain, data)
        text, tag = sealed[: len(plain)], sealed[len(plain) :]
    else:
        text, tag = plain, cipher.encrypt(iv, b"", data)
    payload = text + tag[:TAG_LENGTH] if security_control & _AUTHENTICATION else text
    return ProtectedText(
        security_control=security_control, invocation_counter=invocation_counter, payload=payload
    )


def unprotect(protected: ProtectedText, *, keys: Keys, system_title: bytes, head: bytes = b"") -> bytes:
    """Return the plain text; ``system_title`` is the sender's, ``head`` as `protect` takes it.

    Raise `DecodeError` ("security.authentication") when the tag does not verify, ("security.compression")
    when the text is compressed; ValueError for keys or title of a wrong length.
    """
    control = protected.security_control
    _check_keys(keys, system_title, control)
    if control & _COMPRESSION:
        raise DecodeError(0, "security.compression")
    iv = system_title + protected.invocation_counter.to_bytes(4, "big")
    cipher = _cipher(keys.encryption)
    if not control & _AUTHENTICATION:
        return _deciphered(cipher, iv, protected.payload) if control & _ENCRYPTION else protected.payload
    if len(protected.payload) < TAG_LENGTH:
        raise DecodeError(0, "security.tag", f"{len(protected.payload)} octets")
    text, tag = protected.payload[:-TAG_LENGTH], protected.payload[-TAG_LENGTH:]
    plain = _deciphered(cipher, iv, text) if control & _ENCRYPTION else text
    data = _authenticated_data(head + text, head, keys, control)
    due = cipher.encrypt(iv, plain if control & _ENCRYPTION else b"", data)
    if not hmac.compare_digest(due[-_WHOLE_TAG:][:TAG_LENGTH], tag):
        raise DecodeError(0, "security.authentication")
    return plain


def open_apdu(ciphered: Ciphered, *, keys: Keys, system_title: bytes = b"") -> bytes:
    """Return the plain APDU inside; the title in a general one goes before ``system_title``.

    Raise what `unprotect` raises.
    """
    own_title, head = b"", b""
    if isinstance(ciphered, GeneralCiphering):
        own_title, head = ciphered.originator_system_title, ciphered.head.to_bytes()
    elif isinstance(ciphered, GeneralCipheredApdu):
        own_title = ciphered.system_title
    return unprotect(ciphered.protected, keys=keys, system_title=own_title or system_title, head=head)


def gmac(
    challenge: bytes, *, keys: Keys, system_title: bytes, invocation_counter: int, suite: int = 0
) -> bytes:
    """Return f(challenge) of HLS mechanism 5: SC, invocation counter, tag (17 octets).

    ``system_title`` and counter are those of the side that computes it.
    """
    control = suite | SecurityControl.AUTHENTICATION
    protected = protect(
        challenge,
        keys=keys,
        system_title=system_title,
        invocation_counter=invocation_counter,
        security_control=control,
    )
    counter = invocation_counter.to_bytes(4, "big")
    return bytes([control]) + counter + protected.payload[len(challenge) :]


def verify_gmac(answer: bytes, challenge: bytes, *, keys: Keys, system_title: bytes) -> bool:
    """Return whether ``answer`` is f(challenge) of the side with this title."""
    if len(answer) != 1 + 4 + TAG_LENGTH:
        return False
    counter = int.from_bytes(answer[1:5], "big")
    suite = answer[0] & 0x0F
    return answer == gmac(
        challenge, keys=keys, system_title=system_title, invocation_counter=counter, suite=suite
    )


def wrap_key(key: bytes, *, kek: bytes) -> bytes:
    """Wrap a key with the key encrypting (master) key, RFC 3394."""
    return aes_key_wrap(kek, key)


def unwrap_key(wrapped: bytes, *, kek: bytes) -> bytes:
    """Unwrap a key. Raise `DecodeError` ("security.authentication") when its check value is wrong."""
    try:
        return aes_key_unwrap(kek, wrapped)
    except InvalidUnwrap as error:
        raise DecodeError(0, "security.authentication", "key wrap") from error


@lru_cache(maxsize=32)
def _cipher(key: bytes) -> AESGCM:
    """Return AES-GCM with this key: its set-up costs more than an APDU does."""
    return AESGCM(key)


def _deciphered(cipher: AESGCM, iv: bytes, text: bytes) -> bytes:
    """Return the plain text, unchecked: in GCM ciphering twice with one counter gives the text back.

    The cipher's own check wants tags of 16 octets, and APDUs carry 12.
    """
    return cipher.encrypt(iv, text, None)[: len(text)]


def _authenticated_data(whole: bytes, head: bytes, keys: Keys, security_control: int) -> bytes:
    data = bytes([security_control]) + keys.authentication
    return data + (head if security_control & _ENCRYPTION else whole)


def _check_keys(keys: Keys, system_title: bytes, security_control: int) -> None:
    suite = security_control & 0x0F
    length = _KEY_LENGTHS.get(suite)
    if length is None:
        raise ValueError(f"security suite {suite} is not one of 0, 1, 2")
    if len(keys.encryption) != length:
        raise ValueError(f"suite {suite} needs an encryption key of {length} octets")
    if security_control & _AUTHENTICATION and len(keys.authentication) != length:
        raise ValueError(f"suite {suite} needs an authentication key of {length} octets")
    if len(system_title) != TITLE_LENGTH:
        raise ValueError(f"a system title has {TITLE_LENGTH} octets, not {len(system_title)}")
