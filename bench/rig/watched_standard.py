"""The reference standard as the rack hands it out: it notes readings under way, and remembers those that were taken."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict
from typing import Any

from bench.clock import Clock
from instruments.roles import Readings, ReferenceStandard

#: What is kept for the record of a fault: this long, and no more than so many readings.
HISTORY_S, REMEMBERED = 60.0, 240


class WatchedStandard:
    """Passes everything on. ``reading`` is true from ``start_reading`` until the reading is collected."""

    def __init__(self, standard: ReferenceStandard, clock: Clock) -> None:
        self._standard = standard
        self._clock = clock
        self._taken: deque[tuple[float, Readings]] = deque(maxlen=REMEMBERED)
        self.reading = False
        self.disturbed = False

    def start_reading(self) -> float:
        """Start an integration interval of the bench's own; a supervision reading under way is given up."""
        self.reading = self.disturbed = True
        return self._standard.start_reading()

    def collect_reading(self) -> Readings:
        """Return the last finished interval."""
        self.reading = False
        taken = self._standard.collect_reading()
        self._taken.append((self._clock.now(), taken))
        return taken

    def history(self) -> list[dict[str, Any]]:
        """Return the readings of the last minute, oldest first, as JSON values."""
        since_s = self._clock.now() - HISTORY_S
        return [{"time_s": time_s, **asdict(taken)} for time_s, taken in self._taken if time_s >= since_s]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._standard, name)
