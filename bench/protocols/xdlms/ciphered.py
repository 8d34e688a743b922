"""Ciphered APDUs as structures; `bench.protocols.ciphering` opens and seals them (IEC 62056-5-3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TypeAlias

from bench.protocols.cursor import Cursor, counted_octets
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.parts import optional_octets, read_flag
from bench.protocols.xdlms.tags import ApduTag

TITLE_LENGTH = 8
_HEADER_LENGTH = 5


class SecurityControl(IntFlag):
    """Bits of the security control octet; bits 0 to 3 hold the security suite."""

    AUTHENTICATION = 0x10
    ENCRYPTION = 0x20
    BROADCAST_KEY = 0x40
    COMPRESSION = 0x80


_AUTHENTICATION = int(SecurityControl.AUTHENTICATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedText:
    """Security control octet, invocation counter, and what follows: text (plain or cipher) and tag."""

    security_control: int
    invocation_counter: int
    payload: bytes

    def to_bytes(self) -> bytes:
        """Return the octets, without their length."""
        return bytes([self.security_control]) + self.invocation_counter.to_bytes(4, "big") + self.payload

    @property
    def suite(self) -> int:
        """Return the number of the security suite."""
        return self.security_control & 0x0F


@dataclass(frozen=True, slots=True, kw_only=True)
class CipheredApdu:
    """A service-specific ciphered APDU: global (21, 28, C8..CF) or dedicated (D0..D7) key."""

    tag: int
    protected: ProtectedText

    def to_bytes(self, *, length: int | None = None) -> bytes:
        """Return the APDU; ``length`` (below 128) replaces the length."""
        content = self.protected.to_bytes()
        return bytes([self.tag]) + (counted_octets(content) if length is None else bytes([length]) + content)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralCipheredApdu:
    """general-glo-ciphering (DB) or general-ded-ciphering (DC): with the sender's system title."""

    tag: int = ApduTag.GENERAL_GLO_CIPHERING
    system_title: bytes
    protected: ProtectedText

    def to_bytes(self) -> bytes:
        """Return the APDU."""
        return (
            bytes([self.tag]) + counted_octets(self.system_title) + counted_octets(self.protected.to_bytes())
        )


class KeyInfoChoice(IntEnum):
    """How general-ciphering names its key."""

    IDENTIFIED = 0
    WRAPPED = 1
    AGREED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """key-info: for an identified key ``parameters`` holds the key id octet and ``data`` is empty; for a
    wrapped one ``parameters`` holds the KEK id octet and ``data`` the wrapped key; for an agreed one both
    are octet strings: parameters (01: one-pass DH, 02: static) and the key-ciphered data.
    """

    choice: int
    parameters: bytes
    data: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the CHOICE."""
        if self.choice == KeyInfoChoice.IDENTIFIED:
            return bytes([self.choice]) + self.parameters
        parameters = (
            counted_octets(self.parameters) if self.choice == KeyInfoChoice.AGREED else self.parameters
        )
        return bytes([self.choice]) + parameters + counted_octets(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralCiphering:
    """general-ciphering (DD), with transaction id, both titles, and a key of its own."""

    transaction_id: bytes
    originator_system_title: bytes
    recipient_system_title: bytes
    date_time: bytes = b""
    other_information: bytes = b""
    key_info: KeyInfo | None = None
    protected: ProtectedText

    def to_bytes(self, *, tag: int = ApduTag.GENERAL_CIPHERING) -> bytes:
        """Return the APDU."""
        key_info = optional_octets(None if self.key_info is None else self.key_info.to_bytes())
        return bytes([tag]) + self.head.to_bytes() + key_info + counted_octets(self.protected.to_bytes())

    @property
    def head(self) -> GeneralHead:
        """Return the fields before the key."""
        return GeneralHead(
            transaction_id=self.transaction_id,
            originator_system_title=self.originator_system_title,
            recipient_system_title=self.recipient_system_title,
            date_time=self.date_time,
            other_information=self.other_information,
        )


Ciphered: TypeAlias = CipheredApdu | GeneralCipheredApdu | GeneralCiphering


def read_ciphered_apdu(cursor: Cursor, tag: int) -> CipheredApdu:
    """Read what follows the tag of a service-specific ciphered APDU."""
    return CipheredApdu(tag=tag, protected=_read_protected(cursor))


def read_general_ciphered_apdu(cursor: Cursor, tag: int) -> GeneralCipheredApdu:
    """Read what follows the tag DB or DC."""
    title = _read_title(cursor, "system-title")
    return GeneralCipheredApdu(tag=tag, system_title=title, protected=_read_protected(cursor))


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralHead:
    """What general-ciphering and general-signing begin with."""

    transaction_id: bytes
    originator_system_title: bytes
    recipient_system_title: bytes
    date_time: bytes = b""
    other_information: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the five octet strings, each with its length."""
        return b"".join(
            counted_octets(part)
            for part in (
                self.transaction_id,
                self.originator_system_title,
                self.recipient_system_title,
                self.date_time,
                self.other_information,
            )
        )


