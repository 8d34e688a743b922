"""What a laboratory confirms of our tables after reading the document it owns: who, when, which clause.

A confirmation names rows by the cells it gives; every row that has them all is confirmed. Our files stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from bench.standards import limits, tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """``cells``: column to text, as the table writes them; an edition may be written as in a declaration."""

    table: str
    cells: Mapping[str, str]
    clause: str
    by: str
    on: str


def confirm(entries: Sequence[Confirmation]) -> None:
    """Let these confirmations, and no earlier ones, hold from now on in this process.

    Raises ValueError for a table that is not there, an unknown column, or cells that no row has.
    """
    known = sorted(
        path.name.removesuffix(".csv")
        for path in files("bench.standards").joinpath("data").iterdir()
        if path.name.endswith(".csv")
    )
    forms: dict[str, list[tuple[Mapping[str, str], Mapping[str, str]]]] = {}
    for entry in entries:
        if entry.table not in known:
            raise ValueError(f'there is no table "{entry.table}"; there are {", ".join(known)}')
        cells = dict(entry.cells)
        if {"standard", "edition"} <= set(cells):
            cells["edition"] = tables.canonical_edition(cells["standard"], cells["edition"])
        rows = tables.as_published(entry.table)
        strange = sorted(set(cells) - set(rows[0]))
        if strange:
            raise ValueError(f"{entry.table} has no column {', '.join(strange)}; it has {', '.join(rows[0])}")
        if not any(tables.has_cells(row, cells) for row in rows):
            said = ", ".join(f'{column} = "{cell}"' for column, cell in cells.items())
            raise ValueError(f"no row of {entry.table} has {said}")
        filled = {"clause": entry.clause, "verified_by": entry.by, "verified_on": entry.on}
        forms.setdefault(entry.table, []).append((cells, filled))
    tables.CONFIRMED.clear()
    tables.CONFIRMED.update(forms)
    tables.table.cache_clear()
    limits.forget()
