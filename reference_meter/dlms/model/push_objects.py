"""Push setups (Blue Book class 40, version 2) and the script table that starts them (dlms.md §7).

Structures of version 2 from memory: an object of the list has class, logical name, attribute, element, restriction
and columns; the repetition delay minimum, exponent and maximum. This meter knows no restriction and no columns.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    double_long_unsigned,
    enum,
    integer,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.calendar.meter_clock import SETTABLE_YEARS
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.amounts import NEVER
from reference_meter.dlms.model.cosem_object import (
    MANAGEMENT,
    Attribute,
    CosemObject,
    Method,
    columns,
    cosem_object,
    fixed,
)
from reference_meter.dlms.model.kept import kept, kept_value
from reference_meter.dlms.model.network_objects import TCP_SETUP
from reference_meter.dlms.push import Order

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_T = DataType
PUSH_SCRIPTS, POWER_DOWN = "0-0:10.0.108", "0-4:25.9.0"
PUSH_CLIENT = 64
_CLOCK, _LDN, _ENERGY = (8, "0-0:1.0.0"), (1, "0-0:42.0.0"), (3, "1-0:1.8.0")
_ALARMS, _POWER = (1, "0-0:97.98.0"), (3, "1-0:1.7.0")
SETUPS: tuple[tuple[str, str, tuple[tuple[int, str], ...]], ...] = (
    ("0-0:25.9.0", "push on interval", (_LDN, _CLOCK, _ENERGY, _POWER)),
    ("0-1:25.9.0", "push on alarm", (_LDN, _CLOCK, _ALARMS)),
    (POWER_DOWN, "push on power down", ()),
)
"""OBIS code, name and factory list of each setup; its script has the same place, counted from 1.

