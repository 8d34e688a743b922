"""Parts that the data services share: invoke-id, selective access, optional fields, data blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bench.protocols.axdr import Data, encode, read_data
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from bench.protocols.cursor import Cursor, counted_octets, length_octets
from bench.protocols.xdlms.results import DataAccessResult, read_result

DEFAULT_INVOKE = 0xC1
"""invoke-id 1, service class confirmed, priority high."""

PartT = TypeVar("PartT")


def invoke_octet(invoke_id: int, *, confirmed: bool = True, high_priority: bool = True) -> int:
    """Return an invoke-id-and-priority octet: bits 0-3 id, 6 service class, 7 priority."""
    return (invoke_id & 0x0F) | confirmed << 6 | high_priority << 7


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectiveAccess:
    """An access selection: the selector and its parameters."""

    selector: int
    parameters: Data

    def to_bytes(self) -> bytes:
        """Return selector and parameters, without the optional flag."""
        return bytes([self.selector]) + encode(self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeAccess:
    """An attribute with its optional selection, as lists carry it."""

    attribute: CosemAttribute
    access: SelectiveAccess | None = None

    def to_bytes(self) -> bytes:
        """Return the descriptor and the optional selection."""
        return self.attribute.to_bytes() + access_octets(self.access)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataBlock:
    """A block of a long service: last-block flag, block number (from 1), raw octets of the coded data."""

    last: bool
    number: int
    raw: bytes

    def to_bytes(self) -> bytes:
        """Return flag, number and counted raw data."""
        return bytes([self.last]) + self.number.to_bytes(4, "big") + counted_octets(self.raw)


def optional_octets(octets: bytes | None) -> bytes:
    """Return an OPTIONAL field: 00, or 01 and the octets."""
    return b"\x00" if octets is None else b"\x01" + octets


def access_octets(access: SelectiveAccess | None) -> bytes:
    """Return an optional access selection."""
    return optional_octets(None if access is None else access.to_bytes())


def list_octets(items: tuple[PartT, ...], write: Callable[[PartT], bytes]) -> bytes:
    """Return a SEQUENCE OF: the count and the items."""
    return length_octets(len(items)) + b"".join(write(item) for item in items)


def data_result_octets(result: Data | int) -> bytes:
    """Return a Get-Data-Result: 00 and data, or 01 and a data-access-result."""
    return b"\x00" + encode(result) if isinstance(result, Data) else bytes([1, result])


def read_flag(cursor: Cursor, what: str) -> bool:
    """Read an OPTIONAL or DEFAULT flag; anything but 00 and 01 is noted and counts as present."""
    at = cursor.offset
    flag = cursor.octet(what)
    if flag > 1:
        cursor.note("axdr.flag", f"{what}: {flag:02X}", at)
    return bool(flag)


def read_boolean(cursor: Cursor, what: str) -> bool:
    """Read a BOOLEAN of the service itself; a TRUE other than 01 is noted as unusual."""
    at = cursor.offset
    octet = cursor.octet(what)
    if octet > 1:
        cursor.note("axdr.boolean", f"{what}: {octet:02X}", at)
    return bool(octet)


def read_attribute(cursor: Cursor) -> CosemAttribute:
    """Read a cosem-attribute-descriptor."""
    class_id = cursor.unsigned(2, "class-id")
    obis = Obis.from_bytes(cursor.take(6, "instance-id"))
    return CosemAttribute(class_id, obis, cursor.signed(1, "attribute-id"))


def read_method(cursor: Cursor) -> CosemMethod:
    """Read a cosem-method-descriptor."""
    class_id = cursor.unsigned(2, "class-id")
    obis = Obis.from_bytes(cursor.take(6, "instance-id"))
    return CosemMethod(class_id, obis, cursor.signed(1, "method-id"))


def read_access(cursor: Cursor) -> SelectiveAccess | None:
    """Read an optional access selection."""
    if not read_flag(cursor, "access-selection flag"):
        return None
    return SelectiveAccess(selector=cursor.octet("access-selector"), parameters=read_data(cursor))


def read_attribute_access(cursor: Cursor) -> AttributeAccess:
    """Read an attribute descriptor with its optional selection."""
    return AttributeAccess(attribute=read_attribute(cursor), access=read_access(cursor))


def read_optional_data(cursor: Cursor, what: str) -> Data | None:
    """Read an OPTIONAL Data."""
    return read_data(cursor) if read_flag(cursor, what) else None


def read_data_result(cursor: Cursor) -> Data | DataAccessResult | int:
    """Read a Get-Data-Result."""
    if read_flag(cursor, "result choice"):
        return read_result(cursor, DataAccessResult)
    return read_data(cursor)


def read_list(cursor: Cursor, read: Callable[[Cursor], PartT], what: str) -> tuple[PartT, ...]:
    """Read a SEQUENCE OF."""
    return tuple(read(cursor) for _ in range(cursor.length(what)))


def read_block_number(cursor: Cursor) -> int:
    """Read a block number; blocks count from 1."""
    at = cursor.offset
    number = cursor.unsigned(4, "block-number")
    if number == 0:
        cursor.note("xdlms.block-number", "0", at)
    return number


def read_block(cursor: Cursor) -> DataBlock:
    """Read last-block flag, number and counted raw data."""
    last = read_boolean(cursor, "last-block")
    number = read_block_number(cursor)
    return DataBlock(last=last, number=number, raw=cursor.counted("raw-data"))


def check_same_length(cursor: Cursor, first: int, second: int, at: int) -> None:
    """Note lists of one service that differ in length."""
    if first != second:
        cursor.note("xdlms.list-length", f"{first} and {second}", at)
