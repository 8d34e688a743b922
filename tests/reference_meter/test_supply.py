"""Zero credit, tokens and remote commands on one switch (dual_standard_meter.md 3.1 and 3.4)."""

from __future__ import annotations

from typing import Any

import pytest

from reference_meter.events.event_logs import Log
from reference_meter.meter import Meter
from reference_meter.supply.control_modes import MODES, ControlState, Trigger, transition
from tests.reference_meter.fake_board import RELAY_DELAY_S, FakeBoard

CREDIT_0_1_KWH = "70630503470028726114"  # STS531-1, CTSA01 step 1
OFF, ON, READY = ControlState


@pytest.fixture
def board() -> FakeBoard:
    return FakeBoard()


@pytest.fixture
def meter(board: FakeBoard) -> Meter:
    return board.power_up()


def exhaust(board: FakeBoard, meter: Meter) -> None:
    meter.account.debit_wh(meter.account.balance_wh())
    board.run(2.0)


def supply_events(meter: Meter) -> list[tuple[Any, Any]]:
    return [(entry["event"], entry["actor"]) for entry in meter.events.list(Log.SUPPLY)]


def test_new_meter_is_connected(meter: Meter) -> None:
    assert (meter.arbiter.control_state, meter.arbiter.output_state()) == (ON, True)
    assert supply_events(meter) == []


def test_supply_ends_at_the_exact_instant_of_zero_credit(board: FakeBoard, meter: Meter) -> None:
    board.put_power(3600.0)  # 1 Wh/s, 10 kWh
    board.run(12_000.0)
    assert board.relay_moves == [(pytest.approx(10_000.0 + RELAY_DELAY_S), False)]
    # the load runs on through the mechanical delay: 0.2 s at 1 Wh/s
    assert meter.account.balance_wh() == pytest.approx(-RELAY_DELAY_S)
    assert meter.registers.energy_wh() == pytest.approx(10_000.0 + RELAY_DELAY_S)
    assert meter.arbiter.control_state is READY
    assert supply_events(meter) == [("disconnected", "credit")]


def test_zero_credit_after_many_load_changes(board: FakeBoard, meter: Meter) -> None:
    for step in range(200):
        board.put_power(1000.0 + 17.0 * step)
        board.run(7.3)
    left_wh = meter.account.balance_wh()
    assert left_wh == pytest.approx(10_000.0 - sum(1000.0 + 17.0 * s for s in range(200)) * 7.3 / 3600.0)
    board.put_power(3600.0)
    start_s = board.time_s
    board.run(10_000.0)
    assert board.relay_moves[0][0] == pytest.approx(start_s + left_wh + RELAY_DELAY_S, abs=1e-6)


def test_token_closes_by_itself_in_mode_6(board: FakeBoard, meter: Meter) -> None:
    exhaust(board, meter)
    assert board.relay_closed is False
    meter.keys_pressed(CREDIT_0_1_KWH + "E")
    board.run(2.0)
    assert board.relay_closed
    assert meter.arbiter.control_state is ON
    assert supply_events(meter) == [("disconnected", "credit"), ("reconnected", "credit")]


def test_token_that_leaves_the_balance_negative_does_not_close(board: FakeBoard, meter: Meter) -> None:
    meter.account.debit_wh(10_150)
    board.run(2.0)
    meter.keys_pressed(CREDIT_0_1_KWH + "E")
    board.run(2.0)
    assert meter.account.reading_wh() == -50
    assert board.relay_closed is False


def test_remote_disconnect_wins_over_tokens(board: FakeBoard, meter: Meter) -> None:
    assert meter.arbiter.remote_disconnect()
    board.run(2.0)
    exhaust(board, meter)
    meter.keys_pressed(CREDIT_0_1_KWH + "E")
    board.run(2.0)
    assert board.relay_closed is False
    assert meter.arbiter.control_state is OFF
    assert supply_events(meter) == [
        ("disconnected", "remote"),
        ("inhibited", "credit"),
        ("released", "credit"),
    ]


def test_remote_reconnect_closes_by_itself_in_mode_6(board: FakeBoard, meter: Meter) -> None:
    meter.arbiter.remote_disconnect()
    board.run(2.0)
    assert meter.arbiter.remote_reconnect()
    assert meter.arbiter.control_state is READY  # armed while the contact moves
    board.run(2.0)
    assert (meter.arbiter.control_state, board.relay_closed) == (ON, True)


