"""Slot ``account``: the credit balance, counted down by measured energy while the mode is prepayment.

Like the energy register the balance is a straight line between events: a base, less the energy registered
since, weighted by what a kWh costs at the time (slot ``charges``). It reaches the cut-off, and the next step of
the tariff, at instants that are computed, not waited for.

Emergency credit lowers the cut-off while it is in use; what is drawn of it makes the balance negative, so the next
tokens repay it first. It can be drawn again once the balance is above zero (dual_standard_meter.md R-035).
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from bench.protocols.sts.fields import CURRENCY_EXPONENT
from reference_meter.board import Timer
from reference_meter.metering.led import WH_PER_KWH
from reference_meter.metering.registers import RESOLUTION_SLACK_WH
from reference_meter.payment.vend_limits import VendLimit, vend_limit

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "account"
PREPAYMENT, CREDIT_MODE = "prepayment", "credit"
_JUST_AFTER_S = 1e-3


class EmergencyCredit(IntEnum):
    """What became of the emergency credit."""

    OFFERED = 0
    INVOKED = 1
    USED_UP = 2


class Account:
    """Credit in Wh. ``payment_mode`` is "prepayment" or "credit"; in credit mode the balance is frozen.

    A meter that accounts in money, or weighs its rates, counts in Wh at its first price; only what is read is money.
    """

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        saved = meter.memory.get(RECORD) or {}
        self.payment_mode: str = saved.get("payment_mode", meter.product.payment.mode)
        self.emergency = EmergencyCredit(saved.get("emergency", EmergencyCredit.OFFERED))
        self._base_wh: float = saved.get("balance_wh", 0.0)
        self._total_wh: float = saved.get("charged_wh", 0.0)
        grace = saved.get("grace_ends")
        self._grace_ends: datetime | None = None if grace is None else datetime.fromisoformat(grace)
        self._mark_wh = meter.registers.energy_wh()
        self._weight = 1.0
        self._timer: Timer | None = None
        self._exhaustion_told = False

    def power_up(self) -> None:
        """Start to count down; the arbiter looks at the balance itself when it powers up."""
        self._weight = self.meter.charges.weight()
        self._exhaustion_told = self.exhausted()
        self.plan()
        self._watch_grace()

    # --- what there is ------------------------------------------------------------------------------

    def cut_off_wh(self) -> float:
        """Return the balance at which supply ends."""
        return -self.emergency_preset_wh if self.emergency is EmergencyCredit.INVOKED else 0.0

    def balance_wh(self) -> float:
        """Return the balance now; negative when more was consumed than paid."""
        return self._base_wh - self.charged_wh()

    def reading_wh(self) -> int:
        """Return the balance as read out: whole Wh, rounded down."""
        return math.floor(self.balance_wh() + RESOLUTION_SLACK_WH)

    def charging(self) -> bool:
        """Return whether consumption counts against the balance."""
        return self.payment_mode == PREPAYMENT

    def charged_wh(self) -> float:
        """Return what counts against the balance since the last settlement."""
        if not self.charging():
            return 0.0
        return self._weight * (self.meter.registers.energy_wh() - self._mark_wh)

    def total_charged_wh(self) -> float:
        """Return everything ever charged against credit for consumption."""
        return self._total_wh + self.charged_wh()

    def exhausted(self) -> bool:
        """Return whether supply must end for want of credit: none is left, and no friendly hour or grace covers it."""
        return self.out_of_credit() and not self.meter.friendly.active() and not self.in_grace()

    def out_of_credit(self) -> bool:
        """Return whether neither paid nor emergency credit is left, in a meter that asks for it."""
        return self.payment_mode == PREPAYMENT and self.balance_wh() <= self.cut_off_wh()

    @property
    def in_currency(self) -> bool:
        """Whether the credit register counts money instead of energy."""
        return self.meter.product.payment.accounting == "currency"

    def reading(self) -> int:
        """Return the balance in the unit of the credit register: Wh, or its decimal place of the currency."""
        if not self.in_currency:
            return self.reading_wh()
        return math.floor(self.balance_wh() / self.wh_per_unit + RESOLUTION_SLACK_WH)

    def token_reading(self) -> int:
        """Return the token credit in the unit of its register: the balance, without what is emergency credit."""
        return self.reading() - (self.emergency_reading() - self.emergency_preset)

    # --- emergency credit ---------------------------------------------------------------------------

    @property
    def emergency_preset(self) -> int:
        """The size of the emergency credit, in the unit of the credit register."""
        return self.meter.product.payment.emergency_credit

    @property
    def emergency_preset_wh(self) -> float:
        """The size of the emergency credit in Wh."""
        return self.emergency_preset * self.wh_per_unit

    def emergency_reading(self) -> int:
        """Return what is left of the emergency credit, in the unit of the credit register."""
        if self.emergency is EmergencyCredit.OFFERED:
            return self.emergency_preset
        return max(0, self.emergency_preset + min(0, self.reading()))

    def emergency_selectable(self) -> bool:
        """Return whether a customer may draw: prepayment, little left, and nothing drawn that is not repaid."""
        return (
            self.payment_mode == PREPAYMENT
            and self.emergency_preset > 0
            and self.emergency is EmergencyCredit.OFFERED
            and self.reading() <= self.meter.product.payment.emergency_threshold
        )

    def draw_emergency(self, *, actor: str) -> bool:
        """Draw the emergency credit; return False when it is not there to be drawn."""
        if not self.emergency_selectable():
            return False
        self.settle()
        self.emergency = EmergencyCredit.INVOKED
        with self.meter.memory.together():
            self.save()
            self.meter.events.record("emergency-credit-drawn", actor=actor)
            self.meter.memory.once_written(self.look_again)
        return True

    # --- payment mode -------------------------------------------------------------------------------

    def switch_to(self, payment_mode: str, *, actor: str) -> None:
        """Change between prepayment and credit mode (dual_standard_meter.md 3.6); the balance stays as it is.

        Into prepayment without credit, supply goes on for the grace time.
        """
        if payment_mode == self.payment_mode:
            return
        self.settle()
        self.payment_mode = payment_mode
        self._grace_ends = None
        if self.out_of_credit():
            self._grace_ends = self.meter.clock.utc() + timedelta(seconds=self.meter.product.payment.grace_s)
        with self.meter.memory.together():
            self.save()
            self.meter.events.record("payment-mode-changed", actor=actor, mode=payment_mode)
            self.meter.memory.once_written(self._mode_changed)

    def in_grace(self) -> bool:
        """Return whether the grace after a change into prepayment still runs."""
        return self._grace_ends is not None and self.meter.clock.utc() < self._grace_ends

    def _mode_changed(self) -> None:
        self.look_again()
        self._watch_grace()

    def _watch_grace(self) -> None:
        if self._grace_ends is not None:
            left_s = (self._grace_ends - self.meter.clock.utc()).total_seconds()
            left_s = min(max(left_s, 0.0), self.meter.product.payment.grace_s)
            self.board.at(self.board.now() + left_s + _JUST_AFTER_S, self._grace_over)

    def _grace_over(self) -> None:
        self._grace_ends = None
        self.look_again()

    # --- movements ----------------------------------------------------------------------------------

    @property
    def wh_per_unit(self) -> float:
        """Energy that one unit of the credit register buys: 1 Wh, or what the first price says."""
        payment = self.meter.product.payment
        if not self.in_currency:
            return 1.0
        least_units = 10.0 ** (payment.currency_scale - CURRENCY_EXPONENT)
        return least_units * WH_PER_KWH / payment.price_units_per_kwh

    def overflows(self, amount_wh: float) -> bool:
        """Return whether ``amount_wh`` more is beyond the limit in force, or (when negative) beyond the register."""
        least_wh = -self.meter.product.payment.credit_limit_wh * self.wh_per_unit
        most_wh = vend_limit(self.meter, VendLimit.CREDIT) * self.wh_per_unit
        balance_wh = self.balance_wh() + amount_wh
        return balance_wh > most_wh if amount_wh > 0 else balance_wh < least_wh

    def add_wh(self, amount_wh: float) -> None:
        """Add credit; supply comes back when that is allowed."""
        self._change_to(self.balance_wh() + amount_wh)

    def debit_wh(self, amount_wh: float) -> None:
        """Take credit away; supply ends when none is left."""
        self._change_to(self.balance_wh() - amount_wh)

    def clear(self) -> None:
        """Set the balance to zero; supply ends."""
        self._change_to(0.0)

    def record_change(self, before: int, *, actor: str) -> None:
        """Log a change of the token credit that somebody made, if there was one; ``before`` as it read then."""
        now = self.token_reading()
        if now != before:
            self.meter.events.record("credit-changed", actor=actor, change=now - before, credit=now)

    def settle(self) -> None:
        """Charge the energy registered so far."""
        charged_wh = self.charged_wh()
        self._base_wh -= charged_wh
        self._total_wh += charged_wh
        self._mark_wh = self.meter.registers.energy_wh()

    def plan(self) -> None:
        """Settle, and schedule the instant at which the balance reaches the cut-off or a kWh another price.

        To be called whenever power or rate has changed.
        """
        self.settle()
        self._weight = self.meter.charges.weight()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.exhausted():
            self._tell_exhaustion()
            return
        self._exhaustion_told = False
        due_s = self.exhaustion_s() if self.charging() and not self.out_of_credit() else None
        step_s = self.meter.charges.step_s()
        if step_s is not None and (due_s is None or step_s < due_s):
            self._timer = self.board.at(max(step_s, self.board.now()), self.plan)
        elif due_s is not None:
            self._timer = self.board.at(max(due_s, self.board.now()), self._run_out)

    def exhaustion_s(self) -> float | None:
        """Return the oscillator time at which the balance reaches the cut-off at the present power and price."""
        if self._weight <= 0.0:
            return None
        return self.meter.registers.instant_of(
            self._mark_wh + (self._base_wh - self.cut_off_wh()) / self._weight
        )

    def look_again(self) -> None:
        """Look at credit and switch anew, after something that decides on supply has changed."""
        self.plan()
        self.meter.arbiter.credit_changed()
        self.meter.display.refresh()

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
                    "emergency": int(self.emergency),
                    "grace_ends": None if self._grace_ends is None else self._grace_ends.isoformat(),
                },
            )

    def _change_to(self, balance_wh: float) -> None:
        self.settle()
        if self._base_wh <= 0.0 < balance_wh and self.emergency is not EmergencyCredit.OFFERED:
            self.emergency = EmergencyCredit.OFFERED  # repaid
        # what float arithmetic leaves of nothing is no credit
        self._base_wh = 0.0 if abs(balance_wh) < RESOLUTION_SLACK_WH else balance_wh
        self.save()
        self.meter.memory.once_written(self.look_again)

    def _run_out(self) -> None:
        self._timer = None
        self.settle()
        # the crossing is the event itself: what float arithmetic leaves above the cut-off is no credit
        self._base_wh = min(self._base_wh, self.cut_off_wh())
        if self.emergency is EmergencyCredit.INVOKED:
            self.emergency = EmergencyCredit.USED_UP
            self.save()
        if self.exhausted():
            self._tell_exhaustion()
        self.meter.display.refresh()

    def _tell_exhaustion(self) -> None:
        """Tell the arbiter once for each time that the credit runs out."""
        if not self._exhaustion_told:
            self._exhaustion_told = True
            self.save()
            self.meter.arbiter.credit_changed()
