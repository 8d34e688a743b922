"""Result codes of the data services (IEC 62056-5-3)."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

from bench.protocols.cursor import Cursor

ResultT = TypeVar("ResultT", "DataAccessResult", "ActionResult")


class DataAccessResult(IntEnum):
    """Data-Access-Result."""

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_GET_ABORTED = 15
    NO_LONG_GET_IN_PROGRESS = 16
    LONG_SET_ABORTED = 17
    NO_LONG_SET_IN_PROGRESS = 18
    DATA_BLOCK_NUMBER_INVALID = 19
    OTHER_REASON = 250


class ActionResult(IntEnum):
    """Action-Result."""

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_ACTION_ABORTED = 15
    NO_LONG_ACTION_IN_PROGRESS = 16
    OTHER_REASON = 250


def read_result(cursor: Cursor, kind: type[ResultT]) -> ResultT | int:
    """Read one result code; one outside the enumeration is noted and kept as a number."""
    at = cursor.offset
    code = cursor.octet("result")
    try:
        return kind(code)
    except ValueError:
        cursor.note("xdlms.result", f"{code}", at)
        return code
