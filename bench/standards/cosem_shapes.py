"""What stands inside the arrays and structures of some attributes, and how wide some values must be: as data.

Shapes are written as words: ``octets(12)`` an octet-string of that length, ``octets`` one of any, a type by its
name, ``structure(...)`` and ``array(...)`` around what they hold, ``any`` for what is not judged. From memory of the
Blue Book and the object lists shipped with public libraries (status R); what is not here is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass

_SEASONS = "array(structure(octets, octets(12), octets))"
_WEEKS = "array(structure(octets, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned))"
_DAYS = "array(structure(unsigned, array(structure(octets(4), octets(6), long_unsigned))))"

#: (class, attribute) -> shape.
SHAPES: dict[tuple[int, int], str] = {
    (3, 3): "structure(integer, enum)",
    (4, 3): "structure(integer, enum)",
    (5, 4): "structure(integer, enum)",
    (7, 3): "array(structure(long_unsigned, octets(6), integer, long_unsigned))",
    (8, 2): "octets(12)",
    (11, 2): "array(structure(long_unsigned, octets(5), unsigned))",
    (17, 2): "array(structure(long_unsigned, octets))",
    (20, 3): _SEASONS,
    (20, 4): _WEEKS,
    (20, 5): _DAYS,
    (20, 7): _SEASONS,
    (20, 8): _WEEKS,
    (20, 9): _DAYS,
    (20, 10): "octets(12)",
    (22, 4): "array(structure(octets(4), octets(5)))",
}

#: Profile columns may grow with later versions: those of class 7 beyond version 1 are not judged.
VERSIONS: dict[int, frozenset[int]] = {7: frozenset({0, 1}), 11: frozenset({0}), 20: frozenset({0})}


@dataclass(frozen=True, slots=True, kw_only=True)
class WideValue:
    """Objects whose value grows for years and must not be held in 16 bits."""

    media: int
    first_c: int
    last_c: int
    d: int
    name: str

    def fits(self, obis: str) -> bool:
        """Tell whether a code such as "1-0:1.8.0.255" falls under this row."""
        groups = [int(part) for part in obis.replace("-", ".").replace(":", ".").split(".")]
        return groups[0] == self.media and self.first_c <= groups[2] <= self.last_c and groups[3] == self.d


WIDE_VALUES = (
    WideValue(media=1, first_c=1, last_c=20, d=8, name="an energy register"),
    WideValue(media=1, first_c=21, last_c=80, d=8, name="an energy register per phase"),
)
"""Time integrals since the meter was made: they pass 65,535 Wh within weeks."""


def shape_of(class_id: int, version: int, attribute: int) -> str:
    """Return the shape of an attribute, "" where nothing is demanded."""
    if version not in VERSIONS.get(class_id, frozenset({version})):
        return ""
    return SHAPES.get((class_id, attribute), "")
