"""Slot ``alarms``: what is wrong now, and the alarm descriptor, which keeps each alarm until a client takes it back.

An alarm whose bit of the filter is not set is none. The descriptor is non-volatile; a client resets its bits, which
changes nothing of the alarms themselves (IDIS alarm register and descriptor 1, from memory).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import double_long_unsigned
from bench.protocols.cosem_time import ClockStatus
from reference_meter.dlms.model.kept import kept_value

if TYPE_CHECKING:
    from reference_meter.meter import Meter

CLOCK_INVALID, BATTERY_LOW, TAMPER = 0x01, 0x02, 0x2000
"""Bits of error register, alarm register and descriptor (IDIS alarm register 1, from memory)."""
FILTER = "alarm filter"
ALL = double_long_unsigned(0xFFFFFFFF)
RECORD = "alarms"


class Alarms:
    """Alarms as bits; ``descriptor`` are those that came up and were not taken back."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        saved = meter.memory.get(RECORD) or {"descriptor": 0, "seen": 0}
        self.descriptor: int = saved["descriptor"]
        self._seen: int = saved["seen"]

    def power_up(self) -> None:
        """Look at what the power-up found."""
        self.look()

    def errors(self) -> int:
        """Return what is wrong with the meter itself."""
        clock = CLOCK_INVALID if self.meter.clock.status & ClockStatus.INVALID_VALUE else 0
        return clock | (BATTERY_LOW if "battery low" in self.meter.conditions.active else 0)

    def bits(self) -> int:
        """Return the alarms of now."""
        bits = self.errors() | (TAMPER if self.meter.conditions.alarms else 0)
        wanted: int = kept_value(self.meter, FILTER, ALL).number()
        return bits & wanted

    def look(self) -> None:
        """Note the alarms that came up, and let the monitor of the descriptor see them."""
        bits = self.bits()
        if bits == self._seen:
            return
        self.descriptor |= bits & ~self._seen
        self._seen = bits
        self._save()
        self.meter.memory.once_written(self.meter.register_monitors.look)

    def take_back(self, left: int) -> None:
        """Leave those bits of the descriptor that are set in ``left``."""
        self.descriptor &= left
        self._save()
        self.meter.register_monitors.look()

    def _save(self) -> None:
        self.meter.memory.put(RECORD, {"descriptor": self.descriptor, "seen": self._seen})
