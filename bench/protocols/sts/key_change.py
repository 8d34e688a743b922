"""Key change token sets: a new decoder key in two, three or four tokens (IEC 62055-41 6.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.errors import FieldError, check_digits, check_range
from bench.protocols.sts.fields import (
    KeyChangeFirst,
    KeyChangeFourth,
    KeyChangeSecond,
    KeyChangeSection,
    KeyChangeSupplyGroup,
    KeyChangeThird,
)
from bench.protocols.sts.keys import KeyParameters, check_decoder_key

NEVER_EXPIRES = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """What a complete set of key change tokens brings to a meter. All values are the new ones.

    ``supply_group_code`` is None in a set of two tokens, which does not carry it. ``roll_over`` tells the
    meter to clear its memory of token identifiers, because the base date changes.
    """

    new_key: bytes = field(repr=False)
    key_type: int
    key_revision_number: int
    tariff_index: int
    key_expiry_number: int = NEVER_EXPIRES
    roll_over: bool = False
    supply_group_code: str | None = None


def key_change_to(
    new: KeyParameters,
    new_key: bytes,
    *,
    current: KeyParameters,
    key_expiry_number: int = NEVER_EXPIRES,
    with_supply_group: bool = False,
) -> KeyChange:
    """Return the change from the current key of a meter to a new one.

    The roll-over bit is set exactly when the base date differs. Sets for 128-bit keys always carry the supply
    group code; those for 64-bit keys do if ``with_supply_group``.
    """
    if new.algorithm is not current.algorithm:
        raise FieldError("encryption algorithm", "a key change cannot change the cipher of a meter")
    return KeyChange(
        new_key=new_key,
        key_type=new.key_type,
        key_revision_number=new.key_revision_number,
        tariff_index=new.tariff_index,
        key_expiry_number=key_expiry_number,
        roll_over=new.base_date is not current.base_date,
        supply_group_code=new.supply_group_code
        if with_supply_group or new.algorithm is Algorithm.EA11
        else None,
    )


def key_change_sections(change: KeyChange, algorithm: Algorithm) -> tuple[KeyChangeSection, ...]:
    """Return the sections of a set, in order; each is made into a token under the current key.

    Two for EA07, three with a supply group code, four for EA11. Raises `FieldError` for a key of the wrong
    length and for values outside their range.
    """
    check_decoder_key(change.new_key, algorithm)
    check_range("key expiry number", change.key_expiry_number, 0, NEVER_EXPIRES)
    check_range("key revision number", change.key_revision_number, 1, 9)
    check_range("tariff index", change.tariff_index, 0, 99)
    words = [
        int.from_bytes(change.new_key[start : start + 4], "big") for start in range(0, len(change.new_key), 4)
    ]
    first = KeyChangeFirst(
        ken_high=change.key_expiry_number >> 4,
        key_revision_number=change.key_revision_number,
        roll_over=change.roll_over,
        third_section_follows=algorithm is Algorithm.EA07 and change.supply_group_code is not None,
        key_type=change.key_type,
        key_part=words[0],
    )
    second = KeyChangeSecond(
        ken_low=change.key_expiry_number & 0xF, tariff_index=change.tariff_index, key_part=words[-1]
    )
    if algorithm is Algorithm.EA07:
        if change.supply_group_code is None:
            return first, second
        return first, second, KeyChangeSupplyGroup(supply_group_code=_supply_group_number(change))
    # A 128-bit key is NKHO, NKMO2, NKMO1, NKLO; subclass 8 carries NKMO2, the second word.
    supply_group = _supply_group_number(change)
    return (
        first,
        second,
        KeyChangeThird(supply_group_low=supply_group & 0xFFF, key_part=words[1]),
        KeyChangeFourth(supply_group_high=supply_group >> 12, key_part=words[2]),
    )


def join_sections(sections: Iterable[KeyChangeSection], algorithm: Algorithm) -> KeyChange | None:
    """Return the change that sections in any order make up, or None while the set is incomplete.

    Of two sections of one kind the later counts. Values are returned as they stand in the tokens; whether
    they are in range is for the meter to judge.
    """
    by_kind = {type(section): section for section in sections}
    first, second = by_kind.get(KeyChangeFirst), by_kind.get(KeyChangeSecond)
    if not isinstance(first, KeyChangeFirst) or not isinstance(second, KeyChangeSecond):
        return None
    words = [first.key_part, second.key_part]
    supply_group: int | None = None
    if algorithm is Algorithm.EA11:
        third, fourth = by_kind.get(KeyChangeThird), by_kind.get(KeyChangeFourth)
        if not isinstance(third, KeyChangeThird) or not isinstance(fourth, KeyChangeFourth):
            return None
        words[1:1] = [third.key_part, fourth.key_part]
        supply_group = fourth.supply_group_high << 12 | third.supply_group_low
    elif first.third_section_follows:
        group = by_kind.get(KeyChangeSupplyGroup)
        if not isinstance(group, KeyChangeSupplyGroup):
            return None
        supply_group = group.supply_group_code
    return KeyChange(
        new_key=b"".join(word.to_bytes(4, "big") for word in words),
        key_type=first.key_type,
        key_revision_number=first.key_revision_number,
        tariff_index=second.tariff_index,
        key_expiry_number=first.ken_high << 4 | second.ken_low,
        roll_over=first.roll_over,
        supply_group_code=None if supply_group is None else f"{supply_group:06d}",
    )


def _supply_group_number(change: KeyChange) -> int:
    if change.supply_group_code is None:
        raise FieldError("supply group code", "a set for a 128-bit key has to carry it")
    return int(check_digits("supply group code", change.supply_group_code, 6))
