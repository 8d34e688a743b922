"""How sure we are of the commands a driver sends, so that a report can say so.

A: vendor source or manual, or two independent users agree. B: one text or program used on the real
instrument. C: general knowledge, to be checked with the manual before it is trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Confidence(StrEnum):
    """The letter of one command or of a whole driver."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainLeaf:
    """A command, or the reading of its meaning, that is not certain."""

    leaf: str
    confidence: Confidence
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandConfidence:
    """The summary of a driver, and every leaf that is below A."""

    summary: Confidence
    uncertain: tuple[UncertainLeaf, ...] = ()
