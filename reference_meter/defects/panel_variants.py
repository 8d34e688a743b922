"""Variants of layer N at the front panel: other legal choices, which a tester must not fail."""

from __future__ import annotations

from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.front_panel.short_codes import WH_PER_KWH, ShortCodes


class WholeKilowattHours(ShortCodes):
    """Show the total energy without decimals; DLMS goes on telling watt-hours."""

    def total_energy(self) -> str:
        """Return the total energy register in whole kWh."""
        return f"{self.meter.registers.reading_wh() // WH_PER_KWH} kWh"


DEFECTS = (
    SlotDefect(
        id="N-21",
        title="Energy resolution 1 kWh on LCD, 1 Wh on DLMS",
        slot="short_codes",
        mixin=WholeKilowattHours,
    ),
)
