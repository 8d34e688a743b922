"""The reference standard as the rack hands it out: it notes when a reading of the bench is under way."""

from __future__ import annotations

from typing import Any

from instruments.roles import Readings, ReferenceStandard


class WatchedStandard:
    """Passes everything on. ``reading`` is true from ``start_reading`` until the reading is collected."""

    def __init__(self, standard: ReferenceStandard) -> None:
        self._standard = standard
        self.reading = False
        self.disturbed = False

    def start_reading(self) -> float:
        """Start an integration interval of the bench's own; a supervision reading under way is given up."""
        self.reading = self.disturbed = True
        return self._standard.start_reading()

    def collect_reading(self) -> Readings:
        """Return the last finished interval."""
        self.reading = False
        return self._standard.collect_reading()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._standard, name)
