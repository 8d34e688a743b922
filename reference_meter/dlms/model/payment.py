"""Prepayment objects: account and token gateway (Blue Book classes 111 and 115), IEC 62055-41 attributes (116).

sts.md §9, dual_standard_meter.md §3.2. Credits and charges stand in their own files; all are in ``PAYMENT``.
Uncertain: whether ``current_credit_in_use`` counts credits from 0 (done here) or 1, the sign of
``amount_to_clear`` (here: what is missing to zero, positive), and the content of ``meter_pan``, of which only
"structure" is public; here {issuer identification number, decoder reference number, check digit}.
"""

from __future__ import annotations

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
from reference_meter.dlms.model.amounts import NEVER, amount
from reference_meter.dlms.model.charge_objects import CHARGE, CHARGES, STANDING_CHARGE
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
from reference_meter.dlms.model.credit_objects import (
    CREDIT,
    CREDITS,
    EMERGENCY_CREDIT,
    stored_threshold,
    threshold,
)
from reference_meter.payment.account import CREDIT_MODE, PREPAYMENT, EmergencyCredit
from reference_meter.profiles.histories import token_status

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ACCOUNT = "0-0:19.0.0"
TOKEN_GATEWAY = "0-0:19.40.0"
STS_ATTRIBUTES = "0-0:19.60.0"

_PAYMENT_MODES = {CREDIT_MODE: 1, PREPAYMENT: 2}
_ACCOUNT_ACTIVE = 2
_CURRENCY_CONSUMPTION = 1  # Gurux enumeration: 0 time, 1 consumption, 2 monetary
_CURRENCY_MONETARY = 2
_TOKEN_CARRIERS = {"keypad": 2, "gateway": 8}  # TCT: 2 numeric; 8 for COSEM is believed, sts.md §7.7
_CREDIT_LN, _EMERGENCY_LN = (Obis(obis).to_bytes() for obis in (CREDIT, EMERGENCY_CREDIT))
_CHARGE_LN, _STANDING_LN = (Obis(obis).to_bytes() for obis in (CHARGE, STANDING_CHARGE))
_COLLECTED_ALWAYS = "111"
"""credit_charge_configuration: collected when disconnected, in load limiting, in friendly credit."""
_LOW_CREDIT = "dlms.low_credit_threshold_wh"


def _credit_status_bits(meter: Meter) -> Data:
    """Return in credit, low credit, next credit enabled, selectable, selected, in use, out of credit, 0."""
    account = meter.account
    token, out = account.token_reading(), account.out_of_credit()
    low = 0 < token < stored_threshold(meter, _LOW_CREDIT)
    invoked = account.emergency is EmergencyCredit.INVOKED
    enabled = account.emergency is EmergencyCredit.OFFERED and account.emergency_preset > 0
    bits = (
        token > 0,
        low,
        enabled,
        account.emergency_selectable(),
        invoked,
        invoked and token <= 0,
        out or (token <= 0 and not invoked),
        False,
    )
    return bit_string("".join(f"{bit:d}" for bit in bits))


def _mode_and_status(meter: Meter) -> Data:
    return structure(enum(_PAYMENT_MODES[meter.account.payment_mode]), enum(_ACCOUNT_ACTIVE))


def _set_mode(meter: Meter, value: Data) -> None:
    """Change the payment mode; the account stays active."""
    parts = value.items()
    if [part.type for part in parts] != [DataType.ENUM, DataType.ENUM]:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    modes = {number: mode for mode, number in _PAYMENT_MODES.items()}
    mode = modes.get(parts[0].number())
    if mode is None or parts[1].number() != _ACCOUNT_ACTIVE:
        raise AccessError(DataAccessResult.OTHER_REASON)
    meter.account.switch_to(mode, actor="remote")


def _in_use(meter: Meter) -> Data:
    account = meter.account
    return unsigned(int(account.emergency is EmergencyCredit.INVOKED and account.token_reading() <= 0))


def _available(meter: Meter) -> Data:
    account = meter.account
    drawn = account.emergency_reading() if account.emergency is EmergencyCredit.INVOKED else 0
    return amount(account.token_reading() + drawn)


