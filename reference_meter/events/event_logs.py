"""Slot ``events``: what happened, when and by whom, in one ring per kind of event. Non-volatile."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ENTRIES_MAX = 100
DOWN = "events.down"
"""When power was lost; nothing while there is power."""


class Log(StrEnum):
    """The rings."""

    STANDARD = "standard"
    FRAUD = "fraud"
    SUPPLY = "supply"
    TOKEN = "token"
    QUALITY = "quality"
    COMMUNICATION = "communication"
    POWER_FAILURE = "power failure"
    CREDIT = "credit"
    CHARGE = "charge"


LOG_OF = {
    "power-up": Log.STANDARD,
    "power-down": Log.STANDARD,
    "clock-adjusted": Log.STANDARD,
    "clock-set": Log.STANDARD,
    "clock-invalid": Log.STANDARD,
    "battery-low": Log.STANDARD,
    "battery-good": Log.STANDARD,
    "calendar-activated": Log.STANDARD,
    "disconnected": Log.SUPPLY,
    "inhibited": Log.SUPPLY,
    "armed": Log.SUPPLY,
    "released": Log.SUPPLY,
    "reconnected": Log.SUPPLY,
    "switch-failed": Log.SUPPLY,
    "switch-tested": Log.SUPPLY,
    "token-accepted": Log.TOKEN,
    "token-rejected": Log.TOKEN,
    "payment-mode-changed": Log.TOKEN,
    "emergency-credit-drawn": Log.TOKEN,
    "cover-opened": Log.FRAUD,
    "cover-closed": Log.FRAUD,
    "terminal-cover-opened": Log.FRAUD,
    "terminal-cover-closed": Log.FRAUD,
    "magnet-detected": Log.FRAUD,
    "magnet-gone": Log.FRAUD,
    "current-reversed": Log.FRAUD,
    "current-forward": Log.FRAUD,
    "neutral-missing": Log.FRAUD,
    "neutral-back": Log.FRAUD,
    "bypass-detected": Log.FRAUD,
    "bypass-gone": Log.FRAUD,
    "over-voltage": Log.QUALITY,
    "over-voltage-ended": Log.QUALITY,
    "under-voltage": Log.QUALITY,
    "under-voltage-ended": Log.QUALITY,
    "over-current": Log.QUALITY,
    "over-current-ended": Log.QUALITY,
    "module-removed": Log.COMMUNICATION,
    "module-inserted": Log.COMMUNICATION,
    "customer-unit-lost": Log.COMMUNICATION,
    "customer-unit-back": Log.COMMUNICATION,
    "power-failure": Log.POWER_FAILURE,
    "credit-changed": Log.CREDIT,
    "charge-collected": Log.CHARGE,
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
        self._record_failure()

    def power_failing(self) -> None:
        """Log the power cut."""
        self.record("power-down", actor="meter")
        self.meter.memory.put(DOWN, self.meter.clock.utc().isoformat())

    def _record_failure(self) -> None:
        """Log the end of a power failure and how long it lasted, as far as the clock can tell."""
        down = self.meter.memory.get(DOWN)
        if down is None:
            return
        self.meter.memory.put(DOWN, None)
        lasted_s = (self.meter.clock.utc() - datetime.fromisoformat(down)).total_seconds()
        self.record("power-failure", actor="meter", duration_s=max(0, round(lasted_s)))

    def record(
        self, name: str, *, actor: str, at: datetime | None = None, **data: str | float | bool
    ) -> None:
        """Append an event; the ring drops its oldest entry when it is full. Raises KeyError for unknown names.

        ``at`` is when it happened, where that was not just now.
        """
        log = self.log_of(name)
        entry = {"event": name, **self.stamp(at), "actor": actor, **data}
        self.keep(log, self.kept(log, [*self.list(log), entry]))

    def log_of(self, name: str) -> Log:
        """Return the ring that an event goes to. Raises KeyError for unknown names."""
        return LOG_OF[name]

    def stamp(self, at: datetime | None = None) -> dict[str, Any]:
        """Return the time of an event, now or ``at``: the instant, and deviation and status of the clock then."""
        clock = self.meter.clock
        when = at or clock.utc()
        return {"time": when.isoformat(), "zone": clock.deviation_at(when), "status": clock.status_at(when)}

    def kept(self, _log: Log, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return what stays of the entries of a ring: the newest."""
        return entries[-ENTRIES_MAX:]

    def keep(self, log: Log, entries: list[dict[str, Any]]) -> None:
        """Write the entries of a ring."""
        self.meter.memory.put(_record_of(log), entries)

    def list(self, log: Log) -> list[dict[str, Any]]:
        """Return the entries of a ring."""
        entries: list[dict[str, Any]] = self.meter.memory.get(_record_of(log)) or []
        return entries

    def clear(self, log: Log, *, actor: str) -> None:
        """Empty a ring; the first entry of what follows says so."""
        self.keep(log, [{"event": "log-cleared", **self.stamp(), "actor": actor}])


def _record_of(log: Log) -> str:
    return f"events.{log}"
