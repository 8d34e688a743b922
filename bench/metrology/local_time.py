"""Daylight saving by the rules a COSEM clock shows (Blue Book, class 8): instants, deviation, status.

Begin and end are date-times with wildcards: day FE is the last day of the month, FD the last but one; with a day of
the week it is the last such day. The begin is told in standard time, the end in summer time.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.protocols.cosem_time import DateTime

LAST, SECOND_LAST = 0xFE, 0xFD
DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRules:
    """Zone and daylight saving of a clock; deviations in minutes, UTC minus local."""

    time_zone_min: int
    begin: DateTime | None = None
    end: DateTime | None = None
    shift_min: int = 0
    enabled: bool = False

    def transitions(self, year: int) -> tuple[datetime, datetime] | None:
        """Return the UTC instants at which daylight saving begins and ends in a year; None without it."""
        if not self.enabled or self.begin is None or self.end is None or not self.shift_min:
            return None
        begin, end = local_instant(self.begin, year), local_instant(self.end, year)
        if begin is None or end is None:
            return None
        zone = timedelta(minutes=self.time_zone_min)
        return begin + zone, end + zone - timedelta(minutes=self.shift_min)

    def saving(self, utc: datetime) -> bool:
        """Tell whether daylight saving is in force at an instant."""
        found = self.transitions((utc - timedelta(minutes=self.time_zone_min)).year)
        if found is None:
            return False
        begin, end = found
        return begin <= utc < end if begin < end else not end <= utc < begin

    def deviation_min(self, utc: datetime) -> int:
        """Return UTC minus local time at an instant."""
        return self.time_zone_min - (self.shift_min if self.saving(utc) else 0)

    def local(self, utc: datetime) -> datetime:
        """Return local time at an instant, marked as UTC."""
        return utc - timedelta(minutes=self.deviation_min(utc))

    def instant(self, local: datetime) -> datetime:
        """Return the instant of a local time; of an hour that comes twice, the first."""
        for deviation in (self.time_zone_min - self.shift_min, self.time_zone_min):
            utc = local + timedelta(minutes=deviation)
            if self.deviation_min(utc) == deviation:
                return utc
        return local + timedelta(minutes=self.time_zone_min)


def local_instant(rule: DateTime, year: int) -> datetime | None:
    """Return the local time that a rule names in ``year``, marked as UTC; None where it names none."""
    month, hour = rule.month, rule.hour
    if month is None or not 1 <= month <= 12 or hour is None or rule.day is None:
        return None
    of_year = rule.year if rule.year is not None else year
    length = calendar.monthrange(of_year, month)[1]
    if rule.day in (LAST, SECOND_LAST):
        back = LAST - rule.day
        day = length - back
        if rule.weekday is not None:
            last = datetime(of_year, month, length, tzinfo=UTC).isoweekday()
            day = length - (last - rule.weekday) % DAYS_A_WEEK - DAYS_A_WEEK * back
    else:
        day = rule.day
        if rule.weekday is not None:
            day += (rule.weekday - datetime(of_year, month, day, tzinfo=UTC).isoweekday()) % DAYS_A_WEEK
    return datetime(of_year, month, day, hour, rule.minute or 0, rule.second or 0, tzinfo=UTC)
