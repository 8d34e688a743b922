"""The bench's own SCPI instrument for a safety relay board: interlock, emergency stop, watchdog relay."""

from __future__ import annotations

from typing import ClassVar

from instruments.confidence import CommandConfidence, Confidence
from instruments.scpi_driver import ScpiDriver


class SafetyBoard(ScpiDriver):
    """Drives a relay board that speaks the METERBENCH SAFETY commands. It reports; the relays act by themselves."""

    ROLE: ClassVar[str] = "safety"
    MANUFACTURERS: ClassVar[tuple[str, ...]] = ("METERBENCH",)
    MODELS: ClassVar[tuple[str, ...]] = ("SAFETY",)
    COMMAND_CONFIDENCE: ClassVar[CommandConfidence] = CommandConfidence(summary=Confidence.A)

    def interlock_closed(self) -> bool:
        """Return whether the doors and covers are closed; only a plain 1 says so."""
        return self._query_number(":INT:CLOS?") == 1

    def emergency_stop_pressed(self) -> bool:
        """Return whether the emergency stop has been pressed and not been released."""
        return self._query_number(":EST:PRES?") != 0

    def feed_watchdog(self) -> None:
        """Hold the watchdog relay for another period."""
        self._command(":WATC:FEED")
