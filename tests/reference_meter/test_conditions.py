"""Conditions and their records: debounce, delay, pairing over power cuts, responses, and rings of a hundred."""

from __future__ import annotations

import pytest

from reference_meter.events.conditions import Conditions
from reference_meter.events.event_logs import Log
from reference_meter.meter import Meter
from reference_meter.supply.arbiter import Latch
from tests.reference_meter.fake_board import FakeBoard, PowerCut


@pytest.fixture
def board() -> FakeBoard:
    return FakeBoard()


def names(meter: Meter, log: Log = Log.FRAUD) -> list[str]:
    return [entry["event"] for entry in meter.events.list(log)]


def cover(board: FakeBoard, *, opened: bool) -> None:
    board.senses.cover_open["meter"] = opened
    if board.meter is not None:
        board.meter.senses_changed()
    board.run(1.0)


def test_a_bouncing_cover_is_one_event(board: FakeBoard) -> None:
    meter = board.power_up()
    for bounce in range(41):
        board.senses.cover_open["meter"] = bounce % 2 == 0
        meter.senses_changed()
        board.run(0.0005)
    board.run(1.0)
    assert names(meter) == ["cover-opened"]


def test_the_end_is_recorded_after_a_power_cut(board: FakeBoard) -> None:
    board.power_up()
    cover(board, opened=True)
    board.power_down()
    board.senses.cover_open["meter"] = False
    meter = board.power_up()
    board.run(1.0)
    assert names(meter) == ["cover-opened", "cover-closed"]


def test_an_opening_without_supply_carries_the_time_it_happened(board: FakeBoard) -> None:
    meter = board.power_up()
    board.power_down()
    at = board.rtc()
    board.senses.opened_without_supply["terminal"] = at
    board.run(500)
    meter = board.power_up()
    board.run(1.0)
    first, second = meter.events.list(Log.FRAUD)
    assert (first["event"], first["time"]) == ("terminal-cover-opened", at.isoformat())
    assert second["event"] == "terminal-cover-closed"


def test_the_hundredth_and_first_record_pushes_the_oldest_out(board: FakeBoard) -> None:
    meter = board.power_up()
    for number in range(104):
        meter.events.record("magnet-detected", actor="meter", number=number)
    assert [entry["number"] for entry in meter.events.list(Log.FRAUD)] == list(range(4, 104))
    assert names(meter, Log.STANDARD) == ["power-up"]


@pytest.mark.parametrize("lag_deg", [-36.87, 60.0])
def test_a_reactive_load_is_no_reversal(board: FakeBoard, lag_deg: float) -> None:
    meter = board.power_up()
    board.put(current_a=5.0, lag_deg=lag_deg)
    board.run(60)
    assert names(meter) == []


def test_reversal_needs_its_ten_seconds(board: FakeBoard) -> None:
    meter = board.power_up()
    board.put(current_a=5.0, lag_deg=180.0)
    board.run(9.9)
    assert names(meter) == []
    board.run(0.2)
    assert names(meter) == ["current-reversed"]
    assert meter.registers.export_wh() > 0.0


def test_over_voltage_has_a_hysteresis(board: FakeBoard) -> None:
    meter = board.power_up()
    for voltage_v in (230 * 1.21, 230 * 1.19, 230 * 1.21, 230.0):
        board.put(voltage_v=voltage_v)
        board.run(30)
    assert names(meter, Log.QUALITY) == ["over-voltage", "over-voltage-ended"]


def test_disconnect_holds_until_it_is_cleared(board: FakeBoard) -> None:
    meter = board.power_up()
    meter.conditions.configure({"cover": "disconnect"})
    cover(board, opened=True)
    assert Latch.TAMPER in meter.arbiter.latches
    cover(board, opened=False)
    assert not board.relay_closed


def test_a_cut_between_any_two_writes_leaves_record_and_counter_together(board: FakeBoard) -> None:
    meter = board.power_up()
    for writes in range(12):
        before = len(meter.events.list(Log.FRAUD)), meter.conditions.count("cover")
        board.senses.cover_open["meter"] = writes % 2 == 0
        board.memory.writes_left = writes
        try:
            meter.senses_changed()
            board.run(1.0)
        except PowerCut:
            pass
        board.memory.writes_left = None
        board.lose_power()
        meter = board.power_up()
        after = len(meter.events.list(Log.FRAUD)), meter.conditions.count("cover")
        board.run(1.0)
        if board.senses.cover_open["meter"]:
            assert after[0] - before[0] == after[1] - before[1]


def test_every_condition_has_its_sense() -> None:
    meter = FakeBoard().power_up()
    assert isinstance(meter.conditions, Conditions)
    assert not any(meter.conditions.present(name) for name in meter.conditions.all)
