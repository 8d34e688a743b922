"""Class 1 tests and displays, and class 2 tokens that set limits and clear credit and tamper (sts.md 1.3, 1.4, 2.6)."""

from __future__ import annotations

import pytest

from bench.protocols.sts.crc import block_crc
from bench.protocols.sts.fields import (
    ClearCredit,
    ClearTamperCondition,
    InitiateTest,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    TransferCurrency,
    WriteExtended,
)
from bench.protocols.sts.layouts import write_payload
from bench.protocols.sts.meter_tests import request_test
from reference_meter.board import ElementInput
from reference_meter.meter import Meter
from reference_meter.payment.token_result import TokenResult
from reference_meter.supply.arbiter import Latch
from tests.reference_meter.fake_board import FakeBoard
from tests.reference_meter.token_desk import INITIAL_CREDIT_WH, Desk, board_of, enter

T = TokenResult
BOTH = pytest.mark.parametrize("product", ["dds722", "dts722"])
MPL_1_KW = "68961683064326234122"  # CTSA03 step 1, 2024-03-28 09:01
CLEAR_ALL = "00066562869333031750"  # ClearCredit 0xFFFF, sts.md 10
CLEAR_TAMPER = "42545072112843780101"  # sts.md 10
TEST_ALL = ("56493153725450313471", "02305843005052951967")
IN_CURRENCY = {"accounting": "currency"}


def made(product: str = "dds722", **options: object) -> tuple[FakeBoard, Meter, Desk]:
    board = board_of(product, **options)
    return board, board.power_up(), Desk.of(board.product)


# limits


@pytest.mark.parametrize(("power_w", "opens"), [(990.0, False), (1010.0, True)])
def test_published_maximum_power_limit_is_enforced(power_w: float, opens: bool) -> None:
    board, meter, _ = made()
    board.put_power(power_w)
    assert enter(meter, MPL_1_KW) == [T.ACCEPT]
    board.run(9.9)
    assert board.relay_closed
    board.run(0.5)
    assert board.relay_closed is not opens
    assert (Latch.LIMITER in meter.arbiter.latches) is opens


def test_short_peak_does_not_trip_and_limit_survives_a_power_cut() -> None:
    board, meter, _ = made()
    enter(meter, MPL_1_KW)
    board.power_cycle()
    for _ in range(3):
        board.put_power(3000.0)
        board.run(9.0)
        board.put_power(500.0)
        board.run(5.0)
    assert board.relay_closed
    board.put_power(3000.0)
    board.run(11.0)
    assert not board.relay_closed


def test_limiter_closes_again_by_time_alone() -> None:
    board, meter, desk = made()
    enter(meter, MPL_1_KW)
    board.put_power(3000.0)
    board.run(11.0)
    assert enter(meter, desk.credit()) == [T.ACCEPT]  # rule A4: credit does not shorten it
    board.put_power(500.0)
    board.run(50.0)
    assert not board.relay_closed
    board.run(11.0)
    assert board.relay_closed


def test_limiter_locks_after_five_trips() -> None:
    board, meter, _ = made()
    enter(meter, MPL_1_KW)
    board.put_power(3000.0)
    board.run(5 * 75.0)
    trips = sum(1 for _, closed in board.relay_moves if not closed)
    assert trips == 5
    board.run(1700.0)
    assert not board.relay_closed
    board.run(200.0)
    assert sum(1 for _, closed in board.relay_moves if not closed) == 6


def test_limiter_in_mode_4_waits_for_a_hand() -> None:
    board, meter, desk = made("dts722")
    enter(meter, desk.token(SetMaximumPowerLimit(tid=next(desk.tids), limit_w=1000)))
    board.put_power(3000.0)
    board.run(11.0)
    board.put_power(100.0)
    board.run(100.0)
    assert (board.relay_closed, meter.arbiter.latches) == (False, set())
    assert meter.arbiter.manual_reconnect()
    board.run(1.0)
    assert board.relay_closed


def test_power_cut_does_not_release_the_limiter() -> None:
    board, meter, _ = made()
    enter(meter, MPL_1_KW)
    board.put_power(3000.0)
    board.run(11.0)
    meter = board.power_cycle()
    board.put_power(500.0)
    board.run(50.0)
    assert not board.relay_closed
    board.run(11.0)
    assert board.relay_closed


