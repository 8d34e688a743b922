"""Currency amounts: a sign, a 5-bit exponent and a 14-bit mantissa (IEC 62055-41 6.3.6).

Values are signed integers in units of 0.00001 of the base currency.
"""

from __future__ import annotations

from bench.protocols.sts.amount import decode_field, encode_rounding_up, exponent_base
from bench.protocols.sts.errors import FieldError, check_range

_EXPONENTS = range(32)
_SIGN_SHIFT = 19
_MAGNITUDE_MASK = (1 << _SIGN_SHIFT) - 1

MAXIMUM_LEAST_UNITS = 10**31 * ((1 << 14) - 1) + exponent_base(31)


def encode_currency(least_units: int) -> int:
    """Return the 20-bit field of a currency amount, rounded in favour of the customer.

    Positive amounts round up, negative ones towards zero. Raises `FieldError` beyond plus or minus
    `MAXIMUM_LEAST_UNITS`.
    """
    magnitude = abs(least_units)
    if magnitude > MAXIMUM_LEAST_UNITS:
        raise FieldError("amount", "larger than a currency token can carry")
    field = encode_rounding_up(magnitude, _EXPONENTS)
    if least_units >= 0:
        return field
    if decode_field(field) > magnitude:
        # The fields are in the order of their values, so the one before is the next smaller amount.
        field -= 1
    return 1 << _SIGN_SHIFT | field


def decode_currency(field: int) -> int:
    """Return the signed amount in 0.00001 currency units that a 20-bit field stands for."""
    check_range("currency field", field, 0, (1 << 20) - 1)
    magnitude = decode_field(field & _MAGNITUDE_MASK)
    return -magnitude if field >> _SIGN_SHIFT else magnitude
