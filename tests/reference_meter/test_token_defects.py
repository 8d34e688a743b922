"""Each defect of layer ST does what its row says, on both products and no more; the clean meter does not."""

from __future__ import annotations

import pytest

from bench.protocols.sts.fields import (
    ClearCredit,
    ClearTamperCondition,
    Commodity,
    InitiateTest,
    SetMaximumPowerLimit,
    TransferCredit,
)
from bench.protocols.sts.identity import MeterPan
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.tid import BaseDate
from reference_meter.blueprint import Blueprint
from reference_meter.defects.catalogue import CATALOGUE, by_id
from reference_meter.meter import Meter, build_meter
from reference_meter.payment.token_result import StatusCode, TokenResult
from reference_meter.products.manufacture import manufacture
from reference_meter.products.slots import standard_slots
from tests.reference_meter.fake_board import MANUFACTURED, FakeBoard, FakeChip
from tests.reference_meter.token_desk import INITIAL_CREDIT_WH, PRODUCTS, Desk, board_of, enter

T = TokenResult
BOTH = pytest.mark.parametrize("product", ["dds722", "dts722"])
ROWS = {f"ST-{n:02d}" for n in (1, 2, 3, 4, 6, 8, 9, 10, 11, 13, 14, 16, 17, 18, 19, 22, 24, 25, 26, 28)} | {
    f"ST-{n}" for n in (29, 30, 32, 34, 35, 36, 38, 40)
}


