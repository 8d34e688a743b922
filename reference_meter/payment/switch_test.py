"""Slot ``switch_test``: open the supply switch for a moment and close it again, for test 1 of a class 1 token.

The test is for a closed contact only; it never closes one that somebody holds open (rules A1 and A2 of
dual_standard_meter.md 3.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "switch_test"
OPEN_S = 2.0


class SwitchTest:
    """A test that a power cut interrupts is finished at power-up."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def power_up(self) -> None:
        """Close what a test left open."""
        if self.meter.memory.get(RECORD):
            self._finish()

    def start(self) -> None:
        """Open the contact if it is closed; it closes again after `OPEN_S`."""
        if not self.meter.switch.heading_closed() or self.meter.arbiter.control_mode == 0:
            return
        with self.meter.memory.together():
            self.meter.memory.put(RECORD, value=True)
            self.meter.events.record("switch-tested", actor="token")
        self.meter.switch.drive(closed=False)
        board = self.meter.board
        board.at(board.now() + OPEN_S, self._finish)

    def _finish(self) -> None:
        self.meter.memory.put(RECORD, value=False)
        if not self.meter.arbiter.latches and not self.meter.switch.heading_closed():
            self.meter.switch.drive(closed=True)
