"""Slot ``switch``: the bistable supply control switch, its coil and its sensed contact.

The position is the relay's own: it survives a power cut, and only the sense input says what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_meter.board import Timer

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ATTEMPTS_MAX = 3


class Switch:
    """Drive the contact, and drive again when the sensed position does not follow (rule A8)."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        self._wanted: bool | None = None
        self._attempts = 0
        self._check: Timer | None = None

    def closed(self) -> bool:
        """Return the sensed position of the contact."""
        return self.board.switch_closed()

    def heading_closed(self) -> bool:
        """Return where the contact is or, while it moves, where it is going."""
        return self.closed() if self._wanted is None else self._wanted

    def drive(self, closed: bool) -> None:
        """Pulse the coil; the contact follows after its mechanical delay."""
        self._wanted = closed
        self._attempts = 0
        self._pulse()

    def _pulse(self) -> None:
        if self._check is not None:
            self._check.cancel()
        self._attempts += 1
        actuation_time_s = self.meter.product.supply.actuation_time_s
        self._check = self.board.at(self.board.now() + actuation_time_s, self._look)
        self.board.drive_switch(closed=bool(self._wanted))

    def _look(self) -> None:
        self._check = None
        if self.closed() == self._wanted:
            self._wanted = None
        elif self._attempts < ATTEMPTS_MAX:
            self._pulse()
        else:
            self._wanted = None
            self.meter.events.record("switch-failed", actor="meter", sensed_closed=self.closed())
