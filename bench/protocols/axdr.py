"""A-XDR coding of the COSEM Data type (IEC 61334-6, IEC 62056-5-3).

``Data`` holds a type and a Python value. The decoder refuses what the rules forbid; the encoder can be
made to write anything: `verbatim` splices octets of any kind into a value.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from bench.protocols.cursor import Cursor, counted_octets, length_octets
from bench.protocols.data import CompactArray as CompactArray
from bench.protocols.data import Data as Data
from bench.protocols.data import DataType as DataType
from bench.protocols.data import TypeDescription as TypeDescription
from bench.protocols.data import Value as Value
from bench.protocols.data import array as array
from bench.protocols.data import bit_string as bit_string
from bench.protocols.data import boolean as boolean
from bench.protocols.data import double_long as double_long
from bench.protocols.data import double_long_unsigned as double_long_unsigned
from bench.protocols.data import enum as enum
from bench.protocols.data import integer as integer
from bench.protocols.data import long as long
from bench.protocols.data import long64 as long64
from bench.protocols.data import long64_unsigned as long64_unsigned
from bench.protocols.data import long_unsigned as long_unsigned
from bench.protocols.data import null_data as null_data
from bench.protocols.data import octet_string as octet_string
from bench.protocols.data import structure as structure
from bench.protocols.data import unsigned as unsigned
from bench.protocols.data import utf8_string as utf8_string
from bench.protocols.data import verbatim as verbatim
from bench.protocols.data import visible_string as visible_string
from bench.protocols.deviation import DecodeError, Deviation, violations

MAX_NESTING = 32

# Size in octets, signed.
_INTEGERS: dict[DataType, tuple[int, bool]] = {
    DataType.DOUBLE_LONG: (4, True),
    DataType.DOUBLE_LONG_UNSIGNED: (4, False),
    DataType.BCD: (1, True),
    DataType.INTEGER: (1, True),
    DataType.LONG: (2, True),
    DataType.UNSIGNED: (1, False),
    DataType.LONG_UNSIGNED: (2, False),
    DataType.LONG64: (8, True),
    DataType.LONG64_UNSIGNED: (8, False),
    DataType.ENUM: (1, False),
    DataType.DELTA_INTEGER: (1, True),
    DataType.DELTA_LONG: (2, True),
    DataType.DELTA_DOUBLE_LONG: (4, True),
    DataType.DELTA_UNSIGNED: (1, False),
    DataType.DELTA_LONG_UNSIGNED: (2, False),
    DataType.DELTA_DOUBLE_LONG_UNSIGNED: (4, False),
}
_FLOATS = {DataType.FLOAT32: ">f", DataType.FLOAT64: ">d", DataType.FLOATING_POINT: ">f"}
_FIXED_OCTETS = {DataType.DATE_TIME: 12, DataType.DATE: 5, DataType.TIME: 4}
_NO_CONTENT = {DataType.NULL_DATA, DataType.DONT_CARE}
_KNOWN = {int(data_type): data_type for data_type in DataType if data_type >= 0}
# Made once: the name of an enumeration's member costs more than reading a number does.
_NAMES = {data_type: data_type.name.lower().replace("_", "-") for data_type in DataType}


def encode(data: Data) -> bytes:
    """Return the tag and content octets. Raise ValueError for a value that its type cannot hold."""
    if data.type is DataType.VERBATIM:
        return data.octets()
    return bytes([data.type]) + encode_content(data)


def encode_content(data: Data) -> bytes:
    """Return the content octets without the tag. Raise ValueError for a value that its type cannot hold."""
    kind, value = data.type, data.value
    if kind in _NO_CONTENT and value is None:
        return b""
    if kind in _INTEGERS and isinstance(value, int):
        size, signed = _INTEGERS[kind]
        try:
            return value.to_bytes(size, "big", signed=signed)
        except OverflowError as error:
            raise ValueError(f"{value} does not fit {kind.name}") from error
    if kind in _FLOATS and isinstance(value, int | float):
        return struct.pack(_FLOATS[kind], value)
    if isinstance(value, bytes) and kind is DataType.OCTET_STRING:
        return counted_octets(value)
    if isinstance(value, bytes) and len(value) == _FIXED_OCTETS.get(kind):
        return value
    if isinstance(value, tuple) and kind in (DataType.ARRAY, DataType.STRUCTURE):
        return length_octets(len(value)) + b"".join(encode(element) for element in value)
    if kind is DataType.BOOLEAN and isinstance(value, bool | int):
        return bytes([value])
    if isinstance(value, str):
        return _encode_text(kind, value)
    if isinstance(value, CompactArray) and kind is DataType.COMPACT_ARRAY:
        return _encode_description(value.description) + counted_octets(value.contents)
    raise ValueError(f"{value!r} is no value of {kind.name}")


def decode(octets: bytes, offset: int = 0) -> tuple[Data, int]:
    """Decode one value; return it and the offset behind it.

    Raise `DecodeError` for the first violation of a rule; unusual encodings pass.
    """
    cursor = Cursor(octets, offset)
    data = read_data(cursor)
    for deviation in violations(cursor.deviations):
        raise DecodeError(deviation.offset, deviation.rule, deviation.detail)
    return data, cursor.offset


def decode_all(octets: bytes) -> Data:
    """Decode octets that hold exactly one value. Raise `DecodeError`, also for trailing octets."""
    data, end = decode(octets)
    if end != len(octets):
        raise DecodeError(end, "trailing", f"{len(octets) - end} octets")
    return data


def examine(octets: bytes) -> tuple[Data | None, tuple[Deviation, ...]]:
    """Decode octets that should hold exactly one value, and report every deviation; never raises."""
    cursor = Cursor(octets)
    data = None
    try:
        data = read_data(cursor)
        cursor.finish()
    except DecodeError as error:
        cursor.deviations.append(error.deviation)
    return data, tuple(cursor.deviations)


def read_data(cursor: Cursor, nesting: int = 0) -> Data:
    """Read one value at the cursor, noting deviations there. Raise `DecodeError` when it cannot be read."""
    at = cursor.offset
    tag = cursor.octet("data tag")
    kind = _KNOWN.get(tag)
    if kind is None:
        raise DecodeError(at, "axdr.tag", f"{tag:02X}")
    return read_content(cursor, kind, nesting)


def read_content(cursor: Cursor, kind: DataType, nesting: int = 0) -> Data:
    """Read the content of a value whose type is known (as in a compact-array)."""
    layout = _INTEGERS.get(kind)
    if layout is not None:
        size, is_signed = layout
        name = _NAMES[kind]
        return Data(kind, cursor.signed(size, name) if is_signed else cursor.unsigned(size, name))
    read = _READERS.get(kind)
    if read is not None:
        return Data(kind, read(cursor, kind, nesting))
    if kind in _NO_CONTENT:
        return Data(kind, None)
    return Data(kind, cursor.take(_FIXED_OCTETS[kind], _NAMES[kind]))


def _read_elements(cursor: Cursor, kind: DataType, nesting: int) -> tuple[Data, ...]:
    at = cursor.offset
    if nesting >= MAX_NESTING:
        raise DecodeError(at, "axdr.nesting")
    count = cursor.length(kind.name.lower())
    if count > cursor.left:
        raise DecodeError(cursor.end, "truncated", f"{count} elements announced, {cursor.left} octets left")
    return tuple(read_data(cursor, nesting + 1) for _ in range(count))


def _read_boolean(cursor: Cursor, _kind: DataType, _nesting: int) -> bool | int:
    octet = cursor.octet("boolean")
    if octet in (0, 1):
        return bool(octet)
    if octet != 0xFF:
        cursor.note("axdr.boolean", f"{octet:02X}", cursor.offset - 1)
    return octet


def _read_bits(cursor: Cursor, _kind: DataType, _nesting: int) -> str:
    count = cursor.length("bit-string")
    octets = cursor.take((count + 7) // 8, "bit-string")
    bits = "".join(f"{octet:08b}" for octet in octets)
    if "1" in bits[count:]:
        cursor.note("axdr.unused-bits", octets[-1:].hex(), cursor.offset - 1)
    return bits[:count]


def _read_float(cursor: Cursor, kind: DataType, _nesting: int) -> float:
    octets = cursor.take(struct.calcsize(_FLOATS[kind]), kind.name.lower())
    value: float = struct.unpack(_FLOATS[kind], octets)[0]
    if math.isnan(value) and struct.pack(_FLOATS[kind], value) != octets:
        cursor.note("axdr.nan", octets.hex(), cursor.offset - len(octets))
    return value


def _read_octets(cursor: Cursor, _kind: DataType, _nesting: int) -> bytes:
    return cursor.counted("octet-string")


def _read_visible(cursor: Cursor, _kind: DataType, _nesting: int) -> str:
    octets = cursor.counted("visible-string")
    found = next((index for index, octet in enumerate(octets) if not 0x20 <= octet < 0x7F), None)
    if found is not None:
        # the first one only: a string of garbage must not make a report longer than itself
        cursor.note("axdr.visible-string", f"{octets[found]:02X}", cursor.offset - len(octets) + found)
    return octets.decode("latin-1")


def _read_utf8(cursor: Cursor, _kind: DataType, _nesting: int) -> str:
    octets = cursor.counted("utf8-string")
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        cursor.note("axdr.utf8", error.reason, cursor.offset - len(octets) + error.start)
        return octets.decode(errors="surrogateescape")


def _read_compact_array(cursor: Cursor, _kind: DataType, nesting: int) -> CompactArray:
    return CompactArray(_read_description(cursor, nesting), cursor.counted("compact-array contents"))


def _read_description(cursor: Cursor, nesting: int) -> TypeDescription:
    at = cursor.offset
    if nesting >= MAX_NESTING:
        raise DecodeError(at, "axdr.nesting")
    kind = _KNOWN.get(tag := cursor.octet("type description"))
    if kind is None or kind is DataType.COMPACT_ARRAY:
        raise DecodeError(at, "axdr.type-description", f"{tag:02X}")
    if kind is DataType.ARRAY:
        count = cursor.unsigned(2, "number of elements")
        return TypeDescription(kind, (_read_description(cursor, nesting + 1),), count)
    if kind is DataType.STRUCTURE:
        count = cursor.length("structure description")
        if count > cursor.left:
            raise DecodeError(cursor.end, "truncated", f"{count} type descriptions announced")
        return TypeDescription(kind, tuple(_read_description(cursor, nesting + 1) for _ in range(count)))
    return TypeDescription(kind)


def _encode_description(description: TypeDescription) -> bytes:
    octets = bytes([description.type])
    if description.type is DataType.ARRAY:
        octets += description.count.to_bytes(2, "big")
    elif description.type is DataType.STRUCTURE:
        octets += length_octets(len(description.elements))
    return octets + b"".join(_encode_description(element) for element in description.elements)


def _encode_text(kind: DataType, value: str) -> bytes:
    if kind is DataType.VISIBLE_STRING:
        return counted_octets(value.encode("latin-1"))
    if kind is DataType.UTF8_STRING:
        return counted_octets(value.encode(errors="surrogateescape"))
    if kind is DataType.BIT_STRING and not set(value) - {"0", "1"}:
        size = (len(value) + 7) // 8
        return length_octets(len(value)) + int(value.ljust(size * 8, "0") or "0", 2).to_bytes(size, "big")
    raise ValueError(f"{value!r} is no value of {kind.name}")


_READERS: dict[DataType, Callable[[Cursor, DataType, int], Value]] = {
    DataType.ARRAY: _read_elements,
    DataType.STRUCTURE: _read_elements,
    DataType.BOOLEAN: _read_boolean,
    DataType.BIT_STRING: _read_bits,
    DataType.FLOATING_POINT: _read_float,
    DataType.FLOAT32: _read_float,
    DataType.FLOAT64: _read_float,
    DataType.OCTET_STRING: _read_octets,
    DataType.VISIBLE_STRING: _read_visible,
    DataType.UTF8_STRING: _read_utf8,
    DataType.COMPACT_ARRAY: _read_compact_array,
}
