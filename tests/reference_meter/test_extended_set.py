"""The extended token set on a meter that has it: tokens of CTSA24 (STS531-1, STS Association), and power cuts."""

from __future__ import annotations

import pytest

from bench.protocols.sts.fields import ReadExtended, WriteExtended
from bench.protocols.sts.maker import make_token
from reference_meter.meter import Meter
from reference_meter.payment.token_result import TokenResult
from tests.reference_meter.fake_board import FakeBoard
from tests.reference_meter.token_desk import Desk, board_of, enter

T = TokenResult
FLAG_0_SET = "46916500952836447494"  # step 2, 2029-01-01 09:05
VALUE_0_IS_0 = "02905758142350480527"  # step 3, 09:10
VALUE_0_IS_123 = "26329856308817750454"  # step 4, 09:15
SHOW_VALUE_0 = "02305843009347914912"  # step 5
SHOW_FLAG_0 = "03440750115445279822"  # step 6


@pytest.fixture
def board() -> FakeBoard:
    return board_of(extended_token_set=True)


@pytest.fixture
def meter(board: FakeBoard) -> Meter:
    return board.power_up()


def test_published_tokens_write_and_show(board: FakeBoard, meter: Meter) -> None:
    assert enter(meter, FLAG_0_SET, VALUE_0_IS_0, VALUE_0_IS_123) == [T.ACCEPT] * 3
    assert enter(meter, SHOW_VALUE_0, SHOW_VALUE_0) == [T.ACCEPT] * 2
    assert "VALUE 0: 123" in board.shown
    assert enter(meter, SHOW_FLAG_0) == [T.ACCEPT]
    assert "FLAG 0: 1" in board.shown


def test_a_write_is_used_up_and_outlives_a_power_cut(board: FakeBoard, meter: Meter) -> None:
    assert enter(meter, VALUE_0_IS_123) == [T.ACCEPT]
    board.power_cycle()
    meter = board.power_up()
    assert enter(meter, VALUE_0_IS_123, SHOW_VALUE_0) == [T.USED_ERROR, T.ACCEPT]
    assert "VALUE 0: 123" in board.shown


def test_what_a_read_token_means_beyond_the_known_bits_is_no_function(meter: Meter) -> None:
    algorithm = meter.decoder_key.algorithm
    unknown = [
        ReadExtended(index=63, value=1),
        ReadExtended(index=5, value=1 << 20),
        ReadExtended(index=5, pad=1),
    ]
    assert (
        enter(meter, *(make_token(fields, None, algorithm) for fields in unknown)) == [T.FUNCTION_ERROR] * 3
    )


def test_a_meter_without_the_set_refuses_and_uses_nothing_up(meter: Meter) -> None:
    plain = board_of()
    without, desk = plain.power_up(), Desk.of(plain.product)
    token = desk.token(WriteExtended(tid=next(desk.tids), index=1, value=7))
    assert enter(without, token, SHOW_VALUE_0, token) == [T.FUNCTION_ERROR] * 3
    assert enter(meter, token) == [T.ACCEPT]
