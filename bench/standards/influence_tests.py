"""Where the influence of a quantity is tested: the current word of a table row, made definite."""

from __future__ import annotations

from bench.standards.currents import Connection

#: Where a range is given, the rated current lies inside it: the point a reduced test takes.
RATED = "In"


def current_of_test(current_range: str, connection: Connection) -> str:
    """Return the current word to test at: ``0.05Ib..Imax`` -> In, ``10Itr / In`` -> 10Itr direct, In with CT."""
    words = [word.strip() for word in current_range.split(" / ")]
    word = words[0] if connection is Connection.DIRECT else words[-1]
    return RATED if ".." in word else word
