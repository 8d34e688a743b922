"""Where the switch opens as credit ends, and where a token closes it: inside and outside of each bound."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import FAILED, OPEN, PASSED, changed, said

Outcome = Any
DISCONNECTED, CONNECTED, READY = 0, 1, 2


def supply(state: int, mode: int = 6, output: bool | None = None) -> dict[str, Any]:
    return {
        "control_state": state,
        "control_mode": mode,
        "output_state": state == CONNECTED if output is None else output,
    }


#: 13.8 kW for the actuation time of 1 s are 3.83 Wh; a digit is 1 Wh. 400 Wh were left.
EXHAUSTED = {
    "credit_before_wh": 400.0,
    "credit_after_wh": 0.0,
    "credit_resolution_wh": 1.0,
    "power_w": 13_800.0,
    "live_before": True,
    "load_side_live": False,
    "supply_after": supply(READY),
}
CLOSED = {"load_side_live": True, "supply_after": supply(CONNECTED)}


@pytest.mark.parametrize(
    ("changes", "opens", "credit"),
    [
        ({}, PASSED, PASSED),
        ({"credit_after_wh": 1.0}, PASSED, PASSED),
        ({"credit_after_wh": 1.1}, PASSED, FAILED),
        ({"credit_after_wh": -4.8}, PASSED, PASSED),
        ({"credit_after_wh": -4.9}, PASSED, FAILED),
        ({"power_w": 0.0, "credit_after_wh": -1.1}, PASSED, FAILED),
        ({"live_before": False}, OPEN, OPEN),
        ({"live_before": False, "load_side_live": True}, OPEN, OPEN),
        # it stays closed: with credit left it has no reason to open, without it should have
        ({**CLOSED, "credit_after_wh": 1.1}, OPEN, OPEN),
        ({**CLOSED, "credit_after_wh": 1.0}, FAILED, OPEN),
        # it counts too little: more was drawn than there was, and credit is left
        ({**CLOSED, "credit_after_wh": 50.0, "reference_energy_wh": 600.0}, OPEN, FAILED),
        ({**CLOSED, "credit_after_wh": 50.0, "reference_energy_wh": 399.0}, OPEN, OPEN),
        ({**CLOSED, "credit_after_wh": 1.0, "reference_energy_wh": 600.0}, FAILED, OPEN),
        ({"credit_after_wh": 1.1, "reference_energy_wh": 600.0}, PASSED, FAILED),
        # what it says of itself
        ({"supply_after": supply(READY, output=True)}, FAILED, PASSED),
        ({"supply_after": supply(CONNECTED, output=False)}, FAILED, PASSED),
        ({"supply_after": supply(DISCONNECTED)}, PASSED, PASSED),
    ],
)
def test_the_end_of_credit(changes: dict[str, Any], opens: Outcome, credit: Outcome) -> None:
    data = changed(EXHAUSTED, changes)
    declared = {"control_mode": 6, "actuation_time_s": 1.0}
    for judge, due in (("dual.credit-exhausted-opens", opens), ("dual.credit-at-opening", credit)):
        found = said(judge, data, supply=declared)
        assert found.outcome is due, (judge, found.reason)
        assert (found.measured, found.limit, found.unit) == (data["credit_after_wh"], 1.0, "Wh")


def test_a_switch_without_declared_time_has_none() -> None:
    assert said("dual.credit-at-opening", {**EXHAUSTED, "credit_after_wh": -1.0}).outcome is PASSED
    assert said("dual.credit-at-opening", {**EXHAUSTED, "credit_after_wh": -1.1}).outcome is FAILED


def bought(
    mode: int, state: int, *, live: bool, output: bool | None = None, wh: float = 100.0
) -> dict[str, Any]:
    return {
        "credit_after_wh": wh,
        "load_side_live": live,
        "supply_after": supply(state, mode, output),
    }


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        # modes 5 and 6 reconnect by themselves, 1 to 4 only arm (Blue Book, transition h)
        *((bought(mode, CONNECTED, live=True), PASSED, "closed after the token") for mode in (5, 6)),
        *((bought(mode, READY, live=False), FAILED, "yet the switch stays open") for mode in (5, 6)),
        *(
            (bought(mode, READY, live=False), PASSED, f"armed, as mode {mode} demands")
            for mode in (1, 2, 3, 4)
        ),
        *((bought(mode, CONNECTED, live=True), FAILED, "has no local reconnect") for mode in (1, 2, 3, 4)),
        (bought(4, DISCONNECTED, live=False), FAILED, "has no local reconnect"),
        (bought(4, READY, live=True), FAILED, "has no local reconnect"),
        (bought(6, CONNECTED, live=True, output=False), FAILED, "rule A8"),
        (bought(6, READY, live=True, output=True), FAILED, "rule A8"),
        (bought(6, CONNECTED, live=True, wh=0.0), OPEN, "did not bring the credit above zero"),
        (bought(6, READY, live=False, wh=0.5), FAILED, "stays open"),
        (bought(6, READY, live=False, wh=-1.0), OPEN, "above zero: -1 Wh"),
    ],
)
def test_a_token_after_the_end(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.token-closes", data)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


OFF = {"load_side_live": False, "supply": supply(DISCONNECTED)}
HELD = {
    "disconnect_result": "success",
    "after_disconnect": OFF,
    "credit_before_wh": 100.0,
    "after_token": {**OFF, "credit_wh": 101.0},
    "reconnect_result": "success",
    "after_reconnect": {"load_side_live": True, "supply": supply(CONNECTED)},
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "the switch stays open after the token"),
        ({"disconnect_result": "other-reason"}, FAILED, "remote_disconnect (other-reason) did not open"),
        ({"after_disconnect.load_side_live": True}, FAILED, "did not open the switch"),
        ({"after_token.credit_wh": 100.0}, OPEN, "the token was not accepted"),
        ({"after_token.load_side_live": True}, FAILED, "a token closed the switch"),
        ({"after_token.supply": supply(READY)}, FAILED, "changed the state of a remotely opened switch"),
        ({"after_reconnect.supply": supply(READY)}, FAILED, "state 1 was due"),
        ({"after_reconnect.load_side_live": False}, FAILED, "load side dead, yet"),
        ({"after_reconnect.supply": supply(CONNECTED, output=False)}, FAILED, "load side live, yet"),
    ],
)
def test_a_remote_disconnect_against_a_token(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.remote-disconnect-holds", changed(HELD, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason
