"""The GET service (IEC 62056-5-3): C0 and C4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bench.protocols.axdr import Data
from bench.protocols.cosem import CosemAttribute
from bench.protocols.cursor import Cursor, counted_octets
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.parts import (
    DEFAULT_INVOKE,
    AttributeAccess,
    SelectiveAccess,
    access_octets,
    data_result_octets,
    list_octets,
    read_access,
    read_attribute,
    read_attribute_access,
    read_block_number,
    read_boolean,
    read_data_result,
    read_flag,
    read_list,
)
from bench.protocols.xdlms.results import DataAccessResult, read_result
from bench.protocols.xdlms.tags import ApduTag

_REQUEST = ApduTag.GET_REQUEST
_RESPONSE = ApduTag.GET_RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRequestNormal:
    """Ask for one attribute. ``invoke`` is the whole invoke-id-and-priority octet."""

    invoke: int = DEFAULT_INVOKE
    attribute: CosemAttribute
    access: SelectiveAccess | None = None

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 1) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        access = access_octets(self.access)
        return bytes([tag, choice, self.invoke]) + self.attribute.to_bytes() + access


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRequestNext:
    """Acknowledge a block and ask for the next one."""

    invoke: int = DEFAULT_INVOKE
    block_number: int

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 2) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + self.block_number.to_bytes(4, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRequestWithList:
    """Ask for several attributes."""

    invoke: int = DEFAULT_INVOKE
    items: tuple[AttributeAccess, ...]

    def to_bytes(self, *, tag: int = _REQUEST, choice: int = 3) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + list_octets(self.items, AttributeAccess.to_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetResponseNormal:
    """Answer with the data, or with the reason why not."""

    invoke: int = DEFAULT_INVOKE
    result: Data | DataAccessResult | int

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 1) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + data_result_octets(self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetResponseWithDatablock:
    """Answer with a block of the coded data, or with the reason why not."""

    invoke: int = DEFAULT_INVOKE
    last: bool
    block_number: int
    result: bytes | DataAccessResult | int

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 2) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        head = bytes([tag, choice, self.invoke, self.last]) + self.block_number.to_bytes(4, "big")
        if isinstance(self.result, bytes):
            return head + b"\x00" + counted_octets(self.result)
        return head + bytes([1, self.result])


@dataclass(frozen=True, slots=True, kw_only=True)
class GetResponseWithList:
    """Answer a list, one result for each attribute."""

    invoke: int = DEFAULT_INVOKE
    results: tuple[Data | DataAccessResult | int, ...]

    def to_bytes(self, *, tag: int = _RESPONSE, choice: int = 3) -> bytes:
        """Return the APDU; ``tag`` and ``choice`` replace its first two octets."""
        return bytes([tag, choice, self.invoke]) + list_octets(self.results, data_result_octets)


GetRequest: TypeAlias = GetRequestNormal | GetRequestNext | GetRequestWithList
GetResponse: TypeAlias = GetResponseNormal | GetResponseWithDatablock | GetResponseWithList


def read_get_request(cursor: Cursor) -> GetRequest:
    """Read what follows the tag C0."""
    at = cursor.offset
    choice = cursor.octet("get-request choice")
    if choice not in (1, 2, 3):
        raise DecodeError(at, "xdlms.choice", f"get-request {choice}")
    invoke = cursor.octet("invoke-id-and-priority")
    if choice == 1:
        return GetRequestNormal(invoke=invoke, attribute=read_attribute(cursor), access=read_access(cursor))
    if choice == 2:
        return GetRequestNext(invoke=invoke, block_number=read_block_number(cursor))
    return GetRequestWithList(invoke=invoke, items=read_list(cursor, read_attribute_access, "attribute list"))


def read_get_response(cursor: Cursor) -> GetResponse:
    """Read what follows the tag C4."""
    at = cursor.offset
    choice = cursor.octet("get-response choice")
    if choice not in (1, 2, 3):
        raise DecodeError(at, "xdlms.choice", f"get-response {choice}")
    invoke = cursor.octet("invoke-id-and-priority")
    if choice == 1:
        return GetResponseNormal(invoke=invoke, result=read_data_result(cursor))
    if choice == 3:
        return GetResponseWithList(invoke=invoke, results=read_list(cursor, read_data_result, "result list"))
    last = read_boolean(cursor, "last-block")
    number = read_block_number(cursor)
    result: bytes | DataAccessResult | int
    if read_flag(cursor, "block result choice"):
        result = read_result(cursor, DataAccessResult)
    else:
        result = cursor.counted("raw-data")
    return GetResponseWithDatablock(invoke=invoke, last=last, block_number=number, result=result)
