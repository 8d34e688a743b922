"""Slot ``energies``: reactive energy by quadrant, apparent energy, and active energy of each phase.

Like the registers they are straight lines between two changes of the inputs, and rest on the same powers: what the
registers count as reactive import is what quadrants I and II count, and a phase counts while the total does.
Quadrants: I and IV while active power is imported or there is none, II and III while it is exported.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reference_meter.metering.registers import RESOLUTION_SLACK_WH, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "energies"
APPARENT_IMPORT, APPARENT_EXPORT = "apparent import", "apparent export"
QUADRANTS = ("quadrant I", "quadrant II", "quadrant III", "quadrant IV")


def phase_name(element: int) -> str:
    """Return what the energy of an element (from 0) is called here."""
    return f"phase {element + 1}"


class Energies:
    """Energies by name, in Wh, varh and VAh."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        self._anchors: dict[str, float] = meter.memory.get(RECORD) or {}
        self._powers: dict[str, float] = {}
        self._anchor_time_s = self.board.now()

    def power_up(self) -> None:
        """Start to count."""
        self.accrue()

    def exact(self, name: str) -> float:
        """Return an energy up to now."""
        elapsed_h = (self.board.now() - self._anchor_time_s) / SECONDS_PER_HOUR
        return self._anchors.get(name, 0.0) + self._powers.get(name, 0.0) * elapsed_h

    def reading(self, name: str) -> int:
        """Return an energy as read out: whole units."""
        return math.floor(self.exact(name) + RESOLUTION_SLACK_WH)

    def accrue(self) -> None:
        """Bring the energies up to now and go on with the powers that the registers count now."""
        names = {*self._anchors, *self._powers}
        self._anchors = {name: self.exact(name) for name in names}
        self._anchor_time_s = self.board.now()
        self._powers = {**self.reactive_powers_var(), **self.apparent_powers_va(), **self.phase_powers_w()}

    def reactive_powers_var(self) -> dict[str, float]:
        """Return the reactive power in the quadrant that it lies in; none in the others."""
        registers = self.meter.registers
        power_var, exporting = registers.reactive_power_var(), registers.export_power_w() > 0.0
        if power_var >= 0.0:
            return {QUADRANTS[1 if exporting else 0]: power_var}
        return {QUADRANTS[2 if exporting else 3]: -power_var}

    def apparent_powers_va(self) -> dict[str, float]:
        """Return the apparent power in the direction of the active power, none below the no-load threshold."""
        metering = self.meter.metering
        power_va = metering.apparent_power_va()
        if power_va < metering.no_load_threshold_w():
            return {}
        return {APPARENT_EXPORT if self.meter.registers.export_power_w() > 0.0 else APPARENT_IMPORT: power_va}

    def phase_powers_w(self) -> dict[str, float]:
        """Return the active power that each phase imports, while the meter registers at all."""
        registers, metering = self.meter.registers, self.meter.metering
        if registers.import_power_w() == 0.0 and registers.export_power_w() == 0.0:
            return {}
        powers_w = metering.element_powers_w()
        if metering.nameplate.measurement_mode == "absolute":
            powers_w = [abs(power_w) for power_w in powers_w]
        return {phase_name(number): max(0.0, power_w) for number, power_w in enumerate(powers_w)}

    def save(self) -> None:
        """Write the energies to the memory chip."""
        names = {*self._anchors, *self._powers}
        self.meter.memory.put(RECORD, {name: self.exact(name) for name in sorted(names)})

    def power_failing(self) -> None:
        """Keep the energies over the power cut."""
        self.save()
