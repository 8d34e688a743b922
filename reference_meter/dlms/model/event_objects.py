"""What the logs lean on: status of the profiles, last event of each log, counters, error and alarm registers (class 1).

The alarm register shows alarms whose filter bit is set. Those of the clock and the battery last as long as their
cause; that of a tamper condition stays until a client writes the register without its bit.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    double_long_unsigned,
    enum,
    long_unsigned,
    octet_string,
    structure,
)
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import (
    KNOWN_CLIENTS,
    MANAGEMENT,
    Attribute,
    CosemObject,
    Read,
    columns,
    cosem_object,
)
from reference_meter.dlms.model.kept import kept
from reference_meter.events.alarms import ALL, FILTER, TAMPER
from reference_meter.events.condition_table import EventRules
from reference_meter.events.conditions import RESPONSES
from reference_meter.events.event_logs import Log
from reference_meter.events.register_monitors import ALARM_DESCRIPTOR
from reference_meter.profiles.event_rows import CODES, code_of
from reference_meter.profiles.histories import FAILURE_DURATION, last_failure_s
from reference_meter.profiles.standard import profile_status

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ALARM_REGISTER = "0-0:97.98.0"
TAMPER_RESPONSES = "0-0:96.11.128"
"""What each tamper event does beside its record, a range that the Blue Book leaves to the maker."""
_WORD = 0xFFFF
_TAMPERS = {CODES[row.started]: row.name for row in EventRules().conditions() if row.tamper}


def _alarms(meter: Meter) -> Data:
    return double_long_unsigned(meter.alarms.bits())


def _set_alarms(meter: Meter, value: Data) -> None:
    if not value.number() & TAMPER:
        meter.conditions.take_back_alarm()


def _responses(meter: Meter) -> Data:
    return array(
        *(
            structure(long_unsigned(code), enum(RESPONSES.index(meter.conditions.response(name))))
            for code, name in sorted(_TAMPERS.items())
        )
    )


def _set_responses(meter: Meter, value: Data) -> None:
    wanted = {}
    for row in value.items():
        parts = row.items()
        if tuple(part.type for part in parts) != (DataType.LONG_UNSIGNED, DataType.ENUM):
            raise AccessError(DataAccessResult.TYPE_UNMATCHED)
        code, response = (part.number() for part in parts)
        if code not in _TAMPERS or not 0 <= response < len(RESPONSES):
            raise AccessError(DataAccessResult.OTHER_REASON)
        wanted[_TAMPERS[code]] = RESPONSES[response]
    meter.conditions.configure(wanted)


def _count(meter: Meter, name: str) -> Data:
    return long_unsigned(min(meter.conditions.count(name), _WORD))


def _all_tampers(meter: Meter) -> Data:
    return long_unsigned(min(sum(map(meter.conditions.count, _TAMPERS.values())), _WORD))


def _shown(obis: str, name: str, read: Read) -> CosemObject:
    return cosem_object(1, 0, obis, name, columns((("value", read),)))


_LAST = (
    ("0-0:96.11.0", Log.STANDARD),
    ("0-0:96.11.1", Log.FRAUD),
    ("0-0:96.11.2", Log.SUPPLY),
    ("0-0:96.11.4", Log.QUALITY),
    ("0-0:96.11.5", Log.COMMUNICATION),
)
_COUNTED = tuple((row.counter, row.name) for row in EventRules().conditions() if row.counter)

EVENTS: tuple[CosemObject, ...] = (
    _shown("0-0:96.10.1", "profile status", profile_status),
    *(_shown(obis, f"last {log} event", partial(code_of, log=log)) for obis, log in _LAST),
    _shown("0-0:96.7.21", "number of power failures", partial(_count, name="power failure")),
    _shown(FAILURE_DURATION, "duration of the last power failure", last_failure_s),
    _shown("0-0:96.15.1", "number of tamper events", _all_tampers),
    *(_shown(obis, f"counter of {name}", partial(_count, name=name)) for obis, name in _COUNTED),
    _shown(
        "0-0:96.6.3",
        "battery voltage",
        lambda meter: long_unsigned(round(meter.board.senses.battery_v * 100)),
    ),
    _shown("0-1:96.1.0", "communication module", lambda meter: _text(meter.board.senses.module)),
    _shown("0-0:97.97.0", "error register", lambda meter: double_long_unsigned(meter.alarms.errors())),
    cosem_object(
        1,
        0,
        ALARM_REGISTER,
        "alarm register",
        (
            Attribute(
                index=2,
                name="value",
                read=_alarms,
                readers=KNOWN_CLIENTS,
                write=_set_alarms,
                writers=MANAGEMENT,
                types=frozenset({DataType.DOUBLE_LONG_UNSIGNED}),
            ),
        ),
    ),
    cosem_object(
        1,
        0,
        ALARM_DESCRIPTOR,
        "alarm descriptor",
        (
            Attribute(
                index=2,
                name="value",
                read=lambda meter: double_long_unsigned(meter.alarms.descriptor),
                readers=KNOWN_CLIENTS,
                write=lambda meter, value: meter.alarms.take_back(value.number()),
                writers=MANAGEMENT,
                types=frozenset({DataType.DOUBLE_LONG_UNSIGNED}),
            ),
        ),
    ),
    cosem_object(1, 0, "0-0:97.98.10", "alarm filter", (kept(2, "value", FILTER, ALL),)),
    cosem_object(
        1,
        0,
        TAMPER_RESPONSES,
        "tamper responses",
        (
            Attribute(
                index=2,
                name="value",
                read=_responses,
                readers=KNOWN_CLIENTS,
                write=_set_responses,
                writers=MANAGEMENT,
                types=frozenset({DataType.ARRAY}),
            ),
        ),
    ),
)


def _text(value: str) -> Data:
    return octet_string(value.encode("ascii"))
