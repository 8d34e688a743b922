"""Slot ``charges``: what a kWh costs now, and the standing charge (Blue Book class 113; dual_standard_meter.md 3.7).

The consumption charge has a table of prices in units of the credit register for a kWh. Its index is empty, or one
octet (the rate), or two (rate or 0, step): the most exact row wins. Without any row a kWh is a kWh. So the three
charging rules are one: all prices 1000 Wh (a token kWh is a kWh), other Wh (weighted), or money.

The step counts the energy of this calendar month against thresholds. The standing charge is collected at full
multiples of its period by the clock; what fell due without supply is collected when supply is back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reference_meter.board import Timer
from reference_meter.metering.led import WH_PER_KWH
from reference_meter.supply.arbiter import Latch

if TYPE_CHECKING:
    from reference_meter.meter import Meter

TABLE, STANDING, MONTH, STEPS = "charges.table", "charges.standing", "charges.month", "charges.steps"
_DECEMBER = 12
_SLACK_WH = 1e-6
_JUST_AFTER_S = 1e-3
_ALWAYS = "111"
"""Collected while disconnected, while the load is limited, in friendly hours."""
_NEW_STANDING = {
    "unit": 0,
    "passive": 0,
    "period_s": 86_400,
    "collected_s": 0,
    "bits": _ALWAYS,
    "paid": 0,
    "last": 0,
}

Row = tuple[bytes, int]


class Charges:
    """Prices, steps and the standing charge."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        saved = meter.memory.get(TABLE) or {"active": [], "passive": []}
        self.active: list[Row] = _rows(saved["active"])
        self.passive: list[Row] = _rows(saved["passive"])
        self.standing: dict[str, Any] = _NEW_STANDING | (meter.memory.get(STANDING) or {})
        self.thresholds_wh: list[int] = meter.memory.get(STEPS) or []
        month = meter.memory.get(MONTH) or {"month": [], "start_wh": 0.0}
        self._month: list[int] = month["month"]
        self._month_start_wh: float = month["start_wh"]
        self._month_timer: Timer | None = None
        self._standing_timer: Timer | None = None

    def power_up(self) -> None:
        """Take up the month, and collect what fell due without supply."""
        self.look_at_month()
        self.catch_up()
        self.plan_collection()

    # --- consumption --------------------------------------------------------------------------------

    def weight(self) -> float:
        """Return what 1 Wh takes from the balance now, in Wh at the first price."""
        price = self.price(self.rate(), self.step())
        return 1.0 if price is None else price * self.meter.account.wh_per_unit / WH_PER_KWH

    def price(self, rate: int, step: int) -> int | None:
        """Return the price of a kWh in a rate and step; None where the table has none."""
        table = dict(self.active)
        indices = (bytes([rate, step]), bytes([0, step]), bytes([rate]), b"")
        return next((table[index] for index in indices if index in table), None)

    def rate(self) -> int:
        """Return the rate in force, 1 to 8."""
        return self.meter.calendar.active_rate()

    def set_passive(self, rows: list[Row]) -> None:
        """Prepare another table of prices."""
        self.passive = rows
        self._save_table()

    def activate_passive(self) -> None:
        """Charge by the prepared table from now on."""
        self.active = list(self.passive)
        self._save_table()
        self.meter.memory.once_written(self.meter.account.plan)

    def _save_table(self) -> None:
        tables = {"active": self.active, "passive": self.passive}
        self.meter.memory.put(
            TABLE, {name: [[index.hex(), price] for index, price in rows] for name, rows in tables.items()}
        )

    # --- steps --------------------------------------------------------------------------------------

    def month_energy_wh(self) -> float:
        """Return the energy registered in this calendar month."""
        return self.meter.registers.energy_wh() - self._month_start_wh

    def step(self) -> int:
        """Return the step in force, from 1."""
        energy_wh = self.month_energy_wh() + _SLACK_WH
        return 1 + sum(threshold_wh <= energy_wh for threshold_wh in self.thresholds_wh)

    def step_s(self) -> float | None:
        """Return the oscillator time at which the next step begins at the present power; None when it never does."""
        ahead = [wh for wh in self.thresholds_wh if wh > self.month_energy_wh() + _SLACK_WH]
        if not ahead:
            return None
        return self.meter.registers.instant_of(self._month_start_wh + min(ahead))

    def set_thresholds(self, thresholds_wh: list[int]) -> None:
        """Set the energies of a month at which the steps begin."""
        self.thresholds_wh = sorted(thresholds_wh)
        self.meter.memory.put(STEPS, self.thresholds_wh)
        self.meter.memory.once_written(self.meter.account.plan)

    def look_at_month(self) -> None:
        """Begin to count anew when the clock shows another month; wait for the next one."""
        now = self.meter.clock.local()
        if [now.year, now.month] != self._month:
            self.month_changed([now.year, now.month])
        if self._month_timer is not None:
            self._month_timer.cancel()
        year, month = (now.year + 1, 1) if now.month == _DECEMBER else (now.year, now.month + 1)
        left_s = now.replace(year=year, month=month, day=1, hour=0, minute=0, second=0, microsecond=0) - now
        self._month_timer = self.board.at(
            self.board.now() + left_s.total_seconds() + _JUST_AFTER_S, self.look_at_month
        )

    def month_changed(self, month: list[int]) -> None:
        """Count the steps of a new month from zero."""
        begun = self.meter.registers.energy_wh()
        self._month, self._month_start_wh = month, begun
        self.meter.memory.put(MONTH, {"month": month, "start_wh": begun})
        self.meter.memory.once_written(self.meter.account.plan)

    def clock_set(self) -> None:
        """Take the clock as it is now; what it skipped or repeats is not collected."""
        self.look_at_month()
        self._collected_up_to(self._due_before_now())
        self.plan_collection()

    # --- standing charge ----------------------------------------------------------------------------

    def set_standing(self, **values: Any) -> None:
        """Change unit, passive unit, period or bits of the standing charge; it begins with the next period."""
        self.standing |= values
        self._collected_up_to(self._due_before_now())
        self.plan_collection()

    def may_collect(self) -> bool:
        """Return whether the configuration lets the standing charge be collected in the present state of supply."""
        disconnected, limited, friendly = (bit == "1" for bit in self.standing["bits"])
        return not (
            (not disconnected and not self.meter.switch.closed())
            or (not limited and Latch.LIMITER in self.meter.arbiter.latches)
            or (not friendly and self.meter.friendly.active())
        )

    def catch_up(self) -> None:
        """Collect what fell due since the last collection, and nothing while the mode is credit."""
        due_s, period_s = self._due_before_now(), self.standing["period_s"]
        missed = round((due_s - self.standing["collected_s"]) / period_s)
        wanted = self.standing["unit"] > 0 and missed > 0
        with self.meter.memory.together():
            if wanted and self.meter.account.charging() and self.may_collect():
                self.collect(self.standing["unit"] * missed)
            self._collected_up_to(due_s)

    def collect(self, amount: int) -> None:
        """Take an amount from the balance."""
        self.standing["paid"] += amount
        self.standing["last"] = amount
        self.meter.events.record("charge-collected", actor="meter", amount=amount)
        self.meter.account.debit_wh(amount * self.meter.account.wh_per_unit)

    def plan_collection(self) -> None:
        """Wait for the next due time."""
        if self._standing_timer is not None:
            self._standing_timer.cancel()
            self._standing_timer = None
        if self.standing["unit"] <= 0:
            return
        next_s = self._due_before_now() + self.standing["period_s"]
        wait_s = next_s - self.meter.clock.utc().timestamp()
        self._standing_timer = self.board.at(self.board.now() + wait_s + _JUST_AFTER_S, self._due)

    def _due(self) -> None:
        self._standing_timer = None
        self.catch_up()
        self.plan_collection()

    def _due_before_now(self) -> int:
        period_s: int = self.standing["period_s"]
        return int(self.meter.clock.utc().timestamp() // period_s) * period_s

    def _collected_up_to(self, due_s: int) -> None:
        self.standing["collected_s"] = due_s
        self.meter.memory.put(STANDING, self.standing)

    def last_collection(self) -> datetime:
        """Return when the standing charge was last looked at."""
        return datetime.fromtimestamp(self.standing["collected_s"], UTC)


def _rows(saved: list[list[Any]]) -> list[Row]:
    return [(bytes.fromhex(index), price) for index, price in saved]
