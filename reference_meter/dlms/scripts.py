"""Slot ``scripts``: what each script does, whoever starts it: a client, a schedule or a register monitor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from reference_meter.calendar.schedules import BILLING_SCRIPTS, IMAGE_SCRIPTS, PUSH_SCRIPTS
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.push_objects import SETUPS, push, push_power_down

if TYPE_CHECKING:
    from reference_meter.meter import Meter

SWITCH_SCRIPTS = "0-0:10.0.106"
BILLING = "billing"


class Scripts:
    """Scripts by the code of their table and their number."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def known(self, table: str, selector: int) -> bool:
        """Tell whether there is such a script."""
        return selector in self.of(table)

    def run(self, table: str, selector: int, *, actor: str) -> bool:
        """Run a script; return whether there is one and it could be done."""
        action = self.of(table, actor=actor).get(selector)
        if action is None:
            return False
        try:
            return action() is not False
        except AccessError:
            return False

    def of(self, table: str, *, actor: str = "remote") -> dict[int, Callable[[], bool | None]]:
        """Return the scripts of a table."""
        arbiter = self.meter.arbiter
        tables: dict[str, dict[int, Callable[[], bool | None]]] = {
            BILLING_SCRIPTS: {1: self.end_billing},
            SWITCH_SCRIPTS: {
                1: partial(arbiter.remote_disconnect, actor=actor),
                2: partial(arbiter.remote_reconnect, actor=actor),
            },
            IMAGE_SCRIPTS: {1: self.meter.image.activate},
            PUSH_SCRIPTS: {
                number: partial(push, self.meter, obis) for number, (obis, _, _) in enumerate(SETUPS, start=1)
            },
        }
        return tables.get(table, {})

    def end_billing(self) -> None:
        """End the billing period now."""
        profiles = self.meter.profiles
        profiles.capture(profiles.all[BILLING], self.meter.clock.utc())

    def supply_lost(self) -> None:
        """Push what is to be told on power down."""
        push_power_down(self.meter)
