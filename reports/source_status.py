"""What the source status of a limit means for a reader: the legend of the report."""

from __future__ import annotations

from dataclasses import dataclass

from bench.record.model import CONFIRMED_STATUS, UNVERIFIED_STATUS


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """A status word, what stands behind it, and what it does to a verdict."""

    word: str
    meaning: str

    @property
    def effect(self) -> str:
        if self.word in CONFIRMED_STATUS:
            return "confirmed"
        if self.word == "project rule":
            return "confirmed as a project rule"
        if self.word in UNVERIFIED_STATUS:
            return "provisional; never FAILED, at most conditional fail"
        return "provisional"


SOURCE_STATUS = (
    SourceStatus(word="V2", meaning="Verified: two independent public sources agree."),
    SourceStatus(
        word="V1R",
        meaning="Verified: one public source was read, and it agrees with recall of the standard.",
    ),
    SourceStatus(word="V1", meaning="Verified: one public source was read."),
    SourceStatus(
        word="V1x", meaning="Cross-checked: read in a sibling standard that carries the same number."
    ),
    SourceStatus(word="V", meaning="Verified: reproduced bit by bit with public test vectors."),
    SourceStatus(word="R", meaning="From recall of the standard: check against a bought copy."),
    SourceStatus(word="E", meaning="An engineering estimate; stands in no standard."),
    SourceStatus(word="K", meaning="Engineering knowledge, not confirmed by a text."),
    SourceStatus(word="C", meaning="Uncertain: general knowledge, not confirmed by any text read."),
    SourceStatus(word="to be confirmed", meaning="A second source is still missing."),
    SourceStatus(word="U", meaning="UNVERIFIED: inferred or half remembered."),
    SourceStatus(word="project rule", meaning="A rule of this project where no standard speaks."),
)

_BY_WORD = {status.word: status for status in SOURCE_STATUS}


def source_status(word: str) -> SourceStatus:
    """Return the legend entry of ``word``; a word nobody explained says so and stays provisional."""
    return _BY_WORD.get(word) or SourceStatus(word=word or "(none)", meaning="Not explained in this legend.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandConfidence:
    """How sure we are that an instrument understands the commands its driver sends."""

    letter: str
    meaning: str


COMMAND_CONFIDENCE = (
    CommandConfidence(
        letter="A", meaning="vendor source code or manual, or two independent users of the instrument"
    ),
    CommandConfidence(letter="B", meaning="one text or program used on the real instrument"),
    CommandConfidence(letter="C", meaning="general knowledge, not confirmed by a text"),
)
