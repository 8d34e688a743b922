"""How an outcome looks: word, mark and colour, the same in tables, curves and print.

Marks differ by shape, so that a black-and-white copy and a colour-blind reader lose nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.record.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeStyle:
    """``allure`` is the status of design §3: passed, failed, broken or skipped."""

    word: str
    mark: str
    colour: str
    allure: str

    @property
    def css(self) -> str:
        return self.word.lower().replace(" ", "-")


STYLES = {
    Outcome.FAILED: OutcomeStyle(word="FAILED", mark="✕", colour="#b3321a", allure="failed"),
    Outcome.CONDITIONAL_FAIL: OutcomeStyle(
        word="CONDITIONAL FAIL", mark="◆", colour="#8a5a00", allure="passed"
    ),
    Outcome.CONDITIONAL_PASS: OutcomeStyle(
        word="CONDITIONAL PASS", mark="◇", colour="#8a5a00", allure="passed"
    ),
    Outcome.INCONCLUSIVE: OutcomeStyle(word="INCONCLUSIVE", mark="△", colour="#4a4a4a", allure="skipped"),
    Outcome.ERROR: OutcomeStyle(word="ERROR", mark="▲", colour="#6b3fa0", allure="broken"),
    Outcome.PASSED: OutcomeStyle(word="PASSED", mark="●", colour="#1f4e79", allure="passed"),
    Outcome.NOT_RUN: OutcomeStyle(word="NOT RUN", mark="–", colour="#4a4a4a", allure="skipped"),
    Outcome.INAPPLICABLE: OutcomeStyle(word="INAPPLICABLE", mark="·", colour="#4a4a4a", allure="skipped"),
}

#: Order of reading: what needs attention first.
READING_ORDER = tuple(STYLES)

#: Outcomes a reader must look at, in the order the report shows them.
DEVIATIONS = (
    Outcome.FAILED,
    Outcome.CONDITIONAL_FAIL,
    Outcome.CONDITIONAL_PASS,
    Outcome.INCONCLUSIVE,
    Outcome.ERROR,
)
