"""Slot ``registers``: active energy import, exact between input changes and kept over a power cut.

Between two changes of the inputs power is constant, so energy is a straight line: an anchor (time, energy)
and a slope. Reading it changes nothing; only a change of the inputs sets a new anchor.
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


class Registers:
    """The energy that the metering has measured since manufacture."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        saved = meter.memory.get(RECORD) or {}
        self._anchor_energy_wh: float = saved.get("energy_wh", 0.0)
        self._anchor_time_s = self.board.now()
        self._power_w = 0.0

    def power_up(self) -> None:
        """Start to register."""
        self.accrue()

    def import_power_w(self) -> float:
        """Return the power being registered as import, constant until the next input change."""
        return self._power_w

    def energy_wh(self) -> float:
        """Return the imported active energy up to now."""
        elapsed_s = self.board.now() - self._anchor_time_s
        return self._anchor_energy_wh + self._power_w * elapsed_s / SECONDS_PER_HOUR

    def reading_wh(self) -> int:
        """Return the register as read out: whole Wh."""
        return math.floor(self.energy_wh() + RESOLUTION_SLACK_WH)

    def instant_of(self, energy_wh: float) -> float | None:
        """Return the oscillator time at which the total reaches ``energy_wh``; None when it stands still."""
        if self._power_w <= 0.0:
            return None
        missing_wh = energy_wh - self._anchor_energy_wh
        return self._anchor_time_s + missing_wh * SECONDS_PER_HOUR / self._power_w

    def accrue(self) -> None:
        """Bring energy up to now and go on with the power that the inputs show now."""
        self._anchor_energy_wh = self.energy_wh()
        self._anchor_time_s = self.board.now()
        self._power_w = max(0.0, self.meter.metering.active_power_w())

    def save(self) -> None:
        """Write the total to the memory chip."""
        self.meter.memory.put(RECORD, {"energy_wh": self.energy_wh()})

    def power_failing(self) -> None:
        """Keep the total over the power cut."""
        self.save()
