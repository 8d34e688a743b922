"""What a profile is, as data: what it captures, how often, and how many rows it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data
from bench.protocols.cosem import Obis

if TYPE_CHECKING:
    from reference_meter.meter import Meter


class Period(Enum):
    """When a profile captures by itself."""

    QUARTER_HOUR = "quarter hour"
    DAY = "day"
    MONTH = "month"
    EVENT = "event"
    """Not by time: a row for each event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A capture object: class, logical name, attribute, and how its value is captured."""

    class_id: int
    obis: Obis
    attribute: int
    capture: Callable[[Meter], Data]
    data_index: int = 0

    def reference(self) -> tuple[int, bytes, int, int]:
        """Return what names the column: class, logical name, attribute, data index."""
        return self.class_id, self.obis.to_bytes(), self.attribute, self.data_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile; its first column is always the clock. ``entries_max`` rows, first in first out."""

    name: str
    obis: str
    period: Period
    columns: tuple[Column, ...]
    entries_max: int
    seconds: int = 0
    """capture_period: 0 where a row is not captured after a fixed number of seconds."""
    log: str = ""
    """For a profile of events: the log its rows come from."""
