"""Slot ``clock``: civil time from the board's real-time clock, which runs on through power cuts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_meter.meter import Meter


class MeterClock:
    """The clock of the meter. It keeps UTC: ``deviation_min`` is 0 (COSEM sign: UTC minus local)."""

    deviation_min = 0
    status = 0
    """COSEM clock status: 0 means valid, no daylight saving."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def utc(self) -> datetime:
        """Return the time as an aware UTC datetime."""
        return self.meter.board.rtc()

    def set_utc(self, utc: datetime) -> None:
        """Set the clock to an aware datetime; the log keeps the time before and after."""
        before = self.utc()
        self.meter.board.set_rtc(utc)
        self.meter.profiles.plan()
        self.meter.events.record("clock-set", actor="remote", before=before.isoformat())
