"""Protection of APDUs with AES-GCM, GMAC and key wrap (IEC 62056-5-3, NIST SP 800-38D, RFC 3394).

The initialization vector is the sender's system title (8 octets) and the invocation counter (4). The
authenticated data: SC and AK, and the plain text too when it is not encrypted. Tags have 12 octets; with
encryption alone there is none. Suites 0 and 1 use 128-bit keys, suite 2 256-bit keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.ciphered import (
    TITLE_LENGTH,
    CipheredApdu,
    GeneralCipheredApdu,
    ProtectedText,
    SecurityControl,
)
from bench.protocols.xdlms.tags import ApduTag

TAG_LENGTH = 12
_KEY_LENGTHS = {0: 16, 1: 16, 2: 32}

GLO_TAGS: dict[int, int] = {
    ApduTag.INITIATE_REQUEST: ApduTag.GLO_INITIATE_REQUEST,
    ApduTag.INITIATE_RESPONSE: ApduTag.GLO_INITIATE_RESPONSE,
    ApduTag.CONFIRMED_SERVICE_ERROR: ApduTag.GLO_CONFIRMED_SERVICE_ERROR,
    ApduTag.READ_REQUEST: ApduTag.GLO_READ_REQUEST,
    ApduTag.WRITE_REQUEST: ApduTag.GLO_WRITE_REQUEST,
    ApduTag.READ_RESPONSE: ApduTag.GLO_READ_RESPONSE,
    ApduTag.WRITE_RESPONSE: ApduTag.GLO_WRITE_RESPONSE,
    ApduTag.GET_REQUEST: ApduTag.GLO_GET_REQUEST,
    ApduTag.SET_REQUEST: ApduTag.GLO_SET_REQUEST,
    ApduTag.EVENT_NOTIFICATION_REQUEST: ApduTag.GLO_EVENT_NOTIFICATION_REQUEST,
    ApduTag.ACTION_REQUEST: ApduTag.GLO_ACTION_REQUEST,
    ApduTag.GET_RESPONSE: ApduTag.GLO_GET_RESPONSE,
    ApduTag.SET_RESPONSE: ApduTag.GLO_SET_RESPONSE,
    ApduTag.ACTION_RESPONSE: ApduTag.GLO_ACTION_RESPONSE,
}
"""The tag of the service ciphered with the global key, by the plain tag."""
DED_TAGS: dict[int, int] = {
    ApduTag.GET_REQUEST: ApduTag.DED_GET_REQUEST,
    ApduTag.SET_REQUEST: ApduTag.DED_SET_REQUEST,
    ApduTag.EVENT_NOTIFICATION_REQUEST: ApduTag.DED_EVENT_NOTIFICATION_REQUEST,
    ApduTag.ACTION_REQUEST: ApduTag.DED_ACTION_REQUEST,
    ApduTag.GET_RESPONSE: ApduTag.DED_GET_RESPONSE,
    ApduTag.SET_RESPONSE: ApduTag.DED_SET_RESPONSE,
    ApduTag.ACTION_RESPONSE: ApduTag.DED_ACTION_RESPONSE,
}
"""The tag of the service ciphered with the dedicated key, by the plain tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """An encryption key (global, broadcast or dedicated) and the authentication key that goes with it."""

    encryption: bytes = field(repr=False)
    authentication: bytes = field(default=b"", repr=False)


def protect(
    plain: bytes, *, keys: Keys, system_title: bytes, invocation_counter: int, security_control: int
) -> ProtectedText:
    """Protect ``plain`` as the security control octet says; ``system_title`` is the sender's.

    Raise ValueError for keys, title or counter of a wrong length.
    """
    _check_keys(keys, system_title, security_control)
    iv = system_title + invocation_counter.to_bytes(4, "big")
    authenticated = bool(security_control & SecurityControl.AUTHENTICATION)
    encrypted = bool(security_control & SecurityControl.ENCRYPTION)
    encryptor = Cipher(AES(keys.encryption), GCM(iv)).encryptor()
    if authenticated:
        encryptor.authenticate_additional_data(_authenticated_data(plain, keys, security_control))
    text = encryptor.update(plain) if encrypted else plain
    encryptor.finalize()
    tag = encryptor.tag[:TAG_LENGTH] if authenticated else b""
    return ProtectedText(
        security_control=security_control, invocation_counter=invocation_counter, payload=text + tag
    )


def unprotect(protected: ProtectedText, *, keys: Keys, system_title: bytes) -> bytes:
    """Return the plain text; ``system_title`` is the sender's.

    Raise `DecodeError` ("security.authentication") when the tag does not verify, ("security.compression")
    when the text is compressed; ValueError for keys or title of a wrong length.
    """
    control = protected.security_control
    _check_keys(keys, system_title, control)
    if control & SecurityControl.COMPRESSION:
        raise DecodeError(0, "security.compression")
    iv = system_title + protected.invocation_counter.to_bytes(4, "big")
    encrypted = bool(control & SecurityControl.ENCRYPTION)
    if not control & SecurityControl.AUTHENTICATION:
        # Without a tag GCM is a plain counter mode: encrypting again gives the text back.
        cipher = Cipher(AES(keys.encryption), GCM(iv)).encryptor()
        return cipher.update(protected.payload) if encrypted else protected.payload
    if len(protected.payload) < TAG_LENGTH:
        raise DecodeError(0, "security.tag", f"{len(protected.payload)} octets")
    text, tag = protected.payload[:-TAG_LENGTH], protected.payload[-TAG_LENGTH:]
    decryptor = Cipher(AES(keys.encryption), GCM(iv, tag, min_tag_length=TAG_LENGTH)).decryptor()
    decryptor.authenticate_additional_data(_authenticated_data(text, keys, control))
    plain = decryptor.update(text) if encrypted else text
    try:
        decryptor.finalize()
    except InvalidTag as error:
        raise DecodeError(0, "security.authentication") from error
    return plain


def open_apdu(
    ciphered: CipheredApdu | GeneralCipheredApdu, *, keys: Keys, system_title: bytes = b""
) -> bytes:
    """Return the plain APDU inside; the title in a general one goes before ``system_title``.

    Raise what `unprotect` raises.
    """
    own_title = ciphered.system_title if isinstance(ciphered, GeneralCipheredApdu) else b""
    return unprotect(ciphered.protected, keys=keys, system_title=own_title or system_title)


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


def _authenticated_data(plain: bytes, keys: Keys, security_control: int) -> bytes:
    head = bytes([security_control]) + keys.authentication
    return head if security_control & SecurityControl.ENCRYPTION else head + plain


def _check_keys(keys: Keys, system_title: bytes, security_control: int) -> None:
    suite = security_control & 0x0F
    length = _KEY_LENGTHS.get(suite)
    if length is None:
        raise ValueError(f"security suite {suite} is not one of 0, 1, 2")
    if len(keys.encryption) != length:
        raise ValueError(f"suite {suite} needs an encryption key of {length} octets")
    if security_control & SecurityControl.AUTHENTICATION and len(keys.authentication) != length:
        raise ValueError(f"suite {suite} needs an authentication key of {length} octets")
    if len(system_title) != TITLE_LENGTH:
        raise ValueError(f"a system title has {TITLE_LENGTH} octets, not {len(system_title)}")
