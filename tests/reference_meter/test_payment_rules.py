"""Payment modes, emergency credit, friendly hours, charges and the limiter of the reference meter."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import array, encode, long_unsigned, octet_string, structure, unsigned
from reference_meter.meter import Meter
from reference_meter.payment.account import EmergencyCredit
from reference_meter.supply.arbiter import Latch
from reference_meter.supply.control_modes import ControlState
from tests.reference_meter.fake_board import FakeBoard

OFF, ON, READY = ControlState
SETTLED_S = 2.0


@pytest.fixture
def board() -> FakeBoard:
    return FakeBoard()


@pytest.fixture
def meter(board: FakeBoard) -> Meter:
    return board.power_up()


def set_balance(board: FakeBoard, meter: Meter, wh: float) -> None:
    meter.account.add_wh(wh - meter.account.balance_wh())
    board.run(SETTLED_S)


def friendly_all_day(meter: Meter) -> None:
    action = structure(octet_string(bytes(4)), octet_string(bytes(6)), long_unsigned(1))
    days = array(structure(unsigned(1), array(action)))
    meter.memory.put("dlms.friendly active days", encode(days).hex())
    meter.friendly.changed()


def test_credit_mode_freezes_the_balance_and_clears_want_of_credit(board: FakeBoard, meter: Meter) -> None:
    set_balance(board, meter, 0.0)
    assert not board.relay_closed
    meter.account.switch_to("credit", actor="remote")
    board.put_power(3600.0)
    board.run(100.0)
    assert board.relay_closed
    assert meter.account.balance_wh() == 0.0


def test_back_in_prepayment_supply_ends_after_the_grace_and_only_new_use_counts(
    board: FakeBoard, meter: Meter
) -> None:
    set_balance(board, meter, 0.0)
    meter.account.switch_to("credit", actor="remote")
    board.put_power(3600.0)
    board.run(100.0)
    board.put_power(0.0)
    meter.account.switch_to("prepayment", actor="remote")
    board.run(meter.product.payment.grace_s - 1.0)
    assert board.relay_closed
    assert meter.account.reading_wh() == 0
    board.run(SETTLED_S)
    assert not board.relay_closed


def test_the_grace_goes_on_over_a_power_cut(board: FakeBoard, meter: Meter) -> None:
    set_balance(board, meter, 0.0)
    meter.account.switch_to("credit", actor="remote")
    board.run(SETTLED_S)
    meter.account.switch_to("prepayment", actor="remote")
    meter = board.power_cycle()
    board.run(meter.product.payment.grace_s - 5.0)
    assert board.relay_closed
    board.run(10.0)
    assert not board.relay_closed


def test_emergency_credit_is_there_once_until_it_is_repaid(board: FakeBoard, meter: Meter) -> None:
    assert not meter.account.draw_emergency(actor="remote")  # 10 kWh of credit left
    set_balance(board, meter, 0.0)
    assert meter.account.draw_emergency(actor="remote")
    board.put_power(3600.0)
    board.run(1000.0)
    assert (board.relay_closed, meter.account.emergency_reading()) == (True, 1000)
    assert not meter.account.draw_emergency(actor="remote")
    board.run(1500.0)
    assert (board.relay_closed, meter.account.emergency_reading()) == (False, 0)
    assert meter.account.emergency is EmergencyCredit.USED_UP
    meter.account.add_wh(500.0)  # repays a part
    assert (meter.account.emergency_reading(), meter.account.token_reading()) == (499, 0)
    board.run(SETTLED_S)
    assert not board.relay_closed
    board.put_power(0.0)
    meter.account.add_wh(2000.0)
    board.run(SETTLED_S)
    assert board.relay_closed
    assert (meter.account.emergency_reading(), meter.account.token_reading()) == (2000, 499)


def test_friendly_hours_hide_want_of_credit_and_nothing_else(board: FakeBoard, meter: Meter) -> None:
    friendly_all_day(meter)
    set_balance(board, meter, 0.0)
    board.put_power(3600.0)
    board.run(10.0)
    assert board.relay_closed
    assert meter.account.reading_wh() == -10  # consumption goes on counting
    meter.arbiter.remote_disconnect()
    board.run(SETTLED_S)
    assert not board.relay_closed


def test_friendly_hours_end_at_their_minute(board: FakeBoard, meter: Meter) -> None:
    now = meter.clock.local()
    actions = [
        structure(octet_string(bytes([hour, minute, 0, 0])), octet_string(bytes(6)), long_unsigned(script))
        for hour, minute, script in ((0, 0, 1), (now.hour, now.minute + 1, 2))
    ]
    days = array(structure(unsigned(1), array(*actions)))
    meter.memory.put("dlms.friendly active days", encode(days).hex())
    meter.friendly.changed()
    set_balance(board, meter, 0.0)
    assert board.relay_closed
    board.run(60.0)
    assert not board.relay_closed


def test_each_step_of_a_month_has_its_price_and_a_month_begins_anew(board: FakeBoard, meter: Meter) -> None:
    meter.charges.set_thresholds([50])
    meter.charges.set_passive([(b"\x00\x01", 1000), (b"\x00\x02", 2000)])
    meter.charges.activate_passive()
    board.put_power(3600.0)
    board.run(100.0)  # 50 Wh at one price, 50 Wh at the other
    assert meter.account.balance_wh() == pytest.approx(10_000.0 - 50.0 - 100.0)
    board.put_power(0.0)
    now = meter.clock.utc()
    meter.clock.set_utc(now.replace(month=now.month + 1, day=1))
    board.put_power(3600.0)
    board.run(10.0)
    assert meter.account.balance_wh() == pytest.approx(9_850.0 - 10.0)


def test_credit_runs_out_at_the_price_of_its_step(board: FakeBoard, meter: Meter) -> None:
    meter.charges.set_passive([(b"", 2000)])
    meter.charges.activate_passive()
    set_balance(board, meter, 100.0)
    board.put_power(3600.0)
    board.run(49.0)
    assert board.relay_closed
    board.run(2.0)
    assert not board.relay_closed


@pytest.mark.parametrize(("bits", "taken"), [("111", 180), ("011", 0)])
def test_standing_charge_is_collected_over_an_outage_and_in_the_configured_states(
    board: FakeBoard, meter: Meter, bits: str, taken: int
) -> None:
    meter.charges.set_standing(unit=60, period_s=60, bits=bits)
    meter.arbiter.remote_disconnect()
    board.run(SETTLED_S)
    board.power_down()
    board.run(180.0)
    meter = board.power_up()
    assert meter.account.reading_wh() == 10_000 - taken


def test_limiter_waits_its_time_and_holds_over_a_power_cut(board: FakeBoard, meter: Meter) -> None:
    meter.power_limiter.set_object(normal_w=1000, over_s=20)
    board.put_power(2000.0)
    board.run(19.0)
    assert board.relay_closed
    board.run(2.0)
    assert not board.relay_closed
    meter = board.power_cycle()
    board.put_power(0.0)
    board.run(30.0)
    assert Latch.LIMITER in meter.arbiter.latches
    board.run(40.0)
    assert board.relay_closed


def test_a_disconnect_scheduled_while_there_is_no_supply_is_carried_out_afterwards(
    board: FakeBoard, meter: Meter
) -> None:
    due = meter.clock.local()
    on = due.year.to_bytes(2) + bytes([due.month, due.day, 0xFF])
    meter.disconnect_schedule.set(times=[(bytes([due.hour, due.minute + 1, 0, 0]), on)])
    board.power_down()
    board.run(120.0)
    meter = board.power_up()
    board.run(SETTLED_S)
    assert meter.arbiter.control_state is OFF


def test_a_tamper_latch_is_cleared_by_authority_once_the_condition_is_gone(
    board: FakeBoard, meter: Meter
) -> None:
    meter.conditions.configure({"cover": "disconnect"})
    board.senses.cover_open["meter"] = True
    meter.senses_changed()
    board.run(SETTLED_S)
    meter.arbiter.clear_tamper()
    assert meter.arbiter.control_state is READY
    board.senses.cover_open["meter"] = False
    meter.senses_changed()
    board.run(SETTLED_S)
    assert meter.arbiter.control_state is READY
    meter.arbiter.clear_tamper()
    board.run(SETTLED_S)
    assert meter.arbiter.control_state is ON


def test_control_mode_changes_only_while_connected(board: FakeBoard, meter: Meter) -> None:
    meter.arbiter.remote_disconnect()
    board.run(SETTLED_S)
    assert not meter.arbiter.set_control_mode(0)
    meter.arbiter.remote_reconnect()
    board.run(SETTLED_S)
    assert meter.arbiter.set_control_mode(2)
    assert board.power_cycle().arbiter.control_mode == 2
