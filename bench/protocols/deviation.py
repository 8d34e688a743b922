"""What a strict decoder says about octets that do not follow the rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.protocols.rules import RULES, Grade


@dataclass(frozen=True, slots=True)
class Deviation:
    """One departure from a rule: the octet offset where it shows, the rule's id, and what was found.

    Offsets count from 0 at the first octet given to the decoder.
    """

    offset: int
    rule: str
    detail: str = ""

    @property
    def text(self) -> str:
        """Return what the rule says."""
        return RULES[self.rule].text

    @property
    def grade(self) -> Grade:
        """Return whether this violates the rule or is merely unusual."""
        return RULES[self.rule].grade

    @property
    def status(self) -> str:
        """Return how sure the rule is: V confirmed by a vector, R recalled or derived."""
        return RULES[self.rule].status

    def shifted(self, octets: int) -> Deviation:
        """Return the same deviation, counted from ``octets`` earlier (for APDUs inside a frame)."""
        return Deviation(self.offset + octets, self.rule, self.detail)

    def __str__(self) -> str:
        found = f" ({self.detail})" if self.detail else ""
        return f"octet {self.offset}: {self.rule}: {self.text}{found}"


class DecodeError(ValueError):
    """Octets that cannot be decoded any further; names the octet offset and the rule."""

    def __init__(self, offset: int, rule: str, detail: str = "") -> None:
        self.deviation = Deviation(offset, rule, detail)
        super().__init__(str(self.deviation))

    @property
    def offset(self) -> int:
        """Return the octet offset where decoding stopped."""
        return self.deviation.offset

    @property
    def rule(self) -> str:
        """Return the id of the rule that was broken."""
        return self.deviation.rule


def violations(deviations: Iterable[Deviation]) -> tuple[Deviation, ...]:
    """Return those deviations that a rule forbids, leaving out the merely unusual ones."""
    return tuple(deviation for deviation in deviations if deviation.grade is Grade.VIOLATION)
