"""Slot ``conditions``: tamper, power quality, battery and plugs: when each begins and ends, and what follows.

A condition begins and ends only after it has lasted for its time, so a bouncing contact is one event. What has
begun is non-volatile: an end that comes with the power off is recorded when the power is back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from reference_meter.board import Timer
from reference_meter.events.condition_table import Condition

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "conditions"
RESPONSES = ("log", "alarm", "disconnect")
"""What a tamper condition may do, each including the one before."""
_COVERS = {"cover": "meter", "terminal cover": "terminal"}


class Conditions:
    """The conditions by name, those that hold now, and how often each began."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.board = meter.board
        self.rules = meter.product.events
        self.all: dict[str, Condition] = {row.name: row for row in self.rules.conditions()}
        saved: dict[str, Any] = meter.memory.get(RECORD) or {}
        self.active: set[str] = set(saved.get("active", ()))
        self.counts: dict[str, int] = saved.get("counts", {})
        self.last: dict[str, str] = saved.get("last", {})
        self.alarms: int = saved.get("alarms", 0)
        """Tamper alarms that nobody has taken back yet."""
        self._responses: dict[str, str] = saved.get("responses", dict(self.rules.responses))
        self._timers: dict[str, Timer] = {}
        self._present: dict[str, Callable[[], bool]] = {
            name: getattr(self, f"{name.replace(' ', '_').replace('-', '_')}_present") for name in self.all
        }

    def power_up(self) -> None:
        """Take over what happened without supply, then look."""
        for name, at in self.openings_without_supply().items():
            if name not in self.active:
                self._begin(name, at=at)
        self.board.senses.opened_without_supply.clear()
        self.look()

    def openings_without_supply(self) -> dict[str, datetime]:
        """Return which covers were opened without supply, and when first."""
        opened = self.board.senses.opened_without_supply
        return {name: opened[cover] for name, cover in _COVERS.items() if cover in opened}

    def power_failing(self) -> None:
        """Count the power cut."""
        self.counts["power failure"] = self.count("power failure") + 1
        self.save()

    # --- watching ---------------------------------------------------------------------------------

    def look(self) -> None:
        """Compare what is there with what has begun, and start or stop the time of what differs."""
        for name, row in self.all.items():
            begun = name in self.active
            if self.present(name) is begun:
                timer = self._timers.pop(name, None)
                if timer is not None:
                    timer.cancel()
            elif name not in self._timers:
                delay_s = self.off_s(row) if begun else self.on_s(row)
                self._timers[name] = self.board.at(self.board.now() + delay_s, partial(self._due, row))

    def on_s(self, row: Condition) -> float:
        """Return how long a condition must last to begin."""
        return row.on_s

    def off_s(self, row: Condition) -> float:
        """Return how long a condition must be gone to end."""
        return row.off_s

    def _due(self, row: Condition) -> None:
        self._timers.pop(row.name, None)
        if row.name in self.active:
            self._end(row.name)
        else:
            self._begin(row.name)

    def _begin(self, name: str, at: datetime | None = None) -> None:
        self.active.add(name)
        self.counts[name] = self.counts.get(name, 0) + 1
        self.last[name] = (at or self.meter.clock.utc()).isoformat()
        row = self.all[name]
        with self.meter.memory.together():
            self.meter.events.record(row.started, actor="meter", at=at)
            if row.tamper:
                self.respond(name)
            self.save()
        self.meter.alarms.look()

    def _end(self, name: str) -> None:
        self.active.discard(name)
        with self.meter.memory.together():
            self.record_end(self.all[name])
            self.save()
        self.meter.alarms.look()

    def record_end(self, row: Condition) -> None:
        """Record that a condition ended."""
        self.meter.events.record(row.ended, actor="meter")

    # --- what follows -----------------------------------------------------------------------------

    def response(self, name: str) -> str:
        """Return what a tamper condition does."""
        return self._responses.get(name, RESPONSES[0])

    def configure(self, responses: dict[str, str]) -> None:
        """Set what each tamper condition does; those not named only leave a record."""
        self._responses = dict(responses)
        self.save()

    def respond(self, name: str) -> None:
        """Do what is configured for a tamper condition that began."""
        response = self.response(name)
        if response != RESPONSES[0]:
            self.alarms = 1
        if response == RESPONSES[2]:
            self.meter.arbiter.tamper_detected()

    def holds_open(self) -> bool:
        """Tell whether a tamper condition that disconnects still lasts."""
        return any(self.response(name) == RESPONSES[2] for name in self.active)

    def take_back_alarm(self) -> None:
        """Forget the tamper alarm: a client has seen it."""
        self.alarms = 0
        self.save()
        self.meter.alarms.look()

    def count(self, name: str) -> int:
        """Return how often a condition began."""
        return self.counts.get(name, 0)

    def save(self) -> None:
        """Write everything to the memory chip."""
        self.meter.memory.put(
            RECORD,
            {
                "active": sorted(self.active),
                "counts": self.counts,
                "last": self.last,
                "alarms": self.alarms,
                "responses": self._responses,
            },
        )

    # --- what is there ----------------------------------------------------------------------------

    def present(self, name: str) -> bool:
        """Tell whether a condition is there now."""
        return self._present[name]()

    def cover_present(self) -> bool:
        """Tell whether the meter cover is open."""
        return self.board.senses.cover_open["meter"]

    def terminal_cover_present(self) -> bool:
        """Tell whether the terminal cover is open."""
        return self.board.senses.cover_open["terminal"]

    def magnet_present(self) -> bool:
        """Tell whether a strong field is at the case."""
        return self.board.senses.field_mt >= self.rules.magnet_mt

    def current_reversed_present(self) -> bool:
        """Tell whether active power flows backwards through an element."""
        metering = self.meter.metering
        least_w = metering.no_load_threshold_w()
        return any(metering.element_power_w(element) < -least_w for element in self.board.elements())

    def neutral_missing_present(self) -> bool:
        """Tell whether the neutral terminal is open."""
        return not self.board.senses.neutral_connected

    def bypass_present(self) -> bool:
        """Tell whether line and neutral current differ (single-phase)."""
        elements = self.board.elements()
        if len(elements) > 1 or elements[0].current_a < self.meter.product.nameplate.starting_current_a:
            return False
        return abs(self.board.senses.neutral_current_share - 1.0) > self.rules.bypass_share

    def voltages(self) -> list[float]:
        """Return the voltages of the elements as factors of the nominal one."""
        nominal_v = self.meter.product.nameplate.voltage_v
        return [element.voltage_v / nominal_v for element in self.board.elements()]

    def over_voltage_present(self) -> bool:
        """Tell whether a voltage is above its threshold; once begun, also a little below."""
        hysteresis = self.rules.voltage_hysteresis if "over-voltage" in self.active else 0.0
        return max(self.voltages()) > self.rules.over_voltage - hysteresis

    def under_voltage_present(self) -> bool:
        """Tell whether a voltage is below its threshold; once begun, also a little above."""
        if not self.board.senses.neutral_connected:
            return False
        hysteresis = self.rules.voltage_hysteresis if "under-voltage" in self.active else 0.0
        return min(self.voltages()) < self.rules.under_voltage + hysteresis

    def over_current_present(self) -> bool:
        """Tell whether a current is above its threshold."""
        limit_a = self.rules.over_current * self.meter.product.nameplate.maximum_current_a
        return max(element.current_a for element in self.board.elements()) > limit_a

    def battery_low_present(self) -> bool:
        """Tell whether the battery is low or missing."""
        return self.board.senses.battery_v < self.rules.battery_low_v

    def module_present(self) -> bool:
        """Tell whether the communication module is missing."""
        return not self.board.senses.module

    def customer_unit_present(self) -> bool:
        """Tell whether the link to the customer interface unit is down."""
        return not self.board.senses.customer_unit
