"""The tables of an activity calendar: from COSEM data to what they say, and whether they say anything sensible."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, NamedTuple

from bench.protocols.axdr import Data, DataType, array, long_unsigned, octet_string, structure, unsigned
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime

if TYPE_CHECKING:
    from reference_meter.products.calendar_rules import CalendarRules

TARIFF_SCRIPTS = "0-0:10.0.100"
_T = DataType
_ANY = 0xFF
_LEAP_YEAR = 2024
_DATE_OCTETS, _TIME_OCTETS, _DATE_TIME_OCTETS = 5, 4, 12
_DAYS_A_WEEK = 7
_SEASON_PARTS, _ACTION_PARTS, _DAY_PARTS, _SPECIAL_PARTS = 3, 3, 2, 3


class Season(NamedTuple):
    """A season: from when (month, day), and its week."""

    start: tuple[int, int]
    name: bytes
    week: bytes


class Action(NamedTuple):
    """From this time of the day on, this rate."""

    at: time
    rate: int


Week = tuple[int, ...]
"""The number of the day profile of each day, Monday first."""
SpecialDay = tuple[int, int, int, int, int]
"""Year, month, day, weekday (each may be a wildcard) and the number of the day profile."""


def seasons_of(table: Data) -> tuple[Season, ...]:
    """Return the seasons by their start. Raise ValueError or TypeError for what is none."""
    rows = []
    for row in table.items():
        name, start, week = (part.octets() for part in _parts(row, _SEASON_PARTS))
        if len(start) != _DATE_TIME_OCTETS:
            raise ValueError("a season starts at a date and time of 12 octets")
        begins = date(_LEAP_YEAR, start[2], start[3])
        rows.append(Season((begins.month, begins.day), name, week))
    return tuple(sorted(rows))


def weeks_of(table: Data) -> dict[bytes, Week]:
    """Return the weeks by name. Raise ValueError or TypeError for what is none."""
    weeks: dict[bytes, Week] = {}
    for row in table.items():
        name, *days = _parts(row, 1 + _DAYS_A_WEEK)
        if name.octets() in weeks:
            raise ValueError("two weeks have one name")
        weeks[name.octets()] = tuple(day.number() for day in days)
    return weeks


def days_of(table: Data) -> dict[int, tuple[Action, ...]]:
    """Return the actions of each day profile by its number. Raise ValueError or TypeError for what is none."""
    days: dict[int, tuple[Action, ...]] = {}
    for row in table.items():
        number, schedule = _parts(row, _DAY_PARTS)
        if number.number() in days:
            raise ValueError("two day profiles have one number")
        days[number.number()] = tuple(sorted(_action(action) for action in schedule.items()))
    return days


def special_days_of(table: Data) -> tuple[SpecialDay, ...]:
    """Return the special days. Raise ValueError or TypeError for what is none."""
    return tuple(special_day_of(row) for row in table.items())


def special_day_of(row: Data) -> SpecialDay:
    """Return one special day. Raise ValueError or TypeError for what is none."""
    _index, shown, profile = _parts(row, _SPECIAL_PARTS)
    octets = shown.octets()
    if len(octets) != _DATE_OCTETS:
        raise ValueError("a special day is a date of 5 octets")
    year, (month, day, weekday) = int.from_bytes(octets[:2]), octets[2:]
    date(
        _LEAP_YEAR if year == 0xFFFF else year,
        1 if month == _ANY else month,
        1 if day == _ANY else day,
    )
    if weekday != _ANY and weekday not in range(1, _DAYS_A_WEEK + 1):
        raise ValueError("no such day of the week")
    return year, month, day, weekday, profile.number()


def _action(row: Data) -> Action:
    at, script, selector = _parts(row, _ACTION_PARTS)
    octets = at.octets()
    if len(octets) != _TIME_OCTETS:
        raise ValueError("a time of day has 4 octets")
    if len(script.octets()) != len(Obis(TARIFF_SCRIPTS).to_bytes()):
        raise ValueError("no logical name of a script table")
    hour, minute, second, hundredths = (0 if octet == _ANY else octet for octet in octets)
    return Action(time(hour, minute, second, hundredths * 10_000), selector.number())


def _parts(row: Data, number: int) -> list[Data]:
    parts = list(row.items())
    if len(parts) != number:
        raise ValueError(f"{len(parts)} elements in place of {number}")
    return parts


def sound_seasons(table: Data) -> bool:
    """Tell whether seasons can stand: legal dates, no two from the same day, no name twice."""
    seasons = seasons_of(table)
    starts, names = {row.start for row in seasons}, {row.name for row in seasons}
    return len(starts) == len(names) == len(seasons)


def sound_weeks(table: Data) -> bool:
    """Tell whether weeks can stand."""
    weeks_of(table)
    return True


def sound_days(table: Data) -> bool:
    """Tell whether day profiles can stand: legal times, none twice in a day."""
    return all(len({action.at for action in actions}) == len(actions) for actions in days_of(table).values())


def consistent(seasons: Data, weeks: Data, days: Data, *, rates: int) -> bool:
    """Tell whether three tables make a calendar: every reference leads somewhere, every rate exists."""
    try:
        listed, named, numbered = seasons_of(seasons), weeks_of(weeks), days_of(days)
    except (ValueError, TypeError):
        return False
    return (
        bool(listed)
        and sound_seasons(seasons)
        and sound_days(days)
        and all(season.week in named for season in listed)
        and all(day in numbered for week in named.values() for day in week)
        and all(
            actions
            and actions[0].at == time()
            and all(action.rate in range(1, rates + 1) for action in actions)
            for actions in numbered.values()
        )
    )


def factory_part(rules: CalendarRules, part: int) -> Data:
    """Return a part of the calendar that the meter leaves the factory with: one season, one kind of day."""
    every_year = DateTime(month=1, day=1, hour=0, minute=0, second=0, hundredths=0, status=None)
    script = octet_string(Obis(TARIFF_SCRIPTS).to_bytes())
    actions = array(
        *(
            structure(octet_string(bytes([hour, minute, 0, 0])), script, long_unsigned(rate))
            for hour, minute, rate in rules.factory_day
        )
    )
    return (
        octet_string(b"CAL-1"),
        array(structure(octet_string(b"S1"), octet_string(every_year.to_bytes()), octet_string(b"W1"))),
        array(structure(octet_string(b"W1"), *(unsigned(1) for _ in range(_DAYS_A_WEEK)))),
        array(structure(unsigned(1), actions)),
    )[part]
