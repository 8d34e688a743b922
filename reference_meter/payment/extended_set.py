"""Slot ``extended_set``: control values and flags that extended tokens write and show (STS 202-5, sts.md 1.3).

What they do is not public, so here they do nothing: they are kept over a power cut, and shown on demand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.sts.extended_set import FLAGS_INDEX, flag_written
from bench.protocols.sts.fields import ReadExtended, WriteExtended

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "extended_set"


class ExtendedSet:
    """Control values by index, flags by number; what was never written is zero."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        saved = meter.memory.get(RECORD) or {"values": [], "flags": []}
        self.values: dict[int, int] = dict(map(tuple, saved["values"]))
        self.flags: dict[int, int] = dict(map(tuple, saved["flags"]))

    def write(self, fields: WriteExtended) -> None:
        """Take over a control value or a flag."""
        flag = flag_written(fields)
        if flag is None:
            self.values[fields.index] = fields.value
        else:
            self.flags[flag[0]] = flag[1]
        self.save()

    def text(self, fields: ReadExtended) -> str:
        """Return what the display shows for a read token; of the flags only flag 0 can be asked for."""
        if fields.index == FLAGS_INDEX:
            return f"FLAG 0: {self.flags.get(0, 0)}"
        return f"VALUE {fields.index}: {self.values.get(fields.index, 0)}"

    def save(self) -> None:
        """Write everything to the memory chip."""
        self.meter.memory.put(
            RECORD, {"values": sorted(self.values.items()), "flags": sorted(self.flags.items())}
        )
