"""Tariffs and scripts (Blue Book classes 6, 9, 11, 20 and 22; dlms.md §7).

The meter registers energy of one rate. The activity calendar, its special days and the schedules are kept and
activated as clients write them; the rate that the active calendar names is shown as the active tariff.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    encode,
    enum,
    integer,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
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
from reference_meter.dlms.model.kept import kept, kept_value, structures

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_T = DataType
TARIFF_SCRIPTS = "0-0:10.0.100"
DISCONNECT_SCRIPTS = "0-0:10.0.106"
_RATES = 8
_DISCONNECT, _RECONNECT = 1, 2
_WRITE_ATTRIBUTE, _INVOKE_METHOD = 1, 2
_EVERY_YEAR = DateTime(month=1, day=1, hour=0, minute=0, second=0, hundredths=0)

DEFAULT_SEASONS = array(
    structure(octet_string(b"S1"), octet_string(_EVERY_YEAR.to_bytes()), octet_string(b"W1"))
)
DEFAULT_WEEKS = array(structure(octet_string(b"W1"), *(unsigned(1) for _ in range(7))))
DEFAULT_DAYS = array(
    structure(
        unsigned(1),
        array(
            structure(octet_string(bytes(4)), octet_string(Obis(TARIFF_SCRIPTS).to_bytes()), long_unsigned(1))
        ),
    )
)
_PARTS = ("calendar name", "seasons", "weeks", "days")
_DEFAULTS = (octet_string(b"CAL-1"), DEFAULT_SEASONS, DEFAULT_WEEKS, DEFAULT_DAYS)
_NEVER = octet_string(DateTime(status=None).to_bytes())


def active_rate(meter: Meter) -> int:
    """Return the rate that the active calendar names now; 1 where it names none."""
    now = meter.clock.utc()
    try:
        days = special_day(meter, now.date())
        if days is None:
            days = _day_of_week(meter, now.date())
        profile = next(row for row in _active(meter, 3).items() if row.items()[0].number() == days)
        begun = [
            action.items()[2].number()
            for action in profile.items()[1].items()
            if tuple(action.items()[0].octets()[:2]) <= (now.hour, now.minute)
        ]
    except (TypeError, IndexError, StopIteration):
        return 1
    return begun[-1] if begun else 1


def special_day(meter: Meter, today: date) -> int | None:
    """Return the day profile that the special days table gives ``today``, None when it has no such day."""
    for row in kept_value(meter, "special days", array()).items():
        parts = row.items()
        shown = parts[1].octets()
        year = int.from_bytes(shown[:2])
        if year in (today.year, 0xFFFF) and shown[2] == today.month and shown[3] == today.day:
            return parts[2].number()
    return None


def _day_of_week(meter: Meter, today: date) -> int:
    seasons = sorted(
        (row.items()[1].octets()[2], row.items()[1].octets()[3], row.items()[2].octets())
        for row in _active(meter, 1).items()
    )
    begun = [row for row in seasons if row[:2] <= (today.month, today.day)] or seasons
    week = next(row for row in _active(meter, 2).items() if row.items()[0].octets() == begun[-1][2])
    return week.items()[today.isoweekday()].number()


def _active(meter: Meter, part: int) -> Data:
    return kept_value(meter, f"active {_PARTS[part]}", _DEFAULTS[part])


def _activate_passive(meter: Meter, _value: Data) -> None:
    with meter.memory.together():
        for part, default in zip(_PARTS, _DEFAULTS, strict=True):
            passive = kept_value(meter, f"passive {part}", default)
            meter.memory.put(f"dlms.active {part}", encode(passive).hex())


def _insert_day(meter: Meter, value: Data) -> None:
    parts = value.items()
    if tuple(part.type for part in parts) != (_T.LONG_UNSIGNED, _T.OCTET_STRING, _T.UNSIGNED):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    others = [row for row in _special_days(meter).items() if row.items()[0] != parts[0]]
    _keep_days(meter, [*others, value])


def _delete_day(meter: Meter, value: Data) -> None:
    rows = list(_special_days(meter).items())
    others = [row for row in rows if row.items()[0] != value]
    if len(others) == len(rows):
        raise AccessError(DataAccessResult.OTHER_REASON)
    _keep_days(meter, others)


def _special_days(meter: Meter) -> Data:
    return kept_value(meter, "special days", array())


def _keep_days(meter: Meter, rows: list[Data]) -> None:
    meter.memory.put("dlms.special days", encode(array(*rows)).hex())


_CHECKS = (
    None,
    structures(_T.OCTET_STRING, _T.OCTET_STRING, _T.OCTET_STRING),
    structures(_T.OCTET_STRING, *(_T.UNSIGNED for _ in range(7))),
    structures(_T.UNSIGNED, _T.ARRAY),
)
_NAMES = ("calendar_name", "season_profile", "week_profile_table", "day_profile_table")


def _calendar_attributes() -> tuple[Attribute, ...]:
    active = tuple(
        Attribute(
            index=index,
            name=f"{name}_active",
            read=partial(_active, part=index - 2),
            readers=KNOWN_CLIENTS,
        )
        for index, name in enumerate(_NAMES, start=2)
    )
    passive = tuple(
        kept(index, f"{name}_passive", f"passive {part}", default, check=check)
        for index, (name, part, default, check) in enumerate(
            zip(_NAMES, _PARTS, _DEFAULTS, _CHECKS, strict=True), start=6
        )
    )
    when = Attribute(
        index=10, name="activate_passive_calendar_time", read=lambda _meter: _NEVER, readers=KNOWN_CLIENTS
    )
    return (*active, *passive, when)


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
            kept(
                2,
                "entries",
                "special days",
                array(),
                check=structures(_T.LONG_UNSIGNED, _T.OCTET_STRING, _T.UNSIGNED),
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
        columns((("value", lambda meter: unsigned(active_rate(meter))),)),
    ),
)
