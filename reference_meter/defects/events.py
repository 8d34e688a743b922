"""Defects of layer EV: what the event logs should tell and do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reference_meter.blueprint import Blueprint
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.dlms.model.cosem_object import Method, Role
from reference_meter.dlms.objects import Objects
from reference_meter.events.condition_table import Condition
from reference_meter.events.conditions import Conditions
from reference_meter.events.event_logs import ENTRIES_MAX, EventLogs, Log
from reference_meter.metering.metering import Metering

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_PROFILE_CLASS_METHOD = "reset"


class BlindWithoutSupply(Conditions):
    """Look at the covers only while the supply is there."""

    def openings_without_supply(self) -> dict[str, datetime]:
        return {}


class MagnetUnseen(Conditions):
    """Never see a magnet."""

    def magnet_present(self) -> bool:
        return False


class BypassUnseen(Conditions):
    """Never compare line and neutral."""

    def bypass_present(self) -> bool:
        return False


class DiesWithoutNeutral(Metering):
    """Take the supply from line and neutral only."""

    def one_wire_supply(self) -> bool:
        return False


class ReversalByReactivePower(Conditions):
    """Take the sign of the reactive power for that of the active one."""

    def current_reversed_present(self) -> bool:
        least_w = self.meter.metering.no_load_threshold_w()
        return any(
            element.voltage_v * element.current_a * math.sin(math.radians(element.current_lag_deg)) < -least_w
            for element in self.board.elements()
        )


class StopsWhenFull(EventLogs):
    """Keep the first hundred records and lose the rest."""

    def kept(self, _log: Log, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return entries[:ENTRIES_MAX]


class OneRingForAll(EventLogs):
    """Have room for a hundred records in all."""

    def record(
        self, name: str, *, actor: str, at: datetime | None = None, **data: str | float | bool
    ) -> None:
        super().record(name, actor=actor, at=at, **data)
        kept = {log: self.list(log) for log in Log}
        while sum(map(len, kept.values())) > ENTRIES_MAX:
            oldest = min((log for log in Log if kept[log]), key=lambda log: kept[log][0]["time"])
            kept[oldest] = kept[oldest][1:]
            self.keep(oldest, kept[oldest])


class TimesInUtc(EventLogs):
    """Write the digits of UTC where local time belongs."""

    def stamp(self, at: datetime | None = None) -> dict[str, Any]:
        stamp = super().stamp(at)
        shifted = datetime.fromisoformat(stamp["time"]) + timedelta(minutes=stamp["zone"])
        return {**stamp, "time": shifted.isoformat()}


class CountersInRam(Conditions):
    """Forget the counters with the power."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self.counts = {}


class EndUnrecorded(Conditions):
    """Record that a condition begins, never that it ends."""

    def record_end(self, row: Condition) -> None:
        """Record nothing."""


class NoDebounce(Conditions):
    """Take every bounce of a contact for an event."""

    def on_s(self, row: Condition) -> float:
        return 0.0 if "cover" in row.name else super().on_s(row)

    def off_s(self, row: Condition) -> float:
        return 0.0 if "cover" in row.name else super().off_s(row)


class PeakOverVoltage(Conditions):
    """Call the first peak above the threshold an over-voltage, however short."""

    def on_s(self, row: Condition) -> float:
        return 0.0 if row.name == "over-voltage" else super().on_s(row)


class ResponseIgnored(Conditions):
    """Leave a record, whatever response is configured."""

    def respond(self, name: str) -> None:
        """Do nothing."""


class BatteryUnwatched(Conditions):
    """Never look at the battery."""

    def battery_low_present(self) -> bool:
        return False


class ReaderResets(Objects):
    """Let the reader reset profiles as management may."""

    def may_invoke(self, method: Method, role: Role) -> bool:
        if role is Role.READER and method.name == _PROFILE_CLASS_METHOD and method.invoke is not None:
            return True
        return super().may_invoke(method, role)


class ClearedWithoutTrace(EventLogs):
    """Leave nothing behind when a log is emptied."""

    def clear(self, log: Log, *, actor: str) -> None:  # noqa: ARG002
        self.keep(log, [])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderEmptiesLogs:
    """The reader has ACTION, and with it the reset of the logs, which leaves no trace."""

    id: str = "EV-18"
    title: str = "Event log can be reset by the reading client, no trace"

    def apply(self, blueprint: Blueprint) -> None:
        """Give the reader the service, the right, and take the trace."""
        link = blueprint.product.communication
        rows = tuple(
            replace(row, conformance=_with_action(row.conformance)) if row.name == "reader" else row
            for row in link.associations
        )
        blueprint.product = replace(blueprint.product, communication=replace(link, associations=rows))
        blueprint.override("objects", ReaderResets)
        blueprint.override("events", ClearedWithoutTrace)


def _with_action(conformance: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*conformance, "action")))


_ON_CONDITIONS: tuple[tuple[str, str, type[Conditions]], ...] = (
    ("EV-01", "Cover opening not recorded while unpowered", BlindWithoutSupply),
    ("EV-03", "Magnetic sensor never triggers at 200 mT", MagnetUnseen),
    ("EV-05", "Bypass (I_L and I_N differ) never detected", BypassUnseen),
    ("EV-07", "Reverse-current event raised by capacitive load", ReversalByReactivePower),
    ("EV-12", "Cumulative tamper counter resets at power-down", CountersInRam),
    ("EV-13", "Start event without end event", EndUnrecorded),
    ("EV-15", "No debounce: one opening writes 40 records", NoDebounce),
    ("EV-17", "Over-voltage event without duration", PeakOverVoltage),
    ("EV-20", "Configured response 'disconnect on tamper' ignored", ResponseIgnored),
    ("EV-21", "Battery-low never reported", BatteryUnwatched),
)

DEFECTS = (
    *(
        SlotDefect(id=number, title=title, slot="conditions", mixin=mixin)
        for number, title, mixin in _ON_CONDITIONS
    ),
    SlotDefect(
        id="EV-06",
        title="Neutral-missing operation not supported: the meter dies, no event",
        slot="metering",
        mixin=DiesWithoutNeutral,
    ),
    SlotDefect(id="EV-08", title="Event log stops at record 100", slot="events", mixin=StopsWhenFull),
    SlotDefect(id="EV-10", title="100 records shared by all types", slot="events", mixin=OneRingForAll),
    SlotDefect(
        id="EV-11", title="Event timestamps in UTC while clock is local", slot="events", mixin=TimesInUtc
    ),
    ReaderEmptiesLogs(),
)
