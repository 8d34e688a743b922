"""The 20 digits of a token, its 66-bit value, and the two class bits hidden in it (IEC 62055-41 6.2)."""

from __future__ import annotations

from bench.protocols.sts.errors import FieldError, check_range

DIGITS = 20
MAXIMUM_VALUE = (1 << 66) - 1
_BLOCK_MASK = (1 << 64) - 1
_CLASS_SHIFT = 27
_CLASS_MASK = 0b11 << _CLASS_SHIFT


def parse_digits(text: str) -> str:
    """Return the 20 digits of a token typed by a person; spaces and hyphens between groups are dropped.

    Raises `FieldError` for other characters, for another count of digits, and for a number above 2^66 - 1
    (no STS token; such numbers are UTRN or other systems).
    """
    digits = "".join(text.split()).replace("-", "")
    strange = next((character for character in digits if character not in "0123456789"), None)
    if strange is not None:
        raise FieldError("token", f"only digits are allowed, found '{strange}'")
    if len(digits) != DIGITS:
        raise FieldError("token", f"{DIGITS} digits expected, {len(digits)} given")
    if int(digits) > MAXIMUM_VALUE:
        raise FieldError("token", f"not an STS token, because it is larger than {MAXIMUM_VALUE}")
    return digits


def value_of(digits: str) -> int:
    """Return the 66-bit value of a token's digits; raises `FieldError` as `parse_digits` does."""
    if len(digits) == DIGITS and digits.isascii() and digits.isdigit():
        value = int(digits)
        if value <= MAXIMUM_VALUE:
            return value
    return int(parse_digits(digits))


def digits_of(value: int) -> str:
    """Return the 20 digits of a 66-bit value."""
    return f"{check_range('token value', value, 0, MAXIMUM_VALUE):0{DIGITS}d}"


def grouped(digits: str) -> str:
    """Return a token's digits in the usual five groups of four."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def insert_class(block: int, token_class: int) -> int:
    """Return the 66-bit value of a 64-bit block and its class.

    The class takes the places of bits 28 and 27, which move to bits 65 and 64.
    """
    check_range("token class", token_class, 0, 3)
    check_range("token block", block, 0, _BLOCK_MASK)
    displaced = (block & _CLASS_MASK) >> _CLASS_SHIFT
    return displaced << 64 | (block & ~_CLASS_MASK) | token_class << _CLASS_SHIFT


def extract_class(value: int) -> tuple[int, int]:
    """Return (class, 64-bit block) of a 66-bit value: the inverse of `insert_class`."""
    check_range("token value", value, 0, MAXIMUM_VALUE)
    token_class = (value & _CLASS_MASK) >> _CLASS_SHIFT
    block = (value & _BLOCK_MASK & ~_CLASS_MASK) | (value >> 64) << _CLASS_SHIFT
    return token_class, block
