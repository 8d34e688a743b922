"""Objects that say who the meter is, and its clock (Blue Book classes 1, 8 and 17; dlms.md §7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    boolean,
    enum,
    integer,
    long,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from bench.protocols.cosem_time import decode_date_time
from bench.protocols.deviation import violations
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.logical_devices import DEVICES, device_name
from reference_meter.dlms.model.cosem_object import (
    EVERYBODY,
    KNOWN_CLIENTS,
    MANAGEMENT,
    Attribute,
    CosemObject,
    Method,
    Read,
    Roles,
    Write,
    columns,
    cosem_object,
    fixed,
)

if TYPE_CHECKING:
    from reference_meter.meter import Meter

QUARTER_MIN = 15
ZONES_MIN = range(-840, 721)
"""UTC minus local time: from UTC+14 to UTC-12."""
SHIFTS_MIN = range(-120, 121)
_CLOCK_BASE_INTERNAL_CRYSTAL = 1  # Blue Book clock_base: 0 not defined, 1 internal crystal


def _text(value: str) -> Data:
    return octet_string(value.encode("ascii"))


def _sap_assignment_list(meter: Meter) -> Data:
    return array(*(structure(long_unsigned(device), _text(device_name(meter, device))) for device in DEVICES))


def _data(obis: str, name: str, read: Read, readers: Roles) -> CosemObject:
    return cosem_object(1, 0, obis, name, columns((("value", read),), readers=readers), readers=readers)


def _time(meter: Meter) -> Data:
    return octet_string(meter.clock.shown(meter.clock.utc()).to_bytes())


def _set_time(meter: Meter, value: Data) -> None:
    """Set the clock; an unspecified deviation means that of the clock. Refuse what is no date and time."""
    moment, deviations = decode_date_time(value.octets())
    if moment is None or violations(deviations):
        raise AccessError(DataAccessResult.OTHER_REASON)
    try:
        utc = meter.clock.instant(moment)
    except ValueError as error:
        raise AccessError(DataAccessResult.OTHER_REASON) from error
    meter.clock.set_utc(utc)


def _set_zone(meter: Meter, value: Data) -> None:
    if value.number() not in ZONES_MIN:
        raise AccessError(DataAccessResult.OTHER_REASON)
    meter.clock.set_time_zone(value.number())


def _rule(value: Data) -> bytes:
    moment, deviations = decode_date_time(value.octets())
    if moment is None or violations(deviations):
        raise AccessError(DataAccessResult.OTHER_REASON)
    return value.octets()


def _set_begin(meter: Meter, value: Data) -> None:
    meter.clock.set_daylight(replace(meter.clock.daylight, begin=_rule(value)))


def _set_end(meter: Meter, value: Data) -> None:
    meter.clock.set_daylight(replace(meter.clock.daylight, end=_rule(value)))


def _set_shift(meter: Meter, value: Data) -> None:
    if value.number() not in SHIFTS_MIN:
        raise AccessError(DataAccessResult.OTHER_REASON)
    meter.clock.set_daylight(replace(meter.clock.daylight, deviation_min=value.number()))


def _set_enabled(meter: Meter, value: Data) -> None:
    meter.clock.set_daylight(replace(meter.clock.daylight, enabled=bool(value.number())))


def _adjust_to(meter: Meter, step_min: int) -> None:
    """Set the clock to the nearest multiple of ``step_min`` minutes; halfway goes up."""
    step = timedelta(minutes=step_min)
    half = meter.clock.utc() + step / 2
    hour = half.replace(minute=0, second=0, microsecond=0)
    meter.clock.set_utc(hour + (half - hour) // step * step)


def _shift_time(meter: Meter, value: Data) -> None:
    meter.clock.set_utc(meter.clock.utc() + timedelta(seconds=value.number()))


def _written(index: int, name: str, read: Read, write: Write, kind: DataType) -> Attribute:
    return Attribute(
        index=index,
        name=name,
        read=read,
        readers=EVERYBODY,
        write=write,
        writers=MANAGEMENT,
        types=frozenset({kind}),
    )


_CLOCK_ATTRIBUTES = (
    _written(2, "time", _time, _set_time, DataType.OCTET_STRING),
    _written(3, "time_zone", lambda meter: long(meter.clock.time_zone_min), _set_zone, DataType.LONG),
    *columns((("status", lambda meter: unsigned(meter.clock.status)),), readers=EVERYBODY, first=4),
    _written(
        5,
        "daylight_savings_begin",
        lambda meter: octet_string(meter.clock.daylight.begin),
        _set_begin,
        DataType.OCTET_STRING,
    ),
    _written(
        6,
        "daylight_savings_end",
        lambda meter: octet_string(meter.clock.daylight.end),
        _set_end,
        DataType.OCTET_STRING,
    ),
    _written(
        7,
        "daylight_savings_deviation",
        lambda meter: integer(meter.clock.daylight.deviation_min),
        _set_shift,
        DataType.INTEGER,
    ),
    _written(
        8,
        "daylight_savings_enabled",
        lambda meter: boolean(meter.clock.daylight.enabled),
        _set_enabled,
        DataType.BOOLEAN,
    ),
    *columns((("clock_base", fixed(enum(_CLOCK_BASE_INTERNAL_CRYSTAL))),), readers=EVERYBODY, first=9),
)

_CLOCK_METHODS = (
    Method(
        index=1,
        name="adjust_to_quarter",
        invoke=lambda meter, _value: _adjust_to(meter, QUARTER_MIN),
        users=MANAGEMENT,
        types=frozenset({DataType.INTEGER}),
    ),
    Method(index=2, name="adjust_to_measuring_period"),
    Method(
        index=3,
        name="adjust_to_minute",
        invoke=lambda meter, _value: _adjust_to(meter, 1),
        users=MANAGEMENT,
        types=frozenset({DataType.INTEGER}),
    ),
    Method(index=4, name="adjust_to_preset_time"),
    Method(index=5, name="preset_adjusting_time"),
    Method(
        index=6,
        name="shift_time",
        invoke=_shift_time,
        users=MANAGEMENT,
        types=frozenset({DataType.LONG}),
    ),
)

IDENTIFICATION: tuple[CosemObject, ...] = (
    _data(
        "0-0:42.0.0",
        "logical device name",
        lambda meter: _text(device_name(meter, meter.association.device)),
        EVERYBODY,
    ),
    cosem_object(
        17,
        0,
        "0-0:41.0.0",
        "SAP assignment",
        columns((("SAP_assignment_list", _sap_assignment_list),), readers=EVERYBODY),
        readers=EVERYBODY,
        methods=(Method(index=1, name="connect_logical_device"),),
    ),
    _data(
        "0-0:96.1.0", "serial number", lambda meter: _text(meter.product.identity.serial_number), EVERYBODY
    ),
    _data(
        "1-0:0.2.0",
        "firmware version",
        lambda meter: _text(meter.image.version()),
        KNOWN_CLIENTS,
    ),
    cosem_object(8, 0, "0-0:1.0.0", "clock", _CLOCK_ATTRIBUTES, readers=EVERYBODY, methods=_CLOCK_METHODS),
)
