"""The calendar of the friendly hours, in the layout of an activity calendar (Blue Book class 20).

A day profile's actions name script 1 (friendly) or 2 (normal) from a time of the day on. Without any action that has
begun a day is normal.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bench.protocols.axdr import Data

FRIENDLY, NORMAL = 1, 2
_EVERY = 0xFF
_EVERY_YEAR = 0xFFFF
_DAYS_AHEAD = 2


def is_friendly(weeks: Data, days: Data, special_days: Data, now: datetime) -> bool:
    """Return whether ``now`` (local) lies in friendly hours. Tables that contradict themselves are normal hours."""
    try:
        begun = [script for at, script in _actions(weeks, days, special_days, now) if at <= now]
    except (TypeError, ValueError, IndexError):
        return False
    return bool(begun) and begun[-1] == FRIENDLY


def next_change(weeks: Data, days: Data, special_days: Data, now: datetime) -> datetime | None:
    """Return the next time after ``now`` at which an action or a day begins; None without any day profile."""
    if not days.items():
        return None
    times = []
    for ahead in range(_DAYS_AHEAD):
        day = now + timedelta(days=ahead)
        try:
            times += [at for at, _ in _actions(weeks, days, special_days, day)]
        except (TypeError, ValueError, IndexError):
            continue
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return min((at for at in times if at > now), default=midnight)


def _actions(weeks: Data, days: Data, special_days: Data, day: datetime) -> list[tuple[datetime, int]]:
    """Return time and script of the actions of a day, in their order."""
    number = _special(special_days, day)
    if number is None:
        tables = weeks.items()
        if not tables:
            return []
        number = tables[0].items()[day.isoweekday()].number()
    profile = next((row for row in days.items() if row.items()[0].number() == number), None)
    if profile is None:
        return []
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    actions = []
    for action in profile.items()[1].items():
        start, _, script = action.items()
        hour, minute, second = (0 if part == _EVERY else part for part in start.octets()[:3])
        actions.append((midnight + timedelta(hours=hour, minutes=minute, seconds=second), script.number()))
    return sorted(actions)


def _special(special_days: Data, day: datetime) -> int | None:
    for row in special_days.items():
        _, date, number = row.items()
        shown = date.octets()
        year = int.from_bytes(shown[:2])
        if (
            year in (day.year, _EVERY_YEAR)
            and shown[2] in (day.month, _EVERY)
            and shown[3] in (day.day, _EVERY)
        ):
            return number.number()
    return None
