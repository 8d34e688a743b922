"""Credits (Blue Book class 112): the token credit, and the emergency credit that a customer may draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, bit_string, double_long, enum, unsigned
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.amounts import DOUBLE_LONG, NEVER, amount
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
from reference_meter.payment.account import EmergencyCredit

if TYPE_CHECKING:
    from reference_meter.meter import Meter

CREDIT, EMERGENCY_CREDIT = "0-0:19.10.0", "0-0:19.10.1"
_TOKEN, _EMERGENCY = 0, 2
_ENABLED, _SELECTABLE, _INVOKED, _IN_USE, _EXHAUSTED = range(5)
_RECEIVES_TOKENS = "00001"
_CONFIRMED_AND_PAID_BACK = "01100"
"""credit_configuration: visual, confirmation, paid back, resettable, receives tokens."""
_DEFAULT_THRESHOLD_WH = 1000
_WARNING = "dlms.warning_threshold_wh"


def threshold(name: str, index: int, record: str) -> Attribute:
    """Return an attribute that management sets, kept in the memory chip; it only informs."""

    def read(meter: Meter) -> Data:
        return double_long(stored_threshold(meter, record))

    def write(meter: Meter, value: Data) -> None:
        meter.memory.put(record, value.number())

    return Attribute(
        index=index,
        name=name,
        read=read,
        readers=KNOWN_CLIENTS,
        write=write,
        writers=MANAGEMENT,
        types=DOUBLE_LONG,
    )


def stored_threshold(meter: Meter, record: str) -> int:
    """Return a threshold as set, or as it is from the factory."""
    stored: int | None = meter.memory.get(record)
    return _DEFAULT_THRESHOLD_WH if stored is None else stored


def token_credit_status(meter: Meter) -> int:
    """Return credit_status of the token credit."""
    return _IN_USE if meter.account.token_reading() > 0 else _EXHAUSTED


def emergency_credit_status(meter: Meter) -> int:
    """Return credit_status of the emergency credit."""
    account = meter.account
    if account.emergency is EmergencyCredit.USED_UP:
        return _EXHAUSTED
    if account.emergency is EmergencyCredit.INVOKED:
        return _IN_USE if account.reading() <= 0 else _INVOKED
    return _SELECTABLE if account.emergency_selectable() else _ENABLED


def _change_credit(meter: Meter, change_wh: float) -> None:
    account = meter.account
    if account.overflows(change_wh):
        raise AccessError(DataAccessResult.OTHER_REASON)
    with meter.memory.together():
        before = account.token_reading()
        if change_wh >= 0:
            account.add_wh(change_wh)
        else:
            account.debit_wh(-change_wh)
        account.record_change(before, actor="remote")


def _update_amount(meter: Meter, value: Data) -> None:
    _change_credit(meter, value.number() * meter.account.wh_per_unit)


def _set_amount(meter: Meter, value: Data) -> None:
    """Set the token credit, to the last fraction."""
    account = meter.account
    emergency = (account.emergency_reading() - account.emergency_preset) * account.wh_per_unit
    _change_credit(meter, value.number() * account.wh_per_unit - (account.balance_wh() - emergency))


def _invoke_emergency(meter: Meter, _value: Data) -> None:
    if not meter.account.draw_emergency(actor="remote"):
        raise AccessError(DataAccessResult.OTHER_REASON)


_TOKEN_CREDIT = cosem_object(
    112,
    0,
    CREDIT,
    "token credit",
    (
        *columns((
            ("current_credit_amount", lambda meter: amount(meter.account.token_reading())),
            ("credit_type", fixed(enum(_TOKEN))),
            ("priority", fixed(unsigned(1))),
        )),
        threshold("warning_threshold", 5, _WARNING),
        *columns(
            (
                ("limit", fixed(double_long(0))),
                ("credit_configuration", fixed(bit_string(_RECEIVES_TOKENS))),
                ("credit_status", lambda meter: enum(token_credit_status(meter))),
                ("preset_credit_amount", fixed(double_long(0))),
                ("credit_available_threshold", fixed(double_long(0))),
                ("period", fixed(NEVER)),
            ),
            first=6,
        ),
    ),
    methods=(
        Method(index=1, name="update_amount", invoke=_update_amount, users=MANAGEMENT, types=DOUBLE_LONG),
        Method(index=2, name="set_amount_to_value", invoke=_set_amount, users=MANAGEMENT, types=DOUBLE_LONG),
        Method(index=3, name="invoke_credit"),
    ),
)  # fmt: skip

_EMERGENCY_CREDIT = cosem_object(
    112,
    0,
    EMERGENCY_CREDIT,
    "emergency credit",
    columns((
        ("current_credit_amount", lambda meter: amount(meter.account.emergency_reading())),
        ("credit_type", fixed(enum(_EMERGENCY))),
        ("priority", fixed(unsigned(2))),
        ("warning_threshold", fixed(double_long(0))),
        ("limit", fixed(double_long(0))),
        ("credit_configuration", fixed(bit_string(_CONFIRMED_AND_PAID_BACK))),
        ("credit_status", lambda meter: enum(emergency_credit_status(meter))),
        ("preset_credit_amount", lambda meter: amount(meter.account.emergency_preset)),
        (
            "credit_available_threshold",
            lambda meter: amount(meter.product.payment.emergency_threshold),
        ),
        ("period", fixed(NEVER)),
    )),
    methods=(
        Method(index=1, name="update_amount"),
        Method(index=2, name="set_amount_to_value"),
        Method(
            index=3,
            name="invoke_credit",
            invoke=_invoke_emergency,
            users=MANAGEMENT,
            types=frozenset({DataType.INTEGER}),
        ),
    ),
)  # fmt: skip

CREDITS: tuple[CosemObject, ...] = (_TOKEN_CREDIT, _EMERGENCY_CREDIT)