Without a list nothing is pushed on power down.
"""
_TCP, _COSEM_APDU, _UNCONFIRMED = 0, 0, 0
_MOST_OBJECTS = 32
_OBJECT = (_T.LONG_UNSIGNED, _T.OCTET_STRING, _T.INTEGER, _T.LONG_UNSIGNED, _T.STRUCTURE, _T.ARRAY)
_NO_RESTRICTION = structure(enum(0), null_data())
_NO_DELAY = structure(long_unsigned(0), long_unsigned(0), long_unsigned(0))


def _row(class_id: int, obis: str) -> Data:
    name = octet_string(Obis(obis).to_bytes())
    return structure(long_unsigned(class_id), name, integer(2), long_unsigned(0), _NO_RESTRICTION, array())


def _objects_are_sound(value: Data) -> bool:
    rows = [row.items() for row in value.items()]
    return len(rows) <= _MOST_OBJECTS and all(
        tuple(part.type for part in row) == _OBJECT
        and len(row[1].octets()) == len(Obis("0-0:0.0.0").to_bytes())
        and row[4] == _NO_RESTRICTION
        and not row[5].items()
        for row in rows
    )


def _destination_is_sound(value: Data) -> bool:
    service, where, message = value.items()
    return (service.number(), message.number()) == (_TCP, _COSEM_APDU) and isinstance(where.octets(), bytes)


def _windows_are_sound(value: Data) -> bool:
    """Each window has two instants that a calendar knows (`to_datetime` raises ValueError for others)."""
    moments = [DateTime.from_bytes(part.octets()) for row in value.items() for part in row.items()]
    return all(len(row.items()) == 2 for row in value.items()) and all(
        moment.year in SETTABLE_YEARS and replace(moment, deviation_min=0).to_datetime() is not None
        for moment in moments
    )


def _delay_is_sound(value: Data) -> bool:
    return [part.type for part in value.items()] == [_T.LONG_UNSIGNED] * 3


def order_of(meter: Meter, obis: str) -> Order:
    """Return what a setup asks for now."""
    objects = next(rows for code, _, rows in SETUPS if code == obis)
    default = array(*(_row(*row) for row in objects))
    return Order(
        objects=kept_value(meter, f"push {obis} objects", default),
        client_sap=kept_value(meter, f"push {obis} client", integer(PUSH_CLIENT)).number(),
        retries=kept_value(meter, f"push {obis} retries", unsigned(0)).number(),
        repetition_s=kept_value(meter, f"push {obis} delay", _NO_DELAY).items()[0].number(),
    )


def in_window(meter: Meter, obis: str) -> bool:
    """Decide whether a setup may push now: always, when it names no window."""
    windows = kept_value(meter, f"push {obis} windows", array()).items()
    now = meter.clock.utc()
    spans = [
        [meter.clock.instant(DateTime.from_bytes(part.octets())) for part in row.items()] for row in windows
    ]
    return not spans or any(first <= now <= last for first, last in spans)


def push(meter: Meter, obis: str) -> None:
    """Start a push. Raise `AccessError` outside its windows, or when too many wait."""
    if not in_window(meter, obis) or not meter.push.start(order_of(meter, obis)):
        raise AccessError(DataAccessResult.TEMPORARY_FAILURE)


def push_power_down(meter: Meter) -> None:
    """Push what is listed for a supply that goes, where anything is."""
    order = order_of(meter, POWER_DOWN)
    if order.objects.items() and in_window(meter, POWER_DOWN):
        meter.push.last_words(order)


def _invoke(meter: Meter, _value: Data, obis: str) -> None:
    push(meter, obis)


def _setup(obis: str, name: str, objects: tuple[tuple[int, str], ...]) -> CosemObject:
    def own(index: int, attribute: str, what: str, default: Data, check: object = None) -> Attribute:
        return kept(
            index,
            attribute,
            f"push {obis} {what}",
            default,
            check=check,  # type: ignore[arg-type]
            readers=MANAGEMENT,
        )

    destination = structure(enum(_TCP), octet_string(b""), enum(_COSEM_APDU))
    return cosem_object(
        40,
        2,
        obis,
        name,
        (
            own(
                2, "push_object_list", "objects", array(*(_row(*row) for row in objects)), _objects_are_sound
            ),
            own(3, "send_destination_and_method", "destination", destination, _destination_is_sound),
            own(4, "communication_window", "windows", array(), _windows_are_sound),
            own(5, "randomisation_start_interval", "randomisation", long_unsigned(0), _is_zero),
            own(6, "number_of_retries", "retries", unsigned(0)),
            own(7, "repetition_delay", "delay", _NO_DELAY, _delay_is_sound),
            *columns(
                (("port_reference", fixed(octet_string(Obis(TCP_SETUP).to_bytes()))),),
                readers=MANAGEMENT,
                first=8,
            ),
            own(9, "push_client_SAP", "client", integer(PUSH_CLIENT), lambda value: value.number() > 0),
            *columns(
                (
                    ("push_protection_parameters", fixed(array())),
                    ("push_operation_method", fixed(enum(_UNCONFIRMED))),
                    ("confirmation_parameters", fixed(structure(NEVER, double_long_unsigned(0)))),
                    ("last_confirmation_date_time", fixed(NEVER)),
                ),
                readers=MANAGEMENT,
                first=10,
            ),
        ),
        readers=MANAGEMENT,
        methods=(
            Method(
                index=1,
                name="push",
                invoke=partial(_invoke, obis=obis),
                users=MANAGEMENT,
                types=frozenset({_T.INTEGER}),
            ),
            Method(index=2, name="reset"),
        ),
    )


def _is_zero(value: Data) -> bool:
    """A push of this meter waits for nothing."""
    return value.number() == 0


def _execute(meter: Meter, value: Data) -> None:
    number = value.number()
    if not 1 <= number <= len(SETUPS):
        raise AccessError(DataAccessResult.OTHER_REASON)
    push(meter, SETUPS[number - 1][0])


def _scripts() -> Data:
    return array(
        *(
            structure(
                long_unsigned(number),
                array(
                    structure(
                        enum(2),
                        long_unsigned(40),
                        octet_string(Obis(obis).to_bytes()),
                        integer(1),
                        integer(0),
                    )
                ),
            )
            for number, (obis, _, _) in enumerate(SETUPS, start=1)
        )
    )


PUSH: tuple[CosemObject, ...] = (
    *(_setup(*row) for row in SETUPS),
    cosem_object(
        9,
        0,
        PUSH_SCRIPTS,
        "push scripts",
        columns((("scripts", fixed(_scripts())),), readers=MANAGEMENT),
        readers=MANAGEMENT,
        methods=(
            Method(
                index=1,
                name="execute",
                invoke=_execute,
                users=MANAGEMENT,
                types=frozenset({_T.LONG_UNSIGNED}),
            ),
        ),
    ),
)
