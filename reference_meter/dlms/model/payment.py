"""Prepayment objects (Blue Book classes 111, 112, 113, 115 and 116; sts.md §9, dual_standard_meter.md §3.2).

Amounts are those of the credit register, double-long, signed: Wh, or money. The meter has one token credit and
one charge, for the energy that goes through it.
Uncertain: whether ``current_credit_in_use`` counts credits from 0 (done here) or 1, the sign of
``amount_to_clear`` (here: the Wh missing to zero, positive), and the content of ``meter_pan``, of which only
"structure" is public; here {issuer identification number, decoder reference number, check digit}; the structure
of ``unit_charge_active``, here {{commodity_scale, price_scale}, {class, logical name, attribute}, table}.
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
    long64_unsigned,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
    utf8_string,
    visible_string,
)
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
from bench.protocols.sts.identity import MeterPan
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
    fixed,
)
from reference_meter.metering.led import WH_PER_KWH

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ACCOUNT = "0-0:19.0.0"
CREDIT = "0-0:19.10.0"
CHARGE = "0-0:19.20.0"
TOKEN_GATEWAY = "0-0:19.40.0"
STS_ATTRIBUTES = "0-0:19.60.0"

_PAYMENT_MODES = {"credit": 1, "prepayment": 2}
_ACCOUNT_ACTIVE = 2
_CURRENCY_CONSUMPTION = 1  # Gurux enumeration: 0 time, 1 consumption, 2 monetary
_CURRENCY_MONETARY = 2
_CREDIT_TYPE_TOKEN = 0
_CREDIT_IN_USE = 3
_CREDIT_EXHAUSTED = 4
_RECEIVES_TOKENS = "00001"
"""credit_configuration: visual, confirmation, paid back, resettable, receives tokens."""
_DOUBLE_LONG = frozenset({DataType.DOUBLE_LONG})
_INT32_MAX = 2**31 - 1
_TOKEN_CARRIERS = {"keypad": 2, "gateway": 8}  # TCT: 2 numeric; 8 for COSEM is believed, sts.md §7.7

_NEVER = fixed(octet_string(DateTime(status=None).to_bytes()))
_CREDIT_LN = Obis(CREDIT).to_bytes()
_CHARGE_LN = Obis(CHARGE).to_bytes()
_ENERGY_LN = Obis("1-0:1.8.0").to_bytes()
_CHARGE_TYPE_CONSUMPTION = 0
_CONTINUOUS = "01"
"""charge_configuration: a share of tokens, continuous collection."""
_REGISTER_CLASS = 3
_KILO = 3
_INT16_MAX = 2**15 - 1
_COLLECTED_ALWAYS = "111"
"""credit_charge_configuration: collected when disconnected, in load limiting, in friendly credit."""
_LOW_CREDIT = "dlms.low_credit_threshold_wh"
_WARNING = "dlms.warning_threshold_wh"
_DEFAULT_THRESHOLD_WH = 1000


def _amount(value_wh: int) -> Data:
    return double_long(min(max(value_wh, -_INT32_MAX - 1), _INT32_MAX))


def _threshold(name: str, index: int, record: str) -> Attribute:
    """Return an attribute that management sets, kept in the memory chip; it only informs."""

    def read(meter: Meter) -> Data:
        stored = meter.memory.get(record)
        return double_long(_DEFAULT_THRESHOLD_WH if stored is None else stored)

    def write(meter: Meter, value: Data) -> None:
        meter.memory.put(record, value.number())

    return Attribute(
        index=index,
        name=name,
        read=read,
        readers=KNOWN_CLIENTS,
        write=write,
        writers=MANAGEMENT,
        types=_DOUBLE_LONG,
    )


_LOW_CREDIT_THRESHOLD = _threshold("low_credit_threshold", 16, _LOW_CREDIT)
_WARNING_THRESHOLD = _threshold("warning_threshold", 5, _WARNING)


def _credit_status_bits(meter: Meter) -> Data:
    """Return the bits in credit, low credit, four of a next credit (there is none), out of credit, 0."""
    balance_wh = meter.account.reading()
    stored = meter.memory.get(_LOW_CREDIT)
    low_wh = _DEFAULT_THRESHOLD_WH if stored is None else stored
    in_credit = balance_wh > 0
    return bit_string(f"{in_credit:d}{in_credit and balance_wh < low_wh:d}0000{not in_credit:d}0")


def _mode_and_status(meter: Meter) -> Data:
    return structure(enum(_PAYMENT_MODES[meter.account.payment_mode]), enum(_ACCOUNT_ACTIVE))


def _credit_status(meter: Meter) -> Data:
    return enum(_CREDIT_IN_USE if meter.account.reading() > 0 else _CREDIT_EXHAUSTED)


def _change_credit(meter: Meter, change: int) -> None:
    account = meter.account
    change_wh = change * account.wh_per_unit
    if account.overflows(change_wh):
        raise AccessError(DataAccessResult.OTHER_REASON)
    if change_wh >= 0:
        account.add_wh(change_wh)
    else:
        account.debit_wh(-change_wh)


def _update_amount(meter: Meter, value: Data) -> None:
    _change_credit(meter, value.number())


def _set_amount(meter: Meter, value: Data) -> None:
    _change_credit(meter, value.number() - meter.account.reading())


def _currency(meter: Meter) -> Data:
    """Return {name, scale, unit} of the credit register."""
    payment = meter.product.payment
    if meter.account.in_currency:
        scale = integer(payment.currency_scale)
        return structure(utf8_string(payment.currency), scale, enum(_CURRENCY_MONETARY))
    return structure(utf8_string("Wh"), integer(0), enum(_CURRENCY_CONSUMPTION))


_ACCOUNT = cosem_object(
    111,
    0,
    ACCOUNT,
    "account",
    (
        *columns((
            ("account_mode_and_status", _mode_and_status),
            ("current_credit_in_use", fixed(unsigned(0))),
            ("current_credit_status", _credit_status_bits),
            ("available_credit", lambda meter: _amount(meter.account.reading())),
            ("amount_to_clear", lambda meter: _amount(max(0, -meter.account.reading()))),
            ("clearance_threshold", fixed(double_long(0))),
            ("aggregated_debt", fixed(double_long(0))),
            ("credit_reference_list", fixed(array(octet_string(_CREDIT_LN)))),
            ("charge_reference_list", fixed(array(octet_string(_CHARGE_LN)))),
            (
                "credit_charge_configuration",
                fixed(
                    array(
                        structure(
                            octet_string(_CREDIT_LN), octet_string(_CHARGE_LN), bit_string(_COLLECTED_ALWAYS)
                        )
                    )
                ),
            ),
            ("token_gateway_configuration", fixed(array(structure(octet_string(_CREDIT_LN), unsigned(100))))),
            ("account_activation_time", _NEVER),
            ("account_closure_time", _NEVER),
            ("currency", _currency),
        )),
        _LOW_CREDIT_THRESHOLD,
        *columns(
            (
                ("next_credit_available_threshold", fixed(double_long(0))),
                ("max_provision", fixed(long_unsigned(0))),
                ("max_provision_period", fixed(double_long(0))),
            ),
            first=17,
        ),
    ),
    methods=tuple(
        Method(index=index, name=name)
        for index, name in enumerate(("activate_account", "close_account", "reset_account"), start=1)
    ),
)  # fmt: skip

_CREDIT = cosem_object(
    112,
    0,
    CREDIT,
    "token credit",
    (
        *columns((
            ("current_credit_amount", lambda meter: _amount(meter.account.reading())),
            ("credit_type", fixed(enum(_CREDIT_TYPE_TOKEN))),
            ("priority", fixed(unsigned(1))),
        )),
        _WARNING_THRESHOLD,
        *columns(
            (
                ("limit", fixed(double_long(0))),
                ("credit_configuration", fixed(bit_string(_RECEIVES_TOKENS))),
                ("credit_status", _credit_status),
                ("preset_credit_amount", fixed(double_long(0))),
                ("credit_available_threshold", fixed(double_long(0))),
                ("period", _NEVER),
            ),
            first=6,
        ),
    ),
    methods=(
        Method(index=1, name="update_amount", invoke=_update_amount, users=MANAGEMENT, types=_DOUBLE_LONG),
        Method(index=2, name="set_amount_to_value", invoke=_set_amount, users=MANAGEMENT, types=_DOUBLE_LONG),
        Method(index=3, name="invoke_credit"),
    ),
)  # fmt: skip


def _charged(meter: Meter) -> Data:
    return _amount(math.floor(meter.account.total_charged_wh() / meter.account.wh_per_unit))


def _unit_charge(meter: Meter) -> Data:
    """Return the price of 1 kWh in units of the credit register: 1000 Wh, or money."""
    per_kwh = round(WH_PER_KWH / meter.account.wh_per_unit)
    return structure(
        structure(integer(_KILO), integer(0)),
        structure(long_unsigned(_REGISTER_CLASS), octet_string(_ENERGY_LN), integer(2)),
        array(structure(octet_string(b""), long(min(per_kwh, _INT16_MAX)))),
    )


_CHARGE = cosem_object(
    113,
    0,
    CHARGE,
    "charge for consumption",
    columns((
        ("total_amount_paid", _charged),
        ("charge_type", fixed(enum(_CHARGE_TYPE_CONSUMPTION))),
        ("priority", fixed(unsigned(1))),
        ("unit_charge_active", _unit_charge),
        ("unit_charge_passive", _unit_charge),
        ("unit_charge_activation_time", _NEVER),
        ("period", fixed(double_long_unsigned(0))),
        ("charge_configuration", fixed(bit_string(_CONTINUOUS))),
        ("last_collection_time", _NEVER),
        ("last_collection_amount", fixed(double_long(0))),
        ("total_amount_remaining", fixed(double_long(0))),
        ("proportion", fixed(long_unsigned(0))),
    )),
    methods=tuple(
        Method(index=index, name=name)
        for index, name in enumerate(
            (
                "update_unit_charge",
                "activate_passive_unit_charge",
                "collect",
                "update_total_amount_remaining",
                "set_total_amount_remaining",
            ),
            start=1,
        )
    ),
)  # fmt: skip


def _token_time(meter: Meter) -> Data:
    entered = meter.gateway.time
    if entered is None:
        return _NEVER(meter)
    return octet_string(DateTime.from_datetime(entered, deviation_min=meter.clock.deviation_min).to_bytes())


def _token_status(meter: Meter) -> Data:
    """Return status_code and data_value; the latter holds the meter's number of the STS result in 8 bits."""
    return structure(enum(meter.gateway.status), bit_string(f"{meter.gateway.result_number:08b}"))