def test_unbalance_limit_of_a_three_phase_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    board, meter, desk = made("dts722")
    loads = [ElementInput(voltage_v=230.0, current_a=current) for current in (10.0, 10.0, 4.0)]
    monkeypatch.setattr(board, "elements", lambda: loads)
    limit = SetMaximumPhasePowerUnbalanceLimit(tid=next(desk.tids), limit_w=1400)
    assert enter(meter, desk.token(limit)) == [T.ACCEPT]
    meter.inputs_changed()
    board.run(60.0)
    assert Latch.LIMITER not in meter.arbiter.latches  # 6 A * 230 V = 1380 W
    loads[2] = ElementInput(voltage_v=230.0, current_a=3.0)
    meter.inputs_changed()
    board.run(11.0)
    assert Latch.LIMITER in meter.arbiter.latches


def test_unbalance_limit_of_a_single_phase_meter_is_a_function_error() -> None:
    _, meter, desk = made()
    tid = next(desk.tids)
    limit = SetMaximumPhasePowerUnbalanceLimit(tid=tid, limit_w=1000)
    assert enter(meter, desk.token(limit), desk.credit(tid=tid)) == [T.FUNCTION_ERROR, T.ACCEPT]


@BOTH
@pytest.mark.parametrize("limit_w", [256, 16383, 20000, 180224, 1818624, 18201624])
def test_every_exponent_of_a_limit(product: str, limit_w: int) -> None:
    _, meter, desk = made(product)
    assert enter(meter, desk.token(SetMaximumPowerLimit(tid=next(desk.tids), limit_w=limit_w))) == [T.ACCEPT]
    assert meter.power_limiter.maximum_power_w in {limit_w, 20004}  # 20000 rounds up to 20004
    assert limit_w == 20000 or meter.power_limiter.maximum_power_w == limit_w


def test_limit_of_zero_is_out_of_range() -> None:
    _, meter, desk = made()
    token = desk.token(SetMaximumPowerLimit(tid=next(desk.tids), limit_w=0))
    assert enter(meter, token, token) == [T.RANGE_ERROR] * 2


# credit and tamper


def test_published_clear_credit_opens_the_switch() -> None:
    board, meter, _ = made()
    assert enter(meter, CLEAR_ALL, CLEAR_ALL) == [T.ACCEPT, T.USED_ERROR]
    board.run(1.0)
    assert (meter.account.reading_wh(), board.relay_closed) == (0, False)


@pytest.mark.parametrize(
    ("register", "result"),
    [
        (0, T.ACCEPT),
        *((n, T.FUNCTION_ERROR) for n in range(1, 8)),
        (8, T.RANGE_ERROR),
        (0xFFFE, T.RANGE_ERROR),
    ],
)
@BOTH
def test_clear_credit_by_register(product: str, register: int, result: TokenResult) -> None:
    _, meter, desk = made(product)
    tid = next(desk.tids)
    assert enter(meter, desk.token(ClearCredit(tid=tid, register=register))) == [result]
    assert meter.account.reading_wh() == (0 if result is T.ACCEPT else INITIAL_CREDIT_WH)
    assert enter(meter, desk.credit(tid=tid)) == [T.USED_ERROR if result is T.ACCEPT else T.ACCEPT]


def test_management_shares_the_tid_memory_with_credit() -> None:
    _, meter, desk = made()
    enter(meter, desk.credit(tid=6_000_000))
    assert enter(meter, desk.token(ClearTamperCondition(tid=6_000_000))) == [T.USED_ERROR]


def test_clear_tamper_takes_away_that_latch_only() -> None:
    board, meter, _ = made()
    meter.arbiter.latches |= {Latch.TAMPER, Latch.REMOTE}
    board.relay_closed = False
    assert enter(meter, CLEAR_TAMPER, CLEAR_TAMPER) == [T.ACCEPT, T.USED_ERROR]
    board.run(1.0)
    assert (meter.arbiter.latches, board.relay_closed) == ({Latch.REMOTE}, False)


def test_clear_tamper_with_padding_is_a_format_error() -> None:
    _, meter, desk = made()
    assert enter(meter, desk.token(ClearTamperCondition(tid=next(desk.tids), pad=1))) == [T.FORMAT_ERROR]


@BOTH
def test_reserved_functions(product: str) -> None:
    _, meter, desk = made(product)
    tokens = [
        desk.token(fields)
        for fields in (
            SetTariffRate(tid=next(desk.tids), rate=1),
            SetWaterMeterFactor(tid=next(desk.tids), factor=1),
            WriteExtended(tid=next(desk.tids), index=0, value=123),
        )
    ]
    assert enter(meter, *tokens) == [T.FUNCTION_ERROR] * 3


# money


