"""Meter identity: decoder reference number, meter PAN and their check digits (IEC 62055-41 6.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bench.protocols.sts.errors import FieldError, check_digits

PAN_DIGITS = 18
_SERIAL_DIGITS = 8
#: Issuer identification number -> length of the DRN that follows it. Two-digit manufacturer codes live under
#: 600727, four-digit ones under 0000 (IEC 62055-41 6.1.2).
DRN_DIGITS = {"600727": 11, "0000": 13}
_ISSUER_OF_MANUFACTURER_DIGITS = {2: "600727", 4: "0000"}


def luhn_check_digit(payload: str) -> str:
    """Return the Luhn check digit of decimal digits: the rightmost payload digit is doubled first."""
    total = 0
    for position, character in enumerate(reversed(payload)):
        digit = int(character) * (2 if position % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def check_drn(drn: str) -> str:
    """Return a decoder reference number of 11 or 13 digits if its check digit is right.

    Raises `FieldError` otherwise.
    """
    if len(drn) not in DRN_DIGITS.values():
        raise FieldError("DRN", f"11 or 13 digits expected, {len(drn)} given")
    check_digits("DRN", drn, len(drn))
    expected = luhn_check_digit(drn[:-1])
    if drn[-1] != expected:
        raise FieldError("DRN", f"check digit {drn[-1]} is wrong, {expected} expected")
    return drn


@dataclass(frozen=True, slots=True)
class MeterPan:
    """A meter primary account number: issuer, decoder reference number, check digit; 18 digits.

    Building one checks the length, the issuer and both check digits; raises `FieldError`.
    """

    digits: str

    def __post_init__(self) -> None:
        check_digits("meter PAN", self.digits, PAN_DIGITS)
        if self.digits[:6] not in DRN_DIGITS and self.digits[:4] not in DRN_DIGITS:
            raise FieldError("meter PAN", f"issuer {self.digits[:6]} is neither 600727 nor 0000")
        expected = luhn_check_digit(self.digits[:-1])
        if self.digits[-1] != expected:
            raise FieldError("meter PAN", f"check digit {self.digits[-1]} is wrong, {expected} expected")
        try:
            check_drn(self.drn)
        except FieldError as error:
            raise FieldError("meter PAN", f"in its DRN {self.drn} the {error.problem}") from error

    def __str__(self) -> str:
        return self.digits

    @property
    def issuer(self) -> str:
        """Issuer identification number: 600727 or 0000."""
        return "600727" if self.digits.startswith("600727") else "0000"

    @property
    def drn(self) -> str:
        """Decoder reference number, the number printed on the meter: 11 or 13 digits."""
        return self.digits[len(self.issuer) : -1]

    @property
    def manufacturer_code(self) -> str:
        """The two or four digits of the manufacturer."""
        return self.drn[: -_SERIAL_DIGITS - 1]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the PAN typed by a person; spaces and hyphens are dropped."""
        return cls("".join(text.split()).replace("-", ""))

    @classmethod
    def from_drn(cls, drn: str) -> Self:
        """Return the PAN of a decoder reference number of 11 or 13 digits."""
        check_drn(drn)
        issuer = next(issuer for issuer, length in DRN_DIGITS.items() if length == len(drn))
        return cls(issuer + drn + luhn_check_digit(issuer + drn))

    @classmethod
    def from_serial(cls, manufacturer_code: str, serial_number: str) -> Self:
        """Return the PAN of a manufacturer code (2 or 4 digits) and a decoder serial number (8 digits)."""
        if len(manufacturer_code) not in _ISSUER_OF_MANUFACTURER_DIGITS:
            raise FieldError("manufacturer code", f"2 or 4 digits expected, {len(manufacturer_code)} given")
        check_digits("manufacturer code", manufacturer_code, len(manufacturer_code))
        body = manufacturer_code + check_digits("serial number", serial_number, _SERIAL_DIGITS)
        return cls.from_drn(body + luhn_check_digit(body))
