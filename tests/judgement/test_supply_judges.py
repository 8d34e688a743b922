"""The switch between credit and remote command: each way to pass, each way to fail, and what decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.registry import Context, judge_by_id
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Kind, Observation, Outcome, Requirement, Topic

RULE = Requirement(
    document="project", edition="1", clause="A1", topic=Topic.SUPPLY, kind=Kind.PROJECT, status="project rule"
)
OPEN, CLOSED, READY = 0, 1, 2
Said = Callable[[str, dict[str, Any]], Judgement]


@pytest.fixture
def said(
    observe: Callable[..., Observation],
    context_of: Callable[..., Context],
    make_declaration: Callable[..., dict[str, Any]],
) -> Said:
    """Judge data under a declaration with control mode 6 and an actuation time of 1 s."""
    declared = {**make_declaration(), "supply": {"control_mode": 6, "actuation_time_s": 1.0}}
    context = Context(declaration=Declaration.from_json(declared), plan=context_of().plan)
    return lambda judge, data: judge_by_id(judge)([observe("supply", data)], RULE, context)


def state(control_state: int, *, mode: int = 6) -> dict[str, Any]:
    return {"output_state": control_state == CLOSED, "control_state": control_state, "control_mode": mode}


def exhausted(**changes: Any) -> dict[str, Any]:
    """13.8 kW: 3.8 Wh in the actuation time; a resolution of 1 Wh on top."""
    return {
        "credit_before_wh": 400.0,
        "credit_after_wh": -1.0,
        "credit_resolution_wh": 1.0,
        "power_w": 13800.0,
        "live_before": True,
        "load_side_live": False,
        "supply_after": state(READY),
        **changes,
    }


@pytest.mark.parametrize("credit_wh", [1.0, 0.0, -1.0, -4.8])
def test_opening_at_zero_passes(said: Said, credit_wh: float) -> None:
    for judge in ("dual.credit-exhausted-opens/3", "dual.credit-at-opening/2"):
        found = said(judge, exhausted(credit_after_wh=credit_wh))
        assert found.outcome is Outcome.PASSED
        assert found.measured == credit_wh


@pytest.mark.parametrize("credit_wh", [500.0, -500.0])
def test_opening_early_or_late_is_a_fault_of_the_credit(said: Said, credit_wh: float) -> None:
    found = said("dual.credit-at-opening/2", exhausted(credit_after_wh=credit_wh))
    assert found.outcome is Outcome.FAILED
    assert f"opened at a credit of {credit_wh:g} Wh" in found.reason
    assert said("dual.credit-at-opening/2", exhausted(load_side_live=True)).outcome is Outcome.INCONCLUSIVE


def test_credit_that_does_not_end_is_a_fault_of_the_count(said: Said) -> None:
    seen = exhausted(load_side_live=True, credit_after_wh=10.0, reference_energy_wh=450.0)
    assert said("dual.credit-exhausted-opens/3", seen).outcome is Outcome.INCONCLUSIVE
    found = said("dual.credit-at-opening/2", seen)
    assert found.outcome is Outcome.FAILED
    assert "450 Wh were drawn of 400 Wh" in found.reason
    too_little = seen | {"reference_energy_wh": 410.0}
    assert said("dual.credit-at-opening/2", too_little).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"load_side_live": True, "credit_after_wh": -90.0}, "stays closed although the credit is -90 Wh"),
        ({"supply_after": state(CLOSED)}, "but the meter says"),
        ({"supply_after": {**state(READY), "output_state": True}}, "but the meter says"),
    ],
)
def test_opening_never_or_untold_fails(said: Said, changes: dict[str, Any], words: str) -> None:
    found = said("dual.credit-exhausted-opens/3", exhausted(**changes))
    assert found.outcome is Outcome.FAILED
    assert words in found.reason


def test_a_switch_that_was_open_from_the_start_proves_nothing(said: Said) -> None:
    found = said("dual.credit-exhausted-opens/3", exhausted(live_before=False))
    assert found.outcome is Outcome.INCONCLUSIVE


def test_a_credit_that_was_not_read_is_our_error(said: Said) -> None:
    found = said("dual.credit-exhausted-opens/3", exhausted(credit_after_wh=None))
    assert found.outcome is Outcome.ERROR


def closing(control_state: int, *, mode: int = 6, **changes: Any) -> dict[str, Any]:
    return {
        "credit_after_wh": 2099.0,
        "load_side_live": control_state == CLOSED,
        "supply_after": state(control_state, mode=mode),
        **changes,
    }


@pytest.mark.parametrize("mode", [5, 6, 7])
def test_a_token_closes_where_the_mode_has_a_local_reconnect(said: Said, mode: int) -> None:
    assert said("dual.token-closes/2", closing(CLOSED, mode=mode)).outcome is Outcome.PASSED
    assert said("dual.token-closes/2", closing(READY, mode=mode)).outcome is Outcome.FAILED


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
def test_a_token_arms_where_the_mode_has_none(said: Said, mode: int) -> None:
    assert said("dual.token-closes/2", closing(READY, mode=mode)).outcome is Outcome.PASSED
    assert said("dual.token-closes/2", closing(CLOSED, mode=mode)).outcome is Outcome.FAILED
    assert said("dual.token-closes/2", closing(OPEN, mode=mode)).outcome is Outcome.FAILED


def test_a_token_that_brings_no_credit_says_nothing_of_the_switch(said: Said) -> None:
    found = said("dual.token-closes/2", closing(READY, credit_after_wh=0.0))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "did not bring the credit above zero" in found.reason


def test_a_closed_switch_that_says_open_fails(said: Said) -> None:
    found = said("dual.token-closes/2", closing(CLOSED, supply_after=state(READY)))
    assert found.outcome is Outcome.FAILED
    assert "rule A8" in found.reason


def remote(**changes: Any) -> dict[str, Any]:
    off = {"load_side_live": False, "supply": state(OPEN)}
    return {
        "disconnect_result": "success",
        "after_disconnect": off,
        "credit_before_wh": 100.0,
        "after_token": {**off, "credit_wh": 2200.0},
        "reconnect_result": "success",
        "after_reconnect": {"load_side_live": True, "supply": state(CLOSED)},
        **changes,
    }


def test_a_remote_disconnect_that_holds_passes(said: Said) -> None:
    assert said("dual.remote-disconnect-holds/2", remote()).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({"disconnect_result": "3"}, Outcome.FAILED, "did not open the switch"),
        (
            {"after_disconnect": {"load_side_live": True, "supply": state(CLOSED)}},
            Outcome.FAILED,
            "did not open the switch",
        ),
        (
            {"after_token": {"load_side_live": True, "supply": state(CLOSED), "credit_wh": 2200.0}},
            Outcome.FAILED,
            "a token closed the switch against a remote disconnect",
        ),
        (
            {"after_token": {"load_side_live": False, "supply": state(READY), "credit_wh": 2200.0}},
            Outcome.FAILED,
            "changed the state of a remotely opened switch",
        ),
        (
            {"after_token": {"load_side_live": False, "supply": state(OPEN), "credit_wh": 100.0}},
            Outcome.INCONCLUSIVE,
            "was not accepted",
        ),
    ],
)
def test_a_remote_disconnect_that_does_not_hold(
    said: Said, changes: dict[str, Any], outcome: Outcome, words: str
) -> None:
    found = said("dual.remote-disconnect-holds/2", remote(**changes))
    assert found.outcome is outcome
    assert words in found.reason