def test_currency_meter_credits_money() -> None:
    board, meter, desk = made(payment=IN_CURRENCY)
    assert board.shown == "CREDIT 2.00 EUR | SUPPLY ON | LOW CREDIT"  # 10 kWh at 0.20 EUR
    paid, refunded = (
        desk.token(TransferCurrency(tid=next(desk.tids), least_units=units)) for units in (500_000, -100_000)
    )
    assert enter(meter, paid, refunded, paid) == [T.ACCEPT, T.ACCEPT, T.USED_ERROR]
    # 5 rounds up to 5.00024 and -1 towards zero to -0.99994 (sts.md 2.4): 6.0003 EUR
    assert (meter.account.reading(), meter.account.reading_wh()) == (600, 30_001)
    board.put_power(10_000.0)
    board.run(3600.0)
    assert meter.account.reading() == 400
    assert enter(meter, desk.credit()) == [T.FUNCTION_ERROR]
    assert enter(meter, desk.token(ClearCredit(tid=next(desk.tids), register=4))) == [T.ACCEPT]
    assert meter.account.reading() == 0


def test_currency_token_whose_checksum_lacks_the_octet() -> None:
    _, meter, desk = made(payment=IN_CURRENCY)
    fields = TransferCurrency(tid=next(desk.tids), least_units=100_000)
    plain = block_crc(0, write_payload(fields)[1])
    assert enter(meter, desk.token(fields, crc=plain), desk.token(fields)) == [T.CRC_ERROR, T.ACCEPT]


def test_money_that_the_register_cannot_hold() -> None:
    _, meter, desk = made(payment=IN_CURRENCY)
    much = desk.token(TransferCurrency(tid=next(desk.tids), least_units=10**13))
    assert enter(meter, much) == [T.OVERFLOW_ERROR]


# class 1


@pytest.mark.parametrize("token", TEST_ALL)
def test_switch_test_restores_the_contact(token: str) -> None:
    board, meter, _ = made()
    assert enter(meter, token) == [T.ACCEPT]
    board.run(1.0)
    assert not board.relay_closed
    board.run(2.0)
    assert board.relay_closed


def test_switch_test_leaves_an_open_contact_open() -> None:
    board, meter, desk = made()
    meter.arbiter.remote_disconnect()
    board.run(1.0)
    enter(meter, desk.token(request_test(1)))
    board.run(5.0)
    assert not board.relay_closed


@BOTH
def test_power_cut_during_the_switch_test(product: str) -> None:
    board, meter, desk = made(product)
    enter(meter, desk.token(request_test(1)))
    board.run(1.0)
    board.power_cycle()
    board.run(3.0)
    assert board.relay_closed


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (2, "88888888"),
        (3, "TOTAL 0.00 kWh"),
        (4, "KRN 1 KT 2"),
        (5, "TI 01"),
        (7, "MPL 1000 W"),
        (8, "TAMPER 0"),
        (9, "POWER 0 W"),
        (10, "VERSION DDS722-1.0.0"),
        (14, "EA 07"),
        (15, "KCT 3"),
        (16, "SGC 201457"),
        (17, "KEN 255"),
        (18, "PAN 600727000000000009"),
    ],
)
@pytest.mark.parametrize("manufacturer_digits", [2, 4])
def test_each_display(number: int, shown: str, manufacturer_digits: int) -> None:
    board, meter, desk = made()
    enter(meter, MPL_1_KW)
    token = desk.token(request_test(number, manufacturer_digits=manufacturer_digits))
    assert enter(meter, token, token) == [T.ACCEPT] * 2  # never cancelled
    assert board.shown.endswith(f"| Accept | {shown}")


@pytest.mark.parametrize(("product", "result"), [("dds722", T.FUNCTION_ERROR), ("dts722", T.ACCEPT)])
def test_unbalance_display(product: str, result: TokenResult) -> None:
    _, meter, desk = made(product)
    assert enter(meter, desk.token(request_test(11))) == [result]


@pytest.mark.parametrize("number", [6, 12, 13])
def test_displays_that_no_meter_of_ours_has(number: int) -> None:
    _, meter, desk = made()
    assert enter(meter, desk.token(request_test(number))) == [T.FUNCTION_ERROR]


def test_own_manufacturer_code() -> None:
    _, meter, desk = made("dts722")  # manufacturer code 0100
    own = desk.token(request_test(3, manufacturer_digits=4, manufacturer_code=100))
    other_width = desk.token(request_test(3, manufacturer_digits=2, manufacturer_code=100))
    assert enter(meter, own, other_width) == [T.ACCEPT, T.MFR_CODE_ERROR]


def test_several_displays_in_one_token() -> None:
    board, meter, desk = made()
    enter(meter, desk.token(InitiateTest(control=0b11000)))
    assert board.shown.endswith("KRN 1 KT 2, TI 01")
