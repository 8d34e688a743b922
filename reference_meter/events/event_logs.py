"""Slot ``events``: what happened, when and by whom, in one ring per kind of event. Non-volatile."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ENTRIES_MAX = 100


class Log(StrEnum):
    """The rings."""

    STANDARD = "standard"
    SUPPLY = "supply"
    TOKEN = "token"


LOG_OF = {
    "power-up": Log.STANDARD,
    "power-down": Log.STANDARD,
    "clock-set": Log.STANDARD,
    "disconnected": Log.SUPPLY,
    "inhibited": Log.SUPPLY,
    "armed": Log.SUPPLY,
    "released": Log.SUPPLY,
    "reconnected": Log.SUPPLY,
    "switch-failed": Log.SUPPLY,
    "switch-tested": Log.SUPPLY,
    "token-accepted": Log.TOKEN,
    "token-rejected": Log.TOKEN,
}
"""The ring of each event.

disconnected: supply was taken away; inhibited: one more reason to hold it open; armed: ready for
reconnection; released: one reason fewer, others remain; reconnected: the contact is told to close.
"""


class EventLogs:
    """Events as dictionaries with "event", "time" (ISO, UTC), "actor" and more; oldest first."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.record("power-up", actor="meter")  # before any slot acts on what it finds

    def power_failing(self) -> None:
        """Log the power cut."""
        self.record("power-down", actor="meter")

    def record(self, name: str, *, actor: str, **data: str | float | bool) -> None:
        """Append an event; the ring drops its oldest entry when it is full. Raises KeyError for unknown names."""
        log = LOG_OF[name]
        entry = {"event": name, "time": self.meter.clock.utc().isoformat(), "actor": actor, **data}
        self.meter.memory.put(_record_of(log), [*self.list(log), entry][-ENTRIES_MAX:])

    def list(self, log: Log) -> list[dict[str, Any]]:
        """Return the entries of a ring."""
        entries: list[dict[str, Any]] = self.meter.memory.get(_record_of(log)) or []
        return entries


def _record_of(log: Log) -> str:
    return f"events.{log}"
