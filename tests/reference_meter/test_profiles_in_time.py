"""Rows of the profiles over outages, changes of the clock, ends of months and turns of daylight saving; the demand."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from bench.protocols.axdr import decode_all
from bench.protocols.cosem_time import DateTime
from reference_meter.meter import Meter
from reference_meter.profiles.standard import CLOCK_ADJUSTED, POWER_DOWN
from tests.reference_meter.fake_board import FakeBoard

PERIOD_S = 900


@pytest.fixture
def board() -> FakeBoard:
    return FakeBoard()


def rows(meter: Meter, name: str) -> list[list[object]]:
    found = meter.profiles.rows(meter.profiles.all[name])
    return [[decode_all(cell).value for cell in row.cells] for row in found]


def times(meter: Meter, name: str) -> list[datetime]:
    return [DateTime.from_bytes(row[0]).to_datetime() for row in rows(meter, name)]  # type: ignore[arg-type]


def start(board: FakeBoard, utc: datetime) -> Meter:
    board.epoch = utc
    return board.power_up()


def test_the_day_that_is_an_hour_longer_has_a_hundred_rows(board: FakeBoard) -> None:
    meter = start(board, datetime(2027, 10, 30, 22, 0, 1, tzinfo=UTC))  # local midnight, two hours ahead
    board.run(25 * 3600)
    found = times(meter, "load")
    assert len(found) == 100
    assert all(late - early == timedelta(seconds=PERIOD_S) for early, late in itertools.pairwise(found))


def test_the_intervals_add_up_to_the_register(board: FakeBoard) -> None:
    meter = start(board, datetime(2027, 5, 3, 12, 0, 1, tzinfo=UTC))
    board.put(current_a=1.237)
    board.run(10 * PERIOD_S)
    load = rows(meter, "load")
    assert sum(row[3] for row in load) == load[-1][2]  # type: ignore[misc]


def test_an_outage_is_told_by_the_next_row_and_no_other(board: FakeBoard) -> None:
    meter = start(board, datetime(2027, 5, 3, 12, 0, 1, tzinfo=UTC))
    board.run(PERIOD_S)
    board.power_down()
    board.run(3 * PERIOD_S)
    meter = board.power_up()
    board.run(2 * PERIOD_S)
    assert [bool(row[1] & POWER_DOWN) for row in rows(meter, "load")] == [False, True, False]  # type: ignore[operator]


def test_a_clock_set_back_marks_the_row_that_comes_twice(board: FakeBoard) -> None:
    meter = start(board, datetime(2027, 5, 3, 12, 14, 50, tzinfo=UTC))
    board.run(20)
    meter.clock.set_utc(datetime(2027, 5, 3, 12, 14, 50, tzinfo=UTC))
    board.run(20)
    first, second = rows(meter, "load")
    assert first[0] == second[0]
    assert second[1] & CLOCK_ADJUSTED  # type: ignore[operator]


@pytest.mark.parametrize("off", [False, True])
def test_the_end_of_a_month_leaves_one_bill(board: FakeBoard, off: bool) -> None:
    meter = start(board, datetime(2027, 5, 31, 21, 59, 0, tzinfo=UTC))
    board.put(current_a=2.0)
    if off:
        board.power_down()
    board.run(300)
    if off:
        meter = board.power_up()
    board.run(300)
    assert len(rows(meter, "billing")) == 1
    assert len(rows(meter, "daily")) == 1


def test_a_small_step_back_over_midnight_bills_once(board: FakeBoard) -> None:
    meter = start(board, datetime(2027, 5, 31, 21, 59, 50, tzinfo=UTC))
    board.run(20)
    meter.clock.set_utc(datetime(2027, 5, 31, 21, 59, 50, tzinfo=UTC))
    board.run(20)
    assert len(rows(meter, "billing")) == 1


def test_block_demand_and_the_time_of_its_end(board: FakeBoard) -> None:
    meter = start(board, datetime(2027, 5, 3, 12, 9, 0, tzinfo=UTC))
    board.put_power(1000.0)
    board.run(900)  # six minutes of one period, nine of the next
    board.put_power(0.0)
    board.run(900)
    assert meter.demand.highest_w() == 600
    assert meter.demand.highest_at() == datetime(2027, 5, 3, 12, 30, tzinfo=UTC)


def test_billing_begins_the_demand_anew(board: FakeBoard) -> None:
    meter = start(board, datetime(2027, 5, 31, 21, 0, 0, tzinfo=UTC))
    board.put_power(1000.0)
    board.run(1800)
    board.put_power(0.0)
    board.run(1801)
    (bill,) = rows(meter, "billing")
    assert bill[10] == 1000
    assert meter.demand.highest_w() == 0
