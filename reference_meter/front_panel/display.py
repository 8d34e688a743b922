"""Slot ``display``: one line of text: credit, supply, the result of the last token, information asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_meter.meter import Meter

LOW_CREDIT = "LOW CREDIT"


class Display:
    """The display. It is written when something on it changes, at the latest with the next pulse."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._result = ""
        self._information = ""
        self._shown: str | None = None

    def power_up(self) -> None:
        """Show the credit."""
        self.refresh()

    def text(self) -> str:
        """Return what is to be seen now: "CREDIT 10.00 kWh | SUPPLY ON | UsedError"."""
        supply = "ON" if self.meter.switch.closed() else "OFF"
        account = self.meter.account
        unit = self.meter.product.payment.currency if account.in_currency else "kWh"
        low = LOW_CREDIT if self.low_credit() else ""
        parts = [
            f"CREDIT {self.credit_text()} {unit}",
            f"SUPPLY {supply}",
            low,
            self._result,
            self._information,
        ]
        return " | ".join(part for part in parts if part)

    def low_credit_threshold(self) -> int:
        """Return the credit below which the alarm shows, in the unit of the credit register."""
        stored: int | None = self.meter.memory.get("dlms.low_credit_threshold_wh")
        return self.meter.product.payment.low_credit_threshold_wh if stored is None else stored

    def low_credit(self) -> bool:
        """Tell whether the low-credit alarm shows."""
        account = self.meter.account
        return account.payment_mode == "prepayment" and account.reading() < self.low_credit_threshold()

    def credit_text(self) -> str:
        """Return the credit in kWh or money, rounded down to the two decimals of the display."""
        account = self.meter.account
        sign, hundredths = "", account.reading() if account.in_currency else account.reading_wh() // 10
        if hundredths < 0:
            sign, hundredths = "-", -hundredths
        return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"

    def show_result(self, text: str) -> None:
        """Show the result of a token until the next one."""
        self._result = text
        self.refresh()

    def show_information(self, text: str) -> None:
        """Show what a class 1 token asks for."""
        self._information = text

    def forget_information(self) -> None:
        """Show no longer what a class 1 token asked for."""
        self._information = ""

    def clear(self) -> None:
        """Show nothing but credit and supply."""
        self._result = self._information = ""
        self.refresh()

    def refresh(self) -> None:
        """Write the display if its text has changed."""
        text = self.text()
        if text != self._shown:
            self._shown = text
            self.meter.board.show(text)
