"""The two checksums of a token block, CRC and CRC_C (IEC 62055-41 6.3.7)."""

from __future__ import annotations

_POLYNOMIAL_REFLECTED = 0xA001
_INITIAL = 0xFFFF
#: CRC_C covers one more octet, so that a meter without currency support sees a wrong checksum.
_CURRENCY_OCTET = b"\x01"


def _table_entry(octet: int) -> int:
    for _ in range(8):
        octet = (octet >> 1) ^ (_POLYNOMIAL_REFLECTED if octet & 1 else 0)
    return octet


_TABLE = tuple(_table_entry(octet) for octet in range(256))


def crc16(octets: bytes) -> int:
    """Return the 16-bit checksum as it stands in a token: CRC-16 (x^16+x^15+x^2+1), low octet first."""
    remainder = _INITIAL
    for octet in octets:
        remainder = (remainder >> 8) ^ _TABLE[(remainder ^ octet) & 0xFF]
    return (remainder & 0xFF) << 8 | remainder >> 8


def block_crc(token_class: int, payload48: int, *, currency: bool = False) -> int:
    """Return the checksum of a token block: class and the 48 bits above the checksum.

    ``currency`` asks for CRC_C, used by class 0 subclasses 4 to 7.
    """
    octets = (token_class << 48 | payload48).to_bytes(7, "big")
    return crc16(octets + _CURRENCY_OCTET if currency else octets)


def uses_crc_c(token_class: int, subclass: int) -> bool:
    """Return whether a token of this kind carries CRC_C."""
    return token_class == 0 and 4 <= subclass <= 7
