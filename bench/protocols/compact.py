"""The elements of a compact-array: its contents carry values without tags, its description their types."""

from __future__ import annotations

from bench.protocols.axdr import read_content
from bench.protocols.cursor import Cursor
from bench.protocols.data import CompactArray, Data, DataType, TypeDescription
from bench.protocols.deviation import DecodeError


def elements(value: CompactArray) -> tuple[Data, ...]:
    """Return the elements. Raise `DecodeError` when contents and description do not fit."""
    cursor = Cursor(value.contents)
    found = []
    while cursor.left:
        at = cursor.offset
        found.append(_element(cursor, value.description))
        if cursor.offset == at:
            raise DecodeError(at, "axdr.type-description", "elements without octets")
    return tuple(found)


def _element(cursor: Cursor, description: TypeDescription) -> Data:
    kind = description.type
    if kind is DataType.STRUCTURE:
        return Data(kind, tuple(_element(cursor, element) for element in description.elements))
    if kind is DataType.ARRAY:
        (element,) = description.elements
        if description.count > cursor.left:
            raise DecodeError(cursor.end, "truncated", f"{description.count} elements, {cursor.left} octets")
        return Data(kind, tuple(_element(cursor, element) for _ in range(description.count)))
    return read_content(cursor, kind)
