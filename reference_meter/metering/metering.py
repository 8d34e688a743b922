"""Slot ``metering``: what the measuring elements say, with the errors of a real front end.

Error model of accuracy.md 5.3 for sinusoids: measured P = (1 + g) * U * I * cos(phi + d) + P_off, with gain g,
extra lag d and offset P_off; power below the no-load threshold counts as zero.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reference_meter.board import ElementInput

if TYPE_CHECKING:
    from reference_meter.meter import Meter


class Metering:
    """Measured quantities now. Positive power flows from the supply to the load."""

    def __init__(self, meter: Meter) -> None:
        self.board = meter.board
        self.nameplate = meter.product.nameplate
        self.residuals = meter.product.residuals

    def gain(self) -> float:
        """Return the relative gain error of power left by calibration."""
        return self.residuals.gain_pct / 100.0

    def extra_lag_deg(self) -> float:
        """Return the lag that the channels add to the current; positive makes inductive loads read low."""
        return self.residuals.extra_lag_deg

    def offset_w(self) -> float:
        """Return the power read at an element that carries none."""
        return self.residuals.offset_w

    def no_load_threshold_w(self) -> float:
        """Return the power below which nothing is registered: a fraction of U * Ist of all elements."""
        plate = self.nameplate
        starting_power_w = plate.elements * plate.voltage_v * plate.starting_current_a
        return self.residuals.anti_creep_fraction * starting_power_w

    def voltage_v(self, element: int = 0) -> float:
        """Return the measured rms voltage of ``element`` (from 0)."""
        return self.board.elements()[element].voltage_v

    def current_a(self, element: int = 0) -> float:
        """Return the measured rms current of ``element`` (from 0); the gain error is given to the current."""
        return self.board.elements()[element].current_a * (1.0 + self.gain())

    def frequency_hz(self) -> float:
        """Return the measured frequency of the voltage."""
        return self.board.frequency_hz()

    def element_power_w(self, element: ElementInput) -> float:
        """Return the measured active power of one element, before the no-load threshold."""
        if element.voltage_v == 0.0:
            return 0.0
        lag_rad = math.radians(element.current_lag_deg + self.extra_lag_deg())
        apparent_va = element.voltage_v * element.current_a
        return (1.0 + self.gain()) * apparent_va * math.cos(lag_rad) + self.offset_w()

    def anti_creep(self, power_w: float) -> float:
        """Return the power to register: zero below the no-load threshold."""
        return power_w if abs(power_w) >= self.no_load_threshold_w() else 0.0

    def active_power_w(self) -> float:
        """Return the measured active power of all elements, signed."""
        return self.anti_creep(sum(self.element_power_w(element) for element in self.board.elements()))
