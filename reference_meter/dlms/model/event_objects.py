"""What the logs lean on: status of the profiles, last event of each log, error and alarm registers (class 1).

The alarm register shows alarms whose filter bit is set; a client clears bits by writing a value without them.
This firmware raises one alarm, bit 0: the clock is not valid. The error register shows the same, unfiltered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, double_long_unsigned, long_unsigned
from reference_meter.dlms.model.cosem_object import CosemObject, Read, columns, cosem_object
from reference_meter.dlms.model.kept import kept, kept_value
from reference_meter.events.event_logs import Log
from reference_meter.profiles.event_rows import code_of
from reference_meter.profiles.standard import profile_status

if TYPE_CHECKING:
    from reference_meter.meter import Meter

CLOCK_INVALID = 1
_FILTER = "alarm filter"
_ALL = double_long_unsigned(0xFFFFFFFF)


def _errors(meter: Meter) -> int:
    return CLOCK_INVALID if meter.clock.status else 0


def _alarms(meter: Meter) -> Data:
    return double_long_unsigned(_errors(meter) & kept_value(meter, _FILTER, _ALL).number())


def _power_failures(meter: Meter) -> Data:
    """Return how many power failures the standard log remembers."""
    events = meter.events.list(Log.STANDARD)
    return long_unsigned(sum(entry["event"] == "power-down" for entry in events))


def _shown(obis: str, name: str, read: Read) -> CosemObject:
    return cosem_object(1, 0, obis, name, columns((("value", read),)))


EVENTS: tuple[CosemObject, ...] = (
    _shown("0-0:96.10.1", "profile status", profile_status),
    _shown("0-0:96.11.0", "last standard event", lambda meter: code_of(meter, Log.STANDARD)),
    _shown("0-0:96.11.2", "last disconnector event", lambda meter: code_of(meter, Log.SUPPLY)),
    _shown("0-0:96.7.21", "number of power failures", _power_failures),
    _shown("0-0:97.97.0", "error register", lambda meter: double_long_unsigned(_errors(meter))),
    _shown("0-0:97.98.0", "alarm register", _alarms),
    cosem_object(1, 0, "0-0:97.98.10", "alarm filter", (kept(2, "value", _FILTER, _ALL),)),
)
