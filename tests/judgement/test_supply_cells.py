"""The switch: cells of the mode table, power cuts, stories of latches and of credit, told without any meter."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import ERROR, FAILED, INAPPLICABLE, OPEN, PASSED, changed, said

Outcome = Any
DISCONNECTED, CONNECTED, READY = 0, 1, 2


def supply(state: int, mode: int = 6, output: bool | None = None) -> dict[str, Any]:
    return {
        "control_state": state,
        "control_mode": mode,
        "output_state": state == CONNECTED if output is None else output,
    }


def seen(
    state: int, mode: int = 6, *, live: bool | None = None, output: bool | None = None
) -> dict[str, Any]:
    return {
        "supply": supply(state, mode, output),
        "load_side_live": state == CONNECTED if live is None else live,
    }


#: Mode, state, request -> states that are due, as the mode table of the Blue Book reads (transitions a to h).
CELLS = [
    *((mode, DISCONNECTED, "remote_reconnect", {CONNECTED}) for mode in (2, 4)),
    *((mode, DISCONNECTED, "remote_reconnect", {READY}) for mode in (1, 3)),
    *((mode, DISCONNECTED, "remote_reconnect", {READY, CONNECTED}) for mode in (5, 6)),  # h follows by itself
    *((mode, DISCONNECTED, "manual_reconnect", {DISCONNECTED}) for mode in range(1, 7)),
    *((mode, CONNECTED, "remote_disconnect", {DISCONNECTED}) for mode in range(1, 7)),
    *((mode, READY, "remote_disconnect", {DISCONNECTED}) for mode in range(1, 7)),
    *((mode, READY, "manual_reconnect", {CONNECTED}) for mode in range(1, 7)),
    *((mode, CONNECTED, "manual_disconnect", {READY}) for mode in (1, 2)),
    (5, CONNECTED, "manual_disconnect", {READY, CONNECTED}),
    *((mode, CONNECTED, "manual_disconnect", {CONNECTED}) for mode in (3, 4, 6)),
]


@pytest.mark.parametrize(("mode", "state", "request_", "due"), CELLS)
def test_a_cell_of_the_mode_table(mode: int, state: int, request_: str, due: set[int]) -> None:
    for after in (DISCONNECTED, CONNECTED, READY):
        data = {
            "state": state,
            "request": request_,
            "answer": "success",
            "before": seen(state, mode),
            "after": seen(after, mode),
        }
        found = said("dual.control-mode", data, supply={"control_mode": mode})
        assert found.outcome is (PASSED if after in due else FAILED), (after, found.reason)
        words = f"mode {mode}, state {state}, {request_} (success): state "
        assert words + (str(after) if after in due else " or ".join(map(str, sorted(due)))) in found.reason


CELL = {
    "state": CONNECTED,
    "request": "remote_disconnect",
    "answer": "success",
    "before": seen(CONNECTED),
    "after": seen(DISCONNECTED),
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "state 0"),
        (
            {"after": seen(DISCONNECTED, live=True)},
            FAILED,
            "load side live, yet output_state False, control_state 0",
        ),
        ({"after": seen(DISCONNECTED, output=True)}, FAILED, "load side dead, yet output_state True"),
        ({"after": seen(DISCONNECTED, live=True, output=True)}, FAILED, "(rule A8)"),
        ({"before": seen(READY)}, OPEN, "could not be brought to state 1"),
        ({"before": seen(CONNECTED, 4)}, FAILED, "control_mode reads 4, declared is 6"),
        ({"mode": 4, "before": seen(CONNECTED, 4)}, PASSED, ""),  # the case has set it
        ({"mode": 4}, FAILED, "control_mode reads 6, declared is 4"),
        ({"state": 7}, ERROR, ""),
    ],
)
def test_what_a_cell_needs(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.control-mode", {**CELL, **changes}, supply={"control_mode": 6})
    assert found.outcome is outcome
    assert words in found.reason


CUT = {"before": seen(READY), "after": seen(READY), "closed_meanwhile": False}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "still open after the power cut; output_state False, control_state 2"),
        ({"before": seen(CONNECTED)}, OPEN, "was not open before"),
        ({"after": seen(CONNECTED)}, FAILED, "the power cut closed the switch"),
        ({"closed_meanwhile": True}, FAILED, "closed for a while at power-up (rule A7)"),
        ({"after": seen(DISCONNECTED)}, FAILED, "changed control_state from 2 to 0"),
    ],
)
def test_a_power_cut(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.power-cut-keeps-state", {**CUT, **changes})
    assert found.outcome is outcome
    assert words in found.reason


POOR = {
    "disconnect_result": "success",
    "reconnect_result": "success",
    "credit_wh": -5.0,
    "after": seen(READY),
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "remote_reconnect without credit (success) leaves the switch open"),
        ({"disconnect_result": "other-reason"}, OPEN, "remote_disconnect was refused: other-reason"),
        ({"after": seen(CONNECTED)}, FAILED, "closed the switch at a credit of -5 Wh (rule A2)"),
        ({"after": seen(READY, live=True)}, FAILED, "closed the switch"),
        ({"after": seen(READY, output=True)}, FAILED, "closed the switch"),
        (
            {"after": seen(CONNECTED, live=False, output=False)},
            FAILED,
            "open, yet output_state False, control_state 1",
        ),
    ],
)
def test_a_reconnect_without_credit(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.reconnect-without-credit", {**POOR, **changes})
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("mode", "after", "live", "outcome"),
    [
        (6, CONNECTED, True, PASSED),  # armed, and h closes at once: there is credit
        (6, READY, False, FAILED),
        (4, CONNECTED, True, PASSED),
        (4, READY, False, FAILED),
        (3, READY, False, PASSED),
        (3, CONNECTED, True, FAILED),
        (6, CONNECTED, False, FAILED),
    ],
)
def test_how_a_remote_reconnect_ends_the_latch(mode: int, after: int, live: bool, outcome: Outcome) -> None:
    off = {"load_side_live": False, "supply": supply(DISCONNECTED, mode)}
    data = {
        "disconnect_result": "success",
        "after_disconnect": off,
        "credit_before_wh": 100.0,
        "after_token": {**off, "credit_wh": 2200.0},
        "reconnect_result": "success",
        "after_reconnect": {"load_side_live": live, "supply": supply(after, mode)},
    }
    found = said("dual.remote-disconnect-holds", data)
    assert found.outcome is outcome, found.reason
    assert f"remote_reconnect in mode {mode} (success)" in found.reason
    told = changed(data, {"after_reconnect.supply.output_state": not live})
    assert said("dual.remote-disconnect-holds", told).outcome is FAILED
    unmoved = changed(data, {"after_token.credit_wh": 100.0})
    assert said("dual.remote-disconnect-holds", unmoved).outcome is OPEN


# -- stories: ten seconds a step, the look two seconds after it


def look(state: int, **changes: Any) -> dict[str, Any]:
    base = {
        "live": state == CONNECTED,
        "output_state": state == CONNECTED,
        "control_state": state,
        "control_mode": 6,
        "credit_wh": 5000.0,
        "payment_mode": 2,
        "register_wh": 100.0,
    }
    return {**base, **changes}


def told(*steps: tuple[Any, ...], first: dict[str, Any] | None = None) -> dict[str, Any]:
    """Each step: action, with what, what is seen after it, further facts (seconds it took, answer, load)."""
    done = [step("begin", {}, first or look(CONNECTED), 0.0)]
    now_s = 10.0
    for action, with_what, after, *more in steps:
        facts = more[0] if more else {}
        done.append(step(action, with_what, after, now_s, **facts))
        now_s = done[-1]["look"]["time_s"] + 8.0
    return {"steps": done}


def step(action: str, with_what: Any, after: dict[str, Any], from_s: float, **facts: Any) -> dict[str, Any]:
    lasted_s = facts.pop("lasted_s", 2.0)
    base = {
        "do": action,
        "with": with_what,
        "answer": "success",
        "from_s": from_s,
        "load_w": 0.0,
        "bridged": False,
    }
    return {**base, **facts, "look": {**after, "time_s": from_s + lasted_s}}


SUPPLY = {
    "control_mode": 6,
    "actuation_time_s": 1.0,
    "limiter_trip_s": 10.0,
    "limiter_hold_s": 60.0,
    "limiter_closes_max": 5,
    "limiter_lockout_s": 1800.0,
}
EMERGENCY = {"grace_s": 60.0, "emergency": {"amount_wh": 2000, "threshold_wh": 1000}}


def story(name: str, data: dict[str, Any], **declared: Any) -> Any:
    return said(f"dual.{name}", data, supply={**SUPPLY, **declared}, payment=EMERGENCY)


ON, OFF, ARMED = look(CONNECTED), look(DISCONNECTED), look(READY)
BROKE, BROKE_ON = look(READY, credit_wh=0.0), look(CONNECTED, credit_wh=0.0)
DISCONNECT = ("remote_disconnect", {}, OFF)
EMPTY = ("set_credit", {"wh": 0}, BROKE)
WAIT = ("wait", {}, ON)
LIMIT = ("limit", {"w": 1000, "over_s": 10.0}, ON)
OVER = {"load_w": 2000.0}
OPENED = ("tamper_response", {"disconnects": True}, ON), ("tamper", {"open": True}, ARMED)


@pytest.mark.parametrize(
    ("steps", "outcome", "words"),
    [
        ((WAIT,), PASSED, "1 steps as the rules say"),
        ((DISCONNECT, ("wait", {}, OFF)), PASSED, ""),
        ((("remote_disconnect", {}, ON),), FAILED, "a remote disconnect is in force: state 0 was due"),
        ((("remote_disconnect", {}, ON, {"answer": "other-reason"}),), PASSED, ""),  # refused, and nothing happened
        ((("script_disconnect", {}, OFF, {"answer": "other-reason"}), ("wait", {}, OFF)), PASSED, ""),
        ((("race", {}, ON),), FAILED, "(rule A6)"),
        ((DISCONNECT, ("remote_reconnect", {}, ON)), PASSED, ""),
        ((DISCONNECT, ("script_reconnect", {}, ON)), PASSED, ""),
        ((DISCONNECT, ("remote_reconnect", {}, OFF)), FAILED, "state 1 was due"),
        ((DISCONNECT, ("remote_reconnect", {}, OFF, {"answer": "other-reason"})), PASSED, ""),
        ((DISCONNECT, ("remote_reconnect", {}, ON, {"answer": "other-reason"}), WAIT), PASSED, ""),
        # without credit
        ((EMPTY,), PASSED, ""),
        ((EMPTY, ("wait", {}, BROKE_ON)), FAILED, "there is no credit: state 2 was due"),
        ((("wait", {}, BROKE_ON),), PASSED, ""),  # the last Wh decides
        ((("wait", {}, BROKE),), PASSED, ""),
        ((("wait", {}, look(CONNECTED, credit_wh=-1.0)),), FAILED, "there is no credit"),
        ((("wait", {}, look(READY, credit_wh=1.0)),), FAILED, "nobody holds the switch, mode 6, state 1, wait"),
        ((EMPTY, ("token", {"wh": 1000}, look(CONNECTED, credit_wh=1000.0))), PASSED, ""),
        ((EMPTY, ("token", {"wh": 1000}, look(READY, credit_wh=1000.0))), FAILED, "(transition h)"),
        ((("set_credit", {"wh": 0}, look(CONNECTED, credit_wh=0.0, payment_mode=1)),), PASSED, ""),
        # emergency credit in use
        ((EMPTY, ("emergency", {}, look(CONNECTED, credit_wh=0.0, emergency_status=3, emergency_wh=2000.0))),
         PASSED, ""),
        ((EMPTY, ("emergency", {}, look(READY, credit_wh=0.0, emergency_status=3, emergency_wh=2000.0))),
         FAILED, "(rule A3)"),
        ((EMPTY, ("wait", {}, look(CONNECTED, credit_wh=0.0, emergency_status=1, emergency_wh=2000.0))),
         FAILED, "there is no credit"),
        ((EMPTY, ("wait", {}, look(READY, credit_wh=0.0, emergency_status=2, emergency_wh=0.0))), PASSED, ""),
        # friendly hours
        ((("friendly", {"on": True, "for_s": 100}, ON), ("set_credit", {"wh": 0}, BROKE_ON)), PASSED, ""),
        ((("friendly", {"on": True, "for_s": 100}, ON), EMPTY), FAILED, "state 1 was due"),
        ((("friendly", {"on": True, "for_s": 14}, ON), EMPTY), PASSED, ""),  # about to end: either
        ((("friendly", {"on": True, "for_s": 12}, ON), ("set_credit", {"wh": 0}, BROKE_ON)), PASSED, ""),
        ((("friendly", {"on": True, "for_s": 6}, ON), ("set_credit", {"wh": 0}, BROKE_ON)), FAILED, "(rule A2)"),
        ((("friendly", {"on": True, "for_s": 6}, ON), EMPTY), PASSED, ""),
        ((("friendly", {"on": True}, ON), ("wait", {}, ON, {"lasted_s": 9e5}),
          ("set_credit", {"wh": 0}, BROKE_ON)), PASSED, ""),
        ((("friendly", {"on": True}, ON), ("friendly", {"on": False}, ON), EMPTY), PASSED, ""),
        ((("friendly", {"on": True}, ON, {"answer": "other-reason"}), EMPTY), PASSED, ""),
        # tamper
        (OPENED, PASSED, ""),
        ((OPENED[0], ("tamper", {"open": True}, ON)), FAILED, "a tamper is not cleared: state 2 was due"),
        ((("tamper", {"open": True}, ON),), PASSED, ""),  # only recorded
        ((*OPENED, ("tamper", {"open": False}, ARMED)), PASSED, ""),
        ((*OPENED, ("tamper", {"open": False}, ON)), FAILED, "(rule A5)"),
        ((*OPENED, ("clear_tamper", {}, ARMED)), PASSED, ""),  # while it is open nothing is cleared
        ((*OPENED, ("clear_tamper", {}, ON)), FAILED, "(rule A5)"),
        ((*OPENED, ("tamper", {"open": False}, ARMED), ("clear_tamper", {}, ON)), PASSED, ""),
        ((*OPENED, ("tamper", {"open": False}, ARMED), ("clear_tamper", {}, ARMED)), FAILED, "(rule A5)"),
        # credit mode and the grace behind it
        ((("payment_mode", {}, look(CONNECTED, payment_mode=1)), ("set_credit", {}, look(CONNECTED, payment_mode=1,
          credit_wh=0.0)), ("payment_mode", {}, BROKE_ON)), PASSED, ""),
        ((("payment_mode", {}, look(CONNECTED, payment_mode=1)), ("set_credit", {}, look(CONNECTED, payment_mode=1,
          credit_wh=0.0)), ("payment_mode", {}, BROKE)), FAILED, "state 1 was due"),
        ((("payment_mode", {}, look(CONNECTED, payment_mode=1)), ("set_credit", {}, look(CONNECTED, payment_mode=1,
          credit_wh=0.0)), ("payment_mode", {}, BROKE_ON), ("wait", {}, BROKE, {"lasted_s": 70.0})), PASSED, ""),
        ((("payment_mode", {}, look(CONNECTED, payment_mode=1)), ("set_credit", {}, look(CONNECTED, payment_mode=1,
          credit_wh=0.0)), ("payment_mode", {}, BROKE_ON), ("wait", {}, BROKE_ON, {"lasted_s": 70.0})),
         FAILED, "(rule A2)"),
        # the button
        ((("button", {}, ON),), PASSED, ""),  # mode 6 has no manual disconnect
        ((("button", {}, ARMED),), FAILED, "state 1 was due"),
        ((EMPTY, ("button", {}, BROKE_ON)), FAILED, "there is no credit"),
        # a schedule
        ((("schedule", {"in_s": 20}, ON), ("wait", {}, OFF, {"lasted_s": 12.0})), PASSED, ""),
        ((("schedule", {"in_s": 20}, ON), ("wait", {}, ON, {"lasted_s": 12.0})), PASSED, ""),  # just due
        ((("schedule", {"in_s": 20}, ON), ("wait", {}, ON, {"lasted_s": 30.0})), PASSED, "up to a breach of A1"),
        ((("schedule", {"in_s": 90}, ON), ("wait", {}, OFF)), FAILED, "nobody holds the switch"),
        ((("schedule", {"in_s": 20}, ON, {"answer": "other-reason"}), ("wait", {}, ON, {"lasted_s": 30.0})),
         PASSED, ""),
        # the limiter: trips after 10 s, holds for 60 s
        ((LIMIT, ("load", {}, ON, OVER), ("wait", {}, ARMED, {**OVER, "lasted_s": 12.0})), PASSED, ""),
        ((LIMIT, ("load", {}, ON, OVER), ("wait", {}, ON, {**OVER, "lasted_s": 12.0})), FAILED, "the limiter holds"),
        ((LIMIT, ("load", {}, ARMED, OVER)), FAILED, "nobody holds the switch"),  # no time at all
        ((LIMIT, ("load", {}, ON, {"load_w": 900.0}), ("wait", {}, ARMED, {"load_w": 900.0, "lasted_s": 30.0})),
         FAILED, "nobody holds the switch"),
        ((LIMIT, ("load", {}, ON, {"load_w": 1020.0}), ("wait", {}, ARMED, {"load_w": 1020.0, "lasted_s": 30.0})),
         PASSED, ""),  # within the meter's own error either is right
        ((LIMIT, ("load", {}, ON, {"load_w": 1020.0}), ("wait", {}, ON, {"load_w": 1020.0, "lasted_s": 30.0})),
         PASSED, ""),
        ((LIMIT, ("load", {}, ON, OVER), ("wait", {}, ARMED, {**OVER, "lasted_s": 12.0}),
          ("load", {}, ARMED), ("wait", {}, ON, {"lasted_s": 70.0})), PASSED, ""),
        ((LIMIT, ("load", {}, ON, OVER), ("wait", {}, ARMED, {**OVER, "lasted_s": 12.0}),
          ("load", {}, ARMED), ("wait", {}, ARMED, {"lasted_s": 70.0})), FAILED, "nobody holds the switch"),
        ((LIMIT, ("load", {}, ON, OVER), ("wait", {}, ARMED, {**OVER, "lasted_s": 12.0}), ("load", {}, ON)),
         FAILED, "the limiter holds"),
        ((LIMIT, ("load", {}, ON, OVER), ("wait", {}, ARMED, {**OVER, "lasted_s": 12.0}),
          ("token", {"wh": 1000}, look(CONNECTED, credit_wh=6000.0))), FAILED, "(rule A4)"),
        # what is said must be so
        ((("wait", {}, look(CONNECTED, output_state=False)),), FAILED, "the load side is live, yet"),
        ((("wait", {}, look(READY, live=True, output_state=True)),), FAILED, ""),
        ((("bridge", {}, look(READY, live=True, output_state=True), {"bridged": True}),), PASSED, ""),
        ((("wait", {}, look(CONNECTED, control_mode=4)),), FAILED, "control_mode changed to 4 by itself"),
        ((("control_mode", {}, look(CONNECTED, control_mode=4)),), PASSED, ""),
        ((("control_mode", {}, look(CONNECTED, control_mode=0)), ("remote_disconnect", {}, look(CONNECTED,
          control_mode=0))), PASSED, ""),
        ((("control_mode", {}, look(CONNECTED, control_mode=0)), ("remote_disconnect", {}, look(DISCONNECTED,
          control_mode=0))), FAILED, "mode 0 never opens"),
    ],
)  # fmt: skip
def test_a_story_of_the_switch(steps: tuple[Any, ...], outcome: Outcome, words: str) -> None:
    found = story("supply-story", told(*steps))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


@pytest.mark.parametrize("mode", [1, 2, 5])
def test_a_hand_that_opened_the_switch_closes_it_again(mode: int) -> None:
    on, armed = look(CONNECTED, control_mode=mode), look(READY, control_mode=mode)
    opened, shut = ("button", {}, armed), ("button", {}, on)
    for steps in ((opened,), (opened, ("wait", {}, armed)), (opened, shut), (opened, shut, ("wait", {}, on))):
        assert story("supply-story", told(*steps, first=on), control_mode=mode).outcome is PASSED, steps
    kept = story("supply-story", told(opened, ("button", {}, armed), first=on), control_mode=mode)
    assert kept.outcome is (PASSED if mode == 5 else FAILED)


@pytest.mark.parametrize(
    ("steps", "judge", "words"),
    [
        ((DISCONNECT, ("wait", {}, ON)), "remote-latch", "rule A1"),
        ((DISCONNECT, ("power_cut", {}, ON)), "latches-kept", "rule A7"),
        (
            (EMPTY, ("power_cut", {}, BROKE, {"answer": "live at power-up"})),
            "latches-kept",
            "closed for a while",
        ),
        ((("disconnect_and_cut", {}, ON),), "latches-kept", "rule A7"),
        (
            (DISCONNECT, ("wait", {}, look(DISCONNECTED, live=True, output_state=True))),
            "remote-latch",
            "rule A1",
        ),
    ],
)
def test_safety_rules_have_verdicts_of_their_own(steps: tuple[Any, ...], judge: str, words: str) -> None:
    found = story(judge, told(*steps))
    assert found.outcome is FAILED
    assert words in found.reason
    for other in {"supply-story", "remote-latch", "latches-kept"} - {judge}:
        assert story(other, told(*steps)).outcome is PASSED
    assert f"up to a breach of {words[-2:]}" in story("supply-story", told(*steps)).reason or "while" in words


def test_a_long_story_is_told_by_its_end() -> None:
    found = story("supply-story", told(*[WAIT] * 13, ("wait", {"s": 5}, ARMED)))
    assert "after ... 2 steps, wait, " in found.reason
    assert found.reason.endswith("wait(s 5)")
    assert story("supply-story", {"steps": []}).outcome is ERROR
    assert said("dual.supply-story", told(WAIT)).outcome is INAPPLICABLE


# -- credit


def credit(wh: float, register: float = 100.0, **changes: Any) -> dict[str, Any]:
    return look(CONNECTED, credit_wh=wh, register_wh=register, **changes)


@pytest.mark.parametrize(
    ("steps", "outcome", "words"),
    [
        ((("wait", {}, credit(4900.0, 200.0)),), PASSED, "agree over 1 steps"),
        ((("wait", {}, credit(4903.0, 200.0)),), PASSED, ""),  # three truncated readings
        ((("wait", {}, credit(4897.0, 200.0)),), PASSED, ""),
        ((("wait", {}, credit(4904.0, 200.0)),), FAILED, "4 Wh above what use and tokens leave"),
        ((("wait", {}, credit(4896.0, 200.0)),), FAILED, "4 Wh below"),
        ((("token", {"wh": 1000}, credit(6000.0)),), PASSED, ""),
        ((("token", {}, credit(6000.0)),), PASSED, ""),  # 1000 Wh where nothing else is said
        ((("token", {"wh": 1040}, credit(6000.0)),), PASSED, ""),  # tokens carry tenths of a kWh
        ((("token", {"wh": 1060}, credit(6100.0)),), PASSED, ""),
        ((("token", {"wh": 1000}, credit(7000.0)),), FAILED, "1000 Wh above"),
        ((("race", {}, look(DISCONNECTED, credit_wh=5200.0)),), PASSED, ""),
        ((("set_credit", {"wh": 300}, credit(300.0)), ("wait", {}, credit(250.0, 150.0))), PASSED, ""),
        ((("payment_mode", {}, credit(5000.0, payment_mode=1)), ("wait", {}, credit(5000.0, 900.0, payment_mode=1))),
         PASSED, ""),
        # in the step of the change itself nobody knows how much of it was prepaid
        ((("payment_mode", {}, credit(4950.0, 200.0, payment_mode=1)),), PASSED, ""),
        ((("payment_mode", {}, credit(4896.0, 200.0, payment_mode=1)),), FAILED, "104 Wh below"),
        ((("payment_mode", {}, credit(5004.0, 200.0, payment_mode=1)),), FAILED, "4 Wh above"),
        # the emergency credit counts
        ((("emergency", {}, credit(4000.0, emergency_wh=1000.0)),), PASSED, ""),
    ],
)  # fmt: skip
def test_the_balance_of_a_story(steps: tuple[Any, ...], outcome: Outcome, words: str) -> None:
    found = story("credit-story", told(*steps))
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    assert (found.limit, found.unit) == (3.0, "Wh")
    if outcome is FAILED:
        assert found.measured == float(words.split()[0]) * (1 if "above" in words else -1)


def test_a_coarse_credit_has_coarse_bounds() -> None:
    data = told(("wait", {}, credit(4870.0, 200.0)))
    tens = {"credit_resolution_wh": 10}
    assert said("dual.credit-story", data, supply=SUPPLY, payment=tens).outcome is PASSED
    beyond = told(("wait", {}, credit(4869.0, 200.0)))
    assert said("dual.credit-story", beyond, supply=SUPPLY, payment=tens).outcome is FAILED
    money = {"accounting": "currency"}
    assert said("dual.credit-story", data, supply=SUPPLY, payment=money).outcome is INAPPLICABLE


def drawn(left_wh: float, status: int, wh: float = 0.0) -> dict[str, Any]:
    return look(CONNECTED, credit_wh=wh, emergency_wh=left_wh, emergency_status=status)


@pytest.mark.parametrize(
    ("first", "steps", "outcome", "words"),
    [
        (drawn(2000.0, 1), (("emergency", {}, drawn(2000.0, 3)),), PASSED, "once, until it was repaid"),
        (
            drawn(2000.0, 1),
            (("emergency", {}, drawn(2000.0, 1), {"answer": "other-reason"}),),
            FAILED,
            "selectable",
        ),
        (drawn(2000.0, 0), (("emergency", {}, drawn(2000.0, 0), {"answer": "other-reason"}),), PASSED, ""),
        (drawn(1997.0, 3), (("emergency", {}, drawn(1997.0, 3)),), PASSED, ""),  # three digits are no use
        (
            drawn(1996.0, 3),
            (("emergency", {}, drawn(1996.0, 3)),),
            FAILED,
            "drawn again before it was repaid",
        ),
        (drawn(500.0, 3), (("wait", {}, drawn(503.0, 3)),), PASSED, ""),
        (
            drawn(500.0, 3),
            (("wait", {}, drawn(504.0, 3)),),
            FAILED,
            "rose from 500 to 504 Wh without a token",
        ),
        (drawn(500.0, 3), (("token", {"wh": 1000}, drawn(1500.0, 3)),), PASSED, ""),
        (drawn(500.0, 3), (("set_credit", {"wh": 10}, drawn(2000.0, 0)),), PASSED, ""),
    ],
)
def test_emergency_credit(
    first: dict[str, Any], steps: tuple[Any, ...], outcome: Outcome, words: str
) -> None:
    found = story("emergency-story", told(*steps, first=first))
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    plain = said("dual.emergency-story", told(*steps, first=first), supply=SUPPLY)
    assert plain.outcome is INAPPLICABLE
