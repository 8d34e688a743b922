"""Influence quantities: how much each may change the error, as data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bench.standards.currents import Connection
from bench.standards.tables import rows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluenceLimit:
    """A limit on the variation of error, % (or %/K for the temperature coefficient)."""

    influence: str
    current_range: str
    pf: str
    percent: Fraction
    status: str
    clause: str
    source: str


def influence_limits(
    *, standard: str, edition: str, accuracy_class: str, connection: Connection
) -> tuple[InfluenceLimit, ...]:
    """Return what an edition allows each influence quantity, for one class and kind of connection."""
    found = []
    column = f"limit_class_{accuracy_class}"
    current = "i_direct" if connection is Connection.DIRECT else "i_ct"
    for row in rows_of("influence_limits", standard, edition):
        if not row.get(column) or row[current] in {"", "-"}:
            continue
        status = row["status_class_0.5"] if accuracy_class == "0.5" else row["status"]
        found.append(
            InfluenceLimit(
                influence=row["influence"],
                current_range=row[current],
                pf=row["pf"],
                percent=Fraction(row[column]),
                status="V" if row["verified_by"] and row["clause"] else status,
                clause=row["clause"] or "uncertain",
                source=row["source"],
            )
        )
    return tuple(found)


#: Half width of the ordinary voltage range, and of the extended one, as shares of Un. In between three times the
#: variation is allowed (AS 62053.24:2018 note, French order of 2013-08-01: status V1).
ORDINARY_RANGE, EXTENDED_RANGE = (0.9, 1.1), (0.8, 1.15)
EXTENDED_FACTOR = 3
EXTENDED_STATUS = "V1"
_SLACK = 1e-6


def voltage_factor(share_of_un: float) -> int:
    """Return how many times the variation by voltage may be, at this share of Un. Raises ValueError outside of both."""
    if ORDINARY_RANGE[0] - _SLACK <= share_of_un <= ORDINARY_RANGE[1] + _SLACK:
        return 1
    if EXTENDED_RANGE[0] - _SLACK <= share_of_un <= EXTENDED_RANGE[1] + _SLACK:
        return EXTENDED_FACTOR
    raise ValueError(f"{share_of_un:g} Un lies outside of the extended voltage range")
