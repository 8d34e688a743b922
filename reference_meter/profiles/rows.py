"""The rows of one profile in the memory chip: a ring, each row a record of its own, written once.

A row is its coded structure with the time of its first column; where the ring begins and ends is held in
RAM, and from the first reading on a copy of all rows: a long profile is read without going to the chip for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_meter.memory import Memory


@dataclass(frozen=True, slots=True)
class Row:
    """One captured row: when, and its cells, each as its coded octets."""

    time_s: float
    """Seconds since 1970, UTC."""
    cells: tuple[bytes, ...]


class Rows:
    """A ring of ``entries_max`` rows, oldest first."""

    def __init__(self, memory: Memory, record: str, entries_max: int) -> None:
        self._memory = memory
        self._record = record
        self.entries_max = entries_max
        self._rows: list[Row] | None = None
        self._first_and_count: tuple[int, int] | None = None

    def all(self) -> list[Row]:
        """Return the rows, oldest first."""
        if self._rows is None:
            first, count = self._head()
            places = ((first + number) % self.entries_max for number in range(count))
            self._rows = [_decoded(self._memory.get(f"{self._record}.{place}")) for place in places]
        return self._rows

    def __len__(self) -> int:
        return self._head()[1]

    @property
    def first_place(self) -> int:
        """Return where in the ring the oldest row stands; 0 until the ring is full."""
        return self._head()[0]

    def append(self, row: Row) -> None:
        """Add a row; when the ring is full the oldest goes."""
        first, count = self._head()
        place = (first + count) % self.entries_max
        if count == self.entries_max:
            first = (first + 1) % self.entries_max
        else:
            count += 1
        with self._memory.together():
            self._memory.put(f"{self._record}.{place}", _encoded(row))
            self._memory.put(self._record, [first, count])
        self._first_and_count = (first, count)
        if self._rows is not None:
            self._rows.append(row)
            del self._rows[: -self.entries_max]

    def replace_all(self, rows: list[Row]) -> None:
        """Write other rows in place of all that there are."""
        with self._memory.together():
            for name, value in row_records(self._record, rows).items():
                self._memory.put(name, value)
        self._rows, self._first_and_count = list(rows), (0, len(rows))

    def clear(self) -> None:
        """Forget all rows."""
        self._memory.put(self._record, [0, 0])
        self._rows, self._first_and_count = [], (0, 0)

    def _head(self) -> tuple[int, int]:
        if self._first_and_count is None:
            first, count = self._memory.get(self._record) or (0, 0)
            self._first_and_count = first, count
        return self._first_and_count


def row_records(record: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Return the records of a ring that begins with ``rows``, for a meter that is delivered with them."""
    records: dict[str, Any] = {f"{record}.{place}": _encoded(row) for place, row in enumerate(rows)}
    records[record] = [0, len(rows)]
    return records


def seconds_of(moment: datetime) -> float:
    """Return a moment as seconds since 1970."""
    return moment.timestamp()


def _encoded(row: Row) -> list[Any]:
    return [row.time_s, *(cell.hex() for cell in row.cells)]


def _decoded(stored: list[Any] | None) -> Row:
    if stored is None:
        raise ValueError("a row of the profile is missing in the memory chip")
    time_s, *cells = stored
    return Row(time_s, tuple(bytes.fromhex(cell) for cell in cells))
