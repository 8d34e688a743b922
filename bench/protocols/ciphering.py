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
_CUT = TAG_LENGTH - 16
"""Where a tag of 16 octets ends as APDUs carry it."""
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
    control = int(security_control)
    payload = _guard(keys.encryption, keys.authentication, system_title, control).seal(
        plain, invocation_counter, head
    )
    return ProtectedText(security_control=control, invocation_counter=invocation_counter, payload=payload)


def unprotect(protected: ProtectedText, *, keys: Keys, system_title: bytes, head: bytes = b"") -> bytes:
    """Return the plain text; ``system_title`` is the sender's, ``head`` as `protect` takes it.

    Raise `DecodeError` ("security.authentication") when the tag does not verify, ("security.compression")
    when the text is compressed; ValueError for keys or title of a wrong length.
    """
    control = protected.security_control
    guard = _guard(keys.encryption, keys.authentication, system_title, control)
    return guard.open(protected.payload, protected.invocation_counter, head)


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


class _Guard:
    """One key, one sender and one way to protect, checked and set up once: that costs more than an APDU does."""

    __slots__ = ("_authenticates", "_cipher", "_compresses", "_data", "_encrypts", "_title")

    def __init__(self, encryption: bytes, authentication: bytes, system_title: bytes, control: int) -> None:
        _check_keys(encryption, authentication, system_title, control)
        self._cipher = AESGCM(encryption)
        self._title = system_title
        self._data = bytes([control]) + authentication
        self._authenticates = bool(control & _AUTHENTICATION)
        self._encrypts = bool(control & _ENCRYPTION)
        self._compresses = bool(control & _COMPRESSION)

    def seal(self, plain: bytes, counter: int, head: bytes) -> bytes:
        """Return text and tag."""
        iv = self._title + counter.to_bytes(4, "big")
        if not self._authenticates:
            return self._cipher.encrypt(iv, plain, None)[: len(plain)] if self._encrypts else plain
        if self._encrypts:
            return self._cipher.encrypt(iv, plain, self._data + head)[:_CUT]
        return plain + self._cipher.encrypt(iv, b"", self._data + head + plain)[:_CUT]

    def open(self, payload: bytes, counter: int, head: bytes) -> bytes:
        """Return the plain text. Raise `DecodeError`.

        In GCM ciphering twice with one counter gives the text back; the cipher's own check wants tags of 16 octets,
        and APDUs carry 12.
        """
        if self._compresses:
            raise DecodeError(0, "security.compression")
        iv = self._title + counter.to_bytes(4, "big")
        if not self._authenticates:
            return self._cipher.encrypt(iv, payload, None)[: len(payload)] if self._encrypts else payload
        length = len(payload) - TAG_LENGTH
        if length < 0:
            raise DecodeError(0, "security.tag", f"{len(payload)} octets")
        plain = (
            self._cipher.encrypt(iv, payload[:length], None)[:length] if self._encrypts else payload[:length]
        )
        if not hmac.compare_digest(self.seal(plain, counter, head), payload):
            raise DecodeError(0, "security.authentication")
        return plain


_guard = lru_cache(maxsize=64)(_Guard)


def _check_keys(encryption: bytes, authentication: bytes, system_title: bytes, security_control: int) -> None:
    suite = security_control & 0x0F
    length = _KEY_LENGTHS.get(suite)
    if length is None:
        raise ValueError(f"security suite {suite} is not one of 0, 1, 2")
    if len(encryption) != length:
        raise ValueError(f"suite {suite} needs an encryption key of {length} octets")
    if security_control & _AUTHENTICATION and len(authentication) != length:
        raise ValueError(f"suite {suite} needs an authentication key of {length} octets")
    if len(system_title) != TITLE_LENGTH:
        raise ValueError(f"a system title has {TITLE_LENGTH} octets, not {len(system_title)}")
