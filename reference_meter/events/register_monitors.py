"""Slot ``register_monitors``: a script when a value crosses a threshold, up or down (Blue Book class 21).

The value is that of the monitored attribute, as clients read it; on the threshold itself nothing has been crossed.
What has been crossed is non-volatile: what crosses without supply acts when supply is back. New thresholds start
from where the value is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.protocols.axdr import Data, decode_all, encode
from bench.protocols.cosem import CosemAttribute, Obis

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "register_monitors"
ALARM_DESCRIPTOR = "0-0:97.98.20"
MONITORS: dict[str, CosemAttribute] = {
    "0-0:16.0.1": CosemAttribute(3, Obis("1-0:32.7.0"), 2),
    "0-0:16.0.2": CosemAttribute(3, Obis("1-0:31.7.0"), 2),
    "0-0:16.0.4": CosemAttribute(3, Obis("1-0:1.7.0"), 2),
    "0-0:16.1.0": CosemAttribute(1, Obis(ALARM_DESCRIPTOR), 2),
}
"""What each monitor looks at: voltage, current, active power; alarms."""
NO_SELECTOR = 0
NO_SCRIPT = ("0-0:0.0.0.255", NO_SELECTOR)

Script = tuple[str, int]
"""Code of a script table and number of the script in it."""


@dataclass(frozen=True, slots=True)
class Actions:
    """What a crossing does: upwards, downwards."""

    up: Script = NO_SCRIPT
    down: Script = NO_SCRIPT


class RegisterMonitors:
    """Thresholds and actions by monitor, in the order in which a client gave them."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        saved: dict[str, Any] = meter.memory.get(RECORD) or {}
        self.thresholds: dict[str, list[Data]] = {
            name: [decode_all(bytes.fromhex(item)) for item in saved.get(name, {}).get("thresholds", [])]
            for name in MONITORS
        }
        self.actions: dict[str, list[Actions]] = {
            name: [Actions(tuple(up), tuple(down)) for up, down in saved.get(name, {}).get("actions", [])]
            for name in MONITORS
        }
        self._above: dict[str, list[bool]] = {
            name: list(saved.get(name, {}).get("above", [])) for name in MONITORS
        }

    def power_up(self) -> None:
        """Act on what crossed a threshold without supply."""
        self.look()

    def value(self, monitor: str) -> Data:
        """Return the monitored value."""
        return self.meter.objects.pushed(MONITORS[monitor])

    def set_thresholds(self, monitor: str, thresholds: list[Data]) -> None:
        """Watch other thresholds from now on."""
        self.thresholds[monitor] = thresholds
        now = self.value(monitor).number()
        self._above[monitor] = [now > threshold.number() for threshold in thresholds]
        self._save()

    def set_actions(self, monitor: str, actions: list[Actions]) -> None:
        """Do something else at the crossings."""
        self.actions[monitor] = actions
        self._save()

    def look(self) -> None:
        """Compare every monitored value with its thresholds, and run the scripts of what was crossed."""
        due = [script for monitor in MONITORS if self.thresholds[monitor] for script in self.crossed(monitor)]
        if not due:
            return
        self._save()
        for table, selector in due:
            self.run(table, selector)

    def crossed(self, monitor: str) -> list[Script]:
        """Note what a value has crossed since the last look; return the scripts of that."""
        now, due = self.value(monitor).number(), []
        for place, threshold in enumerate(self.thresholds[monitor]):
            limit, above = threshold.number(), self._above[monitor][place]
            if now == limit or (now > limit) is above:
                continue
            self._above[monitor][place] = not above
            actions = self.actions[monitor][place] if place < len(self.actions[monitor]) else Actions()
            due.append(actions.down if above else actions.up)
        return due

    def run(self, table: str, selector: int) -> None:
        """Run a script; number 0 is none."""
        self.meter.scripts.run(table.removesuffix(".255"), selector, actor="monitor")

    def _save(self) -> None:
        self.meter.memory.put(
            RECORD,
            {
                name: {
                    "thresholds": [encode(item).hex() for item in self.thresholds[name]],
                    "actions": [[row.up, row.down] for row in self.actions[name]],
                    "above": self._above[name],
                }
                for name in MONITORS
                if self.thresholds[name] or self.actions[name]
            },
        )
