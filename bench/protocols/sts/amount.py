"""Transfer amounts and power limits: 16 bits of exponent and mantissa (IEC 62055-41 6.3.6).

All values are integers in least units: 0.1 kWh, 0.1 m3 or 0.1 min for credit, 1 W for power limits.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from bench.protocols.sts.errors import FieldError, check_range

_MANTISSA_BITS = 14
_MANTISSA_VALUES = 1 << _MANTISSA_BITS
_EXPONENTS = range(4)
#: Step of each exponent, up to the largest that currency amounts have.
_STEPS: tuple[int, ...] = tuple(10**exponent for exponent in range(32))


def exponent_base(exponent: int) -> int:
    """Return the first value of an exponent's range: the sum of 2^14 * 10^(n-1) for n = 1 to the exponent."""
    return _MANTISSA_VALUES * ((_STEPS[exponent] - 1) // 9)


_DECIMAL_PLACES = 60
MAXIMUM_LEAST_UNITS = _STEPS[3] * (_MANTISSA_VALUES - 1) + exponent_base(3)


def encode_amount(least_units: int) -> int:
    """Return the 16-bit field of an amount, rounded up to the next value the field can hold.

    IEC 62055-41 6.3.6 rounds in favour of the customer, so 16385 becomes 16394, never 16384. Raises
    `FieldError` outside 0 to 18 201 624.
    """
    check_range("amount (least units)", least_units, 0, MAXIMUM_LEAST_UNITS)
    return encode_rounding_up(least_units, _EXPONENTS)


def encode_rounding_up(least_units: int, exponents: range) -> int:
    """Return exponent and mantissa of the smallest representable value that is not below ``least_units``."""
    for exponent in exponents:
        # Below the base (in the gap under it) the mantissa is 0: max() and ceiling division in whole numbers.
        mantissa = max(0, -((exponent_base(exponent) - least_units) // _STEPS[exponent]))
        if mantissa < _MANTISSA_VALUES:
            return exponent << _MANTISSA_BITS | mantissa
    raise ValueError(f"{least_units} needs an exponent above {exponents[-1]}")


def decode_amount(field: int) -> int:
    """Return the amount in least units that a 16-bit field stands for."""
    check_range("amount field", field, 0, 0xFFFF)
    return decode_field(field)


def decode_field(field: int) -> int:
    """Return the value of exponent (the bits above 13) and mantissa (bits 13 to 0)."""
    exponent, mantissa = divmod(field, _MANTISSA_VALUES)
    return mantissa * _STEPS[exponent] + exponent_base(exponent)


def least_units_of(amount: str, exponent: int) -> int:
    """Return a decimal amount in whole least units of 10^``exponent``, rounded up.

    Up is in favour of the customer for a negative amount too. Raises `FieldError` for anything but a number
    of reasonable length.
    """
    try:
        value = Decimal(amount.strip())
    except InvalidOperation:
        raise FieldError("amount", f"a number expected, '{amount}' given") from None
    # The limit keeps the exact arithmetic below from running on numbers like 1e999999999.
    if not value.is_finite() or (value and not -_DECIMAL_PLACES <= value.adjusted() <= _DECIMAL_PLACES):
        raise FieldError("amount", f"'{amount}' is out of range")
    numerator, denominator = value.as_integer_ratio()
    return -(-numerator * _STEPS[-exponent] // denominator)


def round_up(least_units: int) -> int:
    """Return the amount a meter will credit when ``least_units`` are bought."""
    return decode_amount(encode_amount(least_units))
