"""Single action schedules (Blue Book class 22): billing, supply switch, image activation, push; a client sets times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, array, enum, long_unsigned, octet_string, structure
from bench.protocols.cosem import Obis
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.calendar.action_schedule import ANY, ActionSchedule
from reference_meter.calendar.schedules import BILLING_SCRIPTS, IMAGE_SCRIPTS, PUSH_SCRIPTS
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import (
    KNOWN_CLIENTS,
    MANAGEMENT,
    Attribute,
    CosemObject,
    columns,
    cosem_object,
    fixed,
)

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_T = DataType
DISCONNECT_SCHEDULE, SWITCH_SCRIPTS = "0-0:15.0.1", "0-0:10.0.106"
_SINGLE_ACTION = 1
_TIME_OCTETS, _DATE_OCTETS = 4, 5
_EXECUTIONS_MAX = 10


def schedule_object(
    obis: str,
    name: str,
    table: str,
    of: Callable[[Meter], ActionSchedule],
    takes: Callable[[Meter, list[tuple[bytes, bytes]]], bool] | None = None,
) -> CosemObject:
    """Return the object of a schedule that runs scripts of ``table``; ``takes`` refuses times it cannot keep."""
    scripts_ln = Obis(table).to_bytes()

    def script(meter: Meter) -> Data:
        return structure(octet_string(scripts_ln), long_unsigned(of(meter).script))

    def set_script(meter: Meter, value: Data) -> None:
        parts = value.items()
        if [part.type for part in parts] != [_T.OCTET_STRING, _T.LONG_UNSIGNED]:
            raise AccessError(DataAccessResult.TYPE_UNMATCHED)
        if parts[0].octets() != scripts_ln or not meter.scripts.known(table, parts[1].number()):
            raise AccessError(DataAccessResult.OTHER_REASON)
        of(meter).set(script=parts[1].number())

    def executions(meter: Meter) -> Data:
        return array(*(structure(octet_string(at), octet_string(on)) for at, on in of(meter).times))

    def set_executions(meter: Meter, value: Data) -> None:
        times = _times(value)
        if takes is not None and not takes(meter, times):
            raise AccessError(DataAccessResult.OTHER_REASON)
        of(meter).set(times=times)

    return cosem_object(
        22,
        0,
        obis,
        name,
        (
            _writable(2, "executed_script", script, set_script, _T.STRUCTURE),
            *columns((("type", fixed(enum(_SINGLE_ACTION))),), first=3),
            _writable(4, "execution_time", executions, set_executions, _T.ARRAY),
        ),
    )


def _writable(
    index: int,
    name: str,
    read: Callable[[Meter], Data],
    write: Callable[[Meter, Data], None],
    type_: DataType,
) -> Attribute:
    return Attribute(
        index=index,
        name=name,
        read=read,
        readers=KNOWN_CLIENTS,
        write=write,
        writers=MANAGEMENT,
        types=frozenset({type_}),
    )


def _times(value: Data) -> list[tuple[bytes, bytes]]:
    times = []
    for row in value.items():
        parts = row.items() if row.type is _T.STRUCTURE else ()
        if [part.type for part in parts] != [_T.OCTET_STRING, _T.OCTET_STRING]:
            raise AccessError(DataAccessResult.TYPE_UNMATCHED)
        times.append((parts[0].octets(), parts[1].octets()))
    if len(times) > _EXECUTIONS_MAX or not all(_sound_time(*pair) for pair in times):
        raise AccessError(DataAccessResult.OTHER_REASON)
    return times


def _sound_time(at_octets: bytes, on_octets: bytes) -> bool:
    if (len(at_octets), len(on_octets)) != (_TIME_OCTETS, _DATE_OCTETS):
        return False
    hour, minute, second, _ = at_octets
    month, day, weekday = on_octets[2:]
    return (
        all(part < size or part == ANY for part, size in ((hour, 24), (minute, 60), (second, 60)))
        and (1 <= month <= 12 or month == ANY)
        and (1 <= day <= 31 or day == ANY)
        and (1 <= weekday <= 7 or weekday == ANY)
    )


SCHEDULES: tuple[CosemObject, ...] = (
    schedule_object(
        "0-0:15.0.0",
        "billing schedule",
        BILLING_SCRIPTS,
        lambda meter: meter.schedules.billing,
        lambda meter, times: meter.schedules.billing.takes(times),
    ),
    schedule_object(
        DISCONNECT_SCHEDULE, "disconnect schedule", SWITCH_SCRIPTS, lambda meter: meter.disconnect_schedule
    ),
    schedule_object(
        "0-0:15.0.2", "image activation schedule", IMAGE_SCRIPTS, lambda meter: meter.schedules.image
    ),
    schedule_object("0-0:15.0.4", "push schedule", PUSH_SCRIPTS, lambda meter: meter.schedules.push),
)