def test_remote_reconnect_at_zero_credit_only_arms(board: FakeBoard, meter: Meter) -> None:
    meter.arbiter.remote_disconnect()
    exhaust(board, meter)
    assert meter.arbiter.remote_reconnect()
    board.run(2.0)
    assert (meter.arbiter.control_state, board.relay_closed) == (READY, False)
    assert not meter.arbiter.remote_reconnect()  # nothing to take back any more
    meter.keys_pressed(CREDIT_0_1_KWH + "E")
    board.run(2.0)
    assert meter.arbiter.control_state is ON


def test_remote_disconnect_from_ready(board: FakeBoard, meter: Meter) -> None:
    exhaust(board, meter)
    assert meter.arbiter.remote_disconnect()
    assert meter.arbiter.control_state is OFF


@pytest.mark.parametrize("latch", ["remote", "credit", "both"])
def test_power_cycle_keeps_latches_and_moves_nothing(board: FakeBoard, meter: Meter, latch: str) -> None:
    if latch != "credit":
        meter.arbiter.remote_disconnect()
    if latch != "remote":
        exhaust(board, meter)
    board.run(2.0)
    before = (meter.arbiter.control_state, set(meter.arbiter.latches))
    board.relay_moves.clear()
    meter = board.power_cycle()
    board.run(60.0)
    assert (meter.arbiter.control_state, set(meter.arbiter.latches)) == before
    assert board.relay_moves == []


def test_opening_interrupted_by_a_power_cut_is_finished_afterwards(board: FakeBoard, meter: Meter) -> None:
    meter.arbiter.remote_disconnect()
    assert board.relay_target is not None
    board.relay_target.cancel()  # the coil lost power before the armature moved
    board.power_down()
    assert board.relay_closed
    board.power_up()
    board.run(2.0)
    assert board.relay_closed is False


def test_stuck_contact_is_driven_again_and_the_state_stays_true(board: FakeBoard, meter: Meter) -> None:
    board.relay_stuck = True
    exhaust(board, meter)
    board.run(5.0)
    assert meter.arbiter.output_state() is True
    assert meter.arbiter.control_state is ON
    assert supply_events(meter) == [("disconnected", "credit"), ("switch-failed", "meter")]


def test_in_credit_mode_nothing_is_charged_and_supply_goes_on(board: FakeBoard) -> None:
    meter = board.power_up()
    meter.account.payment_mode = "credit"
    board.put_power(3600.0)
    board.run(20_000.0)
    assert meter.account.reading_wh() == 10_000
    assert board.relay_closed


def test_balance_survives_a_power_cut_and_charging_goes_on(board: FakeBoard, meter: Meter) -> None:
    board.put_power(3600.0)
    board.run(100.25)
    board.power_down()
    board.run(500.0)
    meter = board.power_up()
    assert meter.account.balance_wh() == pytest.approx(10_000.0 - 100.25)
    board.run(10_000.0)
    assert board.relay_moves[0][0] == pytest.approx(100.25 + 500.0 + 9_899.75 + RELAY_DELAY_S)


def test_number_of_moving_cells_of_each_mode() -> None:
    cells = {
        mode: sum(
            transition(mode, trigger, state) is not None for trigger in Trigger for state in ControlState
        )
        for mode in MODES
    }
    assert cells == {0: 0, 1: 6, 2: 6, 3: 5, 4: 5, 5: 7, 6: 6, 7: 7}


@pytest.mark.parametrize("mode", MODES)
def test_only_remote_reconnect_leaves_disconnected(mode: int) -> None:
    leaving = {trigger for trigger in Trigger if transition(mode, trigger, OFF) is not None}
    assert leaving <= {Trigger.REMOTE_RECONNECT}


def test_power_cuts_and_tokens_are_logged_with_time_and_actor(board: FakeBoard, meter: Meter) -> None:
    meter.keys_pressed(CREDIT_0_1_KWH + "E")
    board.run(1.0)
    meter = board.power_cycle()
    assert [entry["event"] for entry in meter.events.list(Log.STANDARD)] == [
        "power-up",
        "power-down",
        "power-up",
    ]
    (token,) = meter.events.list(Log.TOKEN)
    assert token == {
        "event": "token-accepted",
        "time": "2027-05-03T12:00:00.015000+00:00",
        "zone": -120,
        "status": 0x80,
        "actor": "keypad",
        "result": "Accept",
        "delivery": 2,
        "code": 3,
        "number": 1,
    }


def test_log_is_a_ring(meter: Meter) -> None:
    for _ in range(120):
        meter.events.record("clock-set", actor="remote")
    entries = meter.events.list(Log.STANDARD)
    assert len(entries) == 100
    assert entries[0]["event"] == "clock-set"
