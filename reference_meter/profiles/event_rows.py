"""Event logs as profiles: each event a row of time and code (codes of dlms.md §7, IDIS-like, from memory)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from bench.protocols.axdr import Data, encode, unsigned
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
from reference_meter.events.event_logs import ENTRIES_MAX, Log
from reference_meter.profiles.profile import Column, Period, Profile
from reference_meter.profiles.rows import Row, seconds_of
from reference_meter.profiles.standard import CLOCK

if TYPE_CHECKING:
    from reference_meter.meter import Meter

CODES = {
    "power-down": 1,
    "power-up": 2,
    "clock-adjusted": 4,
    "clock-set": 5,
    "clock-invalid": 6,
    "battery-low": 8,
    "calendar-activated": 9,
    "terminal-cover-opened": 40,
    "terminal-cover-closed": 41,
    "magnet-detected": 42,
    "magnet-gone": 43,
    "cover-opened": 44,
    "cover-closed": 45,
    "armed": 59,
    "inhibited": 62,
    "disconnected": 62,
    "released": 63,
    "reconnected": 63,
    "switch-failed": 68,
    "switch-tested": 61,
    "under-voltage": 76,
    "over-voltage": 79,
    "under-voltage-ended": 85,
    "over-voltage-ended": 85,
    "neutral-missing": 89,
    "current-reversed": 91,
    "battery-good": 201,
    "bypass-detected": 210,
    "bypass-gone": 211,
    "current-forward": 212,
    "neutral-back": 213,
    "over-current": 214,
    "over-current-ended": 215,
    "module-removed": 220,
    "module-inserted": 221,
    "customer-unit-lost": 222,
    "customer-unit-back": 223,
    "log-cleared": 255,
}
"""Event code of each event; from 200 on the maker's own."""
LOCAL = {"disconnected": 64, "inhibited": 64, "released": 69, "reconnected": 69}
"""Codes where the cause is not a remote command."""
OTHER_EVENT = 250
"""Code of the maker for everything without one of its own."""


def event_code(entry: dict[str, Any]) -> int:
    """Return the code of a logged event."""
    name = entry["event"]
    local = entry.get("actor") != "remote" and name in LOCAL
    return LOCAL[name] if local else CODES.get(name, OTHER_EVENT)


def event_rows(meter: Meter, log: str) -> list[Row]:
    """Return the entries of a log as rows, oldest first."""
    rows = []
    for entry in meter.events.list(Log(log)):
        cells = (shown_time(entry), encode(unsigned(event_code(entry))))
        rows.append(Row(seconds_of(datetime.fromisoformat(entry["time"])), cells))
    return rows


def shown_time(entry: dict[str, Any]) -> bytes:
    """Return the time of an entry as the clock showed it, coded."""
    at = datetime.fromisoformat(entry["time"])
    zone, status = entry.get("zone", 0), entry.get("status", 0)
    shown = DateTime.from_datetime(at, deviation_min=zone, status=status).to_bytes()
    return bytes([9, len(shown)]) + shown


def code_of(meter: Meter, log: str) -> Data:
    """Return the code of the last event of a log, 0 when there was none."""
    entries = meter.events.list(Log(log))
    return unsigned(event_code(entries[-1]) if entries else 0)


def _event_profile(log: Log, obis: str, code_obis: str) -> Profile:
    code = Column(
        class_id=1,
        obis=Obis(code_obis),
        attribute=2,
        capture=lambda meter: code_of(meter, log),
    )
    return Profile(
        name=f"{log} event log",
        obis=obis,
        period=Period.EVENT,
        entries_max=ENTRIES_MAX,
        columns=(CLOCK, code),
        log=log,
    )


EVENT_PROFILES: tuple[Profile, ...] = (
    _event_profile(Log.STANDARD, "0-0:99.98.0", "0-0:96.11.0"),
    _event_profile(Log.FRAUD, "0-0:99.98.1", "0-0:96.11.1"),
    _event_profile(Log.SUPPLY, "0-0:99.98.2", "0-0:96.11.2"),
    _event_profile(Log.QUALITY, "0-0:99.98.4", "0-0:96.11.4"),
    _event_profile(Log.COMMUNICATION, "0-0:99.98.5", "0-0:96.11.5"),
)
"""The logs that clients read; the tokens have a history of their own."""
