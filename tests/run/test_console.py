"""The line a verdict prints."""

from __future__ import annotations

from typing import Any

import pytest

from bench.record.model import Kind, Outcome, Requirement, Topic, Verdict
from bench.run.console import line, safety_rules


def verdict(**changes: Any) -> Verdict:
    base: dict[str, Any] = {
        "case": "accuracy/load_point/Ib-pf1",
        "position": "1",
        "outcome": Outcome.PASSED,
        "requirement": Requirement(
            document="IEC 62053-21",
            edition="2003",
            clause="8.1",
            topic=Topic.ACCURACY,
            kind=Kind.STANDARD,
            status="V1",
        ),
        "judge": "accuracy.load-point/1",
        "measured": -0.104,
        "limit": 1.0,
        "unit": "%",
        "u95": 0.036,
        "decision_rule": "four-way",
        "reason": "within the limit",
        "evidence": ("O1",),
    }
    return Verdict(**{**base, **changes})


def test_a_load_point_shows_value_limit_uncertainty_and_margin() -> None:
    text, markup = line(verdict())
    words = " ".join(text.split())
    assert words == "PASSED accuracy/load_point/Ib-pf1 [1] -0.104 % limit ±1 U95 0.036 margin +0.896"
    assert markup == {"green": True}


def test_a_failed_load_point_has_a_negative_margin_and_says_why() -> None:
    text, markup = line(verdict(outcome=Outcome.FAILED, measured=1.6, reason="beyond the limit"))
    assert "margin -0.600" in text
    assert text.endswith("beyond the limit")
    assert markup["red"]


def test_a_value_without_uncertainty_shows_none() -> None:
    text, _ = line(verdict(u95=None))
    assert "U95" not in text


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.PASSED])
def test_whatever_is_no_plain_pass_says_its_whole_reason(outcome: Outcome) -> None:
    reason = "because " + "it is so " * 30 + "in the end"
    text, _ = line(verdict(outcome=outcome, measured=None, limit=None, unit="", reason=reason))
    assert text.startswith(outcome.value)
    assert text.endswith("in the end")


def test_a_pass_keeps_to_one_line() -> None:
    text, _ = line(verdict(measured=None, limit=None, unit="", reason="word " * 100))
    assert len(text) < 175
    assert text.endswith("...")


@pytest.mark.parametrize(
    ("outcomes", "lines"),
    [
        ({}, []),
        ({"A1": "PASSED", "A7": "PASSED"}, ["project rule A1: kept", "project rule A7: kept"]),
        (
            {"A1": "FAILED"},
            ["PROJECT RULE A1 BREACHED (no requirement of a standard): dual/A1"],
        ),
        ({"A2": "FAILED", "A7": "INCONCLUSIVE"}, []),
    ],
)
def test_safety_rules_are_told_on_lines_of_their_own(outcomes: dict[str, str], lines: list[str]) -> None:
    verdicts = [
        verdict(
            case=f"dual/{rule}",
            outcome=Outcome(word),
            requirement=Requirement(
                document="meterbench project rules",
                edition="1",
                clause=f"{rule} something",
                topic=Topic.SUPPLY,
                kind=Kind.PROJECT,
                status="project rule",
            ),
        )
        for rule, word in outcomes.items()
    ]
    assert safety_rules(verdicts) == lines
