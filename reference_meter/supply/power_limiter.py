"""Slot ``power_limiter``: the limits that class 2 tokens set, and what happens when the load exceeds them.

More than the limit for the trip time sets the LIMITER latch; it clears by time alone (rule A4 of
dual_standard_meter.md 3.4), for a longer one after several trips in an hour. What a meter does beyond that is
the maker's own (sts.md 7.6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_meter.board import Timer
from reference_meter.supply.arbiter import Latch

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "power_limits"
_COUNTED_S = 3600.0


class PowerLimiter:
    """Limits in W, None where none is set. Power is constant between two ``look`` calls."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        saved = meter.memory.get(RECORD) or {}
        self.maximum_power_w: int | None = saved.get("maximum_power_w")
        self.unbalance_w: int | None = saved.get("unbalance_w")
        self._trip: Timer | None = None
        self._trips_s: list[float] = []

    def power_up(self) -> None:
        """Go on holding open what was held, for a whole hold time; watch the load."""
        if Latch.LIMITER in self.meter.arbiter.latches:
            self._release_later()
        self.look()

    def set_maximum_power(self, limit_w: int) -> None:
        """Set the limit of the total power."""
        self.maximum_power_w = limit_w
        self._save()

    def set_unbalance(self, limit_w: int) -> None:
        """Set the limit of the difference between two phases."""
        self.unbalance_w = limit_w
        self._save()

    def exceeded(self) -> bool:
        """Return whether the load exceeds a limit now."""
        return self.power_exceeded() or self.unbalance_exceeded()

    def power_exceeded(self) -> bool:
        """Return whether the total power exceeds its limit."""
        threshold_w = self.threshold_w()
        return threshold_w is not None and self.meter.registers.import_power_w() > threshold_w

    def threshold_w(self) -> float | None:
        """Return the total power at which the limit acts; None without limit."""
        return self.maximum_power_w

    def unbalance_exceeded(self) -> bool:
        """Return whether two phases differ by more than their limit."""
        if self.unbalance_w is None:
            return False
        phases_w = [self.meter.metering.element_power_w(element) for element in self.board.elements()]
        return max(phases_w) - min(phases_w) > self.unbalance_w

    def look(self) -> None:
        """Start or stop the trip time, as the load has changed."""
        if self.exceeded():
            if self._trip is None and Latch.LIMITER not in self.meter.arbiter.latches:
                trip_s = self.board.now() + self.meter.product.supply.limiter_trip_s
                self._trip = self.board.at(trip_s, self._open)
        elif self._trip is not None:
            self._trip.cancel()
            self._trip = None

    def _open(self) -> None:
        self._trip = None
        now_s = self.board.now()
        self._trips_s = [*(at_s for at_s in self._trips_s if now_s - at_s < _COUNTED_S), now_s]
        self.meter.arbiter.limiter_tripped()
        self._release_later()

    def _release_later(self) -> None:
        supply = self.meter.product.supply
        locked = len(self._trips_s) >= supply.limiter_closes_max
        hold_s = supply.limiter_lockout_s if locked else supply.limiter_hold_s
        self.board.at(self.board.now() + hold_s, self._release)

    def _release(self) -> None:
        self.meter.arbiter.limiter_released()
        self.look()

    def _save(self) -> None:
        values = {"maximum_power_w": self.maximum_power_w, "unbalance_w": self.unbalance_w}
        self.meter.memory.put(RECORD, values)
        self.meter.memory.once_written(self.look)
