"""A defect from a file of its own: these meters leave out, lose or turn round what they should record and keep."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bench.protocols.axdr import Data
from reference_meter.events.conditions import Conditions
from reference_meter.events.event_logs import DOWN, EventLogs
from reference_meter.front_panel.display import Display
from reference_meter.metering.demand import Demand
from reference_meter.payment.friendly import NO_SPECIAL_DAYS, Friendly
from reference_meter.profiles.profiles import Profiles
from reference_meter.supply.power_limiter import PowerLimiter
from tests.suites.kept_rack import Kept, rack


class WatchesTheFirstPhase(Conditions):
    """Look at the voltage of one phase for all of them."""

    def voltages(self) -> list[float]:
        return super().voltages()[:1]


class ReversalOfAll(Conditions):
    """Take a current for reversed when those of all phases are."""

    def current_reversed_present(self) -> bool:
        least_w = self.meter.metering.no_load_threshold_w()
        return all(
            self.meter.metering.element_power_w(element) < -least_w for element in self.board.elements()
        )


class BillsTheTotal(Demand):
    """Begin anew with the total demand alone when a month ends."""

    def reset(self) -> None:
        self._highest = [[0, None], *self._highest[1:]]
        self.save()


class KnowsNoTariff(Demand):
    """Keep the highest demand for the total alone."""

    def take(self, power_w: int, at: datetime) -> None:
        if power_w > self.highest_w():
            self._highest[0] = [power_w, at.isoformat()]
            self.save()


class EmergencyForEver(PowerLimiter):
    """Begin the emergency profile at its time, and never end it."""

    def emergency_active(self) -> bool:
        begins, lasts_s = self.object["begins"], self.object["duration_s"]
        return bool(lasts_s and begins) and datetime.fromisoformat(begins) <= self.meter.clock.utc()


class EmergencyAtOnce(PowerLimiter):
    """Begin the emergency profile when it is written, whatever its time."""

    def emergency_active(self) -> bool:
        begins, lasts = self.object["begins"], timedelta(seconds=self.object["duration_s"])
        return begins is not None and self.meter.clock.utc() < datetime.fromisoformat(begins) + lasts


class LimiterInSilence(EventLogs):
    """Record what moves the switch, unless it was the limiter."""

    def record(self, name: str, *, actor: str, at: datetime | None = None, **data: Any) -> None:
        if actor != "limiter":
            super().record(name, actor=actor, at=at, **data)


class StuckInSilence(EventLogs):
    """Say nothing of a contact that does not follow."""

    def record(self, name: str, *, actor: str, at: datetime | None = None, **data: Any) -> None:
        if name != "switch-failed":
            super().record(name, actor=actor, at=at, **data)


class GoneWhenItReturned(EventLogs):
    """Write the record of the loss of supply when it is back, with the time of then."""

    def __init__(self, meter: Any) -> None:
        self.meter = meter
        if meter.memory.get(DOWN) is not None:
            self.record("power-down", actor="meter")
        super().__init__(meter)

    def power_failing(self) -> None:
        self.meter.memory.put(DOWN, self.meter.clock.utc().isoformat())


class DebtsAsCredit(EventLogs):
    """Keep amounts without their sign in the history of the credit."""

    def record(self, name: str, *, actor: str, at: datetime | None = None, **data: Any) -> None:
        if "credit" in data:
            data["credit"] = abs(data["credit"])
        super().record(name, actor=actor, at=at, **data)


class NoMinus(Display):
    """Show a debt as a credit."""

    def credit_text(self) -> str:
        return super().credit_text().lstrip("-")


class EveryDayTheSame(Friendly):
    """Know friendly hours, and no special days."""

    def _tables(self) -> tuple[Data, Data, Data]:
        weeks, days, _ = super()._tables()
        return weeks, days, NO_SPECIAL_DAYS


class SwallowsADay(Profiles):
    """Take the day after a clock that was set back for one that has been captured."""

    def clock_set(self, before: datetime, after: datetime) -> None:
        super().clock_set(before, after)
        if timedelta(0) < before - after < timedelta(days=1):
            self._captured["daily"] = f"{self.meter.clock.local(before + timedelta(days=1)):%Y-%m-%d}"


class LeapsADay(Profiles):
    """Take a midnight for captured that the clock had leapt over before it was set back."""

    def _captured_after(self, profile: Any, at: datetime) -> bool:
        return True


BILLING = "test_profiles.py::test_billing"
PHASES = "test_event_phases.py::test_event_phases"
LIMITER = "test_limiter.py::test_limiter_emergency"
SWITCH = "test_switch_records.py::"
ROWS = "test_rows_kept.py::test_rows_after_clock_back"
DEBT = "test_negative_credit.py::test_negative_credit"

KEPT = (
    Kept("conditions", WatchesTheFirstPhase, "dual/event_phases", PHASES, "voltage in L1, L2, L3 one after"),
    Kept("conditions", ReversalOfAll, "dual/event_phases", PHASES, "current reversed in L1, L2, L3"),
    Kept("demand", BillsTheTotal, "dual/billing", BILLING, "in tariff 1 after the end of the month"),
    Kept("demand", KnowsNoTariff, "dual/billing", BILLING, "and no tariff has one"),
    Kept("power_limiter", EmergencyForEver, "dual/limiter_emergency", LIMITER, "after it ended the switch"),
    Kept("power_limiter", EmergencyAtOnce, "dual/limiter_emergency", LIMITER, "before it begins the switch"),
    Kept("events", LimiterInSilence, "dual/switch_records", f"{SWITCH}test_switch_records", "overload moved"),
    Kept(
        "events",
        StuckInSilence,
        "dual/switch_failure_record",
        f"{SWITCH}test_switch_failure_record",
        "the contact stayed closed",
    ),
    Kept(
        "events",
        GoneWhenItReturned,
        "dual/power_failure_records",
        "test_power_records.py::test_power_failure_records",
        "record 1 is stamped",
    ),
    Kept("events", DebtsAsCredit, "dual/negative_credit", DEBT, "the profile 0-0:99.15.0.255 tells"),
    Kept("display", NoMinus, "dual/negative_credit", DEBT, "the short code 002 shows"),
    Kept(
        "friendly",
        EveryDayTheSame,
        "dual/friendly_special_days",
        "test_household.py::test_friendly_special_days",
        "special True",
    ),
    Kept("profiles", SwallowsADay, "dual/rows_after_clock_back", ROWS, "the midnight after it: no row of"),
    Kept("profiles", LeapsADay, "dual/rows_after_clock_back", ROWS, "that came again: no row of"),
)
RACK = rack("SILENT", KEPT)