def _configuration(meter: Meter) -> Data:
    """Return which charge is collected from which credit, and in which states of supply."""
    bits = {_CHARGE_LN: _COLLECTED_ALWAYS, _STANDING_LN: meter.charges.standing["bits"]}
    return array(
        *(
            structure(octet_string(_CREDIT_LN), octet_string(charge), bit_string(states))
            for charge, states in bits.items()
        )
    )


def _set_configuration(meter: Meter, value: Data) -> None:
    """Set in which states the standing charge is collected; consumption is charged in all of them."""
    found: dict[bytes, str] = {}
    try:
        for row in value.items():
            credit, charge, states = row.items()
            if credit.octets() == _CREDIT_LN and states.type is DataType.BIT_STRING:
                found[charge.octets()] = str(states.value)
    except (TypeError, ValueError, IndexError):
        raise AccessError(DataAccessResult.TYPE_UNMATCHED) from None
    bits = found.get(_STANDING_LN, "")
    if set(found) != {_CHARGE_LN, _STANDING_LN} or found[_CHARGE_LN] != _COLLECTED_ALWAYS:
        raise AccessError(DataAccessResult.OTHER_REASON)
    if len(bits) != len(_COLLECTED_ALWAYS) or set(bits) - {"0", "1"}:
        raise AccessError(DataAccessResult.OTHER_REASON)
    meter.charges.set_standing(bits=bits)


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
        Attribute(
            index=2,
            name="account_mode_and_status",
            read=_mode_and_status,
            readers=KNOWN_CLIENTS,
            write=_set_mode,
            writers=MANAGEMENT,
            types=frozenset({DataType.STRUCTURE}),
        ),
        *columns(
            (
                ("current_credit_in_use", _in_use),
                ("current_credit_status", _credit_status_bits),
                ("available_credit", _available),
                ("amount_to_clear", lambda meter: amount(max(0, -meter.account.reading()))),
                ("clearance_threshold", fixed(double_long(0))),
                ("aggregated_debt", fixed(double_long(0))),
                (
                    "credit_reference_list",
                    fixed(array(octet_string(_CREDIT_LN), octet_string(_EMERGENCY_LN))),
                ),
                (
                    "charge_reference_list",
                    fixed(array(octet_string(_CHARGE_LN), octet_string(_STANDING_LN))),
                ),
            ),
            first=3,
        ),
        Attribute(
            index=11,
            name="credit_charge_configuration",
            read=_configuration,
            readers=KNOWN_CLIENTS,
            write=_set_configuration,
            writers=MANAGEMENT,
            types=frozenset({DataType.ARRAY}),
        ),
        *columns(
            (
                (
                    "token_gateway_configuration",
                    fixed(array(structure(octet_string(_CREDIT_LN), unsigned(100)))),
                ),
                ("account_activation_time", fixed(NEVER)),
                ("account_closure_time", fixed(NEVER)),
                ("currency", _currency),
            ),
            first=12,
        ),
        threshold("low_credit_threshold", 16, _LOW_CREDIT),
        *columns(
            (
                (
                    "next_credit_available_threshold",
                    lambda meter: amount(meter.product.payment.emergency_threshold),
                ),
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
)


def _token_time(meter: Meter) -> Data:
    entered = meter.gateway.time
    if entered is None:
        return NEVER
    return octet_string(DateTime.from_datetime(entered, deviation_min=meter.clock.deviation_min).to_bytes())


def _token_status(meter: Meter) -> Data:
    """Return status_code and data_value; the latter holds the meter's number of the STS result in 8 bits."""
    return token_status(int(meter.gateway.status), meter.gateway.result_number)


def _enter(meter: Meter, value: Data) -> None:
    """Take a token; its result is for token_status. Refuse while another token is being processed."""
    if not meter.function_control.serves(_GATEWAY.class_id, TOKEN_GATEWAY):
        raise AccessError(DataAccessResult.READ_WRITE_DENIED)
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

PAYMENT: tuple[CosemObject, ...] = (_ACCOUNT, *CREDITS, *CHARGES, _GATEWAY, _STS)
