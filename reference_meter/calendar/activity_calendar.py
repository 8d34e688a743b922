"""Slot ``calendar``: which tariff is in force (Blue Book classes 20 and 11), by the local time of the clock.

Seasons, weeks and days are kept as the client wrote them; what they say is read once and then held until they
change. A passive calendar is activated as a whole, by method or at its time, and only when it is consistent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from bench.protocols.axdr import Data, decode_all, encode
from bench.protocols.cosem_time import DateTime
from reference_meter.board import Timer
from reference_meter.calendar import plans
from reference_meter.calendar.plans import Action, Season, Week

if TYPE_CHECKING:
    from reference_meter.meter import Meter

T = TypeVar("T")
PARTS = ("calendar name", "seasons", "weeks", "days")
SPECIAL_DAYS = "special days"
ACTIVATION = "activate calendar"
RATES = 8
_SLACK_S = 1e-3
_ANY_YEAR = 0xFFFF


class _Held(Generic[T]):
    """What a table of the active calendar says, read when first asked for."""

    def __init__(self, name: str, read: Callable[[Data], T]) -> None:
        self._name, self._read = name, read
        self.value: T | None = None

    def of(self, part: Callable[[str, str], Data]) -> T:
        if self.value is None:
            self.value = self._read(part("active", self._name))
        return self.value


class ActivityCalendar:
    """The active calendar and the one that waits."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._timer: Timer | None = None
        self._seasons = _Held("seasons", plans.seasons_of)
        self._weeks = _Held("weeks", plans.weeks_of)
        self._days = _Held("days", plans.days_of)
        self._special: tuple[plans.SpecialDay, ...] | None = None

    def power_up(self) -> None:
        """Bring the tariff up to date."""
        self.plan()

    # --- what is written --------------------------------------------------------------------------

    def part(self, which: str, name: str) -> Data:
        """Return one part of the ``active`` or ``passive`` calendar as it is written."""
        stored = self.meter.memory.get(f"dlms.{which} {name}")
        if stored is None:
            return plans.factory_part(self.meter.product.calendar, PARTS.index(name))
        return decode_all(bytes.fromhex(stored))

    def keep(self, record: str, value: Data) -> None:
        """Write a part, or the special days, and act on it."""
        self.meter.memory.put(f"dlms.{record}", encode(value).hex())
        self._forget()
        self.plan()

    def activate_passive(self) -> bool:
        """Let the passive calendar take over; return False where it is not consistent."""
        parts = [self.part("passive", name) for name in PARTS]
        if not plans.consistent(*parts[1:], rates=RATES):
            return False
        with self.meter.memory.together():
            for name, value in zip(PARTS, parts, strict=True):
                self.meter.memory.put(f"dlms.active {name}", encode(value).hex())
            self.meter.memory.put(f"dlms.{ACTIVATION}", None)
            self.meter.events.record("calendar-activated", actor="meter")
        self._forget()
        self.plan()
        return True

    def activation_time(self) -> bytes:
        """Return when the passive calendar takes over, as 12 octets; nothing specified: never."""
        stored = self.meter.memory.get(f"dlms.{ACTIVATION}")
        return DateTime(status=None).to_bytes() if stored is None else bytes.fromhex(stored)

    def set_activation_time(self, octets: bytes) -> None:
        """Set when the passive calendar takes over."""
        self.meter.memory.put(f"dlms.{ACTIVATION}", octets.hex())
        self.plan()

    # --- what it means ----------------------------------------------------------------------------

    def active_rate(self) -> int:
        """Return the rate in force now, 1 to 8."""
        local = self.local_now()
        begun = [action for action in self.day_actions(local.date()) if action.at <= local.time()]
        return begun[-1].rate if begun else 1

    def local_now(self) -> datetime:
        """Return the local time by which tariffs switch."""
        return self.meter.clock.local()

    def day_actions(self, today: date) -> tuple[Action, ...]:
        """Return what happens on a day, in order of time."""
        day = self.special_day(today)
        if day is None:
            week = self.weeks().get(self.season(today))
            day = week[today.isoweekday() - 1] if week is not None else None
        return self.days().get(day, ()) if day is not None else ()

    def season(self, today: date) -> bytes:
        """Return the name of the week of the season that a day falls in."""
        seasons = self.seasons()
        if not seasons:
            return b""
        begun = [season for season in seasons if season.start <= (today.month, today.day)]
        return (begun or seasons)[-1].week

    def special_day(self, today: date) -> int | None:
        """Return the day profile that the special days table gives a day, None when it has no such day."""
        for row in self.special_days():
            year, month, day, weekday, profile = row
            if (
                year in (today.year, _ANY_YEAR)
                and month in (today.month, 0xFF)
                and day in (today.day, 0xFF)
                and weekday in (today.isoweekday(), 0xFF)
            ):
                return profile
        return None

    def seasons(self) -> tuple[Season, ...]:
        """Return the seasons of the active calendar, by their start."""
        return self._seasons.of(self.part)

    def weeks(self) -> dict[bytes, Week]:
        """Return the weeks of the active calendar by name."""
        return self._weeks.of(self.part)

    def days(self) -> dict[int, tuple[Action, ...]]:
        """Return the day profiles of the active calendar by number."""
        return self._days.of(self.part)

    def special_days(self) -> tuple[plans.SpecialDay, ...]:
        """Return the special days in their order."""
        if self._special is None:
            stored = self.meter.memory.get(f"dlms.{SPECIAL_DAYS}")
            self._special = () if stored is None else plans.special_days_of(decode_all(bytes.fromhex(stored)))
        return self._special

    def _forget(self) -> None:
        self._special = None
        for held in (self._seasons, self._weeks, self._days):
            held.value = None

    # --- when -------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Put the rate in force and wait for the next moment at which it may change."""
        if self._activation_due():
            self.meter.memory.put(f"dlms.{ACTIVATION}", None)
            self.activate_passive()
            return
        rate = self.active_rate()
        if rate != self.meter.registers.rate:
            self.meter.account.settle()
            self.meter.registers.switch_rate(rate)
            self.meter.account.plan()
        self.meter.account.plan()
        if self._timer is not None:
            self._timer.cancel()
        now = self.meter.clock.utc()
        wait_s = max((self.next_change(now) - now).total_seconds(), 0.0) + _SLACK_S
        self._timer = self.meter.board.at(self.meter.board.now() + wait_s, self._tick)

    def next_change(self, now: datetime) -> datetime:
        """Return the next instant at which the rate may change."""
        local = self.local_now()
        times = [action.at for action in self.day_actions(local.date()) if action.at > local.time()]
        tomorrow = local.date() + timedelta(days=1)
        nearest = (
            datetime.combine(local.date(), times[0], UTC)
            if times
            else datetime.combine(tomorrow, time(), UTC)
        )
        coming = [now + (nearest - local)]
        change = self.meter.clock.daylight.next_change(now, self.meter.clock.time_zone_min)
        if change is not None:
            coming.append(change)
        activation = self._activation()
        if activation is not None and activation > now:
            coming.append(activation)
        return min(coming)

    def _tick(self) -> None:
        self._timer = None
        self.meter.registers.accrue()
        self.plan()

    def _activation(self) -> datetime | None:
        moment = DateTime.from_bytes(self.activation_time())
        if moment.year is None:
            return None
        try:
            return self.meter.clock.instant(moment)
        except ValueError:
            return None

    def _activation_due(self) -> bool:
        activation = self._activation()
        return activation is not None and activation <= self.meter.clock.utc()
