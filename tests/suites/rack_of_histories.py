"""Faults of energies, scripts and histories that no catalogue lists: each position of a rack has another one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from reference_meter.metering.energies import APPARENT_IMPORT
from tests.suites.kept_rack import Kept, rack


class QuadrantsMirrored:
    """Count leading currents in quadrant I and lagging ones in quadrant IV."""

    def reactive_powers_var(self: Any) -> dict[str, float]:
        """Return the power in the other quadrant of the same side."""
        other = {"quadrant I": "quadrant IV", "quadrant II": "quadrant III"}
        other |= {theirs: ours for ours, theirs in other.items()}
        return {other[name]: power for name, power in super().reactive_powers_var().items()}  # type: ignore[misc]


class ApparentIsActive:
    """Take active power for apparent power."""

    def apparent_powers_va(self: Any) -> dict[str, float]:
        """Return the active power."""
        return {APPARENT_IMPORT: self.meter.registers.import_power_w()}


class ActsAsLongAsItLasts:
    """Run the script at each look while the value is above its threshold."""

    def crossed(self: Any, monitor: str) -> list[Any]:
        """Return the scripts of every threshold that is exceeded."""
        now = self.value(monitor).number()
        pairs = zip(self.thresholds[monitor], self.actions[monitor], strict=False)
        return [actions.up for threshold, actions in pairs if now > threshold.number()]


class NeverLooks:
    """Keep thresholds and actions, and compare nothing."""

    def look(self: Any) -> None:
        """Do nothing."""


class ExecutesNothing:
    """Confirm the execution of a script, and do nothing."""

    def run(self: Any, table: str, selector: int, *, actor: str) -> bool:
        """Run it for others than clients."""
        done: bool = actor == "remote" or super().run(table, selector, actor=actor)  # type: ignore[misc]
        return done


class AlwaysBillsOnTheFirst:
    """Keep the times of the billing schedule, and end the period on the first of the month whatever they say."""

    def __init__(self: Any, meter: Any) -> None:
        """Build the schedules, and take the times of the billing for granted."""
        super().__init__(meter)  # type: ignore[call-arg]
        self.billing.due = lambda local: local.day == 1 and not (local.hour or local.minute)


class CountsMinutes:
    """Tell the duration of a power failure in minutes."""

    def record(self: Any, name: str, **words: Any) -> None:
        """Record it."""
        if "duration_s" in words:
            words["duration_s"] //= 60
        super().record(name, **words)  # type: ignore[misc]


class FailuresForgotten:
    """Leave power failures out of their log."""

    def record(self: Any, name: str, **words: Any) -> None:
        """Record anything else."""
        if name != "power-failure":
            super().record(name, **words)  # type: ignore[misc]


class TokensForgotten:
    """Leave tokens out of their history."""

    def record(self: Any, name: str, **words: Any) -> None:
        """Record anything else."""
        if not name.startswith("token-"):
            super().record(name, **words)  # type: ignore[misc]


class TokensTold:
    """Show the last token in the history of tokens."""

    def rows(self: Any, profile: Any) -> list[Any]:
        """Return the rows, the last with the digits of the token behind its time."""
        rows: list[Any] = super().rows(profile)  # type: ignore[misc]
        token = self.meter.gateway.token
        if profile.name == "token history" and rows and token:
            last = rows[-1]
            rows[-1] = replace(last, cells=(last.cells[0], bytes([9, len(token)]) + token, *last.cells[2:]))
        return rows


class RowsOfLastYear:
    """Stamp what is recorded with the time of a year before."""

    def stamp(self: Any, at: datetime | None = None) -> dict[str, Any]:
        """Return a time that is a year old."""
        stamped: dict[str, Any] = super().stamp(at)  # type: ignore[misc]
        now = datetime.fromisoformat(stamped["time"])
        return {**stamped, "time": (now - timedelta(days=365)).isoformat()}


ENERGIES = "test_energy_registers.py::test_energies_agree"
MONITOR = "test_scripts.py::test_register_monitor"
POWER_FAILURE, TOKEN = "test_histories.py::test_power_failure_log", "test_histories.py::test_token_history"
STOOD_STILL, NO_ROW = "the quadrant of the load, stood still", "0 new rows"

KEPT = (
    Kept("energies", QuadrantsMirrored, "dlms/energies_agree", ENERGIES, STOOD_STILL),
    Kept("energies", ApparentIsActive, "dlms/energies_agree", ENERGIES, "active and reactive energy make"),
    Kept("register_monitors", ActsAsLongAsItLasts, "dlms/register_monitor", MONITOR, "the script has run"),
    Kept(
        "register_monitors",
        NeverLooks,
        "dlms/register_monitor",
        MONITOR,
        "raised above it: the script has run 0",
    ),
    Kept(
        "scripts",
        ExecutesNothing,
        "dlms/script_execute",
        "test_scripts.py::test_script_execute",
        "has run 0 times",
    ),
    Kept(
        "schedules",
        AlwaysBillsOnTheFirst,
        "dlms/schedule_runs",
        "test_scripts.py::test_schedule_runs",
        "at its time: the script has run 0 times",
    ),
    Kept("events", CountsMinutes, "dlms/power_failure_log", POWER_FAILURE, "tells 4 s, it lasted 240 s"),
    Kept("events", FailuresForgotten, "dlms/power_failure_log", POWER_FAILURE, NO_ROW),
    Kept("events", RowsOfLastYear, "dlms/power_failure_log", POWER_FAILURE, "the row carries"),
    Kept("events", TokensForgotten, "dlms/token_history", TOKEN, NO_ROW),
    Kept("profiles", TokensTold, "dlms/token_history", TOKEN, "can be read in 0-0:99.17.0.255"),
)
RACK = rack("HISTORIES", KEPT)
