"""Entering tokens: keypad rules, lock-out, two carriers at once, power cuts (sts.md 7.5, 10 groups G and L).

METERBENCH_FUZZ=full enters a million random numbers and ten thousand texts; a sample otherwise.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.protocols.sts.fields import InitiateTest, RawToken
from bench.protocols.sts.number import MAXIMUM_VALUE, extract_class
from bench.protocols.sts.opener import open_token
from reference_meter.meter import Meter
from reference_meter.payment.token_result import StatusCode, TokenResult
from tests.reference_meter.fake_board import FakeBoard
from tests.reference_meter.token_desk import INITIAL_CREDIT_WH, Desk, board_of, enter

T = TokenResult
BOTH = pytest.mark.parametrize("product", ["dds722", "dts722"])
TEST_ALL = "56493153725450313471"  # class 1, test 0 (STS531-1)
LOCKING = {"lock_out_after": 3}


def type_in(board: FakeBoard, keys: str) -> str:
    """Press keys, wait for the result, and return what the display ends with."""
    assert board.meter is not None
    board.meter.keys_pressed(keys)
    board.run(1.0)
    return board.shown.rpartition(" | ")[2]


def made(product: str = "dds722", **sts: object) -> tuple[FakeBoard, Meter, Desk]:
    board = board_of(product, **sts)
    return board, board.power_up(), Desk.of(board.product)


# keypad


def test_backspace_and_clear() -> None:
    board, _, desk = made()
    token = desk.credit()
    assert type_in(board, f"777C{token[:10]}55<<{token[10:]}E") == "Accept"


@pytest.mark.parametrize(("pause_s", "shown"), [(19.9, "Accept"), (20.1, "FormatError")])
def test_digit_time_out(pause_s: float, shown: str) -> None:
    board, meter, desk = made()
    token = desk.credit()
    meter.keys_pressed(token[:10])
    board.run(pause_s)
    assert type_in(board, token[10:] + "E") == shown


def test_enter_without_digits_does_nothing() -> None:
    board, meter, _ = made()
    before = board.shown
    meter.keys_pressed("E<CE")
    board.run(1.0)
    assert board.shown == before


@pytest.mark.parametrize("wrong", ["short", "long"])
def test_wrong_number_of_digits(wrong: str) -> None:
    board, meter, desk = made()
    token = desk.credit()
    assert type_in(board, (token[:-1] if wrong == "short" else token + "0") + "E") == "FormatError"
    assert meter.account.reading_wh() == INITIAL_CREDIT_WH
    assert type_in(board, token + "E") == "Accept"


def test_display_of_a_maker_who_shows_numbers() -> None:
    board, _, desk = made(result_texts={"Accept": "31", "UsedError": "37"})
    token = desk.credit()
    assert [type_in(board, token + "E"), type_in(board, token + "E")] == ["31", "37"]


# lock-out


@BOTH
def test_lock_out_doubles_to_1280_s(product: str) -> None:
    board, meter, desk = made(product, **LOCKING)
    assert enter(meter, desk.garbage(), desk.garbage(), desk.garbage()) == [T.CRC_ERROR] * 3
    good = desk.credit()
    for length_s in (10, 20, 40, 80, 160, 320, 640, 1280, 1280):
        assert enter(meter, good) == [T.LOCKOUT_ACTIVE]
        board.run(length_s - 0.1)
        assert enter(meter, good) == [T.LOCKOUT_ACTIVE]
        board.run(0.2)
        assert enter(meter, desk.garbage()) == [T.CRC_ERROR]
    board.run(1280.0)
    assert enter(meter, good) == [T.ACCEPT]
    assert enter(meter, desk.garbage(), desk.garbage(), desk.credit()) == [T.CRC_ERROR, T.CRC_ERROR, T.ACCEPT]


def test_lock_out_holds_on_both_carriers_and_lets_tests_through() -> None:
    board, meter, desk = made(**LOCKING)
    assert type_in(board, desk.garbage() + "E") == "CRCError"
    meter.gateway.enter(desk.garbage().encode())
    board.run(1.0)
    assert type_in(board, desk.garbage() + "E") == "CRCError"
    assert type_in(board, desk.credit() + "E") == "Lockout"
    meter.gateway.enter(desk.credit().encode())
    board.run(1.0)
    assert (meter.gateway.status, meter.gateway.result_number) == (StatusCode.EXECUTION_FAILURE, 15)
    assert enter(meter, TEST_ALL) == [T.ACCEPT]


def test_power_cycle_ends_a_lock_out() -> None:
    board, meter, desk = made(**LOCKING)
    enter(meter, *(desk.garbage() for _ in range(3)))
    assert enter(board.power_cycle(), desk.credit()) == [T.ACCEPT]


def test_what_is_no_token_of_this_meter_does_not_count() -> None:
    _, meter, desk = made(**LOCKING)
    foreign = desk.token(InitiateTest(control=4, manufacturer_code=0x11))
    enter(meter, *[foreign, str(MAXIMUM_VALUE + 1), "123"] * 3)
    assert enter(meter, desk.credit()) == [T.ACCEPT]


def test_used_tokens_count() -> None:
    _, meter, desk = made(**LOCKING)
    token = desk.credit()
    assert enter(meter, *[token] * 5) == [T.ACCEPT, *[T.USED_ERROR] * 3, T.LOCKOUT_ACTIVE]


# two carriers at once


def test_gateway_waits_for_the_keypad() -> None:
    board, meter, desk = made()
    first, second = desk.credit(), desk.credit()
    meter.keys_pressed(first + "E")
    assert (meter.gateway.status, meter.gateway.result_number) == (StatusCode.NOT_YET_PROCESSED, 16)
    assert not meter.gateway.enter(second.encode())
    board.run(1.0)
    assert (meter.gateway.token, meter.gateway.status) == (first.encode(), StatusCode.EXECUTION_OK)
    assert meter.gateway.enter(second.encode())
    board.run(1.0)
    assert meter.account.reading_wh() == INITIAL_CREDIT_WH + 2000


def test_keypad_says_not_ready_while_the_gateway_works() -> None:
    board, meter, desk = made()
    first, second = desk.credit(), desk.credit()
    meter.gateway.enter(first.encode())
    assert type_in(board, second + "E") == "NotReady"
    assert meter.account.reading_wh() == INITIAL_CREDIT_WH + 1000
    assert type_in(board, second + "E") == "Accept"


# power cuts


def after_cut(board: FakeBoard, token: str) -> tuple[bool, bool]:
    """Power up again and return whether credit and TID of the token are there."""
    meter = board.power_up()
    credited = meter.account.reading_wh() > INITIAL_CREDIT_WH
    return credited, enter(meter, token) == [T.USED_ERROR]


@BOTH
@pytest.mark.parametrize("graceful", [True, False])
def test_supply_cut_at_any_time_leaves_credit_and_tid_or_neither(product: str, graceful: bool) -> None:
    seen = set()
    for step in range(100):
        board, meter, desk = made(product)
        token = desk.credit()
        meter.keys_pressed(token + "E")
        board.run(step * 0.002)
        board.power_down() if graceful else board.lose_power()
        state = after_cut(board, token)
        assert state in {(True, True), (False, False)}
        seen.add(state)
    assert len(seen) == 2


# any input

FULL = os.environ.get("METERBENCH_FUZZ") == "full"
RANDOM_TOKENS = 1_000_000 if FULL else 10_000
TEXTS = 10_000 if FULL else 300


@pytest.mark.parametrize("product", ["dds722", "dts722"])
def test_random_digits_change_nothing_unless_the_key_explains_it(product: str) -> None:
    _, meter, _ = made(product)
    draw = random.Random(f"tokens for {product}")
    key = meter.decoder_key
    records = dict(meter.board.memory.records)  # type: ignore[attr-defined]
    for _ in range(RANDOM_TOKENS // 2):
        digits = f"{draw.randrange(10**20):020d}"
        opened = None if int(digits) > MAXIMUM_VALUE else open_token(digits, key.key, key.algorithm)
        if opened is not None and opened.crc_ok:
            continue  # one in 65536: the arithmetic explains it
        result = meter.token_application.process(digits)
        wrong_class = int(digits) > MAXIMUM_VALUE or extract_class(int(digits))[0] == 3
        assert result is (T.FORMAT_ERROR if wrong_class else T.CRC_ERROR)
    assert meter.board.memory.records == records  # type: ignore[attr-defined]
    assert meter.key_change.sections == {}


_BOARD, _METER, _DESK = made()


@settings(max_examples=TEXTS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=40) | st.text("0123456789", min_size=18, max_size=22))
def test_any_text_is_refused_without_effect(text: str) -> None:
    key = _METER.decoder_key
    is_token = len(text) == 20 and text.isascii() and text.isdigit() and int(text) <= MAXIMUM_VALUE
    if is_token and open_token(text, key.key, key.algorithm).crc_ok:
        return
    before = dict(_BOARD.memory.records)
    assert not _METER.token_application.process(text).accepted
    assert _BOARD.memory.records == before


@settings(max_examples=100, deadline=None)
@given(st.text("0123456789ECB<x", max_size=60))
def test_any_keys_leave_the_credit_alone(keys: str) -> None:
    _METER.keys_pressed(keys)
    _BOARD.run(30.0)
    assert _METER.account.reading_wh() == INITIAL_CREDIT_WH
    assert not _METER.token_application.busy


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 3), st.integers(0, 15), st.integers(0, (1 << 44) - 1))
def test_authentic_noise_never_escapes(token_class: int, subclass: int, payload44: int) -> None:
    """Whatever an authentic token says, there is a result, and the meter takes the next token."""
    board, meter, desk = made()
    meter.token_application.enter(
        desk.token(RawToken(token_class=token_class, subclass=subclass, payload44=payload44)), "keypad"
    )
    board.run(5.0)
    meter.token_application.enter(TEST_ALL, "gateway")
    board.run(5.0)
    assert meter.gateway.result is T.ACCEPT
