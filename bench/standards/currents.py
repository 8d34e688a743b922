"""Turn the current words of the standards (``0.05 Ib``, ``2 Itr``, ``Imax/sqrt(2)``) into amperes.

The two vocabularies meet here and nowhere else: direct connected In = Ib = 10 Itr, through
transformers In = 20 Itr; Imin and Ist are what the meter states, else what its edition takes them to be.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

#: sqrt(2) as a fraction good to 1e-15, so that every resolved current is an exact number.
_SQRT2 = Fraction("1.414213562373095")

_TOKEN = re.compile(
    r"^(?:(?P<factor>\d+(?:\.\d+)?)\s*\*?\s*)?(?P<name>Ib|In|Itr|Imin|Imax|Ist)(?P<root>/sqrt\(?2\)?)?$"
)


class Connection(StrEnum):
    """How the current reaches the meter."""

    DIRECT = "direct"
    CT = "CT"


class UnknownCurrent(LookupError):
    """A current word that cannot be read, or one the nameplate says nothing about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Currents:
    """The currents on a nameplate, in A, as exact fractions. ``rated_a`` is Ib (direct) or In (CT).

    ``minimum_a`` and ``starting_a`` are None unless the meter states them.
    """

    connection: Connection
    rated_a: Fraction
    maximum_a: Fraction
    transitional_a: Fraction
    minimum_a: Fraction
    starting_a: Fraction | None = None

    @classmethod
    def of(
        cls,
        *,
        connection: Connection,
        rated_a: float,
        maximum_a: float,
        transitional_a: float | None = None,
        minimum_a: float | None = None,
        starting_a: float | None = None,
    ) -> Currents:
        """Build from nameplate numbers; what is not stated follows from the rated current.

        Itr = In / 10 direct, In / 20 through transformers; Imin = 0.5 Itr direct, 0.4 Itr through
        transformers (the lowest currents of the 2003 tables).
        """
        rated = exact(rated_a)
        per_transitional, minimum_share = (
            (10, Fraction(1, 2)) if connection is Connection.DIRECT else (20, Fraction(2, 5))
        )
        transitional = exact(transitional_a) if transitional_a is not None else rated / per_transitional
        return cls(
            connection=connection,
            rated_a=rated,
            maximum_a=exact(maximum_a),
            transitional_a=transitional,
            minimum_a=exact(minimum_a) if minimum_a is not None else transitional * minimum_share,
            starting_a=exact(starting_a) if starting_a is not None else None,
        )

    def resolve(self, token: str) -> Fraction:
        """Return the amperes a current word means on this meter.

        Raises UnknownCurrent when the word cannot be read, or Ist is asked for and not stated.
        """
        match = _TOKEN.match(token.strip())
        if match is None:
            raise UnknownCurrent(
                f'"{token}" is not a current word such as "0.05 Ib", "2 Itr" or "Imax/sqrt(2)"'
            )
        named = {
            "Ib": self.rated_a,
            "In": self.rated_a,
            "Itr": self.transitional_a,
            "Imin": self.minimum_a,
            "Imax": self.maximum_a,
            "Ist": self.starting_a,
        }[match["name"]]
        if named is None:
            raise UnknownCurrent(f"{match['name']} is not stated for this meter")
        amperes = named * Fraction(match["factor"] or 1)
        return amperes / _SQRT2 if match["root"] else amperes


def exact(number: float | Fraction) -> Fraction:
    """Return a number as the fraction its shortest decimal text says, so 0.1 means one tenth."""
    return number if isinstance(number, Fraction) else _as_written(float(number))


@lru_cache(maxsize=1024)
def _as_written(number: float) -> Fraction:
    if not math.isfinite(number):
        raise ValueError(f"{number!r} is not a finite number")
    return Fraction(*Decimal(repr(number)).as_integer_ratio())
