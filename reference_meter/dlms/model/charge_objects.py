"""Charges (Blue Book class 113): what a kWh costs, and the standing charge; the register of the month, and its steps.

Uncertain: the structure of ``unit_charge_active``, here {{commodity_scale, price_scale}, {class, logical name,
attribute}, table of {index, charge_per_unit}}; what an index says is the maker's (``reference_meter.payment.charges``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    bit_string,
    double_long,
    double_long_unsigned,
    enum,
    integer,
    long,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from bench.protocols.cosem import Obis
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.amounts import NEVER, amount, at
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
from reference_meter.metering.led import WH_PER_KWH
from reference_meter.payment.charges import Row

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_T = DataType
CHARGE, STANDING_CHARGE = "0-0:19.20.0", "0-0:19.20.1"
MONTH_ENERGY, STEP_THRESHOLDS = "1-0:1.9.0", "0-0:16.0.3"
_ENERGY_LN = Obis("1-0:1.8.0").to_bytes()
_MONTH_LN = Obis(MONTH_ENERGY).to_bytes()
_NO_SCRIPT = structure(octet_string(Obis("0-0:10.0.100").to_bytes()), long_unsigned(0))
_CONSUMPTION, _TIME = 0, 1
_CONTINUOUS = "01"
"""charge_configuration: a share of tokens, continuous collection."""
_REGISTER_CLASS = 3
_KILO = 3
_UNIT_WH = 30
_STEPS_MAX = 7
_INT16_MAX = 2**15 - 1


def _refuse() -> None:
    raise AccessError(DataAccessResult.OTHER_REASON)


def _unit_charge(rows: list[Row], scale: int, energy: bytes) -> Data:
    return structure(
        structure(integer(scale), integer(0)),
        structure(long_unsigned(_REGISTER_CLASS), octet_string(energy), integer(2)),
        array(*(structure(octet_string(index), long(price)) for index, price in rows)),
    )


def _prices(value: Data) -> list[Row]:
    """Return the table of a unit charge. Refuse what is none, or names a rate or step that cannot be."""
    try:
        scale, _, table = value.items()
        rows = [(row.items()[0].octets(), row.items()[1].number()) for row in table.items()]
        scales = [part.number() for part in scale.items()]
    except (TypeError, ValueError, IndexError):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED) from None
    indices = [index for index, _ in rows]
    sound = all(
        len(index) <= 2 and all(0 <= part <= _STEPS_MAX + 1 for part in index) and 0 <= price <= _INT16_MAX
        for index, price in rows
    )
    if not sound or len(set(indices)) != len(indices) or scales[1:] != [0]:
        _refuse()
    return rows


def _active(meter: Meter) -> Data:
    rows = meter.charges.active or _plain(meter)
    return _unit_charge(rows, _KILO, _ENERGY_LN)


def _passive(meter: Meter) -> Data:
    rows = meter.charges.passive or _plain(meter)
    return _unit_charge(rows, _KILO, _ENERGY_LN)


def _plain(meter: Meter) -> list[Row]:
    """Return the table of a meter without any: one price, 1000 Wh for a kWh or money."""
    return [(b"", min(round(WH_PER_KWH / meter.account.wh_per_unit), _INT16_MAX))]


def _set_passive(meter: Meter, value: Data) -> None:
    meter.charges.set_passive(_prices(value))


def _activate(meter: Meter, _value: Data) -> None:
    meter.charges.activate_passive()


def _charged(meter: Meter) -> Data:
    return amount(math.floor(meter.account.total_charged_wh() / meter.account.wh_per_unit))


def _standing(name: str) -> Read:
    return lambda meter: _unit_charge([(b"", meter.charges.standing[name])], 0, _ENERGY_LN)


def _set_standing_passive(meter: Meter, value: Data) -> None:
    rows = _prices(value)
    if len(rows) != 1 or rows[0][0]:
        _refuse()
    meter.charges.set_standing(passive=rows[0][1])


def _activate_standing(meter: Meter, _value: Data) -> None:
    meter.charges.set_standing(unit=meter.charges.standing["passive"])


def _set_period(meter: Meter, value: Data) -> None:
    if value.number() <= 0:
        _refuse()
    meter.charges.set_standing(period_s=value.number())


def _attribute(index: int, name: str, read: Read, write: Write, data_type: DataType) -> Attribute:
    return Attribute(
        index=index,
        name=name,
        read=read,
        readers=KNOWN_CLIENTS,
        write=write,
        writers=MANAGEMENT,
        types=frozenset({data_type}),
    )


def _methods(activate: Write) -> tuple[Method, ...]:
    names = ("update_unit_charge", "activate_passive_unit_charge", "collect")
    further = ("update_total_amount_remaining", "set_total_amount_remaining")
    return tuple(
        Method(index=2, name=name, invoke=activate, users=MANAGEMENT, types=frozenset({_T.INTEGER}))
        if name == "activate_passive_unit_charge"
        else Method(index=index, name=name)
        for index, name in enumerate((*names, *further), start=1)
    )


_CONSUMPTION_CHARGE = cosem_object(
    113,
    0,
    CHARGE,
    "charge for consumption",
    (
        *columns((
            ("total_amount_paid", _charged),
            ("charge_type", fixed(enum(_CONSUMPTION))),
            ("priority", fixed(unsigned(1))),
            ("unit_charge_active", _active),
        )),
        _attribute(6, "unit_charge_passive", _passive, _set_passive, _T.STRUCTURE),
        *columns(
            (
                ("unit_charge_activation_time", fixed(NEVER)),
                ("period", fixed(double_long_unsigned(0))),
                ("charge_configuration", fixed(bit_string(_CONTINUOUS))),
                ("last_collection_time", fixed(NEVER)),
                ("last_collection_amount", fixed(double_long(0))),
                ("total_amount_remaining", fixed(double_long(0))),
                ("proportion", fixed(long_unsigned(0))),
            ),
            first=7,
        ),
    ),
    methods=_methods(_activate),
)  # fmt: skip

_STANDING_CHARGE = cosem_object(
    113,
    0,
    STANDING_CHARGE,
    "standing charge",
    (
        *columns((
            ("total_amount_paid", lambda meter: amount(meter.charges.standing["paid"])),
            ("charge_type", fixed(enum(_TIME))),
            ("priority", fixed(unsigned(2))),
            ("unit_charge_active", _standing("unit")),
        )),
        _attribute(6, "unit_charge_passive", _standing("passive"), _set_standing_passive, _T.STRUCTURE),
        *columns((("unit_charge_activation_time", fixed(NEVER)),), first=7),
        _attribute(
            8,
            "period",
            lambda meter: double_long_unsigned(meter.charges.standing["period_s"]),
            _set_period,
            _T.DOUBLE_LONG_UNSIGNED,
        ),
        *columns(
            (
                ("charge_configuration", fixed(bit_string(_CONTINUOUS))),
                ("last_collection_time", lambda meter: at(meter, meter.charges.last_collection())),
                ("last_collection_amount", lambda meter: amount(meter.charges.standing["last"])),
                ("total_amount_remaining", fixed(double_long(0))),
                ("proportion", fixed(long_unsigned(0))),
            ),
            first=9,
        ),
    ),
    methods=_methods(_activate_standing),
)  # fmt: skip


def _month_energy(meter: Meter) -> Data:
    return double_long_unsigned(math.floor(meter.charges.month_energy_wh() + 1e-6))


def _thresholds(meter: Meter) -> Data:
    return array(*(double_long_unsigned(value) for value in meter.charges.thresholds_wh))


def _set_thresholds(meter: Meter, value: Data) -> None:
    rows = value.items()
    if any(row.type is not _T.DOUBLE_LONG_UNSIGNED for row in rows):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    values = [row.number() for row in rows]
    if len(values) > _STEPS_MAX or len(set(values)) != len(values) or 0 in values:
        _refuse()
    meter.charges.set_thresholds(values)


_MONTH = cosem_object(
    3,
    0,
    MONTH_ENERGY,
    "active energy of this month",
    columns(
        (
            ("value", _month_energy),
            ("scaler_unit", fixed(structure(integer(0), enum(_UNIT_WH)))),
        )
    ),
    methods=(Method(index=1, name="reset"),),
)

_STEPS = cosem_object(
    21,
    0,
    STEP_THRESHOLDS,
    "thresholds of the steps",
    (
        _attribute(2, "thresholds", _thresholds, _set_thresholds, _T.ARRAY),
        *columns(
            (
                (
                    "monitored_value",
                    fixed(structure(long_unsigned(_REGISTER_CLASS), octet_string(_MONTH_LN), integer(2))),
                ),
                (
                    "actions",
                    lambda meter: array(
                        *(structure(_NO_SCRIPT, _NO_SCRIPT) for _ in meter.charges.thresholds_wh)
                    ),
                ),
            ),
            first=3,
        ),
    ),
)

CHARGES: tuple[CosemObject, ...] = (_CONSUMPTION_CHARGE, _STANDING_CHARGE, _MONTH, _STEPS)
