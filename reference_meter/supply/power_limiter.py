"""Slot ``power_limiter``: the limits of power, and what happens when the load exceeds them.

A limit comes from a class 2 token, or from the limiter object (Blue Book class 71), whose threshold in force is the
normal one or, while its emergency profile runs, the emergency one. More than a limit for the trip time sets the
LIMITER latch; it clears by time alone (rule A4 of dual_standard_meter.md 3.4), for a longer one after several trips
in an hour. Trips and the time of release are non-volatile, and time without supply counts. What a meter does beyond
that is the maker's own (sts.md 7.6).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reference_meter.board import Timer
from reference_meter.supply.arbiter import Latch

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD, HOLD, LIMITER = "power_limits", "power_limiter.hold", "power_limiter.object"
_COUNTED_S = 3600.0
_JUST_AFTER_S = 1e-3


class PowerLimiter:
    """Limits in W, None where none is set. Power is constant between two ``look`` calls."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        saved = meter.memory.get(RECORD) or {}
        self.maximum_power_w: int | None = saved.get("maximum_power_w")
        self.unbalance_w: int | None = saved.get("unbalance_w")
        held = meter.memory.get(HOLD) or {"trips": [], "until": None}
        self._trips: list[datetime] = [datetime.fromisoformat(at) for at in held["trips"]]
        self._until: datetime | None = (
            None if held["until"] is None else datetime.fromisoformat(held["until"])
        )
        self.object: dict[str, Any] = {
            "normal_w": 0,
            "emergency_w": 0,
            "over_s": round(meter.product.supply.limiter_trip_s),
            "under_s": 0,
            "profile_id": 0,
            "begins": None,
            "duration_s": 0,
            "groups": [],
        } | (meter.memory.get(LIMITER) or {})
        self._trip: Timer | None = None
        self._emergency_timer: Timer | None = None

    def power_up(self) -> None:
        """Go on holding open what was held; watch the load."""
        if Latch.LIMITER in self.meter.arbiter.latches:
            self._release_later()
        self.plan_emergency()

    # --- limits -------------------------------------------------------------------------------------

    def set_maximum_power(self, limit_w: int) -> None:
        """Set the limit of the total power."""
        self.maximum_power_w = limit_w
        self._save()

    def set_unbalance(self, limit_w: int) -> None:
        """Set the limit of the difference between two phases."""
        self.unbalance_w = limit_w
        self._save()

    def set_object(self, **values: Any) -> None:
        """Change thresholds (0: none), durations or emergency profile of the limiter object."""
        self.object |= values
        self.meter.memory.put(LIMITER, self.object)
        self.meter.memory.once_written(self.plan_emergency)

    def emergency_active(self) -> bool:
        """Return whether the emergency profile runs now."""
        if self.object["begins"] is None or not self._concerned():
            return False
        begins = datetime.fromisoformat(self.object["begins"])
        return begins <= self.meter.clock.utc() < begins + timedelta(seconds=self.object["duration_s"])

    def object_threshold_w(self) -> int:
        """Return the threshold of the limiter object in force; 0 for none."""
        threshold_w: int = self.object["emergency_w" if self.emergency_active() else "normal_w"]
        return threshold_w

    def over_s(self) -> float:
        """Return how long the threshold of the limiter object may be exceeded."""
        return float(self.object["over_s"])

    def exceeded(self) -> bool:
        """Return whether the load exceeds a limit now."""
        return self.power_exceeded() or self.unbalance_exceeded() or self.object_exceeded()

    def power_exceeded(self) -> bool:
        """Return whether the total power exceeds the limit set by token."""
        threshold_w = self.threshold_w()
        return threshold_w is not None and self.meter.registers.import_power_w() > threshold_w

    def threshold_w(self) -> float | None:
        """Return the total power at which the limit set by token acts; None without limit."""
        return self.maximum_power_w

    def object_exceeded(self) -> bool:
        """Return whether the total power exceeds the threshold of the limiter object."""
        threshold_w = self.object_threshold_w()
        return 0 < threshold_w < self.meter.registers.import_power_w()

    def unbalance_exceeded(self) -> bool:
        """Return whether two phases differ by more than their limit."""
        if self.unbalance_w is None:
            return False
        phases_w = [self.meter.metering.element_power_w(element) for element in self.board.elements()]
        return max(phases_w) - min(phases_w) > self.unbalance_w

    # --- tripping -----------------------------------------------------------------------------------

    def look(self) -> None:
        """Start or stop the trip time, as the load has changed."""
        if self.exceeded():
            if self._trip is None and Latch.LIMITER not in self.meter.arbiter.latches:
                self._trip = self.board.at(self.board.now() + self.trip_s(), self._open)
        elif self._trip is not None:
            self._trip.cancel()
            self._trip = None

    def trip_s(self) -> float:
        """Return how long the load may exceed what it exceeds now."""
        by_token = self.power_exceeded() or self.unbalance_exceeded()
        times_s = [self.meter.product.supply.limiter_trip_s] if by_token else []
        if self.object_exceeded():
            times_s.append(self.over_s())
        return min(times_s)

    def _open(self) -> None:
        self._trip = None
        now = self.meter.clock.utc()
        recent = [at for at in self._trips if timedelta() <= now - at < timedelta(seconds=_COUNTED_S)]
        self._trips = [*recent, now]
        self._until = now + timedelta(seconds=self.hold_s())
        with self.meter.memory.together():
            self._save_hold()
            self.meter.arbiter.limiter_tripped()
        self._release_later()

    def hold_s(self) -> float:
        """Return how long the switch is held open for the trips counted so far."""
        supply = self.meter.product.supply
        locked = len(self._trips) >= supply.limiter_closes_max
        return supply.limiter_lockout_s if locked else supply.limiter_hold_s

    def _release_later(self) -> None:
        left_s = 0.0 if self._until is None else (self._until - self.meter.clock.utc()).total_seconds()
        left_s = min(max(left_s, 0.0), self.hold_s())  # whatever happened to the clock
        self.board.at(self.board.now() + left_s, self._release)

    def _release(self) -> None:
        if Latch.LIMITER in self.meter.arbiter.latches:
            self._until = None
            with self.meter.memory.together():
                self._save_hold()
                self.meter.arbiter.limiter_released()
        self.look()

    def clock_set(self, shift: timedelta) -> None:
        """Keep the hold as long as it was to be when the clock is set."""
        self._trips = [at + shift for at in self._trips]
        self._until = None if self._until is None else self._until + shift
        self._save_hold()
        self.plan_emergency()

    # --- emergency profile --------------------------------------------------------------------------

    def _concerned(self) -> bool:
        """Return whether the emergency profile is for a group of this meter; without groups it is for all."""
        return not self.object["groups"] or self.object["profile_id"] in self.object["groups"]

    def plan_emergency(self) -> None:
        """Wait for begin and end of the emergency profile."""
        if self._emergency_timer is not None:
            self._emergency_timer.cancel()
            self._emergency_timer = None
        if self.object["begins"] is not None:
            now = self.meter.clock.utc()
            begins = datetime.fromisoformat(self.object["begins"])
            times = (begins, begins + timedelta(seconds=self.object["duration_s"]))
            coming = [(at - now).total_seconds() for at in times if at > now]
            if coming:
                due_s = self.board.now() + min(coming) + _JUST_AFTER_S
                self._emergency_timer = self.board.at(due_s, self.plan_emergency)
        self._threshold_changed()

    def _threshold_changed(self) -> None:
        if self._trip is not None:
            self._trip.cancel()
            self._trip = None
        self.look()

    # --- memory -------------------------------------------------------------------------------------

    def _save_hold(self) -> None:
        until = None if self._until is None else self._until.isoformat()
        self.meter.memory.put(HOLD, {"trips": [at.isoformat() for at in self._trips], "until": until})

    def _save(self) -> None:
        values = {"maximum_power_w": self.maximum_power_w, "unbalance_w": self.unbalance_w}
        self.meter.memory.put(RECORD, values)
        self.meter.memory.once_written(self.look)