def read_general_head(cursor: Cursor) -> GeneralHead:
    """Read the fields that stand before content or key."""
    transaction_id = cursor.counted("transaction-id")
    originator = _read_title(cursor, "originator-system-title")
    recipient = _read_title(cursor, "recipient-system-title")
    at = cursor.offset
    date_time = cursor.counted("date-time")
    if len(date_time) not in (0, 12):
        cursor.note("xdlms.date-time", f"{len(date_time)} octets", at)
    return GeneralHead(
        transaction_id=transaction_id,
        originator_system_title=originator,
        recipient_system_title=recipient,
        date_time=date_time,
        other_information=cursor.counted("other-information"),
    )


def read_general_ciphering(cursor: Cursor) -> GeneralCiphering:
    """Read what follows the tag DD."""
    head = read_general_head(cursor)
    key_info = _read_key_info(cursor) if read_flag(cursor, "key-info flag") else None
    return GeneralCiphering(
        transaction_id=head.transaction_id,
        originator_system_title=head.originator_system_title,
        recipient_system_title=head.recipient_system_title,
        date_time=head.date_time,
        other_information=head.other_information,
        key_info=key_info,
        protected=_read_protected(cursor),
    )


def _read_protected(cursor: Cursor) -> ProtectedText:
    length_at = cursor.offset
    length = cursor.length("ciphered content")
    if length < _HEADER_LENGTH:
        raise DecodeError(length_at, "truncated", f"ciphered content of {length} octets has no header")
    control_at = cursor.offset
    content = cursor.take(length, "ciphered content")
    control = content[0]
    if control & 0x0F > 2:
        cursor.note("security.suite", f"{control & 0x0F}", control_at)
    if control & _AUTHENTICATION and length < _HEADER_LENGTH + 12:
        cursor.note(
            "security.tag", f"{length - _HEADER_LENGTH} octets left for it", control_at + _HEADER_LENGTH
        )
    counter = int.from_bytes(content[1:5], "big")
    return ProtectedText(security_control=control, invocation_counter=counter, payload=content[5:])


def _read_title(cursor: Cursor, what: str) -> bytes:
    at = cursor.offset
    title = cursor.counted(what)
    if len(title) not in (0, TITLE_LENGTH):
        cursor.note("security.title-length", f"{what}: {len(title)} octets", at)
    return title


def _read_key_info(cursor: Cursor) -> KeyInfo:
    at = cursor.offset
    choice = cursor.octet("key-info choice")
    if choice == KeyInfoChoice.IDENTIFIED:
        return KeyInfo(choice=choice, parameters=cursor.take(1, "key-id"))
    if choice == KeyInfoChoice.WRAPPED:
        parameters = cursor.take(1, "kek-id")
        return KeyInfo(choice=choice, parameters=parameters, data=cursor.counted("key-ciphered-data"))
    if choice == KeyInfoChoice.AGREED:
        parameters = cursor.counted("key-parameters")
        return KeyInfo(choice=choice, parameters=parameters, data=cursor.counted("key-ciphered-data"))
    raise DecodeError(at, "security.key-info", f"{choice}")
