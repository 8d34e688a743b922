"""Tariffs and scripts (Blue Book classes 6, 9, 11, 20 and 22; dlms.md §7).

What clients write goes to the calendar slot, which decides the rate; a table that cannot stand is refused, and a
passive calendar whose tables do not fit together is not activated.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    enum,
    integer,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import decode_date_time
from bench.protocols.deviation import violations
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.calendar import plans
from reference_meter.calendar.activity_calendar import PARTS, SPECIAL_DAYS
from reference_meter.calendar.plans import TARIFF_SCRIPTS
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import (
    KNOWN_CLIENTS,
    MANAGEMENT,
    Attribute,
    CosemObject,
    Method,
    columns,
    cosem_object,
)
from reference_meter.dlms.model.kept import Check, kept_value, sound, structures

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_T = DataType
DISCONNECT_SCRIPTS = "0-0:10.0.106"
_RATES = 8
_DISCONNECT, _RECONNECT = 1, 2
_WRITE_ATTRIBUTE, _INVOKE_METHOD = 1, 2
_ACTIVE, _PASSIVE = "active", "passive"
_NAMES = ("calendar_name", "season_profile", "week_profile_table", "day_profile_table")
_TYPES = (_T.OCTET_STRING, _T.ARRAY, _T.ARRAY, _T.ARRAY)
_SHAPES: tuple[Check | None, ...] = (
    None,
    structures(_T.OCTET_STRING, _T.OCTET_STRING, _T.OCTET_STRING),
    structures(_T.OCTET_STRING, *(_T.UNSIGNED for _ in range(7))),
    structures(_T.UNSIGNED, _T.ARRAY),
)
_SENSE: tuple[Check | None, ...] = (None, plans.sound_seasons, plans.sound_weeks, plans.sound_days)


def _calendar_attributes() -> tuple[Attribute, ...]:
    active = tuple(
        Attribute(
            index=index,
            name=f"{name}_active",
            read=partial(_read, which=_ACTIVE, part=part),
            readers=KNOWN_CLIENTS,
        )
        for index, (name, part) in enumerate(zip(_NAMES, PARTS, strict=True), start=2)
    )
    passive = tuple(
        Attribute(
            index=index,
            name=f"{name}_passive",
            read=partial(_read, which=_PASSIVE, part=PARTS[number]),
            readers=KNOWN_CLIENTS,
            write=partial(_write, number=number),
            writers=MANAGEMENT,
            types=frozenset({_TYPES[number]}),
        )
        for index, (number, name) in enumerate(enumerate(_NAMES), start=6)
    )
    when = Attribute(
        index=10,
        name="activate_passive_calendar_time",
        read=lambda meter: octet_string(meter.calendar.activation_time()),
        readers=KNOWN_CLIENTS,
        write=_set_activation,
        writers=MANAGEMENT,
        types=frozenset({_T.OCTET_STRING}),
    )
    return (*active, *passive, when)


def _read(meter: Meter, which: str, part: str) -> Data:
    return meter.calendar.part(which, part)


def _write(meter: Meter, value: Data, number: int) -> None:
    for check in (_SHAPES[number], _SENSE[number]):
        if check is not None and not sound(check, value):
            raise AccessError(DataAccessResult.OTHER_REASON)
    meter.calendar.keep(f"{_PASSIVE} {PARTS[number]}", value)


def _set_activation(meter: Meter, value: Data) -> None:
    moment, deviations = decode_date_time(value.octets())
    if moment is None or violations(deviations):
        raise AccessError(DataAccessResult.OTHER_REASON)
    try:
        if moment.year is not None:
            meter.clock.instant(moment)
    except ValueError as error:
        raise AccessError(DataAccessResult.OTHER_REASON) from error
    meter.calendar.set_activation_time(value.octets())


def _activate_passive(meter: Meter, _value: Data) -> None:
    if not meter.calendar.activate_passive():
        raise AccessError(DataAccessResult.OTHER_REASON)


def _insert_day(meter: Meter, value: Data) -> None:
    parts = value.items()
    if tuple(part.type for part in parts) != (_T.LONG_UNSIGNED, _T.OCTET_STRING, _T.UNSIGNED):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    if not sound(_special_day, value):
        raise AccessError(DataAccessResult.OTHER_REASON)
    others = [row for row in _special_days(meter).items() if row.items()[0] != parts[0]]
    meter.calendar.keep(SPECIAL_DAYS, array(*others, value))


def _delete_day(meter: Meter, value: Data) -> None:
    rows = list(_special_days(meter).items())
    others = [row for row in rows if row.items()[0] != value]
    if len(others) == len(rows):
        raise AccessError(DataAccessResult.OTHER_REASON)
    meter.calendar.keep(SPECIAL_DAYS, array(*others))


def _set_days(meter: Meter, value: Data) -> None:
    shape = structures(_T.LONG_UNSIGNED, _T.OCTET_STRING, _T.UNSIGNED)
    if not sound(shape, value) or not all(sound(_special_day, row) for row in value.items()):
        raise AccessError(DataAccessResult.OTHER_REASON)
    meter.calendar.keep(SPECIAL_DAYS, value)


def _special_day(row: Data) -> bool:
    plans.special_day_of(row)
    return True


def _special_days(meter: Meter) -> Data:
    return kept_value(meter, SPECIAL_DAYS, array())


def _script(number: int, *actions: Data) -> Data:
    return structure(long_unsigned(number), array(*actions))


def _action(service: int, class_id: int, obis: str, index: int, parameter: Data) -> Data:
    name = octet_string(Obis(obis).to_bytes())
    return structure(enum(service), long_unsigned(class_id), name, integer(index), parameter)


def _execute_switch(meter: Meter, value: Data) -> None:
    if value.number() == _DISCONNECT:
        meter.arbiter.remote_disconnect()
    elif value.number() == _RECONNECT:
        meter.arbiter.remote_reconnect()
    else:
        raise AccessError(DataAccessResult.OTHER_REASON)


def _tables() -> tuple[CosemObject, ...]:
    switch = array(
        _script(1, _action(_INVOKE_METHOD, 70, "0-0:96.3.10", 1, integer(0))),
        _script(2, _action(_INVOKE_METHOD, 70, "0-0:96.3.10", 2, integer(0))),
    )
    rates = array(
        *(
            _script(rate, _action(_WRITE_ATTRIBUTE, 6, "0-0:14.0.0", 4, octet_string(bytes([rate]))))
            for rate in range(1, _RATES + 1)
        )
    )
    return (
        cosem_object(
            9,
            0,
            TARIFF_SCRIPTS,
            "tariffication scripts",
            columns((("scripts", lambda _meter: rates),)),
            methods=(Method(index=1, name="execute"),),
        ),
        cosem_object(
            9,
            0,
            DISCONNECT_SCRIPTS,
            "disconnect scripts",
            columns((("scripts", lambda _meter: switch),)),
            methods=(
                Method(
                    index=1,
                    name="execute",
                    invoke=_execute_switch,
                    users=MANAGEMENT,
                    types=frozenset({_T.LONG_UNSIGNED}),
                ),
            ),
        ),
    )


TARIFFS: tuple[CosemObject, ...] = (
    cosem_object(
        20,
        0,
        "0-0:13.0.0",
        "activity calendar",
        _calendar_attributes(),
        methods=(
            Method(
                index=1,
                name="activate_passive_calendar",
                invoke=_activate_passive,
                users=MANAGEMENT,
                types=frozenset({_T.INTEGER}),
            ),
        ),
    ),
    cosem_object(
        11,
        0,
        "0-0:11.0.0",
        "special days",
        (
            Attribute(
                index=2,
                name="entries",
                read=_special_days,
                readers=KNOWN_CLIENTS,
                write=_set_days,
                writers=MANAGEMENT,
                types=frozenset({_T.ARRAY}),
            ),
        ),
        methods=(
            Method(
                index=1,
                name="insert",
                invoke=_insert_day,
                users=MANAGEMENT,
                types=frozenset({_T.STRUCTURE}),
            ),
            Method(
                index=2,
                name="delete",
                invoke=_delete_day,
                users=MANAGEMENT,
                types=frozenset({_T.LONG_UNSIGNED}),
            ),
        ),
    ),
    *_tables(),
    cosem_object(
        1,
        0,
        "0-0:96.14.0",
        "active tariff",
        columns((("value", lambda meter: unsigned(meter.registers.rate)),)),
    ),
)
