"""Slot ``keypad``: digits, ``E`` enter, ``C`` clear, ``<`` backspace, ``B`` the supply button.

Twenty digits make a token. Digits are forgotten when the next key is too long in coming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_meter.board import Timer

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ENTER = "E"
CLEAR = "C"
BACKSPACE = "<"
SUPPLY_BUTTON = "B"
_BUFFER_MAX = 32  # more digits than any token has; what comes after them cannot make it right again


class Keypad:
    """Collect digits and hand them over at enter. A short code brings a reading to the display.

    Other than 20 digits that are no short code are refused by FormatError.
    """

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._digits = ""
        self._time_out: Timer | None = None

    def press(self, keys: str) -> None:
        """Take keys one after the other; other characters are no keys of this keypad and do nothing."""
        for key in keys:
            if key == ENTER:
                self._enter()
            elif key == CLEAR:
                self._digits = ""
                self.meter.display.clear()
            elif key == SUPPLY_BUTTON:
                self.meter.arbiter.button_pressed()
            elif key == BACKSPACE:
                self._digits = self._digits[:-1]
            elif key in "0123456789":
                self._digits = (self._digits + key)[:_BUFFER_MAX]
        self._start_time_out()

    def token_digits(self, digits: str) -> str:
        """Return what is handed over for the digits typed."""
        return digits

    def _enter(self) -> None:
        digits, self._digits = self._digits, ""
        if not digits:
            return
        shown = self.meter.short_codes.text(digits)
        if shown is not None:
            self.meter.display.show_information(shown)
            self.meter.display.refresh()
            return
        application = self.meter.token_application
        if not application.receive(self.token_digits(digits), "keypad"):
            application.refuse_not_ready()

    def _start_time_out(self) -> None:
        if self._time_out is not None:
            self._time_out.cancel()
            self._time_out = None
        if self._digits:
            board = self.meter.board
            self._time_out = board.at(board.now() + self.meter.product.sts.digit_time_out_s, self._forget)

    def _forget(self) -> None:
        self._time_out = None
        self._digits = ""
