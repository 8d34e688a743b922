"""Slot ``clock``: civil time from the board's real-time clock, which runs on through power cuts.

The chip keeps UTC; zone and daylight saving are rules of the firmware. COSEM sign: deviation = UTC minus local.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bench.protocols.cosem_time import ClockStatus, DateTime
from reference_meter.calendar.daylight import Daylight

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "clock"
_A_DAY = timedelta(days=1)
_INVALID, _SAVING = int(ClockStatus.INVALID_VALUE), int(ClockStatus.DAYLIGHT_SAVING_ACTIVE)
"""As numbers: flags are slow to combine, and a profile asks for them at each row."""
SETTABLE_YEARS = range(2000, 2100)
"""Years that the clock chip can hold: two digits."""


class MeterClock:
    """The clock of the meter, with its zone and its daylight saving rules, which are non-volatile."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        rules = meter.product.calendar
        saved = meter.memory.get(RECORD) or {}
        self.time_zone_min: int = saved.get("time_zone_min", rules.time_zone_min)
        self.daylight = Daylight(
            begin=bytes.fromhex(saved.get("begin", rules.daylight_begin.hex())),
            end=bytes.fromhex(saved.get("end", rules.daylight_end.hex())),
            deviation_min=saved.get("deviation_min", rules.daylight_deviation_min),
            enabled=saved.get("enabled", rules.daylight_enabled),
        )

        self._season: tuple[datetime, datetime, bool] | None = None
        """From an instant on until the next change: whether daylight saving is in force."""

    def power_up(self) -> None:
        """Log that the clock stood still."""
        if self.meter.board.senses.clock_stopped:
            self.meter.events.record("clock-invalid", actor="meter")

    # --- now --------------------------------------------------------------------------------------

    def utc(self) -> datetime:
        """Return the time as an aware UTC datetime."""
        return self.meter.board.rtc()

    def local(self, utc: datetime | None = None) -> datetime:
        """Return the local time on the wall (marked as UTC), now or at an instant."""
        at = self.utc() if utc is None else utc
        return at - timedelta(minutes=self.deviation_at(at))

    @property
    def deviation_min(self) -> int:
        """UTC minus local time, now, in minutes."""
        return self.deviation_at(self.utc())

    def deviation_at(self, utc: datetime) -> int:
        """Return UTC minus local time at an instant, in minutes."""
        saving = self.daylight.deviation_min if self.saving(utc) else 0
        return self.time_zone_min - saving

    def saving(self, utc: datetime) -> bool:
        """Tell whether daylight saving is in force at an instant."""
        known = self._season
        if known is None or not known[0] <= utc < known[1]:
            active = self.daylight.active(utc, self.time_zone_min)
            change = self.daylight.next_change(utc, self.time_zone_min)
            known = self._season = (utc, utc + _A_DAY if change is None else change, active)
        return known[2]

    @property
    def invalid(self) -> bool:
        """Whether the clock stood still since it was last set."""
        return self.meter.board.senses.clock_stopped

    @property
    def status(self) -> int:
        """COSEM clock status now."""
        return self.status_at(self.utc())

    def status_at(self, utc: datetime) -> int:
        """Return the COSEM clock status at an instant: 0 means valid, no daylight saving."""
        return (_INVALID if self.invalid else 0) | (_SAVING if self.saving(utc) else 0)

    def shown(self, utc: datetime) -> DateTime:
        """Return an instant as the meter writes it: local, with deviation and status."""
        return DateTime.from_datetime(utc, deviation_min=self.deviation_at(utc), status=self.status_at(utc))

    # --- setting ----------------------------------------------------------------------------------

    def instant(self, moment: DateTime) -> datetime:
        """Return the instant that a date and time written by a client means. Raise ValueError.

        An unspecified deviation means that of this clock; of a local hour that comes twice, the second.
        """
        if moment.year not in SETTABLE_YEARS:
            raise ValueError("the chip does not know this year")
        if moment.deviation_min is not None:
            return moment.to_datetime()
        standard = replace(moment, deviation_min=self.time_zone_min).to_datetime()
        return replace(moment, deviation_min=self.deviation_at(standard)).to_datetime()

    def local_to_utc(self, local: datetime) -> datetime:
        """Return the instant of a local time (marked as UTC); of an hour that comes twice, the first."""
        summer = local + timedelta(minutes=self.time_zone_min - self.daylight.deviation_min)
        if self.daylight.active(summer, self.time_zone_min):
            return summer.astimezone(UTC)
        return (local + timedelta(minutes=self.time_zone_min)).astimezone(UTC)

    def set_utc(self, utc: datetime, *, actor: str = "remote") -> None:
        """Set the clock to an aware datetime; the log keeps the time before and after."""
        before = self.utc()
        with self.meter.memory.together():
            self.meter.events.record("clock-adjusted", actor=actor)
            self.meter.board.set_rtc(utc)
            self.meter.events.record("clock-set", actor=actor, before=before.isoformat())
            self.meter.profiles.clock_set(before, utc)
        self.meter.calendar.plan()
        self.meter.power_limiter.clock_set(utc - before)
        self._supply_looks_again()

    def set_time_zone(self, time_zone_min: int) -> None:
        """Set the zone; the instant stays, the local time moves."""
        self.time_zone_min = time_zone_min
        self._rules_changed()

    def set_daylight(self, daylight: Daylight) -> None:
        """Set the rules of daylight saving."""
        self.daylight = daylight
        self._rules_changed()

    def _rules_changed(self) -> None:
        self._season = None
        rules = asdict(self.daylight) | {"time_zone_min": self.time_zone_min}
        rules |= {"begin": self.daylight.begin.hex(), "end": self.daylight.end.hex()}
        self.meter.memory.put(RECORD, rules)
        self.meter.profiles.plan()
        self.meter.calendar.plan()
        self._supply_looks_again()

    def _supply_looks_again(self) -> None:
        """Let months, friendly hours and schedules of the switch look at the clock again."""
        self.meter.charges.clock_set()
        self.meter.friendly.changed()
        self.meter.disconnect_schedule.plan()
        self.meter.schedules.clock_changed()