def clean_and(defect: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("defect", [None, defect])


def made(product: str, defect: str | None, **options: object) -> tuple[FakeBoard, Meter, Desk]:
    board = board_of(product, *([defect] if defect else []), **options)
    return board, board.power_up(), Desk.of(board.product)


def by_gateway(board: FakeBoard, token: str) -> TokenResult | None:
    assert board.meter is not None
    assert board.meter.gateway.enter(token.encode())
    board.run(1.0)
    return board.meter.gateway.result


def test_every_row_of_the_layer_is_there() -> None:
    assert ROWS | {"N-13"} <= set(CATALOGUE)


@BOTH
@clean_and("ST-01")
def test_no_tid_store(product: str, defect: str | None) -> None:
    board, meter, desk = made(product, defect)
    token = desk.credit()
    assert enter(meter, token) == [T.ACCEPT]
    assert by_gateway(board, token) is (T.ACCEPT if defect else T.USED_ERROR)


@BOTH
@clean_and("ST-04")
def test_tid_before_credit(product: str, defect: str | None) -> None:
    lost_ms = set()
    for cut_ms in range(1, 51):
        board, meter, desk = made(product, defect)
        token = desk.credit()
        meter.keys_pressed(token + "E")
        board.run(cut_ms / 1000)
        board.power_down()
        meter = board.power_up()
        credit_wh = meter.account.reading_wh()
        if enter(meter, token) == [T.USED_ERROR] and credit_wh == INITIAL_CREDIT_WH:
            lost_ms.add(cut_ms)
    assert lost_ms == (set(range(15, 50)) if defect else set())


@BOTH
def test_tid_before_credit_without_a_cut_is_not_seen(product: str) -> None:
    board, meter, desk = made(product, "ST-04")
    assert by_gateway(board, desk.credit()) is T.ACCEPT
    assert meter.account.reading_wh() == INITIAL_CREDIT_WH + 1000


@BOTH
@clean_and("ST-06")
def test_old_tokens(product: str, defect: str | None) -> None:
    _, meter, desk = made(product, defect)
    old = desk.credit()
    enter(meter, *(desk.credit() for _ in range(50)))
    assert enter(meter, old) == [T.ACCEPT if defect else T.OLD_ERROR]
    assert enter(meter, old) == [T.USED_ERROR if defect else T.OLD_ERROR]


@BOTH
@clean_and("ST-08")
def test_small_store(product: str, defect: str | None) -> None:
    board, meter, desk = made(product, defect)
    inside = desk.credit()
    enter(meter, *(desk.credit() for _ in range(11)))
    assert enter(board.power_cycle(), inside) == [T.OLD_ERROR if defect else T.ACCEPT]


@BOTH
@clean_and("ST-11")
def test_register_wraps(product: str, defect: str | None) -> None:
    _, meter, desk = made(product, defect)
    first, second = desk.credit(18_201_624), desk.credit(18_201_624)
    assert enter(meter, first, second) == [T.ACCEPT, T.ACCEPT if defect else T.OVERFLOW_ERROR]
    total_wh = INITIAL_CREDIT_WH + 2 * 1_820_162_400
    assert meter.account.reading_wh() == (total_wh - 2**32 if defect else INITIAL_CREDIT_WH + 1_820_162_400)


@BOTH
@clean_and("ST-13")
def test_credit_under_a_default_key(product: str, defect: str | None) -> None:
    _, meter, desk = made(product, defect)
    default = desk.changed(key_type=KeyType.DEFAULT)
    enter(meter, *desk.key_change(default))
    assert enter(meter, default.credit()) == [T.ACCEPT if defect else T.DDTK_ERROR]


@BOTH
@clean_and("ST-14")
def test_sections_in_order_only(product: str, defect: str | None) -> None:
    _, meter, desk = made(product, defect)
    tokens = desk.key_change(desk.changed(tariff_index=2))
    assert (T.ACCEPT in enter(meter, *reversed(tokens))) is (defect is None)
    _, meter, desk = made(product, defect)
    assert enter(meter, *tokens)[-1] is T.ACCEPT


@BOTH
@clean_and("ST-16")
def test_key_changes_after_the_first_section(product: str, defect: str | None) -> None:
    _, meter, desk = made(product, defect)
    new = desk.changed(tariff_index=2)
    assert enter(meter, desk.key_change(new)[0], desk.credit()) == [
        T.FIRST_KCT,
        T.CRC_ERROR if defect else T.ACCEPT,
    ]


@BOTH
@clean_and("ST-17")
def test_sections_of_two_sets(product: str, defect: str | None) -> None:
    _, meter, desk = made(product, defect)
    one = desk.key_change(desk.changed(tariff_index=2))
    other = desk.key_change(desk.changed(tariff_index=3))
    results = enter(meter, one[0], other[0], *one[1:])
    assert (results[-1] is T.ACCEPT) is (defect is not None)
    assert enter(meter, desk.credit()) == [T.CRC_ERROR if defect else T.ACCEPT]


@BOTH
@clean_and("ST-18")
def test_key_change_clears_credit(product: str, defect: str | None) -> None:
    _, meter, desk = made(product, defect)
    assert enter(meter, *desk.key_change(desk.changed(tariff_index=2)))[-1] is T.ACCEPT
    assert meter.account.reading_wh() == (0 if defect else INITIAL_CREDIT_WH)


@BOTH
@clean_and("ST-19")
def test_roll_over_keeps_the_store(product: str, defect: str | None) -> None:
    _, meter, desk = made(product, defect)
    new = desk.changed(base_date=BaseDate.Y2035, key_revision_number=2)
    enter(meter, *(desk.credit() for _ in range(50)), *desk.key_change(new))
    assert enter(meter, new.credit(tid=1000)) == [T.OLD_ERROR if defect else T.ACCEPT]


@BOTH
@clean_and("ST-22")
def test_key_expiry(product: str, defect: str | None) -> None:
    _, meter, desk = made(product, defect)
    tokens = desk.key_change(desk.changed(tariff_index=2), key_expiry_number=90)
    desk = desk.changed(tariff_index=2)
    assert enter(meter, *tokens, desk.credit(tid=91 << 16))[-1] is (
        T.ACCEPT if defect else T.KEY_EXPIRED_ERROR
    )


@BOTH
@clean_and("ST-24")
def test_old_parameters_shown(product: str, defect: str | None) -> None:
    board, meter, desk = made(product, defect)
    new = desk.changed(tariff_index=2, key_revision_number=3)
    assert enter(meter, *desk.key_change(new), new.credit())[-1] is T.ACCEPT
    enter(meter, new.token(InitiateTest(control=0b11000)))
    assert board.shown.endswith("KRN 1 KT 2, TI 01" if defect else "KRN 3 KT 2, TI 02")


@BOTH
@pytest.mark.parametrize(
    ("defect", "trips_w"), [(None, (2010,)), ("ST-25", ()), ("ST-26", (210, 2010))], ids=str
)
def test_maximum_power_limit(product: str, defect: str | None, trips_w: tuple[int, ...]) -> None:
    for power_w in (190, 210, 1990, 2010):
        board, meter, desk = made(product, defect)
        enter(meter, desk.token(SetMaximumPowerLimit(tid=next(desk.tids), limit_w=2000)))
        board.put_power(power_w)
        board.run(15.0)
        expected = power_w in trips_w or (defect == "ST-26" and power_w > 200)
        assert board.relay_closed is not expected


@BOTH
@clean_and("ST-28")
def test_class_2_replay(product: str, defect: str | None) -> None:
    _, meter, desk = made(product, defect)
    clear = desk.token(ClearCredit(tid=next(desk.tids)))
    tamper = desk.token(ClearTamperCondition(tid=next(desk.tids)))
    credit = desk.credit()
    again = T.ACCEPT if defect else T.USED_ERROR
    assert enter(meter, clear, tamper, credit, clear, tamper, credit)[3:] == [again, again, T.USED_ERROR]


@BOTH
@clean_and("ST-29")
@pytest.mark.parametrize("digits", [2, 4])
def test_foreign_manufacturer(product: str, defect: str | None, digits: int) -> None:
    _, meter, desk = made(product, defect)
    token = desk.token(InitiateTest(control=4, manufacturer_code=0x47, manufacturer_digits=digits))
    assert enter(meter, token) == [T.ACCEPT if defect else T.MFR_CODE_ERROR]


@BOTH
@clean_and("ST-30")
def test_no_lock_out(product: str, defect: str | None) -> None:
    board, meter, desk = made(product, defect, lock_out_after=3)
    enter(meter, *(desk.garbage() for _ in range(10)))
    assert by_gateway(board, desk.credit()) is (T.ACCEPT if defect else T.LOCKOUT_ACTIVE)


@BOTH
@clean_and("ST-32")
def test_twentieth_digit(product: str, defect: str | None) -> None:
    board, meter, desk = made(product, defect)
    double = next(token for token in iter(desk.credit, None) if token and token[-1] == token[-2])
    for keys, accepted in ((double[:-1], True), (desk.credit() + "5", True), (double[:-2], False)):
        meter.keys_pressed(keys + "E")
        board.run(1.0)
        assert board.shown.endswith("| Accept") is (accepted and defect is not None)
    assert by_gateway(board, desk.credit()[:-1]) is T.FORMAT_ERROR


@BOTH
@clean_and("ST-34")
def test_pan_block(product: str, defect: str | None) -> None:
    blueprint = Blueprint(PRODUCTS[product](), standard_slots())
    if defect:
        by_id(defect).apply(blueprint)
        assert len(MeterPan(blueprint.product.sts.meter_pan).drn) == 13
    board = FakeBoard(product=blueprint.product)
    board.memory = FakeChip()
    manufacture(blueprint.product, board.memory, MANUFACTURED)
    meter = build_meter(blueprint, board)
    assert enter(meter, Desk.of(blueprint.product).credit()) == [T.CRC_ERROR if defect else T.ACCEPT]


@BOTH
@clean_and("ST-35")
def test_results_permuted(product: str, defect: str | None) -> None:
    board, meter, desk = made(product, defect)
    token = desk.credit()
    assert by_gateway(board, token) is T.ACCEPT
    used, wrong = (T.CRC_ERROR, T.USED_ERROR) if defect else (T.USED_ERROR, T.CRC_ERROR)
    assert by_gateway(board, token) is used
    assert meter.gateway.status is (
        StatusCode.AUTHENTICATION_FAILURE if defect else StatusCode.VALIDATION_FAILURE
    )
    meter.keys_pressed(desk.garbage() + "E")
    board.run(1.0)
    assert board.shown.endswith(wrong.display_text)


@BOTH
@clean_and("ST-36")
def test_store_per_carrier(product: str, defect: str | None) -> None:
    board, meter, desk = made(product, defect)
    token = desk.credit()
    assert enter(meter, token, token) == [T.ACCEPT, T.USED_ERROR]
    assert by_gateway(board, token) is (T.ACCEPT if defect else T.USED_ERROR)
    board.power_cycle()
    assert by_gateway(board, token) is T.USED_ERROR


@BOTH
@clean_and("ST-40")
@pytest.mark.parametrize("commodity", [Commodity.WATER, Commodity.GAS, Commodity.TIME])
def test_other_commodities(product: str, defect: str | None, commodity: Commodity) -> None:
    _, meter, desk = made(product, defect)
    token = desk.token(TransferCredit(commodity=commodity, tid=next(desk.tids), least_units=10))
    assert enter(meter, token) == [T.ACCEPT if defect else T.FUNCTION_ERROR]
    assert meter.account.reading_wh() == INITIAL_CREDIT_WH + (1000 if defect else 0)


@BOTH
def test_legal_variant_takes_sections_2_then_1(product: str) -> None:
    _, meter, desk = made(product, "N-13")
    assert enter(meter, *reversed(desk.key_change(desk.changed(tariff_index=2))))[-1] is T.ACCEPT
