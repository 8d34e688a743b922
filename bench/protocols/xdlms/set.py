"""The SET service (IEC 62056-5-3): C1 and C5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bench.protocols.axdr import Data, encode, read_data
from bench.protocols.cosem import CosemAttribute
from bench.protocols.cursor import Cursor
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.parts import (
    DEFAULT_INVOKE,
    AttributeAccess,
    DataBlock,
    SelectiveAccess,
    access_octets,
    check_same_length,
    list_octets,
    read_access,
    read_attribute,
    read_attribute_access,
    read_block,
    read_block_number,
    read_list,
)
from bench.protocols.xdlms.results import DataAccessResult, read_result
from bench.protocols.xdlms.tags import ApduTag

_REQUEST = ApduTag.SET_REQUEST
_RESPONSE = ApduTag.SET_RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequestNormal:
    """Write one attribute. ``invoke`` is the whole invoke-id-and-priority octet."""

    invoke: int = DEFAULT_INVOKE
    attribute: CosemAttribute
    access: SelectiveAccess | None = None
    value: Data

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 1) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        access = access_octets(self.access)
        return bytes([tag, choice, self.invoke]) + self.attribute.to_bytes() + access + encode(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequestWithFirstDatablock:
    """Begin to write one attribute in blocks."""

    invoke: int = DEFAULT_INVOKE
    attribute: CosemAttribute
    access: SelectiveAccess | None = None
    block: DataBlock

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 2) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        access = access_octets(self.access)
        head = bytes([tag, choice, self.invoke]) + self.attribute.to_bytes()
        return head + access + self.block.to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequestWithDatablock:
    """Send a further block."""

    invoke: int = DEFAULT_INVOKE
    block: DataBlock

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 3) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + self.block.to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequestWithList:
    """Write several attributes."""

    invoke: int = DEFAULT_INVOKE
    items: tuple[AttributeAccess, ...]
    values: tuple[Data, ...]

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 4) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        items = list_octets(self.items, AttributeAccess.to_bytes)
        return bytes([tag, choice, self.invoke]) + items + list_octets(self.values, encode)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequestWithListAndFirstDatablock:
    """Begin to write several attributes in blocks."""

    invoke: int = DEFAULT_INVOKE
    items: tuple[AttributeAccess, ...]
    block: DataBlock

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 5) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        items = list_octets(self.items, AttributeAccess.to_bytes)
        return bytes([tag, choice, self.invoke]) + items + self.block.to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponseNormal:
    """Answer the writing of one attribute."""

    invoke: int = DEFAULT_INVOKE
    result: DataAccessResult | int

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 1) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke, self.result])


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponseDatablock:
    """Acknowledge a block that is not the last."""

    invoke: int = DEFAULT_INVOKE
    block_number: int

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 2) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + self.block_number.to_bytes(4, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponseLastDatablock:
    """Answer the last block of one attribute."""

    invoke: int = DEFAULT_INVOKE
    result: DataAccessResult | int
    block_number: int

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 3) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke, self.result]) + self.block_number.to_bytes(4, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponseLastDatablockWithList:
    """Answer the last block of several attributes."""

    invoke: int = DEFAULT_INVOKE
    results: tuple[DataAccessResult | int, ...]
    block_number: int

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 4) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        results = list_octets(self.results, _result_octet)
        return bytes([tag, choice, self.invoke]) + results + self.block_number.to_bytes(4, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResponseWithList:
    """Answer the writing of several attributes."""

    invoke: int = DEFAULT_INVOKE
    results: tuple[DataAccessResult | int, ...]

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 5) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + list_octets(self.results, _result_octet)


SetRequest: TypeAlias = (
    SetRequestNormal
    | SetRequestWithFirstDatablock
    | SetRequestWithDatablock
    | SetRequestWithList
    | SetRequestWithListAndFirstDatablock
)
SetResponse: TypeAlias = (
    SetResponseNormal
    | SetResponseDatablock
    | SetResponseLastDatablock
    | SetResponseLastDatablockWithList
    | SetResponseWithList
)


def read_set_request(cursor: Cursor) -> SetRequest:
    """Read what follows the tag C1."""
    at = cursor.offset
    choice = cursor.octet("set-request choice")
    if choice not in range(1, 6):
        raise DecodeError(at, "xdlms.choice", f"set-request {choice}")
    invoke = cursor.octet("invoke-id-and-priority")
    if choice == 1:
        attribute, access = read_attribute(cursor), read_access(cursor)
        return SetRequestNormal(invoke=invoke, attribute=attribute, access=access, value=read_data(cursor))
    if choice == 2:
        attribute, access = read_attribute(cursor), read_access(cursor)
        block = read_block(cursor)
        return SetRequestWithFirstDatablock(invoke=invoke, attribute=attribute, access=access, block=block)
    if choice == 3:
        return SetRequestWithDatablock(invoke=invoke, block=read_block(cursor))
    items = read_list(cursor, read_attribute_access, "attribute list")
    if choice == 5:
        return SetRequestWithListAndFirstDatablock(invoke=invoke, items=items, block=read_block(cursor))
    values_at = cursor.offset
    values = read_list(cursor, read_data, "value list")
    check_same_length(cursor, len(items), len(values), values_at)
    return SetRequestWithList(invoke=invoke, items=items, values=values)


def read_set_response(cursor: Cursor) -> SetResponse:
    """Read what follows the tag C5."""
    at = cursor.offset
    choice = cursor.octet("set-response choice")
    if choice not in range(1, 6):
        raise DecodeError(at, "xdlms.choice", f"set-response {choice}")
    invoke = cursor.octet("invoke-id-and-priority")
    if choice == 1:
        return SetResponseNormal(invoke=invoke, result=_read_result(cursor))
    if choice == 2:
        return SetResponseDatablock(invoke=invoke, block_number=read_block_number(cursor))
    if choice == 3:
        result = _read_result(cursor)
        return SetResponseLastDatablock(invoke=invoke, result=result, block_number=read_block_number(cursor))
    results = read_list(cursor, _read_result, "result list")
    if choice == 5:
        return SetResponseWithList(invoke=invoke, results=results)
    number = read_block_number(cursor)
    return SetResponseLastDatablockWithList(invoke=invoke, results=results, block_number=number)


def _read_result(cursor: Cursor) -> DataAccessResult | int:
    return read_result(cursor, DataAccessResult)


def _result_octet(result: int) -> bytes:
    return bytes([result])
