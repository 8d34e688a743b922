"""The switch: cells of the mode table, power cuts, and how a latch ends, told without any meter."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import ERROR, FAILED, OPEN, PASSED, changed, said

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
