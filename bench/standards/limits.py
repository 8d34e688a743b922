"""Limits of percentage error against current and power factor, as the accuracy standards tabulate them.

Ranges are half-open: ``0.05 Ib .. <0.1 Ib`` ends just below 0.1 Ib, where the tighter limit begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from bench.standards.currents import Connection, Currents, exact
from bench.standards.power_factor import PowerFactor, demanded
from bench.standards.tables import Row, canonical_edition, effective_status, rows_of, table

#: Currents closer than this (relative) are the same current: 3 x 0.1 A is 0.3 A.
_SAME = Fraction(1, 10**9)

_LIMIT = re.compile(r"^(?P<base>\d+(?:\.\d+)?)(?P<rising>\*Imin/I)?$")


class Load(StrEnum):
    """How the elements of the meter are loaded."""

    BALANCED = "balanced"
    BALANCED_ON_REQUEST = "balanced on request"
    SINGLE_PHASE = "single-phase"
    DIFFERENCE = "difference"


class NoLimit(LookupError):
    """The standard demands nothing at this load, or not of this class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit of percentage error, two-sided: -percent .. +percent, with where it comes from.

    ``status`` is the source status of the number; ``clause`` is "uncertain" until someone confirms the row.
    ``on_request`` marks loads tested only when the user asks for them.
    """

    percent: Fraction
    standard: str
    edition: str
    accuracy_class: str
    current_range: str
    status: str
    clause: str
    source: str
    on_request: bool = False

    @property
    def pct(self) -> float:
        """The limit in percent as a float."""
        return float(self.percent)


def limit(
    *,
    standard: str,
    edition: str,
    accuracy_class: str,
    currents: Currents,
    current: str | float | Fraction,
    pf: str | PowerFactor,
    load: Load = Load.BALANCED,
    temperature_c: float = 23.0,
) -> Limit:
    """Return the limit of percentage error at one load of one meter.

    ``current`` is a word (``0.1 Ib``) or amperes. ``temperature_c`` matters only for tables by temperature.
    Raises NoLimit when no row covers the load, UnknownCurrent or ValueError when a word cannot be read.
    """
    amperes = currents.resolve(current) if isinstance(current, str) else exact(current)
    factor = PowerFactor.parse(pf) if isinstance(pf, str) else pf
    return _find(standard, edition, accuracy_class, currents, amperes, factor, load, temperature_c)


def forget() -> None:
    """Look the limits up anew from now on: the tables have changed."""
    _find.cache_clear()


@lru_cache(maxsize=1024)
def _find(
    standard: str,
    edition: str,
    accuracy_class: str,
    currents: Currents,
    amperes: Fraction,
    factor: PowerFactor,
    load: Load,
    temperature_c: float,
) -> Limit:
    for row in rows_of("limits_active", standard, edition):
        if (
            row["class"] == accuracy_class
            and row["connection"] in {"any", currents.connection}
            and _load_matches(row["load"], load)
            and demanded(row["pf"], factor)
            and _temperature_matches(row["temperature_c"], temperature_c)
            and _within(row, currents, amperes)
        ):
            return _limit_of(row, currents, amperes)
    raise NoLimit(
        f"{standard}:{canonical_edition(standard, edition)} class {accuracy_class} states no limit for "
        f"{load} load, {currents.connection}, {float(amperes):g} A at PF {factor}"
    )


def standards() -> tuple[str, ...]:
    """Return the standards that have a table of limits."""
    return tuple(dict.fromkeys(row["standard"] for row in table("limits_active")))


def editions(standard: str) -> tuple[str, ...]:
    """Return the editions of a standard that have a table of limits."""
    return tuple(
        dict.fromkeys(row["edition"] for row in table("limits_active") if row["standard"] == standard)
    )


def classes(standard: str, edition: str, connection: Connection | None = None) -> tuple[str, ...]:
    """Return the accuracy classes an edition knows, for one kind of connection if given."""
    return tuple(
        dict.fromkeys(
            row["class"]
            for row in rows_of("limits_active", standard, edition)
            if connection is None or row["connection"] in {"any", connection}
        )
    )


def _load_matches(cell: str, load: Load) -> bool:
    return cell == load or (load is Load.BALANCED and cell == Load.BALANCED_ON_REQUEST)


def _within(row: Row, currents: Currents, amperes: Fraction) -> bool:
    upper = row["i_to"]
    lowest = currents.resolve(row["i_from"])
    highest = currents.resolve(upper.removeprefix("<"))
    if amperes < lowest * (1 - _SAME):
        return False
    if upper.startswith("<"):
        return amperes < highest * (1 - _SAME)
    return amperes <= highest * (1 + _SAME)


def _temperature_matches(cell: str, temperature_c: float) -> bool:
    if not cell:
        return True
    spans = (span.split("..") for span in cell.split(" / "))
    return any(float(low) <= temperature_c <= float(high) for low, high in spans)


def _limit_of(row: Row, currents: Currents, amperes: Fraction) -> Limit:
    match = _LIMIT.match(row["limit_pct"])
    if match is None:
        raise ValueError(f'limits_active.csv: "{row["limit_pct"]}" is not a limit')
    percent = Fraction(match["base"])
    if match["rising"]:
        percent *= currents.minimum_a / amperes
    upper = row["i_to"].removeprefix("<")
    relation = "<" if row["i_to"].startswith("<") else "<="
    return Limit(
        percent=percent,
        standard=row["standard"],
        edition=row["edition"],
        accuracy_class=row["class"],
        current_range=row["i_from"] if row["i_from"] == upper else f"{row['i_from']} <= I {relation} {upper}",
        status=effective_status(row),
        clause=row["clause"] or "uncertain",
        source=row["source"],
        on_request=row["load"] == Load.BALANCED_ON_REQUEST,
    )
