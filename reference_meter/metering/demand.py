"""Slot ``demand``: average power over fixed periods of the clock, and the highest since the last reset.

Block demand: a period begins and ends on full multiples of its length, its average is its energy over its
length, and it carries the time of its end. Highest values per tariff go to the tariff of the period's end.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from reference_meter.metering.registers import RATES, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "demand"


class Demand:
    """Powers in W. Index 0 of the highest values is the total, 1 to 8 the tariffs."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        saved: dict[str, Any] = meter.memory.get(RECORD) or {}
        self._highest: list[list[Any]] = saved.get("highest", [[0, None]] * (1 + RATES))
        self.last_w: int = saved.get("last_w", 0)
        self.ended: str | None = saved.get("ended")
        self._begun_wh: float = saved.get("begun_wh", meter.registers.energy_wh())

    @property
    def period_s(self) -> int:
        """The length of a period."""
        return self.meter.product.calendar.demand_period_s

    def current_w(self) -> int:
        """Return the average of the running period, over its whole length, so far."""
        return self.average_w(self.meter.registers.energy_wh() - self._begun_wh)

    def average_w(self, energy_wh: float) -> int:
        """Return the power that gives an energy in one period, in whole W."""
        return round(energy_wh * SECONDS_PER_HOUR / self.period_s)

    def highest_w(self, rate: int = 0) -> int:
        """Return the highest average since the last reset: the total, or that of a tariff."""
        value: int = self._highest[rate][0]
        return value

    def highest_at(self, rate: int = 0) -> datetime | None:
        """Return when it was reached; None when nothing was."""
        at = self._highest[rate][1]
        return None if at is None else datetime.fromisoformat(at)

    def close_period(self, due: datetime) -> None:
        """End a period at ``due`` and begin the next one."""
        energy_wh = self.meter.registers.energy_wh()
        self.last_w = self.average_w(energy_wh - self._begun_wh)
        self.ended = due.isoformat()
        self._begun_wh = energy_wh
        self.take(self.last_w, self.stamp(due))

    def stamp(self, due: datetime) -> datetime:
        """Return the time that the average of the period that ended at ``due`` carries."""
        return due

    def take(self, power_w: int, at: datetime) -> None:
        """Keep an average if it is the highest."""
        beaten = [rate for rate in (0, self.meter.registers.rate) if power_w > self.highest_w(rate)]
        for rate in beaten:
            self._highest[rate] = [power_w, at.isoformat()]
        if beaten:
            self.save()

    def reset(self) -> None:
        """Begin anew, as billing does."""
        self._highest = [[0, None]] * (1 + RATES)
        self.save()

    def begin_anew(self) -> None:
        """Forget the running period: the clock was set."""
        self._begun_wh = self.meter.registers.energy_wh()

    def save(self) -> None:
        """Write everything to the memory chip."""
        self.meter.memory.put(
            RECORD,
            {
                "highest": self._highest,
                "last_w": self.last_w,
                "ended": self.ended,
                "begun_wh": self._begun_wh,
            },
        )

    def power_failing(self) -> None:
        """Keep the running period over the power cut."""
        self.save()
