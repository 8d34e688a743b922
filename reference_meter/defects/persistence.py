"""Defects of layer PF: power failures, memory, display and modules."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reference_meter.board import Timer
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.events.conditions import Conditions
from reference_meter.firmware.image import Image
from reference_meter.front_panel.display import Display
from reference_meter.front_panel.short_codes import ShortCodes, kwh
from reference_meter.memory import Memory
from reference_meter.payment.account import Account
from reference_meter.supply.arbiter import Arbiter

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_WEAR = "wear"
_WORN_AFTER = 100
_PARAMETERS = ("dlms.low", "dlms.alarm", "dlms.warning", "dlms.active", "dlms.special", "clock")
_OUTAGE = 0.5
_PULSE_S = 0.3
_WH_PER_KWH = 1000.0


class WornParameters(Memory):
    """Lose the parameters at each hundredth power-up."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        power_ups = (self.get(_WEAR) or 0) + 1
        self.put(_WEAR, power_ups)
        if power_ups % _WORN_AFTER == 0:
            for name in meter.board.memory.names():
                if name.startswith(_PARAMETERS):
                    self.put(name, None)


class BrownOutClearsCredit(Account):
    """Write rubbish for the credit while the voltage is low and not gone: the next power-up finds zero."""

    def power_failing(self) -> None:
        super().power_failing()
        if max(element.voltage_v for element in self.board.elements()) > 0.0:
            self.settle()
            self._base_wh = 0.0
            self.save()


class CountsEveryDip(Conditions):
    """Call every loss of voltage a power failure, however short."""

    _low = False

    def look(self) -> None:
        low = max(self.voltages()) < _OUTAGE and self.board.senses.neutral_connected
        if low is not self._low:
            self._low = low
            self.meter.events.record("power-down" if low else "power-up", actor="meter")
        super().look()


class CreditRoundedUp(Display):
    """Show the credit rounded up to whole kWh."""

    def credit_text(self) -> str:
        account = self.meter.account
        return f"{math.ceil(account.reading_wh() / _WH_PER_KWH)}.0"


class AlarmInverted(Display):
    """Show the alarm of low credit while there is enough."""

    def low_credit(self) -> bool:
        account = self.meter.account
        return account.payment_mode == "prepayment" and not super().low_credit()


class CustomerUnitOpens(Conditions):
    """Open the switch while the customer unit is away."""

    _away = False

    def look(self) -> None:
        super().look()
        away = not self.board.senses.customer_unit
        if away is not self._away:
            self._away = away
            self.meter.switch.drive(closed=not away and not self.meter.arbiter.latches)


class TotalIsFirstTariff(ShortCodes):
    """Show the first tariff where the total belongs."""

    def total_energy(self) -> str:
        return kwh(self.meter.registers.rate_reading_wh(1))


class UpgradeClearsCredit(Image):
    """Begin anew with the new firmware: no credit is left."""

    def activate(self) -> bool:
        done = super().activate()
        if done:
            self.meter.account.clear()
        return done


class RelayPulsesAtPowerUp(Arbiter):
    """Close a switch that is held open for a moment at each power-up, before the latches are read."""

    _opens: Timer | None = None

    def power_up(self) -> None:
        super().power_up()
        if self.latches:
            board = self.meter.board
            board.drive_switch(closed=True)
            self._opens = board.at(board.now() + _PULSE_S, lambda: board.drive_switch(closed=False))


_ROWS: tuple[tuple[str, str, str, type[object]], ...] = (
    ("PF-01", "Parameters lost after 100 power cycles", "memory", WornParameters),
    ("PF-02", "Brown-out corrupts credit", "account", BrownOutClearsCredit),
    ("PF-04", "20 ms interruptions counted as outages", "conditions", CountsEveryDip),
    ("PF-05", "Display balance differs from DLMS balance by rounding up", "display", CreditRoundedUp),
    ("PF-06", "Low-credit alarm inverted", "display", AlarmInverted),
    ("PF-07", "CIU loss opens the switch", "conditions", CustomerUnitOpens),
    ("PF-10", "Short-code reading wrong: total kWh shows tariff 1", "short_codes", TotalIsFirstTariff),
    ("PF-11", "Firmware upgrade clears credit", "image", UpgradeClearsCredit),
    ("PF-14", "Power-on loads defaults: relay pulses closed 300 ms", "arbiter", RelayPulsesAtPowerUp),
)

DEFECTS = tuple(
    SlotDefect(id=number, title=title, slot=slot, mixin=mixin) for number, title, slot, mixin in _ROWS
)
