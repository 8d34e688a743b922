"""A defect from a file of its own: what these meters forget, or never forget, shows only after a power cut."""

from __future__ import annotations

from datetime import datetime

from reference_meter.calendar.activity_calendar import ACTIVATION, ActivityCalendar
from reference_meter.calendar.meter_clock import MeterClock
from reference_meter.events.conditions import Conditions
from reference_meter.profiles.profile import Profile
from reference_meter.profiles.profiles import Profiles
from tests.suites.kept_rack import Kept, rack

STOOD_STILL = "clock.stood-still"


class EndsUnrecorded(Conditions):
    """Take a condition that ended without supply for one that never was."""

    def power_up(self) -> None:
        self.active = {name for name in self.active if self.present(name)}
        super().power_up()


class MarksEveryRow(Profiles):
    """Mark every row after a power cut, and not only the first."""

    def capture(self, profile: Profile, at: datetime) -> None:
        marked = self.flags(profile.name) & self.power_down_flag()
        super().capture(profile, at)
        self._flags[profile.name] = self.flags(profile.name) | marked


class NeverValidAgain(MeterClock):
    """Go on saying that the time is invalid when it has been set."""

    def set_utc(self, utc: datetime, *, actor: str = "remote") -> None:
        if self.invalid:
            self.meter.memory.put(STOOD_STILL, True)
        super().set_utc(utc, actor=actor)

    @property
    def invalid(self) -> bool:
        return super().invalid or bool(self.meter.memory.get(STOOD_STILL))


class ActivationInRam(ActivityCalendar):
    """Forget in a power cut when the passive calendar is to take over."""

    def power_up(self) -> None:
        self.meter.memory.put(f"dlms.{ACTIVATION}", None)
        super().power_up()


KEPT = (
    Kept(
        "conditions",
        EndsUnrecorded,
        "dual/events_without_supply",
        "test_events.py::test_events_without_supply",
    ),
    Kept("profiles", MarksEveryRow, "dual/profile_outage", "test_profiles.py::test_profile_outage"),
    Kept("clock", NeverValidAgain, "dual/clock_without_battery", "test_clock.py::test_clock_without_battery"),
    Kept(
        "calendar",
        ActivationInRam,
        "dual/tariff_waiting_without_supply",
        "test_calendar.py::test_tariff_waiting_without_supply",
    ),
)
RACK = rack("FORGETFUL", KEPT)
