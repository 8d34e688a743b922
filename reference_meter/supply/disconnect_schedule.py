"""Slot ``disconnect_schedule``: a script of the supply switch at a time of the clock (Blue Book class 22).

It goes through the same state machine as a client's command, and lasts like one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_meter.calendar.action_schedule import ActionSchedule

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "disconnect_schedule"
DISCONNECT, RECONNECT = 1, 2


class DisconnectSchedule(ActionSchedule):
    """Scripts 1 disconnect, 2 reconnect."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter, RECORD)

    def execute(self) -> None:
        """Run the script now."""
        if self.script == DISCONNECT:
            self.meter.arbiter.remote_disconnect(actor="schedule")
        elif self.script == RECONNECT:
            self.meter.arbiter.remote_reconnect(actor="schedule")
