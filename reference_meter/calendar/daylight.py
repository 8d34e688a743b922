"""When daylight saving begins and ends, from the rules of the COSEM clock (dates with wildcards)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from bench.protocols.cosem_time import DateTime

LAST_DAY, SECOND_LAST_DAY = 0xFE, 0xFD
_DAYS_A_WEEK = 7
_DECEMBER = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Daylight:
    """The rules of one meter: begin and end as 12 octets each, in local time; the shift in minutes."""

    begin: bytes
    end: bytes
    deviation_min: int = 60
    enabled: bool = True

    def active(self, utc: datetime, time_zone_min: int) -> bool:
        """Tell whether daylight saving is in force at an instant."""
        if not self.enabled:
            return False
        moments = self.moments((utc - timedelta(minutes=time_zone_min)).year, time_zone_min)
        if moments is None:
            return False
        begin, end = moments
        if begin < end:
            return begin <= utc < end
        return not end <= utc < begin  # the southern summer spans the new year

    def next_change(self, utc: datetime, time_zone_min: int) -> datetime | None:
        """Return the next instant at which daylight saving begins or ends; None without rules."""
        if not self.enabled:
            return None
        year = utc.year
        moments = [self.moments(number, time_zone_min) for number in (year, year + 1)]
        coming = [moment for pair in moments if pair is not None for moment in pair if moment > utc]
        return min(coming, default=None)

    def moments(self, year: int, time_zone_min: int) -> tuple[datetime, datetime] | None:
        """Return the UTC instants of begin and end in a year; None where the rules name none."""
        return _moments(self.begin, self.end, self.deviation_min, year, time_zone_min)


@lru_cache(maxsize=256)
def _moments(
    begin: bytes, end: bytes, deviation_min: int, year: int, time_zone_min: int
) -> tuple[datetime, datetime] | None:
    try:
        begins, ends = (in_year(DateTime.from_bytes(rule), year) for rule in (begin, end))
    except ValueError:
        return None
    # the begin is read on the standard clock, the end on the summer one
    standard = timedelta(minutes=time_zone_min)
    return begins + standard, ends + standard - timedelta(minutes=deviation_min)


def in_year(rule: DateTime, year: int) -> datetime:
    """Return the local date and time (as if UTC) that a rule names in ``year``. Raise ValueError."""
    if rule.month is None or not 1 <= rule.month <= _DECEMBER or rule.hour is None or rule.minute is None:
        raise ValueError("the rule names no month or no time of day")
    if rule.year is not None:
        year = rule.year
    day = _day(year, rule.month, rule.day, rule.weekday)
    return datetime(year, rule.month, day, rule.hour, rule.minute, rule.second or 0, tzinfo=UTC)


def _day(year: int, month: int, day: int | None, weekday: int | None) -> int:
    length = month_length(year, month)
    if day in (LAST_DAY, SECOND_LAST_DAY):
        back = 0 if day == LAST_DAY else 1
        if weekday is None:
            return length - back
        last = datetime(year, month, length, tzinfo=UTC).isoweekday()
        return length - (last - weekday) % _DAYS_A_WEEK - back * _DAYS_A_WEEK
    if day is None:
        raise ValueError("the rule names no day")
    if weekday is None:
        return day
    first = datetime(year, month, day, tzinfo=UTC).isoweekday()
    return day + (weekday - first) % _DAYS_A_WEEK


def month_length(year: int, month: int) -> int:
    """Return the number of days of a month."""
    following = datetime(year + month // _DECEMBER, month % _DECEMBER + 1, 1, tzinfo=UTC)
    return (following - timedelta(days=1)).day
