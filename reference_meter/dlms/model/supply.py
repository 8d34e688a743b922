"""The supply switch as DLMS sees it: disconnect control, limiter, friendly hours (classes 70, 71, 20).

Facts: dual_standard_meter.md §3.1 and §3.2. The arbitrator (class 68) stands in its own file.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    boolean,
    double_long_unsigned,
    encode,
    enum,
    integer,
    long_unsigned,
    octet_string,
    structure,
)
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.amounts import NEVER, at
from reference_meter.dlms.model.arbitrator_object import ARBITRATOR
from reference_meter.dlms.model.cosem_object import (
    KNOWN_CLIENTS,
    MANAGEMENT,
    Attribute,
    CosemObject,
    Method,
    Read,
    Write,
    columns,
    cosem_object,
    fixed,
)
from reference_meter.dlms.model.kept import kept_value, sound, structures
from reference_meter.payment.friendly import NO_DAYS, NO_SPECIAL_DAYS, ONE_WEEK
from reference_meter.supply.control_modes import MODES, Trigger, allows

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_T = DataType
DISCONNECT_CONTROL = "0-0:96.3.10"
LIMITER = "0-0:17.0.0"
FRIENDLY_CALENDAR, FRIENDLY_DAYS = "0-0:13.0.1", "0-0:11.0.1"
_SCRIPTS_LN = Obis("0-0:10.0.106").to_bytes()
_POWER_LN = Obis("1-0:1.7.0").to_bytes()
_REGISTER_CLASS = 3
_INTEGER = frozenset({_T.INTEGER})


def _writable(index: int, name: str, read: Read, write: Write, *types: DataType) -> Attribute:
    return Attribute(
        index=index,
        name=name,
        read=read,
        readers=KNOWN_CLIENTS,
        write=write,
        writers=MANAGEMENT,
        types=frozenset(types),
    )


def _permitted(meter: Meter, trigger: Trigger) -> None:
    """Refuse what the control mode does not know; a request that finds nothing to move succeeds."""
    if not allows(meter.arbiter.control_mode, trigger):
        raise AccessError(DataAccessResult.READ_WRITE_DENIED)


def _remote_disconnect(meter: Meter, _value: Data) -> None:
    _permitted(meter, Trigger.REMOTE_DISCONNECT)
    meter.arbiter.remote_disconnect()


def _remote_reconnect(meter: Meter, _value: Data) -> None:
    _permitted(meter, Trigger.REMOTE_RECONNECT)
    meter.arbiter.remote_reconnect()


def _set_control_mode(meter: Meter, value: Data) -> None:
    if value.number() not in MODES or not meter.arbiter.set_control_mode(value.number()):
        raise AccessError(DataAccessResult.OTHER_REASON)


_CONTROL = cosem_object(
    70,
    0,
    DISCONNECT_CONTROL,
    "disconnect control",
    (
        *columns(
            (
                ("output_state", lambda meter: boolean(meter.arbiter.output_state())),
                ("control_state", lambda meter: enum(meter.arbiter.control_state)),
            )
        ),
        _writable(
            4, "control_mode", lambda meter: enum(meter.arbiter.control_mode), _set_control_mode, _T.ENUM
        ),
    ),
    methods=(
        Method(
            index=1, name="remote_disconnect", invoke=_remote_disconnect, users=MANAGEMENT, types=_INTEGER
        ),
        Method(index=2, name="remote_reconnect", invoke=_remote_reconnect, users=MANAGEMENT, types=_INTEGER),
    ),
)


# --- limiter ------------------------------------------------------------------------------------------


def _limit(index: int, name: str, key: str) -> Attribute:
    def write(meter: Meter, value: Data) -> None:
        meter.power_limiter.set_object(**{key: value.number()})

    return _writable(
        index,
        name,
        lambda meter: double_long_unsigned(meter.power_limiter.object[key]),
        write,
        _T.DOUBLE_LONG_UNSIGNED,
    )


def _profile(meter: Meter) -> Data:
    limiter = meter.power_limiter.object
    begins = None if limiter["begins"] is None else datetime.fromisoformat(limiter["begins"])
    return structure(
        long_unsigned(limiter["profile_id"]), at(meter, begins), double_long_unsigned(limiter["duration_s"])
    )


def _set_profile(meter: Meter, value: Data) -> None:
    parts = value.items()
    if [part.type for part in parts] != [_T.LONG_UNSIGNED, _T.OCTET_STRING, _T.DOUBLE_LONG_UNSIGNED]:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    try:
        moment = DateTime.from_bytes(parts[1].octets())
        begins = None if moment.year is None else meter.clock.instant(moment).isoformat()
    except ValueError:
        raise AccessError(DataAccessResult.OTHER_REASON) from None
    meter.power_limiter.set_object(profile_id=parts[0].number(), begins=begins, duration_s=parts[2].number())


def _groups(meter: Meter) -> Data:
    return array(*(long_unsigned(group) for group in meter.power_limiter.object["groups"]))


def _set_groups(meter: Meter, value: Data) -> None:
    if any(row.type is not _T.LONG_UNSIGNED for row in value.items()):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    meter.power_limiter.set_object(groups=[row.number() for row in value.items()])


def _action(selector: int) -> Data:
    return structure(octet_string(_SCRIPTS_LN), long_unsigned(selector))


_LIMITER = cosem_object(
    71,
    0,
    LIMITER,
    "limiter",
    (
        *columns(
            (
                (
                    "monitored_value",
                    fixed(structure(long_unsigned(_REGISTER_CLASS), octet_string(_POWER_LN), integer(2))),
                ),
                (
                    "threshold_active",
                    lambda meter: double_long_unsigned(meter.power_limiter.object_threshold_w()),
                ),
            )
        ),
        _limit(4, "threshold_normal", "normal_w"),
        _limit(5, "threshold_emergency", "emergency_w"),
        _limit(6, "min_over_threshold_duration", "over_s"),
        _limit(7, "min_under_threshold_duration", "under_s"),
        _writable(8, "emergency_profile", _profile, _set_profile, _T.STRUCTURE),
        _writable(9, "emergency_profile_group_id_list", _groups, _set_groups, _T.ARRAY),
        *columns(
            (
                (
                    "emergency_profile_active",
                    lambda meter: boolean(meter.power_limiter.emergency_active()),
                ),
                ("actions", fixed(structure(_action(1), _action(2)))),
            ),
            first=10,
        ),
    ),
)


# --- friendly hours -----------------------------------------------------------------------------------

_NO_SEASON = array(structure(octet_string(b"S1"), NEVER, octet_string(b"W1")))
_PARTS = (
    ("calendar_name", "name", octet_string(b"FRIENDLY"), None),
    ("season_profile", "seasons", _NO_SEASON, structures(_T.OCTET_STRING, _T.OCTET_STRING, _T.OCTET_STRING)),
    ("week_profile_table", "weeks", ONE_WEEK, structures(_T.OCTET_STRING, *(_T.UNSIGNED for _ in range(7)))),
    ("day_profile_table", "days", NO_DAYS, structures(_T.UNSIGNED, _T.ARRAY)),
)


def _friendly(meter: Meter, which: str, part: str, default: Data) -> Data:
    return kept_value(meter, f"friendly {which} {part}", default)


def _friendly_attributes() -> tuple[Attribute, ...]:
    active = tuple(
        Attribute(
            index=index,
            name=f"{name}_active",
            read=partial(_friendly, which="active", part=part, default=default),
            readers=KNOWN_CLIENTS,
        )
        for index, (name, part, default, _) in enumerate(_PARTS, start=2)
    )

    def writer(part: str, check: object) -> Write:
        def write(meter: Meter, value: Data) -> None:
            if check is not None and not sound(check, value):  # type: ignore[arg-type]
                raise AccessError(DataAccessResult.OTHER_REASON)
            meter.memory.put(f"dlms.friendly passive {part}", encode(value).hex())

        return write

    passive = tuple(
        _writable(
            index,
            f"{name}_passive",
            partial(_friendly, which="passive", part=part, default=default),
            writer(part, check),
            default.type,
        )
        for index, (name, part, default, check) in enumerate(_PARTS, start=6)
    )
    when = columns((("activate_passive_calendar_time", fixed(NEVER)),), first=10)
    return (*active, *passive, *when)


def _activate_friendly(meter: Meter, _value: Data) -> None:
    with meter.memory.together():
        for _, part, default, _ in _PARTS:
            passive = _friendly(meter, "passive", part, default)
            meter.memory.put(f"dlms.friendly active {part}", encode(passive).hex())
        meter.memory.once_written(meter.friendly.changed)


def _set_friendly_days(meter: Meter, value: Data) -> None:
    if not sound(structures(_T.LONG_UNSIGNED, _T.OCTET_STRING, _T.UNSIGNED), value):
        raise AccessError(DataAccessResult.OTHER_REASON)
    meter.memory.put("dlms.friendly special days", encode(value).hex())
    meter.friendly.changed()


_FRIENDLY = (
    cosem_object(
        20,
        0,
        FRIENDLY_CALENDAR,
        "calendar of friendly hours",
        _friendly_attributes(),
        methods=(
            Method(
                index=1,
                name="activate_passive_calendar",
                invoke=_activate_friendly,
                users=MANAGEMENT,
                types=_INTEGER,
            ),
        ),
    ),
    cosem_object(
        11,
        0,
        FRIENDLY_DAYS,
        "special days of friendly hours",
        (
            _writable(
                2,
                "entries",
                lambda meter: kept_value(meter, "friendly special days", NO_SPECIAL_DAYS),
                _set_friendly_days,
                _T.ARRAY,
            ),
        ),
        methods=(Method(index=1, name="insert"), Method(index=2, name="delete")),
    ),
)

SUPPLY: tuple[CosemObject, ...] = (_CONTROL, _LIMITER, *_FRIENDLY, ARBITRATOR)
