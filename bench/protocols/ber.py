"""The BER codings that ACSE elements use (X.690): each reads and writes the content of one tagged element."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from bench.protocols.cursor import Cursor, counted_octets, is_member
from bench.protocols.deviation import DecodeError

_INTEGER = 0x02
_OCTET_STRING = 0x04
_OBJECT_IDENTIFIER = 0x06
_CHARSTRING = 0x80


class DiagnosticSource(IntEnum):
    """Who gives an association's diagnostic; the value is the tag of the alternative."""

    USER = 0xA1
    PROVIDER = 0xA2


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A result-source-diagnostic: its source and its code."""

    source: DiagnosticSource
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """How the content of an element is read from a cursor that ends with it, and written."""

    read: Callable[[Cursor], Any]
    write: Callable[[Any], bytes]


def read_element(cursor: Cursor, what: str) -> tuple[int, Cursor]:
    """Read tag and length, step over the content; return the tag and a cursor over the content.

    A content that runs past the end of its container is noted ("acse.length") and cut there.
    """
    tag = cursor.octet(f"tag of {what}")
    length_at = cursor.offset
    length = cursor.length(what)
    if length > cursor.left:
        cursor.note("acse.length", f"{what} says {length}, follow {cursor.left}", length_at)
        length = cursor.left
    return tag, cursor.part(length)


def _finish(cursor: Cursor, what: str) -> None:
    if cursor.left:
        cursor.note("acse.length", f"{cursor.left} octets behind {what}")


def _inner(cursor: Cursor, tag: int, what: str) -> Cursor:
    """Return a cursor over the content of the one element inside an explicit tag."""
    at = cursor.offset
    found, content = read_element(cursor, what)
    if found != tag:
        raise DecodeError(at, "acse.inner-tag", f"{what}: {found:02X} instead of {tag:02X}")
    _finish(cursor, what)
    return content


def _rest(cursor: Cursor, what: str) -> bytes:
    return cursor.take(cursor.left, what)


def _read_opaque(cursor: Cursor) -> bytes:
    return _rest(cursor, "content")


def _read_octets(cursor: Cursor) -> bytes:
    return _rest(_inner(cursor, _OCTET_STRING, "octet string"), "octet string")


def _write_octets(value: bytes) -> bytes:
    return bytes([_OCTET_STRING]) + counted_octets(value)


def _read_implicit_object_identifier(cursor: Cursor) -> bytes:
    at = cursor.offset
    octets = _rest(cursor, "object identifier")
    if not octets or octets[-1] & 0x80:
        cursor.note("acse.object-identifier", octets.hex(), at)
    return octets


def _read_object_identifier(cursor: Cursor) -> bytes:
    return _read_implicit_object_identifier(_inner(cursor, _OBJECT_IDENTIFIER, "object identifier"))


def _write_object_identifier(value: bytes) -> bytes:
    return bytes([_OBJECT_IDENTIFIER]) + counted_octets(value)


def _read_implicit_integer(cursor: Cursor) -> int:
    at = cursor.offset
    octets = _rest(cursor, "integer")
    if not 1 <= len(octets) <= 4:
        raise DecodeError(at, "acse.integer", f"{len(octets)} octets")
    value = int.from_bytes(octets, "big", signed=True)
    if _write_implicit_integer(value) != octets:
        cursor.note("acse.integer-not-shortest", octets.hex(), at)
    return value


def _write_implicit_integer(value: int) -> bytes:
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return value.to_bytes(size, "big", signed=True)


def _read_integer(cursor: Cursor) -> int:
    return _read_implicit_integer(_inner(cursor, _INTEGER, "integer"))


def _write_integer(value: int) -> bytes:
    return bytes([_INTEGER]) + counted_octets(_write_implicit_integer(value))


def _read_bits(cursor: Cursor) -> str:
    at = cursor.offset
    octets = _rest(cursor, "bit string")
    if not octets or octets[0] > 7 or (len(octets) == 1 and octets[0]):
        raise DecodeError(at, "acse.bit-string", octets.hex())
    bits = "".join(f"{octet:08b}" for octet in octets[1:])
    count = len(bits) - octets[0]
    if "1" in bits[count:]:
        cursor.note("acse.bits-unused", octets[-1:].hex(), at + len(octets) - 1)
    return bits[:count]


def _write_bits(value: str) -> bytes:
    size = (len(value) + 7) // 8
    return bytes([size * 8 - len(value)]) + int(value.ljust(size * 8, "0") or "0", 2).to_bytes(size, "big")


def _read_authentication(cursor: Cursor) -> bytes:
    at = cursor.offset
    choice, content = read_element(cursor, "authentication value")
    if choice != _CHARSTRING:
        cursor.note("acse.authentication-choice", f"{choice:02X}", at)
    _finish(cursor, "authentication value")
    return _rest(content, "authentication value")


def _write_authentication(value: bytes) -> bytes:
    return bytes([_CHARSTRING]) + counted_octets(value)


def _read_diagnostic(cursor: Cursor) -> Diagnostic:
    at = cursor.offset
    tag, content = read_element(cursor, "diagnostic")
    if not is_member(tag, DiagnosticSource):
        raise DecodeError(at, "acse.inner-tag", f"diagnostic: {tag:02X}")
    _finish(cursor, "diagnostic")
    return Diagnostic(DiagnosticSource(tag), _read_integer(content))


def _write_diagnostic(value: Diagnostic) -> bytes:
    return bytes([value.source]) + counted_octets(_write_integer(value.code))


OPAQUE = Coding(read=_read_opaque, write=bytes)
"""Octets as they are."""
OCTETS = Coding(read=_read_octets, write=_write_octets)
"""An explicitly tagged OCTET STRING, as bytes."""
OBJECT_IDENTIFIER = Coding(read=_read_object_identifier, write=_write_object_identifier)
"""An explicitly tagged OBJECT IDENTIFIER, as its content octets."""
IMPLICIT_OBJECT_IDENTIFIER = Coding(read=_read_implicit_object_identifier, write=bytes)
"""An implicitly tagged OBJECT IDENTIFIER, as its content octets."""
INTEGER = Coding(read=_read_integer, write=_write_integer)
"""An explicitly tagged INTEGER."""
IMPLICIT_INTEGER = Coding(read=_read_implicit_integer, write=_write_implicit_integer)
"""An implicitly tagged INTEGER."""
BITS = Coding(read=_read_bits, write=_write_bits)
"""An implicitly tagged BIT STRING, as text of 0 and 1."""
AUTHENTICATION = Coding(read=_read_authentication, write=_write_authentication)
"""An authentication value: the octets of its charstring."""
DIAGNOSTIC = Coding(read=_read_diagnostic, write=_write_diagnostic)
"""A result-source-diagnostic."""