def _enter(meter: Meter, value: Data) -> None:
    """Take a token; its result is for token_status. Refuse while another token is being processed."""
    if not meter.gateway.enter(value.octets()):
        raise AccessError(DataAccessResult.TEMPORARY_FAILURE)


_GATEWAY = cosem_object(
    115,
    0,
    TOKEN_GATEWAY,
    "token gateway",
    columns((
        ("token", lambda meter: octet_string(meter.gateway.token)),
        ("token_time", _token_time),
        ("token_description", fixed(array())),
        ("token_delivery_method", lambda meter: enum(meter.gateway.delivery_method)),
        ("token_status", _token_status),
    )),
    methods=(
        Method(
            index=1,
            name="enter",
            invoke=_enter,
            users=MANAGEMENT,
            types=frozenset({DataType.OCTET_STRING}),
        ),
    ),
)  # fmt: skip


def _meter_pan(meter: Meter) -> Data:
    pan = MeterPan(meter.decoder_key.pan)
    return structure(
        double_long_unsigned(int(pan.issuer)), long64_unsigned(int(pan.drn)), unsigned(int(pan.digits[-1]))
    )


def _carriers(meter: Meter) -> Data:
    return array(*(unsigned(_TOKEN_CARRIERS[name]) for name in meter.product.sts.carriers))


