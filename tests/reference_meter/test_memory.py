"""All or nothing in the memory chip, whatever the moment of the power cut."""

from __future__ import annotations

from contextlib import suppress

import pytest

from reference_meter.payment.token_result import TokenResult
from tests.reference_meter.fake_board import FakeBoard, PowerCut

TOKEN_25_6_KWH = "35564630509785701608"  # STS531-1, CTSA10 step 1


def writes_of_one_token() -> int:
    board = FakeBoard()
    meter = board.power_up()
    board.memory.writes_left = 1000
    meter.keys_pressed(TOKEN_25_6_KWH + "E")
    board.run(1.0)
    assert board.memory.writes_left is not None
    return 1000 - board.memory.writes_left


def test_cut_between_any_two_writes_leaves_credit_and_tid_together() -> None:
    outcomes = set()
    writes = writes_of_one_token()
    assert writes > 3  # or there is no window to cut in
    for cut_after in range(writes + 1):
        board = FakeBoard()
        meter = board.power_up()
        board.memory.writes_left = cut_after
        with suppress(PowerCut):
            meter.keys_pressed(TOKEN_25_6_KWH + "E")
            board.run(1.0)
        board.memory.writes_left = None
        board.lose_power()
        meter = board.power_up()
        credit_wh = meter.account.reading_wh()
        again = meter.token_application.enter(TOKEN_25_6_KWH, "keypad")
        assert (credit_wh, again) in {(10_000, TokenResult.ACCEPT), (35_600, TokenResult.USED_ERROR)}
        outcomes.add(credit_wh)
    assert outcomes == {10_000, 35_600}


def test_cut_while_a_group_is_repaired_can_be_repaired_again() -> None:
    board = FakeBoard()
    meter = board.power_up()
    board.memory.writes_left = 2  # journal and one record
    meter.keys_pressed(TOKEN_25_6_KWH + "E")
    with pytest.raises(PowerCut):
        board.run(1.0)
    for _ in range(3):
        board.lose_power()
        board.memory.writes_left = 1
        with pytest.raises(PowerCut):
            board.power_up()
    board.memory.writes_left = None
    assert board.power_up().account.reading_wh() == 35_600


def test_a_failed_group_writes_nothing() -> None:
    board = FakeBoard()
    memory = board.power_up().memory
    before = dict(board.memory.records)

    def fail_halfway() -> None:
        with memory.together():
            memory.put("a", 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert board.memory.records == before
    assert memory.get("a") is None


def test_put_all_and_get() -> None:
    board = FakeBoard()
    memory = board.power_up().memory
    memory.put_all({"a": 1, "b": [2.5, "x"]})
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, [2.5, "x"], None)
