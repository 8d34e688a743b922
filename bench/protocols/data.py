"""COSEM values: the Data CHOICE of IEC 62056-5-3 as types, values and short constructors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias


class DataType(IntEnum):
    """Tags of the Data CHOICE."""

    VERBATIM = -1
    """No type of the standard: octets to be written as they are (`verbatim`)."""
    NULL_DATA = 0
    ARRAY = 1
    STRUCTURE = 2
    BOOLEAN = 3
    BIT_STRING = 4
    DOUBLE_LONG = 5
    DOUBLE_LONG_UNSIGNED = 6
    FLOATING_POINT = 7
    OCTET_STRING = 9
    VISIBLE_STRING = 10
    UTF8_STRING = 12
    BCD = 13
    INTEGER = 15
    LONG = 16
    UNSIGNED = 17
    LONG_UNSIGNED = 18
    COMPACT_ARRAY = 19
    LONG64 = 20
    LONG64_UNSIGNED = 21
    ENUM = 22
    FLOAT32 = 23
    FLOAT64 = 24
    DATE_TIME = 25
    DATE = 26
    TIME = 27
    DELTA_INTEGER = 28
    DELTA_LONG = 29
    DELTA_DOUBLE_LONG = 30
    DELTA_UNSIGNED = 31
    DELTA_LONG_UNSIGNED = 32
    DELTA_DOUBLE_LONG_UNSIGNED = 33
    DONT_CARE = 255


@dataclass(frozen=True, slots=True)
class TypeDescription:
    """The type of a compact-array's elements: ``elements`` of a structure, or the one of an array."""

    type: DataType
    elements: tuple[TypeDescription, ...] = ()
    count: int = 0
    """Number of elements, for an array only."""


@dataclass(frozen=True, slots=True)
class CompactArray:
    """A compact-array: its type description and its contents, still encoded."""

    description: TypeDescription
    contents: bytes


Value: TypeAlias = "bool | int | float | str | bytes | CompactArray | tuple[Data, ...] | None"


class WrongType(TypeError):
    """A value is of another type than its reader asked for."""


@dataclass(frozen=True, slots=True)
class Data:
    """A COSEM value: None for null-data; tuples of Data for array and structure; text of 0 and 1 for
    bit-string; str for visible and utf8 strings; bytes for octet-string, date-time, date and time.
    """

    type: DataType
    value: Value

    def items(self) -> tuple[Data, ...]:
        """Return the elements of an array or structure. Raise WrongType for another type."""
        if not isinstance(self.value, tuple):
            raise WrongType(f"{self.type.name} has no elements")
        return self.value

    def number(self) -> int:
        """Return the value of an integer type (also enum, boolean). Raise WrongType for another type."""
        if not isinstance(self.value, int):
            raise WrongType(f"{self.type.name} is no integer")
        return self.value

    def octets(self) -> bytes:
        """Return the octets of an octet-string, date-time, date or time. Raise WrongType otherwise."""
        if not isinstance(self.value, bytes):
            raise WrongType(f"{self.type.name} has no octets")
        return self.value


def null_data() -> Data:
    """Make null-data."""
    return Data(DataType.NULL_DATA, None)


def array(*elements: Data) -> Data:
    """Make an array."""
    return Data(DataType.ARRAY, elements)


def structure(*elements: Data) -> Data:
    """Make a structure."""
    return Data(DataType.STRUCTURE, elements)


def boolean(value: bool) -> Data:
    """Make a boolean."""
    return Data(DataType.BOOLEAN, value)


def bit_string(bits: str) -> Data:
    """Make a bit-string from text of 0 and 1, first bit first."""
    return Data(DataType.BIT_STRING, bits)


def double_long(value: int) -> Data:
    """Make a signed 32-bit integer."""
    return Data(DataType.DOUBLE_LONG, value)


def double_long_unsigned(value: int) -> Data:
    """Make an unsigned 32-bit integer."""
    return Data(DataType.DOUBLE_LONG_UNSIGNED, value)


def octet_string(value: bytes) -> Data:
    """Make an octet-string."""
    return Data(DataType.OCTET_STRING, value)


def visible_string(value: str) -> Data:
    """Make a visible-string."""
    return Data(DataType.VISIBLE_STRING, value)


def utf8_string(value: str) -> Data:
    """Make a utf8-string."""
    return Data(DataType.UTF8_STRING, value)


def integer(value: int) -> Data:
    """Make a signed 8-bit integer."""
    return Data(DataType.INTEGER, value)


def long(value: int) -> Data:
    """Make a signed 16-bit integer."""
    return Data(DataType.LONG, value)


def unsigned(value: int) -> Data:
    """Make an unsigned 8-bit integer."""
    return Data(DataType.UNSIGNED, value)


def long_unsigned(value: int) -> Data:
    """Make an unsigned 16-bit integer."""
    return Data(DataType.LONG_UNSIGNED, value)


def long64(value: int) -> Data:
    """Make a signed 64-bit integer."""
    return Data(DataType.LONG64, value)


def long64_unsigned(value: int) -> Data:
    """Make an unsigned 64-bit integer."""
    return Data(DataType.LONG64_UNSIGNED, value)


def enum(value: int) -> Data:
    """Make an enum."""
    return Data(DataType.ENUM, value)


def verbatim(octets: bytes) -> Data:
    """Make a value that is written as these octets, tag and all, whatever they are."""
    return Data(DataType.VERBATIM, octets)
