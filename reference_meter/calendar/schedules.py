"""Slot ``schedules``: the single action schedules of billing, image activation and push (Blue Book class 22).

The billing schedule says when a billing period ends; the profiles ask it at each full quarter of an hour, as they
capture at no other times. The other two run a script themselves.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from reference_meter.calendar.action_schedule import ANY, ActionSchedule, Times, date_matches

if TYPE_CHECKING:
    from reference_meter.meter import Meter

BILLING_SCRIPTS, IMAGE_SCRIPTS, PUSH_SCRIPTS = "0-0:10.0.1", "0-0:10.0.107", "0-0:10.0.108"
FIRST_OF_MONTH: tuple[bytes, bytes] = (bytes(4), bytes.fromhex("ffffff01ff"))
"""Midnight at the first of each month, as the meter leaves the factory."""
_QUARTER = 15


class BillingSchedule(ActionSchedule):
    """When billing periods end."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter, "billing_schedule")
        if meter.memory.get("billing_schedule") is None:
            self.times = [FIRST_OF_MONTH]

    def plan(self) -> None:
        """Keep the times; nothing waits for them here."""
        self._save()

    def due(self, local: datetime) -> bool:
        """Tell whether a billing period ends at a local time, to the minute."""
        return any(
            (at[0], at[1]) == (local.hour, local.minute)
            and date_matches(on, local.year, local.month, local.day, local.isoweekday())
            for at, on in self.times
        )

    def takes(self, times: Times) -> bool:
        """Tell whether the meter can end its periods at these times: full quarters of an hour."""
        return all(ANY not in at[:2] and at[1] % _QUARTER == 0 and at[2] in (0, ANY) for at, _ in times)


class ScriptSchedule(ActionSchedule):
    """A script of one table."""

    def __init__(self, meter: Meter, record: str, table: str) -> None:
        super().__init__(meter, record)
        self._table = table

    def execute(self) -> None:
        """Run the script now; what cannot be done then is not done later."""
        self.meter.scripts.run(self._table, self.script, actor="schedule")


class Schedules:
    """The schedules; that of the supply switch is a slot of its own."""

    def __init__(self, meter: Meter) -> None:
        self.billing = BillingSchedule(meter)
        self.image = ScriptSchedule(meter, "image_schedule", IMAGE_SCRIPTS)
        self.push = ScriptSchedule(meter, "push_schedule", PUSH_SCRIPTS)

    def power_up(self) -> None:
        """Carry out what fell due without supply."""
        self.image.power_up()
        self.push.power_up()

    def clock_changed(self) -> None:
        """Wait anew: the clock shows another time."""
        self.image.plan()
        self.push.plan()
