"""Slot ``profiles``: captures rows in time, and gives them out whole, by range or by entry (Blue Book class 7).

Captures follow the meter's clock: at each full quarter of an hour, at local midnight, at the first of the month.
A day or a month that ended without supply is captured when the supply is back. A row whose interval saw a power
cut or a change of the clock says so in its status.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bench.protocols.axdr import encode
from bench.protocols.cosem_time import ClockStatus, DateTime
from reference_meter.board import Timer
from reference_meter.profiles.event_rows import EVENT_PROFILES, event_rows
from reference_meter.profiles.histories import HISTORY_PROFILES, history_rows, is_history
from reference_meter.profiles.profile import Column, Period, Profile
from reference_meter.profiles.rows import Row, Rows, seconds_of
from reference_meter.profiles.standard import CLOCK_ADJUSTED, POWER_DOWN, PROFILES

if TYPE_CHECKING:
    from reference_meter.meter import Meter
    from reference_meter.products.calendar_rules import CalendarRules

RECORD = "profiles"
_QUARTER_S = 900
_QUARTER = timedelta(seconds=_QUARTER_S)
_SLACK_S = 1e-6
_SLACK = timedelta(seconds=_SLACK_S)
_CRYSTALS_S = 2e-3
"""How far the oscillator and the crystal of the clock may be apart after a quarter of an hour."""
_PROFILE_GENERIC = 7
_SHORT_STEP = timedelta(days=1)
_ALMOST_A_MONTH = timedelta(days=27)


class Profiles:
    """The profiles of the meter, by name."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.all: dict[str, Profile] = {profile.name: profile for profile in self.build()}
        self._by_time = tuple(row for row in self.all.values() if row.period is not Period.EVENT)
        self._rows = {
            profile.name: Rows(meter.memory, record_of(profile.name), profile.entries_max)
            for profile in self.all.values()
        }
        saved: dict[str, Any] = meter.memory.get(RECORD) or {}
        self._flags: dict[str, int] = saved.get("flags", {})
        self._captured: dict[str, str] = saved.get("captured", {})
        self.load_from_wh: int = saved.get("load_from_wh", meter.registers.reading_wh())
        """The energy register at the last row of the load profile."""
        self._timer: Timer | None = None
        self._due: datetime | None = None

    def build(self) -> tuple[Profile, ...]:
        """Return the profiles of this meter."""
        return (*PROFILES, *EVENT_PROFILES, *HISTORY_PROFILES)

    def power_up(self) -> None:
        """Capture what fell due without supply, and begin to capture."""
        if self._captured:
            self.flag(self.power_down_flag())
            self._capture_late()
        else:
            self._set_captured(self.meter.clock.local())
        self.plan()

    def power_failing(self) -> None:
        """Keep what the next rows need."""
        self.save()

    def save(self) -> None:
        """Write what the next rows need to the memory chip."""
        self.meter.memory.put(
            RECORD,
            {"flags": self._flags, "captured": self._captured, "load_from_wh": self.load_from_wh},
        )

    # --- status -----------------------------------------------------------------------------------

    def power_down_flag(self) -> int:
        """Return the bits of the status that tell of a power cut."""
        return POWER_DOWN

    def clock_set_flag(self) -> int:
        """Return the bits of the status that tell of a change of the clock."""
        return CLOCK_ADJUSTED

    def flag(self, bits: int) -> None:
        """Set bits in the status of the next row of each profile."""
        for name in self.all:
            self._flags[name] = self._flags.get(name, 0) | bits

    def flags(self, profile: str) -> int:
        """Return the bits set for the next row of a profile."""
        return self._flags.get(profile, 0)

    # --- time -------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Wait for the next full quarter of an hour of the clock."""
        if self._timer is not None:
            self._timer.cancel()
        now = self.meter.clock.utc()
        self._due = next_quarter(now)
        wait_s = (self._due - now).total_seconds() + _CRYSTALS_S
        self._timer = self.meter.board.at(self.meter.board.now() + max(wait_s, _SLACK_S), self._tick)

    def clock_set(self, before: datetime, after: datetime) -> None:
        """Go on from a new time: mark it, and do not capture what lies between."""
        self.flag(self.clock_set_flag())
        self.meter.demand.begin_anew()
        back = timedelta(0) < before - after < _SHORT_STEP
        local = self.meter.clock.local(after)
        for profile in self.all.values():
            # a day or month that a small step repeats was captured already, unless it had been leapt
            if not (back and self._captured_after(profile, after)):
                self._set_captured(local, profile)
        self.save()
        self.plan()

    def _tick(self) -> None:
        self._timer = None
        now, due = self.meter.clock.utc(), self._due
        if due is not None and due <= now + _SLACK < due + _QUARTER:
            self.meter.demand.close_period(due)
            local = self.meter.clock.local(due)
            midnight = not (local.hour or local.minute)
            for profile in self._by_time:
                due_now = (midnight or profile.period is not Period.DAY) and self.falls_due(profile, local)
                if due_now and self.meter.function_control.serves(_PROFILE_GENERIC, profile.obis):
                    self.capture(profile, due)
        self.plan()

    def falls_due(self, profile: Profile, local: datetime) -> bool:
        """Tell whether a profile captures at a full quarter of an hour of local time."""
        due = (
            self.meter.schedules.billing.due(local)
            if profile.period is Period.MONTH
            else falls_due(profile.period, local)
        )
        if not due:
            return False
        return profile.period is Period.QUARTER_HOUR or self._captured.get(profile.name, "") < _mark(
            profile.period, local
        )

    def _capture_late(self) -> None:
        """Capture the day and the month that ended without supply."""
        if self.meter.clock.invalid:
            return
        now = self.meter.clock.utc()
        local = self.meter.clock.local(now)
        for profile in self.all.values():
            if self.late(profile, local):
                self.capture(profile, now)

    def late(self, profile: Profile, local: datetime) -> bool:
        """Tell whether the day or month of a profile ended since its last capture."""
        if profile.period not in (Period.DAY, Period.MONTH):
            return False
        if profile.period is Period.MONTH:
            return self._billing_missed(self._captured.get(profile.name, ""), local)
        return self._captured.get(profile.name, "") < _mark(profile.period, local)

    def _billing_missed(self, captured: str, local: datetime) -> bool:
        if not captured:
            return True
        begun = self.meter.clock.local_to_utc(datetime.fromisoformat(captured))
        due = self.meter.schedules.billing.next_due(begun)
        return due is not None and due <= self.meter.clock.local_to_utc(local)

    def _captured_after(self, profile: Profile, at: datetime) -> bool:
        rows = self._rows[profile.name].all() if profile.period in (Period.DAY, Period.MONTH) else []
        return bool(rows) and rows[-1].time_s > seconds_of(at)

    def _set_captured(self, local: datetime, *profiles: Profile) -> None:
        for profile in profiles or self.all.values():
            if profile.period in (Period.DAY, Period.MONTH):
                self._captured[profile.name] = _mark(profile.period, local)

    # --- capturing --------------------------------------------------------------------------------

    def capture(self, profile: Profile, at: datetime) -> None:
        """Append a row now, with ``at`` as its time."""
        cells = tuple(encode(column.capture(self.meter)) for column in profile.columns[1:])
        with self.meter.memory.together():
            self.append(profile, self.stamp(profile, at), cells)
            self._flags.pop(profile.name, None)
            if profile.period is Period.QUARTER_HOUR:
                self.load_from_wh = self.meter.registers.reading_wh()
            elif profile.period in (Period.DAY, Period.MONTH):
                self._captured[profile.name] = _mark(profile.period, self.meter.clock.local(at))
                self.save()
            if profile.period is Period.MONTH:
                self.bill()

    def bill(self) -> None:
        """Begin a new billing period."""
        self.meter.demand.reset()

    def stamp(self, _profile: Profile, at: datetime) -> datetime:
        """Return the time that a row captured ``at`` carries: the end of its interval."""
        return at

    def interval_wh(self) -> int:
        """Return the energy of the running interval of the load profile: what the register moved by."""
        return self.meter.registers.reading_wh() - self.load_from_wh

    def append(self, profile: Profile, at: datetime, cells: tuple[bytes, ...]) -> None:
        """Append a row of coded cells behind that of its time."""
        shown = self.meter.clock.shown(at).to_bytes()
        self._rows[profile.name].append(Row(seconds_of(at), (_octet_string(shown), *cells)))

    def reset(self, profile: Profile) -> None:
        """Forget the rows of a profile."""
        self._rows[profile.name].clear()

    def stored(self, profile: Profile) -> Rows:
        """Return the ring of a profile in the memory chip."""
        return self._rows[profile.name]

    # --- reading ----------------------------------------------------------------------------------

    def rows(self, profile: Profile) -> list[Row]:
        """Return all rows, oldest first."""
        if is_history(profile):
            return history_rows(self.meter, profile)
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


