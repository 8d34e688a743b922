"""Slot ``short_codes``: what three digits and enter bring to the display (the maker's own table)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_meter.meter import Meter

WH_PER_KWH = 1000


class ShortCodes:
    """Readings by code. Energies are rounded down to the display's digits, as the registers are."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def text(self, code: str) -> str | None:
        """Return what a code shows; None where it is none."""
        read = {
            "001": self.total_energy,
            "002": self.credit,
            "003": self.power,
            "004": self.meter_number,
            "005": self.low_credit_threshold,
            "006": self.active_tariff,
            "007": self.supply,
        }.get(code)
        return None if read is None else f"{code} {read()}"

    def total_energy(self) -> str:
        """Return the total energy register."""
        return kwh(self.meter.registers.reading_wh())

    def credit(self) -> str:
        """Return the credit as on the first line."""
        account = self.meter.account
        unit = self.meter.product.payment.currency if account.in_currency else "kWh"
        return f"{self.meter.display.credit_text()} {unit}"

    def power(self) -> str:
        """Return the power drawn now."""
        return f"{round(self.meter.metering.active_power_w())} W"

    def meter_number(self) -> str:
        """Return the serial number."""
        return self.meter.product.identity.serial_number

    def low_credit_threshold(self) -> str:
        """Return the credit at which the alarm begins."""
        threshold = self.meter.display.low_credit_threshold()
        if self.meter.account.in_currency:
            return f"{threshold / 100:.2f} {self.meter.product.payment.currency}"
        return kwh(threshold)

    def active_tariff(self) -> str:
        """Return the tariff in force."""
        return f"T{self.meter.registers.rate}"

    def supply(self) -> str:
        """Return the position of the supply switch."""
        return "ON" if self.meter.switch.closed() else "OFF"


def kwh(energy_wh: int) -> str:
    """Return an energy in kWh with its three decimals."""
    return f"{energy_wh // WH_PER_KWH}.{energy_wh % WH_PER_KWH:03d} kWh"
