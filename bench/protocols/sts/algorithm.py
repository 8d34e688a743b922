"""Encryption and key generation algorithms of the standard, by their code."""

from __future__ import annotations

from enum import StrEnum
from typing import Self, TypeVar

from bench.protocols.sts.errors import FieldError

_Code = TypeVar("_Code", bound=StrEnum)


class Algorithm(StrEnum):
    """Encryption algorithm (EA) of a meter: the cipher of its tokens."""

    EA07 = "EA07"
    EA11 = "EA11"

    @property
    def code(self) -> str:
        """The two digits as they stand in the DKGA04 data block."""
        return self.value[2:]

    @property
    def key_octets(self) -> int:
        """Length of the decoder key in octets."""
        return _KEY_OCTETS[self]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the algorithm named "EA07", "07", "7" or "ea11"; raise `FieldError` for any other."""
        code = _code(text, "EA")
        if code == "09":
            raise FieldError(
                "encryption algorithm",
                "EA09 (DEA) is deprecated and has no public test data; use EA07 or EA11",
            )
        return _member(cls, "EA", code, text, "encryption algorithm")


class Dkga(StrEnum):
    """Decoder key generation algorithm: how a vending key becomes the key of one meter."""

    DKGA02 = "DKGA02"
    DKGA04 = "DKGA04"

    @property
    def code(self) -> str:
        """The two digits as they stand in the DKGA04 data block."""
        return self.value[4:]

    @property
    def vending_key_octets(self) -> int:
        """Length of the vending key in octets."""
        return _VENDING_KEY_OCTETS[self]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the algorithm named "DKGA04", "04" or "4"; raise `FieldError` for any other."""
        code = _code(text, "DKGA")
        if code in ("01", "03"):
            raise FieldError(
                "key generation algorithm",
                f"DKGA{code} is a legacy algorithm without public test data; use DKGA02 or DKGA04",
            )
        return _member(cls, "DKGA", code, text, "key generation algorithm")


_KEY_OCTETS = {Algorithm.EA07: 8, Algorithm.EA11: 16}
_VENDING_KEY_OCTETS = {Dkga.DKGA02: 8, Dkga.DKGA04: 20}


def _code(text: str, prefix: str) -> str:
    return text.strip().upper().removeprefix(prefix).zfill(2)


def _member(kind: type[_Code], prefix: str, code: str, text: str, field: str) -> _Code:
    try:
        return kind(f"{prefix}{code}")
    except ValueError:
        known = " or ".join(member.value for member in kind)
        raise FieldError(field, f"'{text}' is not known; use {known}") from None
