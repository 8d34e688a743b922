"""Profile generic (Blue Book class 7, version 1), with selective access by range and by entry."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    double_long_unsigned,
    enum,
    integer,
    long_unsigned,
    octet_string,
    structure,
    verbatim,
)
from bench.protocols.cosem_time import decode_date_time
from bench.protocols.cursor import length_octets
from bench.protocols.deviation import violations
from bench.protocols.xdlms.results import DataAccessResult
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
from reference_meter.events.event_logs import Log
from reference_meter.profiles.profile import Column, Period, Profile
from reference_meter.profiles.profiles import column_named

if TYPE_CHECKING:
    from reference_meter.meter import Meter
    from reference_meter.profiles.rows import Row

BY_RANGE, BY_ENTRY = 1, 2
_SORT_FIFO = 1
_RANGE_PARTS = _ENTRY_PARTS = 4
_COLUMN_PARTS = 4


def profile_object(profile: Profile) -> CosemObject:
    """Return the object of a profile."""

    def reset(meter: Meter, _value: Data) -> None:
        if profile.period is Period.EVENT:
            meter.events.clear(Log(profile.log), actor="remote")
        else:
            meter.profiles.reset(profile)

    def capture(meter: Meter, _value: Data) -> None:
        meter.profiles.capture(profile, meter.clock.utc())

    zero = frozenset({DataType.INTEGER})
    return cosem_object(
        7,
        1,
        profile.obis,
        f"{profile.name} profile",
        (
            Attribute(
                index=2,
                name="buffer",
                read=lambda meter: buffer(meter.profiles.rows(profile)),
                readers=KNOWN_CLIENTS,
                selectors=(BY_RANGE, BY_ENTRY),
                select=lambda meter, selector, parameter: select(meter, profile, selector, parameter),
            ),
            *columns(
                (
                    ("capture_objects", lambda _meter: array(*map(column_data, profile.columns))),
                    ("capture_period", lambda _meter: double_long_unsigned(profile.seconds)),
                    ("sort_method", lambda _meter: enum(_SORT_FIFO)),
                    ("sort_object", lambda _meter: column_data(profile.columns[0])),
                    (
                        "entries_in_use",
                        lambda meter: double_long_unsigned(meter.profiles.entries_in_use(profile)),
                    ),
                    ("profile_entries", lambda _meter: double_long_unsigned(profile.entries_max)),
                ),
                first=3,
            ),
        ),
        methods=(
            Method(index=1, name="reset", invoke=reset, users=MANAGEMENT, types=zero),
            Method(index=2, name="capture")
            if profile.period is Period.EVENT
            else Method(index=2, name="capture", invoke=capture, users=MANAGEMENT, types=zero),
        ),
    )


def column_data(column: Column) -> Data:
    """Return a capture object definition."""
    return structure(
        long_unsigned(column.class_id),
        octet_string(column.obis.to_bytes()),
        integer(column.attribute),
        long_unsigned(column.data_index),
    )


def buffer(rows: list[Row], first: int = 0, last: int | None = None) -> Data:
    """Return rows as an array of structures, of their cells ``first`` to ``last`` (from 0, last excluded)."""
    return array(*(verbatim(_coded(row.cells[first:last])) for row in rows))


def select(meter: Meter, profile: Profile, selector: int, parameter: Data) -> Data:
    """Return the part of the buffer that a selector asks for. Raise `AccessError`."""
    try:
        if selector == BY_RANGE:
            return select_range(meter, profile, parameter)
        return select_entries(meter, profile, parameter)
    except TypeError as error:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED) from error


def select_range(meter: Meter, profile: Profile, parameter: Data) -> Data:
    """Return the rows in a range of time, of all columns or of those named."""
    parts = parameter.items()
    if len(parts) != _RANGE_PARTS:
        raise TypeError("a range has restricting object, from, to and selected values")
    restricting, begin, end, selected = parts
    if column_named(profile, _reference(restricting)) is not profile.columns[0]:
        raise AccessError(DataAccessResult.SCOPE_OF_ACCESS_VIOLATED)
    chosen = _chosen(profile, selected)
    rows = meter.profiles.in_range(profile, _moment(meter, begin, -math.inf), _moment(meter, end, math.inf))
    return array(*(verbatim(_coded(tuple(row.cells[index] for index in chosen))) for row in rows))


def select_entries(meter: Meter, profile: Profile, parameter: Data) -> Data:
    """Return rows and columns by their numbers, counted from 1; 0 as the last means the end."""
    parts = parameter.items()
    if len(parts) != _ENTRY_PARTS:
        raise TypeError("an entry selection has first and last entry, first and last value")
    first, last, first_value, last_value = (part.number() for part in parts)
    if 0 < last < first or 0 < last_value < first_value:
        return array()
    rows = meter.profiles.of_entries(profile, first, last)
    return buffer(rows, max(first_value, 1) - 1, last_value or None)


def _chosen(profile: Profile, selected: Data) -> list[int]:
    """Return the places of the columns named; all when none is named."""
    if not selected.items():
        return list(range(len(profile.columns)))
    places = []
    for named in selected.items():
        column = column_named(profile, _reference(named))
        if column is None:
            raise AccessError(DataAccessResult.SCOPE_OF_ACCESS_VIOLATED)
        places.append(profile.columns.index(column))
    return sorted(places)


def _reference(named: Data) -> tuple[int, bytes, int, int]:
    parts = named.items()
    if len(parts) != _COLUMN_PARTS:
        raise TypeError("a capture object has class, logical name, attribute and data index")
    return parts[0].number(), parts[1].octets(), parts[2].number(), parts[3].number()


def _moment(meter: Meter, value: Data, unspecified_s: float) -> float:
    """Return a date-time as seconds since 1970; one without a date is open on its side.

    Without deviation it is the local time of the meter.
    """
    moment, deviations = decode_date_time(value.octets())
    if moment is None or violations(deviations):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    if moment.year is None:
        return unspecified_s
    try:
        if moment.deviation_min is None:
            standard = replace(moment, deviation_min=meter.clock.time_zone_min).to_datetime()
            moment = replace(moment, deviation_min=meter.clock.deviation_at(standard))
        utc: datetime = moment.to_datetime()
    except ValueError as error:
        raise AccessError(DataAccessResult.OTHER_REASON) from error
    return utc.timestamp()


def _coded(cells: tuple[bytes, ...]) -> bytes:
    return bytes([DataType.STRUCTURE]) + length_octets(len(cells)) + b"".join(cells)
