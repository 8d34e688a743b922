"""Stories of the switch: who holds it, what may close it, and what is said of each step."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.story import (
    ARMED,
    BROKE,
    BROKE_ON,
    CONNECTED,
    DISCONNECT,
    DISCONNECTED,
    EMPTY,
    LIMIT,
    OFF,
    ON,
    OPENED,
    OVER,
    READY,
    WAIT,
    look,
    story,
    told,
)
from tests.judgement.told import ERROR, FAILED, INAPPLICABLE, PASSED, said

Outcome = Any


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
        # a credit that was set is exact until something is used; then the last Wh decides again
        ((EMPTY, ("wait", {}, look(CONNECTED, credit_wh=0.0, register_wh=101.0))), PASSED, ""),
        ((EMPTY, ("wait", {}, look(READY, credit_wh=0.0, register_wh=101.0))), PASSED, ""),
        ((EMPTY, ("wait", {}, look(READY, credit_wh=0.0, register_wh=101.0)), ("set_credit", {}, BROKE_ON)),
         FAILED, "there is no credit"),
        ((("wait", {}, BROKE),), PASSED, ""),
        ((("wait", {}, look(CONNECTED, credit_wh=-1.0)),), FAILED, "there is no credit"),
        # the contact takes up to its declared second to open: 2.5 Wh at 9 kW
        ((("load", {}, look(CONNECTED, credit_wh=-2.0), {"load_w": 9000.0}),), PASSED, ""),
        ((("load", {}, look(CONNECTED, credit_wh=-3.0), {"load_w": 9000.0}),), FAILED, "there is no credit"),
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
        # on a slow line the time that was written lies later
        ((("schedule", {"in_s": 4}, ON, {"due_s": 40.0}), ("wait", {}, ON, {"lasted_s": 12.0})), PASSED, ""),
        ((("schedule", {"in_s": 4}, ON, {"due_s": 30.0}), ("wait", {}, ON, {"lasted_s": 30.0})), PASSED, "a breach"),
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
        # a button pressed while it held; the hold ended before the look
        ((LIMIT, ("load", {}, ON, OVER), ("wait", {}, ARMED, {**OVER, "lasted_s": 12.0}),
          ("load", {}, ARMED), ("button", {}, ARMED, {"lasted_s": 70.0})), PASSED, ""),
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
    # a hand that closed the switch holds it no more
    if mode == 5:
        again = story("supply-story", told(opened, shut, ("wait", {}, armed), first=on), control_mode=mode)
        assert again.outcome is FAILED
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
