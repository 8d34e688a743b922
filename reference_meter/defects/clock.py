"""Defects of layer CK: clock, tariffs, profiles, demand and billing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from bench.protocols.cosem_time import ClockStatus, DateTime
from reference_meter.board import Timer
from reference_meter.calendar.activity_calendar import ActivityCalendar
from reference_meter.calendar.meter_clock import MeterClock
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.metering.demand import Demand
from reference_meter.metering.registers import Registers
from reference_meter.profiles.profile import Period, Profile
from reference_meter.profiles.profiles import Profiles

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_LEAP_DAY = (2, 29)
_YEAR_FROM, _YEARS = 2005, 32
_DRIFT = 4.0 / 86_400.0
_SET_AT = "clock.set_at"
_TRUNCATED_WH = 10
_LOST_SHARE = 0.05
_SUB_PERIODS = 15
_DIGITS = 9
_LAST_ROWS = 12


class DeviationInverted(MeterClock):
    """Write the deviation with the opposite sign."""

    def shown(self, utc: datetime) -> DateTime:
        moment = super().shown(utc)
        return replace(moment, deviation_min=-(moment.deviation_min or 0))


class NoLeapDay(MeterClock):
    """Refuse the 29th of February."""

    def instant(self, moment: DateTime) -> datetime:
        if (moment.month, moment.day) == _LEAP_DAY:
            raise ValueError("no such day")
        return super().instant(moment)


class ShortYearCounter(MeterClock):
    """Count years in five bits from 2005."""

    def utc(self) -> datetime:
        utc = super().utc()
        return utc.replace(year=_YEAR_FROM + (utc.year - _YEAR_FROM) % _YEARS)


class Drifts(MeterClock):
    """Gain four seconds a day since it was set."""

    def utc(self) -> datetime:
        set_at_s: float = self.meter.memory.get(_SET_AT) or 0.0
        return super().utc() + timedelta(seconds=_DRIFT * (self.meter.board.now() - set_at_s))

    def set_utc(self, utc: datetime, *, actor: str = "remote") -> None:
        self.meter.memory.put(_SET_AT, self.meter.board.now())  # before anything looks at the new time
        super().set_utc(utc, actor=actor)


class ValidAfterStop(MeterClock):
    """Call the time valid after the clock stood still."""

    def status_at(self, utc: datetime) -> int:
        return super().status_at(utc) & ~ClockStatus.INVALID_VALUE


class SecondHourOverwrites(Profiles):
    """Number rows by their local time: of an hour that comes twice the second replaces the first."""

    def append(self, profile: Profile, at: datetime, cells: tuple[bytes, ...]) -> None:
        stored = self.stored(profile)
        before = len(stored)
        super().append(profile, at, cells)
        rows = stored.all()
        newest = rows[-1]
        for place in range(max(0, before - _LAST_ROWS), min(before, len(rows) - 1)):
            row = rows[place]
            same = row.cells[0][2 : 2 + _DIGITS] == newest.cells[0][2 : 2 + _DIGITS]
            if same and row.cells[0] != newest.cells[0]:
                stored.replace_all([*rows[:place], newest, *rows[place + 1 : -1]])
                return


class StandardTimeTariffs(ActivityCalendar):
    """Switch by standard time all the year."""

    def local_now(self) -> datetime:
        clock = self.meter.clock
        return clock.utc() - timedelta(minutes=clock.time_zone_min)


class SpecialDaysIgnored(ActivityCalendar):
    """Never look into the table of special days."""

    def special_day(self, today: date) -> int | None:  # noqa: ARG002
        return None


class ClockSetUnmarked(Profiles):
    """Do not mark rows after the clock was set."""

    def clock_set_flag(self) -> int:
        return 0


class OutageUnmarked(Profiles):
    """Do not mark rows after a power cut."""

    def power_down_flag(self) -> int:
        return 0


class CaptureDrifts(Profiles):
    """Capture a second later each time."""

    def stamp(self, profile: Profile, at: datetime) -> datetime:
        late_s = self.entries_in_use(profile) % 600 if profile.period is Period.QUARTER_HOUR else 0
        return super().stamp(profile, at) + timedelta(seconds=late_s)


class IntervalsTruncated(Profiles):
    """Round the energy of each interval down, and lose the rest."""

    def interval_wh(self) -> int:
        return super().interval_wh() // _TRUNCATED_WH * _TRUNCATED_WH


class NextPeriodStamp(Profiles):
    """Stamp a row with the end of the next interval."""

    def stamp(self, profile: Profile, at: datetime) -> datetime:
        return super().stamp(profile, at) + timedelta(seconds=profile.seconds)


class BillingSkipped(Profiles):
    """Bill at midnight or not at all."""

    def late(self, profile: Profile, local: datetime) -> bool:
        return profile.period is not Period.MONTH and super().late(profile, local)


class SlidingDemand(Demand):
    """Take the average over any fifteen minutes, not over those of the clock."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._readings_wh: list[float] = []
        self._timer: Timer | None = None

    def power_up(self) -> None:
        self._sample()

    def take(self, power_w: int, at: datetime) -> None:
        """Leave the blocks alone; `_sample` looks at the sliding window."""

    def _sample(self) -> None:
        self._readings_wh = [*self._readings_wh, self.meter.registers.energy_wh()][-_SUB_PERIODS - 1 :]
        power_w = self.average_w(self._readings_wh[-1] - self._readings_wh[0])
        super().take(power_w, self.meter.clock.utc())
        step_s = self.period_s / _SUB_PERIODS
        self._timer = self.meter.board.at(self.meter.board.now() + step_s, self._sample)


