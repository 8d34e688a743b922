"""Slot ``friendly``: the hours in which want of credit does not end supply (dual_standard_meter.md R-036).

Consumption goes on counting against credit, and every other reason to open the switch stays (rule A3).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, array, octet_string, structure, unsigned
from reference_meter.board import Timer
from reference_meter.payment.friendly_calendar import is_friendly, next_change

if TYPE_CHECKING:
    from reference_meter.meter import Meter

NO_DAYS = array()
ONE_WEEK = array(structure(octet_string(b"W1"), *(unsigned(1) for _ in range(7))))
NO_SPECIAL_DAYS = array()
_JUST_AFTER_S = 1e-3


class Friendly:
    """Whether friendly hours run now; looks at the account again when they begin and end."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        self._active = False
        self._timer: Timer | None = None

    def power_up(self) -> None:
        """Take up the calendar."""
        self._active = self.by_calendar()
        self._wait()

    def active(self) -> bool:
        """Return whether friendly hours run now."""
        return self._active

    def by_calendar(self) -> bool:
        """Return what the calendar says of this moment."""
        return is_friendly(*self._tables(), self.meter.clock.local() + timedelta(seconds=_JUST_AFTER_S))

    def changed(self) -> None:
        """Take up a new calendar or another time of the clock."""
        before, self._active = self._active, self.by_calendar()
        self._wait()
        if before != self._active:
            self.meter.account.look_again()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self.meter.clock.local()
        due = next_change(*self._tables(), now + timedelta(seconds=_JUST_AFTER_S))
        if due is not None:
            self._timer = self.board.at(self.board.now() + (due - now).total_seconds(), self.changed)

    def _tables(self) -> tuple[Data, Data, Data]:
        from reference_meter.dlms.model.kept import kept_value  # built on the slots, so not at the top

        return (
            kept_value(self.meter, "friendly active weeks", ONE_WEEK),
            kept_value(self.meter, "friendly active days", NO_DAYS),
            kept_value(self.meter, "friendly special days", NO_SPECIAL_DAYS),
        )
