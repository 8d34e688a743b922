"""Judges by id, and what the status of a number allows them to say."""

from __future__ import annotations

import pytest

from bench.judgement.plan_rules import PlanRules
from bench.judgement.registry import judge, judge_by_id, latest, load_judges
from bench.judgement.status_rule import as_status_allows
from bench.metrology.decision import DecisionRule
from bench.record.model import Judgement, Kind, Outcome, Requirement, Topic


def requirement(status: str) -> Requirement:
    return Requirement(
        document="d", edition="e", clause="c", topic=Topic.ACCURACY, kind=Kind.STANDARD, status=status
    )


def test_the_judges_of_this_room_are_found_by_id() -> None:
    for name in (
        "accuracy.load-point",
        "accuracy.no-load",
        "accuracy.starting-current",
        "accuracy.meter-constant",
        "dual.energy-closure",
    ):
        assert judge_by_id(f"{name}/1").id == f"{name}/1"
        assert latest(name) == f"{name}/1"
        assert f"{name}/1" in load_judges()


def test_an_unknown_judge() -> None:
    with pytest.raises(KeyError):
        judge_by_id("accuracy.load-point/99")
    with pytest.raises(KeyError):
        latest("accuracy.nothing")


def test_two_judges_cannot_share_an_id() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        judge("accuracy.load-point", version=1)(lambda *_: Judgement(outcome=Outcome.PASSED, reason=""))


@pytest.mark.parametrize(
    ("status", "outcome", "note"),
    [
        ("V1", Outcome.FAILED, ""),
        ("V2", Outcome.FAILED, ""),
        ("project rule", Outcome.FAILED, ""),
        ("R", Outcome.FAILED, "provisional"),
        ("E", Outcome.FAILED, "provisional"),
        ("to be confirmed", Outcome.FAILED, "provisional"),
        ("U", Outcome.CONDITIONAL_FAIL, "not verified"),
    ],
)
def test_what_a_failure_may_be_called(status: str, outcome: Outcome, note: str) -> None:
    said = as_status_allows(Judgement(outcome=Outcome.FAILED, reason="too fast"), requirement(status))
    assert said.outcome is outcome
    assert (said.reason == "too fast") == (note == "")
    assert note in said.reason
    assert as_status_allows(said, requirement(status)).reason == said.reason


def test_the_rules_of_a_plan_survive_the_session() -> None:
    rules = PlanRules(name="full", decision_rule=DecisionRule.GUARD_BAND, guard_band=0.83)
    assert PlanRules.from_json({**rules.to_json(), "hash": "abc"}) == rules
    assert PlanRules.from_json({"name": "x", "decision_rule": "simple"}).decision_rule is DecisionRule.SIMPLE