def _octet_string(octets: bytes) -> bytes:
    return bytes([9, len(octets)]) + octets


def next_quarter(now: datetime) -> datetime:
    """Return the next full quarter of an hour after ``now``."""
    return now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0) + _QUARTER


def falls_due(period: Period, local: datetime) -> bool:
    """Tell whether a profile captures at a full quarter of an hour of local time."""
    if period is Period.QUARTER_HOUR:
        return True
    if period is Period.EVENT or local.hour or local.minute:
        return False
    return period is Period.DAY or local.day == 1


def _mark(period: Period, local: datetime) -> str:
    """Return the day that a local time lies in; for billing, which may end at any quarter, the minute."""
    return local.strftime("%Y-%m-%dT%H:%M+00:00" if period is Period.MONTH else "%Y-%m-%d")


@lru_cache(maxsize=8)  # a rack is put up at one time, and its meters are alike
def history(
    wanted: int, until: datetime, rules: CalendarRules, profile: Profile, cells: tuple[bytes, ...]
) -> tuple[Row, ...]:
    """Return the rows that a delivered meter already has: those due before ``until``, all with ``cells``."""

    def local(at: datetime) -> datetime:
        return at - timedelta(minutes=rules.deviation_min(at))

    rows: list[Row] = []
    at = next_quarter(until) - timedelta(seconds=_QUARTER_S)
    while len(rows) < min(wanted, profile.entries_max):
        if falls_due(profile.period, local(at)):
            saving = rules.time_zone_min != rules.deviation_min(at)
            status = ClockStatus.DAYLIGHT_SAVING_ACTIVE if saving else 0
            shown = DateTime.from_datetime(at, deviation_min=rules.deviation_min(at), status=status)
            rows.append(Row(seconds_of(at), (_octet_string(shown.to_bytes()), *cells)))
            if profile.period is Period.MONTH:
                at -= _ALMOST_A_MONTH
        at -= timedelta(seconds=_QUARTER_S)
    return tuple(rows[::-1])


def column_named(profile: Profile, reference: tuple[int, bytes, int, int]) -> Column | None:
    """Return the column of a profile that a reference names, None when it has none such."""
    return next((column for column in profile.columns if column.reference() == reference), None)
