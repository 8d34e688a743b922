"""Stories of one switch: what each rule says of them, told without any meter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.registry import Context, judge_by_id, latest
from bench.record.model import Judgement, Kind, Observation, Outcome, Requirement, Topic

OFF, ON, READY = 0, 1, 2
RULE = Requirement(
    document="project", edition="1", clause="A1", topic=Topic.SUPPLY, kind=Kind.PROJECT, status="project rule"
)
SUPPLY = {"control_mode": 6}
EMERGENCY = {"emergency": {"amount_wh": 2000, "threshold_wh": 1000}}
Said = Callable[..., Judgement]


@pytest.fixture
def said(observe: Callable[..., Observation], context_of: Callable[..., Context]) -> Said:
    def judge(name: str, data: dict[str, Any], **supply: Any) -> Judgement:
        context = context_of(supply={**SUPPLY, **supply}, payment=EMERGENCY)
        return judge_by_id(latest(name))([observe("supply-story", data)], RULE, context)

    return judge


def look(state: int, **changes: Any) -> dict[str, Any]:
    return {
        "time_s": 0.0,
        "live": state == ON,
        "output_state": state == ON,
        "control_state": state,
        "control_mode": 6,
        "credit_wh": 5000.0,
        "payment_mode": 2,
        "register_wh": 100.0,
        **changes,
    }


def story(*steps: tuple[str, dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """Return the data of a story: (action, with what, look after it); ten seconds a step."""
    done = [_step("begin", {}, look(ON), 0.0)]
    for number, (action, with_what, seen) in enumerate(steps, start=1):
        done.append(_step(action, with_what, {"time_s": 10.0 * number, **seen}, 10.0 * number - 2.0))
    return {"steps": done}


def _step(action: str, with_what: dict[str, Any], seen: dict[str, Any], from_s: float) -> dict[str, Any]:
    return {
        "do": action,
        "with": with_what,
        "answer": "success",
        "from_s": from_s,
        "load_w": 0.0,
        "bridged": False,
        "look": {**seen, "time_s": from_s + 2.0},
    }


DISCONNECT = ("remote_disconnect", {}, look(OFF))
EMPTY = ("set_credit", {"wh": 0}, look(READY, credit_wh=0.0))


def test_a_story_by_the_rules_passes_every_judge(said: Said) -> None:
    data = story(
        DISCONNECT,
        ("token", {"wh": 1000}, look(OFF, credit_wh=6000.0)),
        ("power_cut", {}, look(OFF, credit_wh=6000.0)),
        ("remote_reconnect", {}, look(ON, credit_wh=6000.0)),
    )
    for judge in ("supply-story", "remote-latch", "latches-kept", "credit-story"):
        assert said(f"dual.{judge}", data).outcome is Outcome.PASSED, judge


@pytest.mark.parametrize(
    ("steps", "judge", "words"),
    [
        ((DISCONNECT, ("token", {"wh": 1000}, look(ON, credit_wh=6000.0))), "remote-latch", "rule A1"),
        ((DISCONNECT, ("button", {}, look(READY))), "remote-latch", "rule A1"),
        ((DISCONNECT, ("payment_mode", {"mode": "credit"}, look(ON, payment_mode=1))), "remote-latch", "A1"),
        ((DISCONNECT, ("power_cut", {}, look(ON))), "latches-kept", "rule A7"),
        ((EMPTY, ("power_cut", {}, look(ON, credit_wh=0.0))), "latches-kept", "rule A7"),
        (
            (
                ("payment_mode", {"mode": "credit"}, look(ON, payment_mode=1)),
                ("power_cut", {}, look(ON, payment_mode=2)),
            ),
            "latches-kept",
            "the payment mode was 1 and is 2",
        ),
        ((("set_credit", {"wh": 0}, look(ON, credit_wh=0.0)),), "supply-story", "rule A2"),
        ((EMPTY, ("token", {"wh": 1000}, look(READY, credit_wh=1000.0))), "supply-story", "state 1 was due"),
        (
            (("friendly", {"on": True}, look(ON)), ("set_credit", {"wh": 0}, look(READY, credit_wh=0.0))),
            "supply-story",
            "state 1 was due",
        ),
        ((("bridge", {"closed": True}, look(ON, output_state=False)),), "supply-story", "rule A8"),
        ((("wait", {"s": 5.0}, look(READY)),), "supply-story", "nobody holds the switch"),
        (
            (("control_mode", {"mode": 0}, look(ON, control_mode=0)), ("wait", {}, look(READY, control_mode=0))),
            "supply-story",
            "mode 0 never opens",
        ),
        ((("token", {"wh": 1000}, look(ON)),), "credit-story", "1000 Wh below"),
        ((("wait", {"s": 5.0}, look(ON, register_wh=200.0)),), "credit-story", "100 Wh above"),
        (
            (("payment_mode", {"mode": "credit"}, look(ON, payment_mode=1)),
             ("wait", {"s": 5.0}, look(ON, payment_mode=1, register_wh=200.0, credit_wh=4900.0))),
            "credit-story",
            "100 Wh below",
        ),
    ],
)  # fmt: skip
def test_a_deviation_fails_the_judge_of_its_rule_alone(
    said: Said, steps: tuple[Any, ...], judge: str, words: str
) -> None:
    data = story(*steps)
    found = said(f"dual.{judge}", data)
    assert found.outcome is Outcome.FAILED
    assert words in found.reason
    switch = {"supply-story", "remote-latch", "latches-kept"}
    for other in switch - {judge} if judge in switch else set():
        assert said(f"dual.{other}", data).outcome is Outcome.PASSED, other


def test_emergency_credit_cannot_be_drawn_again(said: Said) -> None:
    used = {"credit_wh": -1.0, "emergency_wh": 0.0, "emergency_status": 4}
    again = {"credit_wh": 0.0, "emergency_wh": 2000.0, "emergency_status": 3}
    data = story(("wait", {}, look(READY, **used)), ("emergency", {}, look(ON, **again)))
    data["steps"][0]["look"] |= {"emergency_wh": 2000.0, "emergency_status": 0}
    found = said("dual.emergency-story", data)
    assert found.outcome is Outcome.FAILED
    assert "without a token" in found.reason


def test_a_rule_declared_otherwise_is_not_held_against_the_meter(said: Said) -> None:
    closed = story(("set_credit", {"wh": 0}, look(ON, credit_wh=0.0)))
    found = said("dual.supply-story", closed, rules={"A2": "other: supply goes on"})
    assert found.outcome is Outcome.INAPPLICABLE


def test_a_breach_of_a_safety_rule_fails_whatever_is_declared(said: Said) -> None:
    breach = story(DISCONNECT, ("token", {"wh": 1000}, look(ON, credit_wh=6000.0)))
    found = said("dual.remote-latch", breach, rules={"A1": "not applicable"})
    assert found.outcome is Outcome.FAILED
