"""Read the data tables of this room: CSV files with a source status in every row.

A laboratory that owns a standard confirms rows in a file of its own (``confirmations``), which fills
``verified_by``, ``verified_on`` and ``clause``; the status of a confirmed row is written "V". No code changes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

Row = Mapping[str, str]

#: Editions that share one table: an amendment that left the numbers alone (status R).
EDITION_ALIASES = {
    ("IEC 62053-21", "2003"): "2003+A1:2016",
    ("IEC 62053-21", "2003+A1"): "2003+A1:2016",
}


#: By table: cells that a row must have, and the cells that a laboratory fills in; see ``confirmations.confirm``.
CONFIRMED: dict[str, list[tuple[Row, Row]]] = {}


@cache
def table(name: str) -> tuple[Row, ...]:
    """Return the rows of ``data/<name>.csv``, with what the laboratory has confirmed."""
    confirmed = CONFIRMED.get(name, [])
    return tuple(
        {
            **row,
            **{
                key: cell
                for cells, filled in confirmed
                if has_cells(row, cells)
                for key, cell in filled.items()
            },
        }
        for row in as_published(name)
    )


def has_cells(row: Row, cells: Row) -> bool:
    """Return whether a row has all these cells."""
    return all(row[column] == cell for column, cell in cells.items())


def as_published(name: str) -> tuple[Row, ...]:
    """Return the rows of ``data/<name>.csv`` as they came with this software; ``#`` begins a remark."""
    text = files("bench.standards").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(csv.DictReader(lines))


def canonical_edition(standard: str, edition: str) -> str:
    """Return the edition whose table applies."""
    return EDITION_ALIASES.get((standard, edition), edition)


def rows_of(name: str, standard: str, edition: str) -> Iterator[Row]:
    """Yield the rows of a table that belong to one standard and edition."""
    wanted = canonical_edition(standard, edition)
    return (row for row in table(name) if row["standard"] == standard and row["edition"] == wanted)


def effective_status(row: Row) -> str:
    """Return the status of a row's number: "V" once a laboratory has confirmed it against the document."""
    return "V" if row.get("verified_by") and row.get("clause") else row["status"]
