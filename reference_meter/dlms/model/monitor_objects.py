"""Register monitors (Blue Book class 21), of voltage, current, power and of the alarm descriptor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, array, integer, long_unsigned, octet_string, structure
from bench.protocols.cosem import Obis
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import (
    MANAGEMENT,
    Attribute,
    CosemObject,
    columns,
    cosem_object,
    fixed,
)
from reference_meter.events.register_monitors import MONITORS, NO_SELECTOR, Actions, Script

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_T = DataType
_MOST_THRESHOLDS = 8
_NAMES = {
    "0-0:16.0.1": "monitor of the voltage",
    "0-0:16.0.2": "monitor of the current",
    "0-0:16.0.4": "monitor of the active power",
    "0-0:16.1.0": "monitor of the alarms",
}
_ARRAY = frozenset({_T.ARRAY})


def _thresholds(meter: Meter, monitor: str) -> Data:
    return array(*meter.register_monitors.thresholds[monitor])


def _set_thresholds(meter: Meter, value: Data, monitor: str) -> None:
    thresholds = list(value.items())
    monitored = meter.register_monitors.value(monitor)
    if any(item.type is not monitored.type for item in thresholds):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    if len(thresholds) > _MOST_THRESHOLDS:
        raise AccessError(DataAccessResult.OTHER_REASON)
    meter.register_monitors.set_thresholds(monitor, thresholds)


def _item(script: Script) -> Data:
    table, selector = script
    return structure(octet_string(Obis(table).to_bytes()), long_unsigned(selector))


def _actions(meter: Meter, monitor: str) -> Data:
    return array(
        *(structure(_item(row.up), _item(row.down)) for row in meter.register_monitors.actions[monitor])
    )


def _script(meter: Meter, item: Data) -> Script:
    table, selector = item.items()
    if (table.type, selector.type) != (_T.OCTET_STRING, _T.LONG_UNSIGNED):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    try:
        script = (str(Obis.from_bytes(table.octets())), selector.number())
    except ValueError as error:
        raise AccessError(DataAccessResult.OTHER_REASON) from error
    if script[1] != NO_SELECTOR and not meter.scripts.known(script[0].removesuffix(".255"), script[1]):
        raise AccessError(DataAccessResult.OTHER_REASON)
    return script


def _set_actions(meter: Meter, value: Data, monitor: str) -> None:
    if len(value.items()) > _MOST_THRESHOLDS:
        raise AccessError(DataAccessResult.OTHER_REASON)
    rows = [row.items() for row in value.items()]
    if any(len(row) != 2 or any(len(item.items()) != 2 for item in row) for row in rows):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    actions = [Actions(*(_script(meter, item) for item in row)) for row in rows]
    meter.register_monitors.set_actions(monitor, actions)


def _monitor(obis: str) -> CosemObject:
    target = MONITORS[obis]
    monitored = structure(
        long_unsigned(target.class_id), octet_string(target.obis.to_bytes()), integer(target.attribute)
    )
    return cosem_object(
        21,
        0,
        obis,
        _NAMES[obis],
        (
            Attribute(
                index=2,
                name="thresholds",
                read=partial(_thresholds, monitor=obis),
                readers=MANAGEMENT,
                write=partial(_set_thresholds, monitor=obis),
                writers=MANAGEMENT,
                types=_ARRAY,
            ),
            *columns((("monitored_value", fixed(monitored)),), readers=MANAGEMENT, first=3),
            Attribute(
                index=4,
                name="actions",
                read=partial(_actions, monitor=obis),
                readers=MANAGEMENT,
                write=partial(_set_actions, monitor=obis),
                writers=MANAGEMENT,
                types=_ARRAY,
            ),
        ),
        readers=MANAGEMENT,
    )


REGISTER_MONITORS: tuple[CosemObject, ...] = tuple(map(_monitor, MONITORS))
