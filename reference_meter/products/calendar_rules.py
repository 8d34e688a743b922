"""Clock, tariffs, demand and profiles of a product, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bench.protocols.cosem_time import DateTime
from reference_meter.calendar.daylight import LAST_DAY, Daylight

_SUNDAY = 7
_MARCH, _OCTOBER = 3, 10


def last_sunday(month: int, hour: int) -> bytes:
    """Return the rule "the last Sunday of ``month`` at ``hour`` local time"."""
    return DateTime(
        month=month, day=LAST_DAY, weekday=_SUNDAY, hour=hour, minute=0, second=0, hundredths=0
    ).to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRules:
    """How the meter leaves the factory. ``time_zone_min`` is UTC minus local standard time."""

    time_zone_min: int = -60
    daylight_begin: bytes = last_sunday(_MARCH, 2)
    daylight_end: bytes = last_sunday(_OCTOBER, 3)
    daylight_deviation_min: int = 60
    daylight_enabled: bool = True
    factory_day: tuple[tuple[int, int, int], ...] = ((0, 0, 1),)
    """Hour, minute and rate of each switching of the only day profile."""
    demand_period_s: int = 900

    def deviation_min(self, utc: datetime) -> int:
        """Return UTC minus local time at an instant, by the rules of the factory."""
        daylight = Daylight(
            begin=self.daylight_begin,
            end=self.daylight_end,
            deviation_min=self.daylight_deviation_min,
            enabled=self.daylight_enabled,
        )
        shift = self.daylight_deviation_min if daylight.active(utc, self.time_zone_min) else 0
        return self.time_zone_min - shift
