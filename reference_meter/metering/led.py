"""Slot ``led``: the metrological test output, one flash each 1/k kWh of registered energy.

The LED has no energy of its own: flash n falls at the first firmware update after the register reaches n/k. So
the fraction of a pulse is carried over load changes and power cuts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reference_meter.board import Timer

if TYPE_CHECKING:
    from reference_meter.meter import Meter

WH_PER_KWH = 1000.0
_SLACK_PULSES = 1e-6  # a flash given just before a power cut is not given again because of float rounding


class Led:
    """The pulse output. ``meter_constant_imp_per_kwh`` is what the label and the register of the constant say."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        self.meter_constant_imp_per_kwh: float = meter.product.nameplate.meter_constant_imp_per_kwh
        self._flashes = 0
        self._timer: Timer | None = None

    def pulses_per_kwh(self) -> float:
        """Return how many flashes are given for each kWh."""
        return self.meter_constant_imp_per_kwh

    def power_up(self) -> None:
        """Find the fraction of a pulse that the register carries and plan the next flash."""
        self._flashes = self._given()
        self.plan()

    def _given(self) -> int:
        """Return how many flashes the register stands for."""
        pulses = self.meter.registers.energy_wh() * self.pulses_per_kwh() / WH_PER_KWH
        return math.floor(pulses + _SLACK_PULSES)

    def plan(self) -> None:
        """Schedule the next flash; none when no energy flows."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.board.led_seen():
            self._flashes = self._given()
            return
        due_wh = (self._flashes + 1) * WH_PER_KWH / self.pulses_per_kwh()
        due_s = self.meter.registers.instant_of(due_wh)
        if due_s is not None:
            self._timer = self.board.at(max(self._on_grid(due_s), self.board.now()), self._flash)

    def _on_grid(self, time_s: float) -> float:
        """Return the firmware update at which a pulse due at ``time_s`` is given."""
        grid_s = self.meter.product.residuals.pulse_grid_s
        return math.ceil(time_s / grid_s - _SLACK_PULSES) * grid_s if grid_s > 0.0 else time_s

    def _flash(self) -> None:
        self._timer = None
        self._flashes += 1
        self.board.flash_led()
        self.plan()
        self.meter.display.refresh()
