"""Profiles and logs as a case reads them: columns by name, the last rows, values as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.meter.dlms_client import DlmsClient
from bench.protocols.axdr import double_long_unsigned, long_unsigned, structure
from bench.protocols.cosem import Obis
from bench.protocols.data import Data, DataType
from bench.protocols.profile_rows import unfolded
from bench.protocols.values import UnexpectedData, as_elements, as_integer, as_octets
from bench.protocols.xdlms.parts import SelectiveAccess

PROFILE = 7
BUFFER, CAPTURE_OBJECTS, CAPTURE_PERIOD, SORT_METHOD, IN_USE = 2, 3, 4, 5, 7
LIFO = 2
BY_ENTRY = 2
#: A profile of so few rows is read whole: what a window of entries brings is judged by a case of its own.
WHOLE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns of a profile hold: "8/0-0:1.0.0.255/2" and so on."""

    names: tuple[str, ...]

    def place(self, class_id: int, obis: str, attribute: int = 2) -> int | None:
        """Return the number of a column, or None where there is none."""
        name = f"{class_id}/{obis}/{attribute}"
        return self.names.index(name) if name in self.names else None


def read_columns(client: DlmsClient, obis: str) -> Columns:
    """Read the capture objects of a profile."""
    found = []
    for item in as_elements(client.get(PROFILE, obis, CAPTURE_OBJECTS)):
        class_id, name, attribute, _ = as_elements(item)
        found.append(f"{as_integer(class_id)}/{Obis.from_bytes(as_octets(name))}/{as_integer(attribute)}")
    return Columns(names=tuple(found))


def last_rows(client: DlmsClient, obis: str, number: int, *, selective: bool = True) -> list[list[Any]]:
    """Return the newest rows of a profile, oldest first, whichever way it sorts; octet-strings in hex.

    They are asked for as entries where the client may select, else they come with all others.
    """
    in_use = as_integer(client.get(PROFILE, obis, IN_USE))
    if not in_use:
        return []
    newest_first = as_integer(client.get(PROFILE, obis, SORT_METHOD)) == LIFO
    access = None
    if selective and client.declares("selective-access") and number < in_use > WHOLE:
        first = 1 if newest_first else in_use - number + 1
        access = SelectiveAccess(
            selector=BY_ENTRY,
            parameters=structure(
                double_long_unsigned(first),
                double_long_unsigned(number if newest_first else 0),
                long_unsigned(1),
                long_unsigned(0),
            ),
        )
    rows = tuple(as_elements(row) for row in as_elements(client.get(PROFILE, obis, BUFFER, access)))
    if any(cell.type is DataType.NULL_DATA for row in rows for cell in row):
        period_s = as_integer(client.get(PROFILE, obis, CAPTURE_PERIOD))
        rows = unfolded(rows, -period_s if newest_first else period_s)
    told = [[plain(cell) for cell in row] for row in rows]
    return (told[::-1] if newest_first else told)[-number:]


def new_rows(before: list[list[Any]], after: list[list[Any]]) -> list[list[Any]]:
    """Return the rows of ``after`` that follow the end of ``before``; all of them where that end is gone.

    Where a row that was not there stands in front of that end, the order of the rows says nothing: then every row
    that was not there is new.
    """
    for length in range(len(before), 0, -1):
        tail = before[-length:]
        for start in range(len(after) - length, -1, -1):
            if after[start : start + length] == tail:
                if all(row in before for row in after[:start]):
                    return after[start + length :]
                return [row for row in after if row not in before]
    return after


def plain(value: Data) -> Any:
    """Return a value as JSON: a number, octets in hex, a list; anything else as text."""
    readers: tuple[Callable[[Data], Any], ...] = (
        as_integer,
        lambda data: as_octets(data).hex(),
        lambda data: list(map(plain, as_elements(data))),
    )
    for read in readers:
        try:
            return read(value)
        except UnexpectedData:
            continue
    return str(value.value)
