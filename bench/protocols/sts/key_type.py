"""Key types, what each may do, and which may replace which (IEC 62055-41 6.5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from bench.protocols.sts.errors import FieldError


class KeyType(IntEnum):
    """Type (KT) of a decoder key."""

    INITIALISATION = 0
    DEFAULT = 1
    UNIQUE = 2
    COMMON = 3

    @property
    def abbreviation(self) -> str:
        """The name of the decoder key in the standard: DITK, DDTK, DUTK or DCTK."""
        return _ABBREVIATION[self]

    @property
    def allows_credit(self) -> bool:
        """Whether a credit token may be used under such a key; under a DDTK it is a DDTKError."""
        return self is not KeyType.DEFAULT

    @classmethod
    def parse(cls, text: str | int) -> Self:
        """Return the key type for "2", 2 or "DUTK"; raise `FieldError` for any other."""
        wanted = str(text).strip().upper()
        for member in cls:
            if wanted in (str(member.value), _ABBREVIATION[member]):
                return member
        raise FieldError("key type", f"'{text}' is not one of 0, 1, 2, 3")


_ABBREVIATION: dict[int, str] = {0: "DITK", 1: "DDTK", 2: "DUTK", 3: "DCTK"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTypeChange:
    """Whether a key of one type may be replaced by one of another, and how sure that is.

    ``status`` V1: IEC text and firmware agree; K: engineering knowledge, not confirmed.
    """

    current: KeyType
    new: KeyType
    status: str
    magnetic_card_only: bool = False


def _change(current: int, new: int, status: str, *, magnetic_card_only: bool = False) -> KeyTypeChange:
    return KeyTypeChange(
        current=KeyType(current), new=KeyType(new), status=status, magnetic_card_only=magnetic_card_only
    )


#: Every change that is allowed; a change not listed is a KeyTypeError and the meter keeps its key.
ALLOWED_KEY_TYPE_CHANGES = (
    _change(0, 1, "V1"),
    _change(0, 2, "V1"),
    _change(0, 3, "V1", magnetic_card_only=True),
    _change(1, 1, "K"),
    _change(1, 2, "K"),
    _change(2, 1, "V1"),
    _change(2, 2, "V1"),
    _change(3, 1, "K", magnetic_card_only=True),
    _change(3, 3, "V1", magnetic_card_only=True),
)


def key_type_change(current: KeyType, new: KeyType) -> KeyTypeChange | None:
    """Return the rule that allows a change of key type, or None where it is a KeyTypeError."""
    return next((row for row in ALLOWED_KEY_TYPE_CHANGES if (row.current, row.new) == (current, new)), None)
