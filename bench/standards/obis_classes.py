"""Which interface classes may stand behind which OBIS codes: the part that is safe to judge.

Patterns of the value groups A to F, "*" for any; the first row that fits decides. From the object lists shipped
with public libraries and the object model of dlms.md 7 (status R); codes of manufacturers are not judged.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ObisRow:
    """One row: a pattern of groups, what it is, and the classes that may carry it."""

    pattern: str
    name: str
    classes: frozenset[int]
    status: str = "R"

    def fits(self, groups: tuple[int, ...]) -> bool:
        """Tell whether a code is of this pattern. A group is "*", a number or a range such as 1-20."""
        return all(_fits(word, number) for word, number in zip(self.pattern.split(), groups, strict=True))


def _fits(word: str, number: int) -> bool:
    if word == "*":
        return True
    low, _, high = word.partition("-")
    return int(low) <= number <= int(high or low)


def _row(pattern: str, name: str, *classes: int) -> ObisRow:
    return ObisRow(pattern=pattern, name=name, classes=frozenset(classes))


#: What carries a scaler and a unit, or whole tables: a measured value in plain Data would have neither.
_VALUES = (3, 4, 5, 7, 61, 62, 63)

OBIS_CLASSES: tuple[ObisRow, ...] = (
    _row("0 0 42 0 0 255", "logical device name", 1),
    _row("0 0 41 0 0 255", "SAP assignment", 17),
    _row("0 0 40 0 * 255", "association", 12, 15),
    _row("0 0 43 0 * 255", "security setup", 64),
    _row("0 0 43 1 * 255", "invocation counter", 1, 3),
    _row("0 * 1 0 * 255", "clock", 8),
    _row("0 * 10 0 * 255", "script table", 9),
    _row("0 * 11 0 * 255", "special days", 11),
    _row("0 * 13 0 * 255", "activity calendar", 20),
    _row("0 * 14 0 * 255", "register activation", 6),
    _row("0 * 15 0 * 255", "single action schedule", 22),
    _row("0 * 16 0-1 * 255", "register monitor", 21),
    _row("0 * 17 0 * 255", "limiter", 71),
    _row("0 * 19 0-9 0 255", "account", 111),
    _row("0 * 22 0 0 255", "IEC HDLC setup", 23),
    _row("0 * 25 0 0 255", "TCP-UDP setup", 41),
    _row("0 * 25 1 0 255", "IPv4 setup", 42),
    _row("0 * 25 9 0 255", "push setup", 40),
    _row("0 * 44 0 * 255", "image transfer", 18),
    _row("0 * 96 3 10 255", "disconnect control", 70),
    _row("* * 99 * * *", "profile or log", 7),
    _row("* * 98 * * *", "list of values", 7, 1),
    _row("1 * 1-20 6 * *", "maximum demand", 4),
    _row("1 * 1-20 7 0 255", "instantaneous value", *_VALUES),
    _row("1 * 1-80 8 * *", "time integral", *_VALUES),
    _row("1 * 21-80 7 0 255", "instantaneous value per phase", *_VALUES),
)

#: Value groups A that are defined (Blue Book 7.1): abstract, electricity, other media.
MEDIA = frozenset({0, 1, 4, 5, 6, 7, 8, 9, 15})


def classes_behind(obis: str) -> ObisRow | None:
    """Return the row that a code such as "1-0:1.8.0.255" falls under, None where nothing is demanded."""
    groups = tuple(int(part) for part in obis.replace("-", ".").replace(":", ".").split("."))
    return next((row for row in OBIS_CLASSES if row.fits(groups)), None)
