"""The ACCESS service (IEC 62056-5-3): D9 and DA, several requests of several kinds in one APDU."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from bench.protocols.axdr import Data, encode, read_data
from bench.protocols.cosem import CosemAttribute, CosemMethod
from bench.protocols.cursor import Cursor, counted_octets
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.parts import (
    SelectiveAccess,
    check_same_length,
    list_octets,
    optional_octets,
    read_attribute,
    read_flag,
    read_list,
    read_method,
)
from bench.protocols.xdlms.results import ActionResult, DataAccessResult, read_result
from bench.protocols.xdlms.tags import ApduTag

BREAK_ON_ERROR = 1 << 29
CONFIRMED = 1 << 30
HIGH_PRIORITY = 1 << 31
"""Bits of long-invoke-id-and-priority; bits 0 to 23 are the id."""


class AccessChoice(IntEnum):
    """What an item of an ACCESS request asks for."""

    GET = 1
    SET = 2
    ACTION = 3
    GET_WITH_SELECTION = 4
    SET_WITH_SELECTION = 5


_SELECTED = (AccessChoice.GET_WITH_SELECTION, AccessChoice.SET_WITH_SELECTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessItem:
    """One item: the attribute or method, and for the two choices with selection what is selected."""

    choice: int
    reference: CosemAttribute | CosemMethod
    access: SelectiveAccess | None = None

    def to_bytes(self) -> bytes:
        """Return the CHOICE."""
        selection = b"" if self.access is None else self.access.to_bytes()
        return bytes([self.choice]) + self.reference.to_bytes() + selection


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessOutcome:
    """The result of one item: 1 get, 2 set, 3 action, and its code."""

    choice: int
    result: DataAccessResult | ActionResult | int

    def to_bytes(self) -> bytes:
        """Return the CHOICE."""
        return bytes([self.choice, self.result])


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """Items and, in the same order, their data: null-data for each GET."""

    long_invoke: int
    date_time: bytes = b""
    items: tuple[AccessItem, ...]
    values: tuple[Data, ...]

    def to_bytes(self, *, tag: int = ApduTag.ACCESS_REQUEST) -> bytes:
        """Return the APDU."""
        head = bytes([tag]) + self.long_invoke.to_bytes(4, "big") + counted_octets(self.date_time)
        return head + list_octets(self.items, AccessItem.to_bytes) + list_octets(self.values, encode)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessResponse:
    """Data and results in the order of the request; ``items`` repeats the request when the server does."""

    long_invoke: int
    date_time: bytes = b""
    items: tuple[AccessItem, ...] | None = None
    values: tuple[Data, ...]
    outcomes: tuple[AccessOutcome, ...]

    def to_bytes(self, *, tag: int = ApduTag.ACCESS_RESPONSE) -> bytes:
        """Return the APDU."""
        head = bytes([tag]) + self.long_invoke.to_bytes(4, "big") + counted_octets(self.date_time)
        items = optional_octets(None if self.items is None else list_octets(self.items, AccessItem.to_bytes))
        values = list_octets(self.values, encode)
        return head + items + values + list_octets(self.outcomes, AccessOutcome.to_bytes)


def read_access_request(cursor: Cursor) -> AccessRequest:
    """Read what follows the tag D9."""
    long_invoke, date_time = _read_head(cursor)
    items = read_list(cursor, _read_item, "access-request-specification")
    at = cursor.offset
    values = read_list(cursor, read_data, "access-request-list-of-data")
    check_same_length(cursor, len(items), len(values), at)
    return AccessRequest(long_invoke=long_invoke, date_time=date_time, items=items, values=values)


def read_access_response(cursor: Cursor) -> AccessResponse:
    """Read what follows the tag DA."""
    long_invoke, date_time = _read_head(cursor)
    items = None
    if read_flag(cursor, "access-request-specification flag"):
        items = read_list(cursor, _read_item, "access-request-specification")
    at = cursor.offset
    values = read_list(cursor, read_data, "access-response-list-of-data")
    outcomes = read_list(cursor, _read_outcome, "access-response-specification")
    check_same_length(cursor, len(values), len(outcomes), at)
    return AccessResponse(
        long_invoke=long_invoke, date_time=date_time, items=items, values=values, outcomes=outcomes
    )


def _read_head(cursor: Cursor) -> tuple[int, bytes]:
    long_invoke = cursor.unsigned(4, "long-invoke-id-and-priority")
    at = cursor.offset
    date_time = cursor.counted("date-time")
    if len(date_time) not in (0, 12):
        cursor.note("xdlms.date-time", f"{len(date_time)} octets", at)
    return long_invoke, date_time


def _read_item(cursor: Cursor) -> AccessItem:
    at = cursor.offset
    choice = cursor.octet("access-request-specification choice")
    if choice not in range(1, 6):
        raise DecodeError(at, "xdlms.choice", f"access-request {choice}")
    if choice == AccessChoice.ACTION:
        return AccessItem(choice=choice, reference=read_method(cursor))
    reference = read_attribute(cursor)
    if choice not in _SELECTED:
        return AccessItem(choice=choice, reference=reference)
    access = SelectiveAccess(selector=cursor.octet("access-selector"), parameters=read_data(cursor))
    return AccessItem(choice=choice, reference=reference, access=access)


def _read_outcome(cursor: Cursor) -> AccessOutcome:
    at = cursor.offset
    choice = cursor.octet("access-response-specification choice")
    if choice not in range(1, 4):
        raise DecodeError(at, "xdlms.choice", f"access-response {choice}")
    if choice == AccessChoice.ACTION:
        return AccessOutcome(choice=choice, result=read_result(cursor, ActionResult))
    return AccessOutcome(choice=choice, result=read_result(cursor, DataAccessResult))
