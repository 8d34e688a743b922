"""Slot ``key_change``: the sections of a key change set, held until the set is complete (sts.md 7.4).

Sections come in any order and by any carrier. Nothing happens before the last one; then key, parameters and,
with the roll-over bit, the TID store change in one atomic write. The sections carry no number of their set, so
a meter cannot know that two of them belong together. What the bits do show is checked: a second section of a
kind with other contents, a supply group section against a first section that announces none, a supply group
code joined from two halves that is none. Then everything held is dropped, and the set has to be entered anew.

Sections live in RAM: a power cut drops them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.fields import (
    KeyChangeFirst,
    KeyChangeFourth,
    KeyChangeSecond,
    KeyChangeSection,
    KeyChangeSupplyGroup,
    KeyChangeThird,
)
from bench.protocols.sts.key_change import KeyChange, join_sections
from bench.protocols.sts.key_type import KeyType, key_type_change
from reference_meter.payment.token_result import KEY_CHANGE_HELD, TokenResult

if TYPE_CHECKING:
    from reference_meter.meter import Meter

SECTION_NUMBER: dict[type[KeyChangeSection], int] = {
    KeyChangeFirst: 1,
    KeyChangeSecond: 2,
    KeyChangeSupplyGroup: 3,
    KeyChangeThird: 3,
    KeyChangeFourth: 4,
}
_SECTIONS_WITHOUT_SUPPLY_GROUP = 2
_SUPPLY_GROUP_DIGITS = 6
_KEY_REVISIONS = range(1, 10)
_TARIFF_INDICES = range(100)


class KeyChangeStaging:
    """Hold sections, and change the key when they are a set."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.sections: dict[int, KeyChangeSection] = {}
        self._since_s = 0.0

    def take(self, section: KeyChangeSection) -> TokenResult:
        """Take one section; return that it is held, what became of the whole set, or why it is refused."""
        self.drop_expired()
        refusal = self.unsupported(section)
        if refusal is not None:
            return refusal
        if self.contradicts(section):
            self.sections.clear()
            return TokenResult.FORMAT_ERROR
        if not self.sections:
            self._since_s = self.meter.board.now()
        number = SECTION_NUMBER[type(section)]
        self.sections[number] = section
        change = join_sections(self.sections.values(), self.meter.decoder_key.algorithm)
        if change is None:
            return KEY_CHANGE_HELD[number - 1]
        self.sections.clear()
        refusal = self.refusal_of(change)
        if refusal is not None:
            return refusal
        self.commit(change)
        return TokenResult.ACCEPT

    def drop_expired(self) -> None:
        """Forget sections that have waited longer than the time limit."""
        if self.meter.board.now() - self._since_s > self.meter.product.sts.key_change_time_limit_s:
            self.sections.clear()

    def unsupported(self, section: KeyChangeSection) -> TokenResult | None:
        """Return why this meter has no use for a section, or None."""
        number, longest = SECTION_NUMBER[type(section)], self.meter.product.sts.no_of_kct_supported
        announces_third = isinstance(section, KeyChangeFirst) and section.third_section_follows
        if number > longest or (announces_third and longest <= _SECTIONS_WITHOUT_SUPPLY_GROUP):
            return TokenResult.FUNCTION_ERROR
        if isinstance(section, KeyChangeSupplyGroup) and section.pad:
            return TokenResult.FORMAT_ERROR
        return None

    def contradicts(self, section: KeyChangeSection) -> bool:
        """Return whether a section cannot belong to the set of those that are held."""
        held = self.sections.get(SECTION_NUMBER[type(section)])
        if held is not None and held != section:
            return True
        together = {type(part): part for part in (*self.sections.values(), section)}
        first = together.get(KeyChangeFirst)
        return (
            self.meter.decoder_key.algorithm is Algorithm.EA07
            and isinstance(first, KeyChangeFirst)
            and not first.third_section_follows
            and KeyChangeSupplyGroup in together
        )

    def refusal_of(self, change: KeyChange) -> TokenResult | None:
        """Return why a complete set is refused, or None. The old key stays then."""
        if change.key_revision_number not in _KEY_REVISIONS or change.tariff_index not in _TARIFF_INDICES:
            return TokenResult.RANGE_ERROR
        if change.supply_group_code is not None and len(change.supply_group_code) > _SUPPLY_GROUP_DIGITS:
            return TokenResult.RANGE_ERROR
        rule = key_type_change(KeyType(self.meter.decoder_key.key_type), KeyType(change.key_type))
        if rule is None or rule.magnetic_card_only:  # no carrier of this meter is a card
            return TokenResult.KEY_TYPE_ERROR
        return None

    def commit(self, change: KeyChange) -> None:
        """Change the key; a roll-over also empties the TID store. Credit and all else stay."""
        with self.meter.memory.together():
            self.meter.decoder_key.replace(change)
            if change.roll_over:
                self.meter.tid_store.clear()
