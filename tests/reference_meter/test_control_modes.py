"""Both products in every control mode, moved as from outside: what the bench's table says is what the contact does."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bench.standards.control_modes import ControlState, Request, next_state, reconnects_by_itself
from reference_meter.meter import Meter
from reference_meter.products.dds722 import dds722
from reference_meter.products.dts722 import dts722
from tests.reference_meter.fake_board import FakeBoard

PRODUCTS = {"dds722": dds722, "dts722": dts722}
STEPS = 60
CREDIT_WH = 5000.0


def ask(meter: Meter, request: str) -> None:
    if request == "remote_disconnect":
        meter.arbiter.remote_disconnect()
    elif request == "remote_reconnect":
        meter.arbiter.remote_reconnect()
    elif request == "button":
        meter.arbiter.button_pressed()
    elif request == "no credit":
        meter.account.debit_wh(meter.account.balance_wh())
    else:
        meter.account.add_wh(CREDIT_WH)


def expected(mode: int, state: ControlState, request: str, *, held: bool) -> ControlState:
    """Return the state after a request, ``held`` while there is no credit."""
    on, off, ready = ControlState.CONNECTED, ControlState.DISCONNECTED, ControlState.READY_FOR_RECONNECTION
    if mode == 0:
        return on
    if request in {"no credit", "credit"}:
        if request == "no credit":
            return ready if state is on else state
        return on if state is ready and reconnects_by_itself(mode) else state
    asked = Request(request) if request != "button" else Request.MANUAL_DISCONNECT
    if request == "button" and state is not on:
        asked = Request.MANUAL_RECONNECT
    end = next_state(mode, state, asked)
    if end is on and state is not on and held:
        return state if request == "button" else ready
    if state is off and end is ready and reconnects_by_itself(mode) and not held:
        return on
    return end


@pytest.mark.parametrize("mode", range(8))
@pytest.mark.parametrize("kind", PRODUCTS)
def test_requests_in_every_mode(kind: str, mode: int) -> None:
    product = PRODUCTS[kind](1, 0)
    product = replace(product, supply=replace(product.supply, control_mode=mode))
    board = FakeBoard(product=product)
    meter = board.power_up()
    chance = random.Random(f"{kind} {mode}")
    held = by_hand = False
    for step in range(STEPS):
        before = ControlState(int(meter.arbiter.control_state))
        request = chance.choice(("remote_disconnect", "remote_reconnect", "button", "no credit", "credit"))
        if request == "credit" and by_hand:
            continue  # a hand that opened the switch is not overruled by credit
        ask(meter, request)
        board.run(3.0)
        held = {"no credit": True, "credit": False}.get(request, held)
        due = expected(mode, before, request, held=held)
        state = ControlState(int(meter.arbiter.control_state))
        assert state is due, (step, before, request, held)
        assert board.relay_closed is (state is ControlState.CONNECTED)
        by_hand = (by_hand or (request == "button" and before is ControlState.CONNECTED)) and state is not (
            ControlState.CONNECTED
        )
        if by_hand:
            ask(meter, "credit")
            held = False
            ask(meter, "remote_reconnect")
            ask(meter, "button")
            board.run(3.0)
            by_hand = False