_STS = cosem_object(
    116,
    0,
    STS_ATTRIBUTES,
    "IEC 62055-41 attributes",
    columns((
        ("meter_pan", _meter_pan),
        ("commodity", lambda meter: visible_string(meter.product.sts.commodity)),
        ("token_carrier_types", _carriers),
        ("encryption_algorithm", lambda meter: unsigned(int(meter.decoder_key.algorithm.code))),
        ("supply_group_code", lambda meter: double_long_unsigned(int(meter.decoder_key.supply_group_code))),
        ("tariff_index", lambda meter: unsigned(int(meter.decoder_key.tariff_index))),
        ("key_revision_number", lambda meter: unsigned(meter.decoder_key.key_revision_number)),
        ("key_type", lambda meter: unsigned(meter.decoder_key.key_type)),
        ("key_expiry_number", lambda meter: unsigned(meter.decoder_key.key_expiry_number)),
        ("no_of_kct_supported", lambda meter: unsigned(meter.product.sts.no_of_kct_supported)),
        ("sts_certificate_no", lambda meter: visible_string(meter.product.sts.certificate_number)),
    )),
)  # fmt: skip

PAYMENT: tuple[CosemObject, ...] = (_ACCOUNT, _CREDIT, _CHARGE, _GATEWAY, _STS)
