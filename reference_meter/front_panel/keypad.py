"""Slot ``keypad``: digits, ``E`` enter, ``C`` clear. Twenty digits make a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ENTER = "E"
CLEAR = "C"
_BUFFER_MAX = 32  # more digits than any token has; what comes after them cannot make it right again


class Keypad:
    """Collect digits and hand them over at enter. Fewer or more than 20 digits are refused by FormatError."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._digits = ""

    def press(self, keys: str) -> None:
        """Take keys one after the other; other characters are no keys of this keypad and do nothing."""
        for key in keys:
            if key == ENTER:
                self._enter()
            elif key == CLEAR:
                self._digits = ""
                self.meter.display.clear()
            elif key in "0123456789":
                self._digits = (self._digits + key)[:_BUFFER_MAX]

    def _enter(self) -> None:
        digits, self._digits = self._digits, ""
        if digits:
            self.meter.token_application.enter(digits, "keypad")
