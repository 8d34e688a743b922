"""Defects of layer AR: friendly hours, emergency credit, payment modes and charges."""

from __future__ import annotations

from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.payment.account import Account, EmergencyCredit
from reference_meter.payment.charges import Charges
from reference_meter.payment.friendly import Friendly
from reference_meter.supply.arbiter import Arbiter


class FriendlyForEver(Friendly):
    """Do not end supply when friendly hours end without credit."""

    def changed(self) -> None:
        if self._active and not self.by_calendar() and self.meter.account.out_of_credit():
            self._wait()
            return
        super().changed()


class FriendlyIsFree(Account):
    """Do not count what is used in friendly hours."""

    def charging(self) -> bool:
        return super().charging() and not self.meter.friendly.active()


class EmergencyAgain(Account):
    """Offer the emergency credit again before it is repaid."""

    def emergency_selectable(self) -> bool:
        drawn, self.emergency = self.emergency, EmergencyCredit.OFFERED
        offered = super().emergency_selectable()
        self.emergency = drawn
        return offered

    def draw_emergency(self, *, actor: str) -> bool:
        again = self.emergency is not EmergencyCredit.OFFERED and self.emergency_selectable()
        if again:
            self.settle()
            self.emergency = EmergencyCredit.OFFERED
            self._base_wh = max(self._base_wh, 0.0)
        return super().draw_emergency(actor=actor)


class CreditLatchStays(Arbiter):
    """Hold the switch open for want of credit, whatever the payment mode becomes."""

    def credit_changed(self) -> None:
        if self.meter.account.payment_mode == "prepayment":
            super().credit_changed()


class CreditModeDisconnects(Account):
    """End supply at zero credit in credit mode too."""

    def out_of_credit(self) -> bool:
        return self.balance_wh() <= self.cut_off_wh()


class CreditModeDebitedLater(Account):
    """Take what was used in credit mode from the balance when prepayment begins."""

    def settle(self) -> None:
        if self.payment_mode == "prepayment":
            super().settle()


class MissedChargeWaived(Charges):
    """Forget the standing charges that fell due without supply."""

    def power_up(self) -> None:
        self._collected_up_to(self._due_before_now())
        super().power_up()


class ChargedRegardless(Charges):
    """Collect the standing charge in every state of supply, whatever is configured."""

    def may_collect(self) -> bool:
        return True


class MonthNeverEnds(Charges):
    """Count the steps on and on."""

    def month_changed(self, month: list[int]) -> None:
        if not self._month:
            super().month_changed(month)
        self._month = month


DEFECTS = (
    SlotDefect(
        id="AR-19",
        title="End of friendly window with zero credit: no opening",
        slot="friendly",
        mixin=FriendlyForEver,
    ),
    SlotDefect(
        id="AR-21",
        title="Consumption in friendly hours not debited",
        slot="account",
        mixin=FriendlyIsFree,
    ),
    SlotDefect(
        id="AR-22",
        title="Emergency credit can be drawn again without repaying",
        slot="account",
        mixin=EmergencyAgain,
    ),
    SlotDefect(
        id="AR-24", title="Prepaid to postpaid leaves the switch open", slot="arbiter", mixin=CreditLatchStays
    ),
    SlotDefect(
        id="AR-25",
        title="Postpaid mode still disconnects at zero credit",
        slot="account",
        mixin=CreditModeDisconnects,
    ),
    SlotDefect(
        id="AR-26",
        title="Postpaid to prepaid debits consumption made in postpaid",
        slot="account",
        mixin=CreditModeDebitedLater,
    ),
    SlotDefect(
        id="AR-33",
        title="Fixed charge not collected if the meter was off at due time",
        slot="charges",
        mixin=MissedChargeWaived,
    ),
    SlotDefect(
        id="AR-34",
        title="Charge collected while disconnected although the configuration says no",
        slot="charges",
        mixin=ChargedRegardless,
    ),
    SlotDefect(id="AR-35", title="Step counter not reset at month end", slot="charges", mixin=MonthNeverEnds),
)
