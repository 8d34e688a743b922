"""What the object list says of an attribute: whether this client may read it and write it, and how.

Up to version 2 of Association LN an access right is a mode: 1 read, 2 write, 3 both, 4 to 6 the same for requests
that are authenticated. From version 3 on it is a mask of bits (recalled, status R): 0 read, 1 write, 2 to 4 the
request must be authenticated, encrypted, signed, 5 to 7 the response is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ASSOCIATION_LN, CURRENT_ASSOCIATION, IN_BITS_FROM = 15, "0-0:40.0.0.255", 3
_READ_MODES, _WRITE_MODES, _PROTECTED_MODES = (
    frozenset({1, 3, 4, 6}),
    frozenset({2, 3, 5, 6}),
    frozenset({4, 5, 6}),
)
_READ_BIT, _WRITE_BIT, _REQUEST_BITS = 0x01, 0x02, 0x1C
_INVOKE_MODES = frozenset({1, 2})

Row = Mapping[str, Any]


def are_bits(rows: Sequence[Row]) -> bool:
    """Tell whether an object list gives its rights in bits: the version of the current association decides."""
    associations = [row for row in rows if row["class_id"] == ASSOCIATION_LN]
    current = [row for row in associations if row["obis"] == CURRENT_ASSOCIATION]
    return max((int(row["version"]) for row in current or associations), default=0) >= IN_BITS_FROM


def readable(row: Row) -> bool:
    """Tell whether an attribute is listed as readable. ``in_bits`` of a row: its ``access`` is a mask of bits."""
    access = int(row["access"])
    return bool(access & _READ_BIT) if row.get("in_bits") else access in _READ_MODES


def writable(row: Row) -> bool:
    """Tell whether an attribute is listed as writable."""
    access = int(row["access"])
    return bool(access & _WRITE_BIT) if row.get("in_bits") else access in _WRITE_MODES


def invocable(row: Row) -> bool:
    """Tell whether a method is listed as allowed, for some kind of request; before version 3: 0 no, 1 and 2 yes."""
    access = int(row["access"])
    return bool(access & _READ_BIT) if row.get("in_bits") else access in _INVOKE_MODES


def protected(row: Row) -> bool:
    """Tell whether the right holds for protected requests only."""
    access = int(row["access"])
    return bool(access & _REQUEST_BITS) if row.get("in_bits") else access in _PROTECTED_MODES
