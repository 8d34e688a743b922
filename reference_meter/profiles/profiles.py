"""Slot ``profiles``: captures rows in time, and gives them out whole, by range or by entry (Blue Book class 7).

Captures follow the meter's clock: at each full quarter of an hour, at midnight, at the first of the month.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bench.protocols.axdr import encode
from bench.protocols.cosem_time import DateTime
from reference_meter.board import Timer
from reference_meter.profiles.event_rows import EVENT_PROFILES, event_rows
from reference_meter.profiles.profile import Column, Period, Profile
from reference_meter.profiles.rows import Row, Rows, seconds_of
from reference_meter.profiles.standard import PROFILES

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_QUARTER_S = 900
_DECEMBER = 12
_SLACK_S = 1e-6


class Profiles:
    """The profiles of the meter, by name."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.all: dict[str, Profile] = {profile.name: profile for profile in self.build()}
        self._rows = {
            profile.name: Rows(meter.memory, record_of(profile.name), profile.entries_max)
            for profile in self.all.values()
        }
        self._timer: Timer | None = None
        self._due: datetime | None = None

    def build(self) -> tuple[Profile, ...]:
        """Return the profiles of this meter."""
        return (*PROFILES, *EVENT_PROFILES)

    def power_up(self) -> None:
        """Begin to capture."""
        self.plan()

    # --- capturing --------------------------------------------------------------------------------

    def plan(self) -> None:
        """Wait for the next full quarter of an hour of the clock."""
        if self._timer is not None:
            self._timer.cancel()
        now = self.meter.clock.utc()
        self._due = next_quarter(now)
        wait_s = (self._due - now).total_seconds()
        self._timer = self.meter.board.at(self.meter.board.now() + max(wait_s, _SLACK_S), self._tick)

    def _tick(self) -> None:
        self._timer = None
        now, due = self.meter.clock.utc(), self._due
        if due is not None and due <= now + timedelta(seconds=_SLACK_S) < due + timedelta(seconds=_QUARTER_S):
            for profile in self.all.values():
                if falls_due(profile.period, due):
                    self.capture(profile, due)
        self.plan()

    def capture(self, profile: Profile, at: datetime) -> None:
        """Append a row now, with ``at`` as its time."""
        cells = tuple(encode(column.capture(self.meter)) for column in profile.columns[1:])
        self.append(profile, at, cells)

    def append(self, profile: Profile, at: datetime, cells: tuple[bytes, ...]) -> None:
        """Append a row of coded cells behind that of its time."""
        self._rows[profile.name].append(Row(seconds_of(at), (clock_cell(at), *cells)))

    def reset(self, profile: Profile) -> None:
        """Forget the rows of a profile."""
        self._rows[profile.name].clear()

    # --- reading ----------------------------------------------------------------------------------

    def rows(self, profile: Profile) -> list[Row]:
        """Return all rows, oldest first."""
        if profile.period is Period.EVENT:
            return event_rows(self.meter, profile.log)
        return self._rows[profile.name].all()

    def entries_in_use(self, profile: Profile) -> int:
        """Return how many rows there are."""
        if profile.period is Period.EVENT:
            return len(self.rows(profile))
        return len(self._rows[profile.name])

    def in_range(self, profile: Profile, from_s: float, to_s: float) -> list[Row]:
        """Return the rows whose time lies in a range, both ends included."""
        return [row for row in self.rows(profile) if from_s <= row.time_s <= to_s]

    def of_entries(self, profile: Profile, first: int, last: int) -> list[Row]:
        """Return the rows numbered ``first`` to ``last``, counted from 1, the oldest first; last 0 is the end."""
        rows = self.rows(profile)
        return rows[max(first, 1) - 1 : (last or len(rows))]


def record_of(name: str) -> str:
    """Return the name of the records of a profile."""
    return f"profile.{name}"


def clock_cell(at: datetime) -> bytes:
    """Return the coded time of a row: an octet-string, UTC, status valid."""
    shown = DateTime.from_datetime(at, deviation_min=0, status=0).to_bytes()
    return bytes([9, len(shown)]) + shown


def next_quarter(now: datetime) -> datetime:
    """Return the next full quarter of an hour after ``now``."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    quarters = int((now - hour).total_seconds() // _QUARTER_S) + 1
    return hour + timedelta(seconds=quarters * _QUARTER_S)


def falls_due(period: Period, at: datetime) -> bool:
    """Tell whether a profile captures at a full quarter of an hour."""
    midnight = at.hour == at.minute == 0
    return {
        Period.QUARTER_HOUR: True,
        Period.DAY: midnight,
        Period.MONTH: midnight and at.day == 1,
        Period.EVENT: False,
    }[period]


def history(product_rows: int, until: datetime, profile: Profile, cells: tuple[bytes, ...]) -> list[Row]:
    """Return the rows that a delivered meter already has: those due before ``until``, all with ``cells``."""
    rows: list[Row] = []
    at = next_quarter(until) - timedelta(seconds=_QUARTER_S)
    while len(rows) < min(product_rows, profile.entries_max):
        if falls_due(profile.period, at):
            rows.append(Row(seconds_of(at), (clock_cell(at), *cells)))
        at = _before(profile.period, at)
    return rows[::-1]


def _before(period: Period, at: datetime) -> datetime:
    if period is Period.QUARTER_HOUR:
        return at - timedelta(seconds=_QUARTER_S)
    midnight = at.replace(hour=0, minute=0)
    if midnight < at:
        return midnight
    if period is Period.DAY:
        return midnight - timedelta(days=1)
    first = midnight.replace(day=1)
    if first < midnight:
        return first
    month = _DECEMBER if first.month == 1 else first.month - 1
    return first.replace(year=first.year - (first.month == 1), month=month)


def column_named(profile: Profile, reference: tuple[int, bytes, int, int]) -> Column | None:
    """Return the column of a profile that a reference names, None when it has none such."""
    return next((column for column in profile.columns if column.reference() == reference), None)
