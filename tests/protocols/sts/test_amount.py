"""Amounts: rounding in favour of the customer, gaps between the exponents, money."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.protocols.sts.amount import (
    MAXIMUM_LEAST_UNITS,
    decode_amount,
    encode_amount,
    least_units_of,
    round_up,
)
from bench.protocols.sts.currency import MAXIMUM_LEAST_UNITS as MAXIMUM_CURRENCY
from bench.protocols.sts.currency import decode_currency, encode_currency
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import TransferCredit, TransferCurrency

quick = settings(derandomize=True, database=None, max_examples=300)


@pytest.mark.parametrize(
    ("least_units", "field", "carried"),
    [
        (0, 0x0000, 0),
        (19, 0x0013, 19),
        (16383, 0x3FFF, 16383),
        (16384, 0x4000, 16384),
        (16385, 0x4001, 16394),  # rounding to nearest would give 0x4000
        (180214, 0x7FFF, 180214),
        (180215, 0x8000, 180224),  # the gap between two exponents
        (180225, 0x8001, 180324),
        (1818524, 0xBFFF, 1818524),
        (1818525, 0xC000, 1818624),
        (18201624, 0xFFFF, 18201624),
    ],
)
def test_amounts_round_up(least_units: int, field: int, carried: int) -> None:
    assert encode_amount(least_units) == field
    assert decode_amount(field) == carried


@pytest.mark.parametrize("least_units", [-1, 18201625])
def test_amounts_outside_the_field_are_refused(least_units: int) -> None:
    with pytest.raises(FieldError, match="amount"):
        encode_amount(least_units)


@pytest.mark.parametrize(
    ("text", "exponent", "least_units"),
    [
        ("1.82", -1, 19),  # 1.82 kWh bought is never less than 1.82 kWh credited
        ("0.1", -1, 1),
        ("25.6", -1, 256),
        ("0.30", -1, 3),
        ("1", -5, 100_000),
        ("-0.000015", -5, -1),
        ("1.82044E+14", -5, 18_204_400_000_000_000_000),
    ],
)
def test_decimal_amounts_become_least_units(text: str, exponent: int, least_units: int) -> None:
    assert least_units_of(text, exponent) == least_units


@pytest.mark.parametrize("text", ["", "abc", "nan", "inf", "1e999999999", "1e-999999999", "1,5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(FieldError, match="amount"):
        least_units_of(text, -1)


def test_every_field_stands_for_one_amount() -> None:
    assert all(encode_amount(decode_amount(field)) == field for field in range(0x10000))


@quick
@given(st.integers(0, MAXIMUM_LEAST_UNITS))
def test_no_customer_gets_less_than_bought(least_units: int) -> None:
    carried = round_up(least_units)
    assert carried >= least_units
    field = encode_amount(least_units)
    assert field == 0 or decode_amount(field - 1) < least_units


@pytest.mark.parametrize(
    ("least_units", "sign", "exponent", "mantissa"),
    [
        (100_000, 0, 1, 8362),  # +1 rounds up
        (-100_000, 1, 1, 8361),  # -1 rounds towards zero
        (18_204_400_000_000_000_000, 0, 16, 0),
        (-18_204_400_000_000_000_000, 1, 15, 16383),
    ],
)
def test_money_rounds_for_the_customer(least_units: int, sign: int, exponent: int, mantissa: int) -> None:
    assert encode_currency(least_units) == sign << 19 | exponent << 14 | mantissa


@quick
@given(st.integers(-MAXIMUM_CURRENCY, MAXIMUM_CURRENCY))
def test_money_is_never_less_than_meant(least_units: int) -> None:
    carried = decode_currency(encode_currency(least_units))
    assert carried >= least_units
    assert (carried < 0) <= (least_units < 0)
    assert encode_currency(carried) == encode_currency(least_units) or carried == 0


def test_too_much_money_is_refused() -> None:
    with pytest.raises(FieldError, match="amount"):
        encode_currency(MAXIMUM_CURRENCY + 1)


def test_amounts_in_units_are_exact() -> None:
    assert TransferCredit(tid=0, least_units=256).amount == Decimal("25.6")
    assert TransferCredit(tid=0, least_units=256).energy_wh == 25_600
    whole, hundred_thousandths = str(MAXIMUM_CURRENCY)[:-5], str(MAXIMUM_CURRENCY)[-5:]
    money = TransferCurrency(tid=0, least_units=MAXIMUM_CURRENCY).amount
    assert f"{money:f}" == f"{whole}.{hundred_thousandths}"