class PeriodStartStamp(Demand):
    """Stamp the highest demand with the begin of its period."""

    def stamp(self, due: datetime) -> datetime:
        return due - timedelta(seconds=self.period_s)


class RatesLoseEnergy(Registers):
    """Lose a twentieth in every tariff but the first."""

    def rate_reading_wh(self, rate: int) -> int:
        reading_wh = super().rate_reading_wh(rate)
        return reading_wh if rate == 1 else int(reading_wh * (1.0 - _LOST_SHARE))


_ROWS: tuple[tuple[str, str, str, type[object]], ...] = (
    ("CK-01", "Clock deviation sign inverted", "clock", DeviationInverted),
    ("CK-03", "Autumn DST: second 02:00 hour overwrites the first", "profiles", SecondHourOverwrites),
    ("CK-05", "TOU switches on UTC/GMT in summer", "calendar", StandardTimeTariffs),
    ("CK-06", "29 February refused", "clock", NoLeapDay),
    ("CK-07", "Year counter of 5 bits from 2005", "clock", ShortYearCounter),
    ("CK-08", "RTC drifts 4 s/day at 23 degrees", "clock", Drifts),
    ("CK-09", "Setting time back duplicates profile rows without status", "profiles", ClockSetUnmarked),
    ("CK-11", "Capture not aligned: drifts 1 s per capture", "profiles", CaptureDrifts),
    ("CK-12", "Outage gap not marked", "profiles", OutageUnmarked),
    ("CK-15", "Sum of profile intervals below register difference", "profiles", IntervalsTruncated),
    ("CK-16", "Maximum demand uses sliding instead of block window", "demand", SlidingDemand),
    ("CK-17", "Maximum demand timestamp is period start", "demand", PeriodStartStamp),
    ("CK-18", "Month-end billing skipped when the meter was off", "profiles", BillingSkipped),
    ("CK-19", "Special-days table ignored", "calendar", SpecialDaysIgnored),
    ("CK-21", "Tariff registers do not sum to total", "registers", RatesLoseEnergy),
    ("CK-23", "Clock at 2000 with valid status after battery loss", "clock", ValidAfterStop),
    ("CK-25", "Time stamp is the end of the next period", "profiles", NextPeriodStamp),
)

DEFECTS = tuple(
    SlotDefect(id=number, title=title, slot=slot, mixin=mixin) for number, title, slot, mixin in _ROWS
)
