"""What Allure shows of a verdict in words: categories, messages, descriptions, labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from bench.record.model import Kind, Outcome, Topic, Verdict
from reports.citation import requirement_text
from reports.outcome_style import STYLES
from reports.source_status import source_status

Json = dict[str, Any]

OUT_OF_LIMITS = "Meter out of limits"
DEVIATES = "Meter deviates"
ADVISORY = "Advisory"
CONDITIONAL = "Conditional"
INCONCLUSIVE = "Inconclusive"
NOT_RUN = "Not run"
BENCH_FAULT = "Bench fault"
NOT_APPLICABLE = "Not applicable"

#: Categories and the Allure status their results have.
STATUS_OF_CATEGORY = {
    OUT_OF_LIMITS: "failed",
    DEVIATES: "failed",
    ADVISORY: "failed",
    CONDITIONAL: "passed",
    INCONCLUSIVE: "skipped",
    NOT_RUN: "skipped",
    BENCH_FAULT: "broken",
    NOT_APPLICABLE: "skipped",
}

_CATEGORY_OF_OUTCOME = {
    Outcome.CONDITIONAL_PASS: CONDITIONAL,
    Outcome.CONDITIONAL_FAIL: CONDITIONAL,
    Outcome.INCONCLUSIVE: INCONCLUSIVE,
    Outcome.INAPPLICABLE: NOT_APPLICABLE,
    Outcome.NOT_RUN: NOT_RUN,
    Outcome.ERROR: BENCH_FAULT,
}

#: Topics in which a failure is a quantity beyond its limit.
_METROLOGICAL = frozenset(
    {
        Topic.ACCURACY,
        Topic.INFLUENCE,
        Topic.NO_LOAD,
        Topic.START,
        Topic.CONSTANT,
        Topic.REGISTER,
        Topic.REACTIVE,
    }
)

SEVERITY = {
    Kind.STANDARD: "critical",
    Kind.DECLARED: "normal",
    Kind.PROJECT: "minor",
    Kind.ADVISORY: "trivial",
}


def category(verdict: Verdict) -> str:
    """Return the category a verdict belongs to, empty for a clear pass."""
    if verdict.outcome is Outcome.FAILED:
        if verdict.requirement.kind is Kind.ADVISORY:
            return ADVISORY
        return OUT_OF_LIMITS if verdict.requirement.topic in _METROLOGICAL else DEVIATES
    return _CATEGORY_OF_OUTCOME.get(verdict.outcome, "")


def message(verdict: Verdict) -> str:
    """Return the reason alone, behind its category.

    Allure sorts results into categories by status and message only, so the message has to begin with it.
    """
    name = category(verdict)
    return f"{name}: {verdict.reason}" if name else verdict.reason


def categories() -> list[Json]:
    """Return the contents of categories.json."""
    return [
        {"name": name, "matchedStatuses": [status], "messageRegex": rf"(?s){name}: .*"}
        for name, status in STATUS_OF_CATEGORY.items()
    ]


def description(verdict: Verdict) -> str:
    """Return the requirement, how sure its limit is, and who decided, as Markdown."""
    requirement = verdict.requirement
    status = source_status(requirement.status)
    lines = [
        f"**{STYLES[verdict.outcome].word}** on {requirement_text(requirement)} ({requirement.kind.value})",
        f"Source of the limit: {status.word}, {status.effect}. {status.meaning}",
        ", ".join(said for said in (verdict.decision_rule, f"judge {verdict.judge}") if said),
        f"Evidence: {', '.join(verdict.evidence) or 'none'}",
    ]
    return "\n\n".join(lines)


def label(name: str, value: str) -> Json:
    return {"name": name, "value": value}


def digest(*words: str) -> str:
    """Return a short stable key for words, as Allure uses for history and test case ids."""
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:32]


def properties(rows: Iterable[tuple[str, str]]) -> str:
    """Return a Java properties file, which is read as Latin-1; rows without a value are left out."""
    return "".join(f"{_escaped(name)}={_escaped(value)}\n" for name, value in rows if value)


def _escaped(words: str) -> str:
    line = " ".join(words.split()).replace("\\", "\\\\")
    return "".join(letter if letter.isascii() else f"\\u{ord(letter):04x}" for letter in line)
