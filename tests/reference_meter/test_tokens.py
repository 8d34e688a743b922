"""Token processing with published vectors (STS531-1, test data of the STS Association; sts.md 10)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.fields import Commodity, InitiateTest, RawToken, TransferCredit
from bench.protocols.sts.maker import make_token
from reference_meter.meter import Meter
from reference_meter.payment.token_result import StatusCode, TokenResult
from reference_meter.products.dds722 import dds722
from tests.reference_meter.fake_board import FakeBoard

T = TokenResult
DECODER_KEY = bytes.fromhex("87f3ecbb2e46b48f")  # sts.md 3.3, worked example of DKGA04
CREDIT_0_1_KWH = "70630503470028726114"  # CTSA01 step 1, 2014-03-01 13:00
CREDITS = (  # CTSA10, 2024-04-01 and 2025-04-01: token, Wh
    ("35564630509785701608", 25_600),
    ("40774607583449589001", 1_638_300),
    ("44332531357987631349", 1_638_400),
    ("08609861427895583861", 2_000_400),  # 2000 bought: 20000 = 0x416A, which holds 20004
    ("17721942457820321090", 18_022_400),  # 18022.3 bought; the field rounds up
    ("52168966531409462770", 181_862_400),
)
CREDIT_1_820_162_4_KWH = "45734395477460243909"
WATER, GAS, TIME = "25510558010932506821", "17623693525614927277", "09746334499913988084"
CURRENCY = "42334201269947232996"
NOT_FOR_THIS_METER = (
    ("31712008499351797283", "SetMaximumPhasePowerUnbalanceLimit"),  # a single-phase meter
    ("26329856308817750454", "extended token set"),
)
TEST_ALL_2_DIGITS, TEST_ALL_4_DIGITS = "56493153725450313471", "02305843005052951967"


@pytest.fixture
def board() -> FakeBoard:
    return FakeBoard()


@pytest.fixture
def meter(board: FakeBoard) -> Meter:
    return board.power_up()


def enter(meter: Meter, digits: str) -> TokenResult:
    return meter.token_application.enter(digits, "keypad")


def credit_token(tid: int, least_units: int = 10, *, key: bytes = DECODER_KEY, rnd: int = 5) -> str:
    return make_token(TransferCredit(tid=tid, least_units=least_units, rnd=rnd), key, Algorithm.EA07)


def test_published_credit_tokens_add_exactly_their_amount(meter: Meter) -> None:
    expected_wh = 10_000
    for token, amount_wh in ((CREDIT_0_1_KWH, 100), *CREDITS):
        expected_wh += amount_wh
        assert enter(meter, token) is T.ACCEPT
        assert meter.account.reading_wh() == expected_wh


def test_greatest_token_is_accepted_once_then_the_register_would_overflow(meter: Meter) -> None:
    assert enter(meter, CREDIT_1_820_162_4_KWH) is T.ACCEPT
    assert meter.account.reading_wh() == 1_820_172_400
    later = credit_token(6_000_000, 18_201_624)
    assert enter(meter, later) is T.OVERFLOW_ERROR
    meter.account.debit_wh(1_820_172_400)
    assert enter(meter, later) is T.ACCEPT  # a refused token stays usable


def test_used_and_old(meter: Meter) -> None:
    for tid in range(100, 151):  # 51 tokens: the last pushes the first out
        assert enter(meter, credit_token(tid)) is T.ACCEPT
    assert enter(meter, credit_token(150)) is T.USED_ERROR
    assert enter(meter, credit_token(101, rnd=9)) is T.USED_ERROR  # equal to the smallest: used, not old
    assert enter(meter, credit_token(100)) is T.OLD_ERROR
    assert meter.account.reading_wh() == 10_000 + 51 * 1000


def test_fifty_tokens_in_falling_order_and_then_one_more(meter: Meter) -> None:
    for tid in range(149, 99, -1):
        assert enter(meter, credit_token(tid)) is T.ACCEPT
    assert enter(meter, credit_token(99)) is T.OLD_ERROR


def test_date_of_manufacture_is_used(meter: Meter) -> None:
    assert enter(meter, credit_token(0)) is T.USED_ERROR  # made 2014-01-01 00:00 = TID 0


def test_tid_store_survives_a_power_cut(board: FakeBoard, meter: Meter) -> None:
    enter(meter, CREDIT_0_1_KWH)
    assert enter(board.power_cycle(), CREDIT_0_1_KWH) is T.USED_ERROR


@pytest.mark.parametrize(
    "digits",
    [
        "",
        "123",
        CREDIT_0_1_KWH + "0",
        CREDIT_0_1_KWH[:-1],
        "73786976294838206464",
        "9" * 20,
        "7063 0503 4700 287",
        "x" * 20,
    ],
)
def test_format_error(meter: Meter, digits: str) -> None:
    assert enter(meter, digits) is T.FORMAT_ERROR


def test_class_3_is_refused_without_decryption(meter: Meter) -> None:
    class_3 = f"{int(CREDIT_0_1_KWH) | 0b11 << 27:020d}"
    assert enter(meter, class_3) is T.FORMAT_ERROR


def test_each_changed_digit_is_a_crc_error_or_no_token() -> None:
    meter = personalised(lock_out_after=0)
    for place in range(20):
        digit = (int(CREDIT_0_1_KWH[place]) + 1) % 10
        changed = f"{CREDIT_0_1_KWH[:place]}{digit}{CREDIT_0_1_KWH[place + 1 :]}"
        assert enter(meter, changed) in {T.CRC_ERROR, T.FORMAT_ERROR}
    assert meter.account.reading_wh() == 10_000
    assert enter(meter, CREDIT_0_1_KWH) is T.ACCEPT


def test_token_of_another_key_is_a_crc_error(meter: Meter) -> None:
    assert enter(meter, credit_token(500, key=bytes(8))) is T.CRC_ERROR


@pytest.mark.parametrize("token", [WATER, GAS, TIME, CURRENCY])
def test_other_commodities_and_money_are_function_errors(meter: Meter, token: str) -> None:
    assert enter(meter, token) is T.FUNCTION_ERROR
    assert meter.account.reading_wh() == 10_000


@pytest.mark.parametrize(("token", "what"), NOT_FOR_THIS_METER, ids=[what for _, what in NOT_FOR_THIS_METER])
def test_functions_that_this_meter_lacks_are_a_function_error(meter: Meter, token: str, what: str) -> None:
    assert enter(meter, token) is T.FUNCTION_ERROR


@pytest.mark.parametrize("token_class", [0, 1, 2])
def test_reserved_subclass_is_a_function_error(meter: Meter, token_class: int) -> None:
    token = make_token(
        RawToken(token_class=token_class, subclass=12, payload44=0), DECODER_KEY, Algorithm.EA07
    )
    assert enter(meter, token) is T.FUNCTION_ERROR


def test_function_error_does_not_cancel_the_token(meter: Meter) -> None:
    water = make_token(
        TransferCredit(commodity=Commodity.WATER, tid=700, least_units=1), DECODER_KEY, Algorithm.EA07
    )
    enter(meter, water)
    assert enter(meter, credit_token(700)) is T.ACCEPT


def personalised(**sts: object) -> Meter:
    product = dds722()
    return FakeBoard(product=replace(product, sts=replace(product.sts, **sts))).power_up()


def test_token_beyond_the_key_expiry_number() -> None:
    # KEN 1: tokens with TID below 2 * 65536 are good. KEN is no input of DKGA04, so the key stays.
    meter = personalised(key_expiry_number=1)
    assert enter(meter, credit_token(131_071)) is T.ACCEPT
    assert enter(meter, credit_token(131_072)) is T.KEY_EXPIRED_ERROR


def test_credit_under_a_default_key() -> None:
    meter = personalised(key_type=1)
    assert enter(meter, credit_token(500, key=meter.decoder_key.key)) is T.DDTK_ERROR


@pytest.mark.parametrize("token", [TEST_ALL_2_DIGITS, TEST_ALL_4_DIGITS])
def test_class_1_test_0_shows_everything_and_may_be_repeated(
    board: FakeBoard, meter: Meter, token: str
) -> None:
    for _ in range(2):
        assert enter(meter, token) is T.ACCEPT
    assert "SGC 201457" in board.shown
    assert "TOTAL 0.00 kWh" in board.shown


def test_class_1_of_a_manufacturer_is_an_mfr_code_error(meter: Meter) -> None:
    token = make_token(InitiateTest(control=0x4, manufacturer_code=0x11), None, Algorithm.EA07)
    assert enter(meter, token) is T.MFR_CODE_ERROR


def test_class_1_with_a_wrong_checksum(meter: Meter) -> None:
    token = make_token(InitiateTest(control=0x4), None, Algorithm.EA07, crc=0)
    assert enter(meter, token) is T.CRC_ERROR


def test_class_1_for_a_function_that_is_not_there(meter: Meter) -> None:
    water_factor = make_token(InitiateTest(control=0x800), None, Algorithm.EA07)
    assert enter(meter, water_factor) is T.FUNCTION_ERROR


def test_keypad_shows_and_gateway_tells_the_result(board: FakeBoard, meter: Meter) -> None:
    meter.keys_pressed(CREDIT_0_1_KWH[:7])
    meter.keys_pressed(CREDIT_0_1_KWH[7:] + "E")
    board.run(1.0)
    assert board.shown == "CREDIT 10.10 kWh | SUPPLY ON | Accept"
    assert meter.gateway.status is StatusCode.EXECUTION_OK
    assert (meter.gateway.token, meter.gateway.delivery_method) == (CREDIT_0_1_KWH.encode(), 2)
    meter.keys_pressed(CREDIT_0_1_KWH + "E")
    board.run(1.0)
    assert board.shown.endswith("UsedError")
    assert (meter.gateway.status, meter.gateway.result_number) == (StatusCode.VALIDATION_FAILURE, 10)


def test_keypad_clear_and_wrong_length(board: FakeBoard, meter: Meter) -> None:
    meter.keys_pressed("123C" + CREDIT_0_1_KWH + "E")
    board.run(1.0)
    assert board.shown.endswith("Accept")
    meter.keys_pressed("12345E")
    board.run(1.0)
    assert board.shown.endswith("FormatError")
    meter.keys_pressed(CREDITS[0][0] + "7E")
    board.run(1.0)
    assert board.shown.endswith("FormatError")
    meter.keys_pressed("C")
    assert board.shown == "CREDIT 10.10 kWh | SUPPLY ON"
    assert meter.account.reading_wh() == 10_100


def test_gateway_takes_ascii_digits_and_shares_the_tid_store(board: FakeBoard, meter: Meter) -> None:
    assert through_gateway(board, meter, CREDIT_0_1_KWH.encode()) is T.ACCEPT
    assert meter.gateway.delivery_method == 1
    assert enter(meter, CREDIT_0_1_KWH) is T.USED_ERROR
    assert through_gateway(board, meter, b"\xff\x00") is T.FORMAT_ERROR
    assert meter.gateway.status is StatusCode.FORMAT_FAILURE


def through_gateway(board: FakeBoard, meter: Meter, octets: bytes) -> TokenResult | None:
    assert meter.gateway.enter(octets)
    assert meter.gateway.status is StatusCode.NOT_YET_PROCESSED
    board.run(1.0)
    return meter.gateway.result


@pytest.mark.parametrize(
    ("encoding", "octets"),
    [
        ("ascii", CREDIT_0_1_KWH.encode()),
        ("bcd", bytes.fromhex(CREDIT_0_1_KWH)),
        ("binary", int(CREDIT_0_1_KWH).to_bytes(9)),
    ],
)
def test_token_encodings_of_the_gateway(encoding: str, octets: bytes) -> None:
    product = dds722()
    board = FakeBoard(product=replace(product, sts=replace(product.sts, token_encoding=encoding)))
    meter = board.power_up()
    assert through_gateway(board, meter, octets) is T.ACCEPT
    assert through_gateway(board, meter, octets[:-1]) is T.FORMAT_ERROR


def test_gateway_state_survives_a_power_cut(board: FakeBoard, meter: Meter) -> None:
    through_gateway(board, meter, CREDIT_0_1_KWH.encode())
    entered = meter.gateway.time
    again = board.power_cycle().gateway
    assert (again.token, again.time, again.status) == (
        CREDIT_0_1_KWH.encode(),
        entered,
        StatusCode.EXECUTION_OK,
    )
