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
from bench.protocols.cosem_time import DateTime, decode_date_time
from bench.protocols.deviation import violations
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import (
    EVERYBODY,
    KNOWN_CLIENTS,
    MANAGEMENT,
    Attribute,
    CosemObject,
    Method,
    Read,
    Roles,
    columns,
    cosem_object,
    fixed,
)

if TYPE_CHECKING:
    from reference_meter.meter import Meter

MANAGEMENT_LOGICAL_DEVICE = 1
QUARTER_MIN = 15
SETTABLE_YEARS = range(2000, 2100)
"""Years that the clock chip can hold: two digits."""
_CLOCK_BASE_INTERNAL_CRYSTAL = 1  # Blue Book clock_base: 0 not defined, 1 internal crystal


def _text(value: str) -> Data:
    return octet_string(value.encode("ascii"))


def _sap_assignment_list(meter: Meter) -> Data:
    name = _text(meter.product.identity.logical_device_name)
    return array(structure(long_unsigned(MANAGEMENT_LOGICAL_DEVICE), name))


def _data(obis: str, name: str, read: Read, readers: Roles) -> CosemObject:
    return cosem_object(1, 0, obis, name, columns((("value", read),), readers=readers), readers=readers)


def _time(meter: Meter) -> Data:
    clock = meter.clock
    shown = DateTime.from_datetime(clock.utc(), deviation_min=clock.deviation_min, status=clock.status)
    return octet_string(shown.to_bytes())


def _set_time(meter: Meter, value: Data) -> None:
    """Set the clock; an unspecified deviation means that of the clock. Refuse what is no date and time."""
    moment, deviations = decode_date_time(value.octets())
    if moment is None or violations(deviations) or moment.year not in SETTABLE_YEARS:
        raise AccessError(DataAccessResult.OTHER_REASON)
    if moment.deviation_min is None:
        moment = replace(moment, deviation_min=meter.clock.deviation_min)
    try:
        utc = moment.to_datetime()
    except ValueError as error:
        raise AccessError(DataAccessResult.OTHER_REASON) from error
    meter.clock.set_utc(utc)


def _adjust_to(meter: Meter, step_min: int) -> None:
    """Set the clock to the nearest multiple of ``step_min`` minutes; halfway goes up."""
    step = timedelta(minutes=step_min)
    half = meter.clock.utc() + step / 2
    hour = half.replace(minute=0, second=0, microsecond=0)
    meter.clock.set_utc(hour + (half - hour) // step * step)


def _shift_time(meter: Meter, value: Data) -> None:
    meter.clock.set_utc(meter.clock.utc() + timedelta(seconds=value.number()))


_NEVER = fixed(octet_string(DateTime(status=None).to_bytes()))

_CLOCK_ATTRIBUTES = (
    Attribute(
        index=2,
        name="time",
        read=_time,
        readers=EVERYBODY,
        write=_set_time,
        writers=MANAGEMENT,
        types=frozenset({DataType.OCTET_STRING}),
    ),
    *columns(
        (
            ("time_zone", lambda meter: long(meter.clock.deviation_min)),
            ("status", lambda meter: unsigned(meter.clock.status)),
            ("daylight_savings_begin", _NEVER),
            ("daylight_savings_end", _NEVER),
            ("daylight_savings_deviation", fixed(integer(0))),
            ("daylight_savings_enabled", fixed(boolean(False))),
            ("clock_base", fixed(enum(_CLOCK_BASE_INTERNAL_CRYSTAL))),
        ),
        readers=EVERYBODY,
        first=3,
    ),
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
        lambda meter: _text(meter.product.identity.logical_device_name),
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
