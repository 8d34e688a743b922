"""Slot ``account``: the credit balance, counted down by measured energy while the mode is prepayment.

Like the energy register the balance is a straight line between events: a base, less the energy registered
since. It reaches the cut-off at an instant that is computed, not waited for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.protocols.sts.fields import CURRENCY_EXPONENT
from reference_meter.board import Timer
from reference_meter.metering.led import WH_PER_KWH
from reference_meter.metering.registers import RESOLUTION_SLACK_WH

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "account"


class Account:
    """Credit in Wh. ``payment_mode`` is "prepayment" or "credit"; in credit mode the balance is frozen.

    A meter that accounts in money has one price, so its balance too is an energy; only what is read is money.
    """

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        saved = meter.memory.get(RECORD) or {}
        self.payment_mode: str = saved.get("payment_mode", meter.product.payment.mode)
        self._base_wh: float = saved.get("balance_wh", 0.0)
        self._total_wh: float = saved.get("charged_wh", 0.0)
        self._mark_wh = meter.registers.energy_wh()
        self._timer: Timer | None = None
        self._exhaustion_told = False

    def power_up(self) -> None:
        """Start to count down; the arbiter looks at the balance itself when it powers up."""
        self._exhaustion_told = self.exhausted()
        self.plan()

    def cut_off_wh(self) -> float:
        """Return the balance at which supply ends."""
        return 0.0

    def balance_wh(self) -> float:
        """Return the balance now; negative when more was consumed than paid."""
        return self._base_wh - self.charged_wh()

    def reading_wh(self) -> int:
        """Return the balance as read out: whole Wh, rounded down."""
        return math.floor(self.balance_wh() + RESOLUTION_SLACK_WH)

    def charged_wh(self) -> float:
        """Return the energy that counts against the balance since the last settlement."""
        if self.payment_mode != "prepayment":
            return 0.0
        return self.meter.registers.energy_wh() - self._mark_wh

    def total_charged_wh(self) -> float:
        """Return all energy ever charged against credit."""
        return self._total_wh + self.charged_wh()

    def exhausted(self) -> bool:
        """Return whether supply must end for want of credit."""
        return self.payment_mode == "prepayment" and self.balance_wh() <= self.cut_off_wh()

    @property
    def in_currency(self) -> bool:
        """Whether the credit register counts money instead of energy."""
        return self.meter.product.payment.accounting == "currency"

    def reading(self) -> int:
        """Return the balance in the unit of the credit register: Wh, or its decimal place of the currency."""
        if not self.in_currency:
            return self.reading_wh()
        return math.floor(self.balance_wh() / self.wh_per_unit + RESOLUTION_SLACK_WH)

    @property
    def wh_per_unit(self) -> float:
        """Energy that one unit of the credit register buys: 1 Wh, or what the price says."""
        payment = self.meter.product.payment
        if not self.in_currency:
            return 1.0
        least_units = 10.0 ** (payment.currency_scale - CURRENCY_EXPONENT)
        return least_units * WH_PER_KWH / payment.price_units_per_kwh

    def overflows(self, amount_wh: float) -> bool:
        """Return whether the register cannot hold ``amount_wh`` more (or, when negative, less)."""
        limit_wh = self.meter.product.payment.credit_limit_wh * self.wh_per_unit
        return not -limit_wh <= self.balance_wh() + amount_wh <= limit_wh

    def add_wh(self, amount_wh: float) -> None:
        """Add credit; supply comes back when that is allowed."""
        self._change_to(self.balance_wh() + amount_wh)

    def debit_wh(self, amount_wh: float) -> None:
        """Take credit away; supply ends when none is left."""
        self._change_to(self.balance_wh() - amount_wh)

    def clear(self) -> None:
        """Set the balance to zero; supply ends."""
        self._change_to(0.0)

    def settle(self) -> None:
        """Charge the energy registered so far."""
        charged_wh = self.charged_wh()
        self._base_wh -= charged_wh
        self._total_wh += charged_wh
        self._mark_wh = self.meter.registers.energy_wh()

    def plan(self) -> None:
        """Settle, and schedule the instant at which the balance reaches the cut-off; none if it never does."""
        self.settle()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.exhausted():
            self._tell_exhaustion()
            return
        self._exhaustion_told = False
        due_s = self.exhaustion_s() if self.payment_mode == "prepayment" else None
        if due_s is not None:
            self._timer = self.board.at(max(due_s, self.board.now()), self._run_out)

    def exhaustion_s(self) -> float | None:
        """Return the oscillator time at which the balance reaches the cut-off at the present power."""
        return self.meter.registers.instant_of(self._mark_wh + self._base_wh - self.cut_off_wh())

    def power_failing(self) -> None:
        """Keep the balance over the power cut."""
        self.save()

    def save(self) -> None:
        """Write balance and energy register together: the one is charged by the other."""
        with self.meter.memory.together():
            self.settle()
            self.meter.registers.save()
            self.meter.memory.put(
                RECORD,
                {
                    "balance_wh": self._base_wh,
                    "charged_wh": self._total_wh,
                    "payment_mode": self.payment_mode,
                },
            )

    def _change_to(self, balance_wh: float) -> None:
        self.settle()
        self._base_wh = balance_wh
        self.save()
        self.meter.memory.once_written(self._changed)

    def _changed(self) -> None:
        self.plan()
        self.meter.arbiter.credit_changed()
        self.meter.display.refresh()

    def _run_out(self) -> None:
        self._timer = None
        self.settle()
        # the crossing is the event itself: what float arithmetic leaves above the cut-off is no credit
        self._base_wh = min(self._base_wh, self.cut_off_wh())
        self._tell_exhaustion()
        self.meter.display.refresh()

    def _tell_exhaustion(self) -> None:
        """Tell the arbiter once for each time that the credit runs out."""
        if not self._exhaustion_told:
            self._exhaustion_told = True
            self.save()
            self.meter.arbiter.credit_changed()
