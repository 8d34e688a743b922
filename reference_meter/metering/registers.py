"""Slot ``registers``: active and reactive energy, exact between input changes, kept over a power cut; also per tariff.

Between two changes of the inputs power is constant, so energy is a straight line: an anchor (time, energy)
and a slope. Reading it changes nothing; only a change of the inputs sets a new anchor. The tariff registers
count whole Wh of the total, so their sum is the total to the last digit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "registers"
SECONDS_PER_HOUR = 3600.0
RESOLUTION_SLACK_WH = 1e-6
"""Float arithmetic may leave a register a hair below the whole Wh that its last pulse just completed."""
RATES = 8


class Registers:
    """The energy that the metering has measured since manufacture."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        saved = meter.memory.get(RECORD) or {}
        self._anchor_energy_wh: float = saved.get("energy_wh", 0.0)
        self._anchor_export_wh: float = saved.get("export_wh", 0.0)
        self._anchor_inductive_varh: float = saved.get("inductive_varh", 0.0)
        self._anchor_capacitive_varh: float = saved.get("capacitive_varh", 0.0)
        self._closed_wh: list[int] = saved.get("rates_wh", [0] * RATES)
        self.rate: int = saved.get("rate", 1)
        """The tariff that counts now, 1 to 8."""
        self._anchor_time_s = self.board.now()
        self._power_w = 0.0
        self._export_power_w = 0.0
        self._reactive_power_var = 0.0

    def power_up(self) -> None:
        """Start to register."""
        self.accrue()

    def import_power_w(self) -> float:
        """Return the power being registered as import, constant until the next input change."""
        return self._power_w

    def export_power_w(self) -> float:
        """Return the power being registered as export."""
        return self._export_power_w

    def reactive_power_var(self) -> float:
        """Return the reactive power being registered, positive where the current lags."""
        return self._reactive_power_var

    def energy_wh(self) -> float:
        """Return the imported active energy up to now."""
        elapsed_s = self.board.now() - self._anchor_time_s
        return self._anchor_energy_wh + self._power_w * elapsed_s / SECONDS_PER_HOUR

    def export_wh(self) -> float:
        """Return the exported active energy up to now."""
        elapsed_s = self.board.now() - self._anchor_time_s
        return self._anchor_export_wh + self._export_power_w * elapsed_s / SECONDS_PER_HOUR

    def inductive_varh(self) -> float:
        """Return the reactive energy of lagging currents up to now."""
        return self._anchor_inductive_varh + max(0.0, self._reactive_power_var) * self._elapsed_h()

    def capacitive_varh(self) -> float:
        """Return the reactive energy of leading currents up to now."""
        return self._anchor_capacitive_varh + max(0.0, -self._reactive_power_var) * self._elapsed_h()

    def _elapsed_h(self) -> float:
        return (self.board.now() - self._anchor_time_s) / SECONDS_PER_HOUR

    def inductive_reading_varh(self) -> int:
        """Return the register of lagging currents as read out: whole varh."""
        return math.floor(self.inductive_varh() + RESOLUTION_SLACK_WH)

    def capacitive_reading_varh(self) -> int:
        """Return the register of leading currents as read out: whole varh."""
        return math.floor(self.capacitive_varh() + RESOLUTION_SLACK_WH)

    def reading_wh(self) -> int:
        """Return the register as read out: whole Wh."""
        return math.floor(self.energy_wh() + RESOLUTION_SLACK_WH)

    def rate_reading_wh(self, rate: int) -> int:
        """Return the register of a tariff (from 1) as read out: whole Wh."""
        if rate != self.rate:
            return self._closed_wh[rate - 1]
        others_wh = sum(self._closed_wh) - self._closed_wh[rate - 1]
        return self.reading_wh() - others_wh

    def switch_rate(self, rate: int) -> None:
        """Let another tariff count from now on."""
        if rate == self.rate:
            return
        self._closed_wh[self.rate - 1] = self.rate_reading_wh(self.rate)
        self.rate = rate
        self.save()

    def instant_of(self, energy_wh: float) -> float | None:
        """Return the oscillator time at which the total reaches ``energy_wh``; None when it stands still."""
        if self._power_w <= 0.0:
            return None
        missing_wh = energy_wh - self._anchor_energy_wh
        return self._anchor_time_s + missing_wh * SECONDS_PER_HOUR / self._power_w

    def accrue(self) -> None:
        """Bring energy up to now and go on with the power that the inputs show now."""
        self._anchor_energy_wh, self._anchor_export_wh = self.energy_wh(), self.export_wh()
        self._anchor_inductive_varh = self.inductive_varh()
        self._anchor_capacitive_varh = self.capacitive_varh()
        self._anchor_time_s = self.board.now()
        power_w = self.meter.metering.active_power_w()
        self._power_w, self._export_power_w = max(0.0, power_w), max(0.0, -power_w)
        self._reactive_power_var = self.meter.metering.reactive_power_var()

    def save(self) -> None:
        """Write the totals to the memory chip."""
        self.meter.memory.put(
            RECORD,
            {
                "energy_wh": self.energy_wh(),
                "export_wh": self.export_wh(),
                "inductive_varh": self.inductive_varh(),
                "capacitive_varh": self.capacitive_varh(),
                "rates_wh": self._closed_wh,
                "rate": self.rate,
            },
        )

    def power_failing(self) -> None:
        """Keep the total over the power cut."""
        self.save()
