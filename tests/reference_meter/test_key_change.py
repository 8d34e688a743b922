"""Key change sets (sts.md 3.6, 7.4) on a meter of each cipher; published sets of STS531-1 where there are some."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from bench.protocols.sts.fields import KeyChangeSupplyGroup, KeyChangeThird, RawToken, SetMaximumPowerLimit
from bench.protocols.sts.key_change import key_change_sections, key_change_to
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.tid import BaseDate
from reference_meter.meter import Meter
from reference_meter.payment.token_result import TokenResult
from tests.reference_meter.fake_board import FakeBoard, PowerCut
from tests.reference_meter.token_desk import Desk, board_of, enter

T = TokenResult
HELD = [T.FIRST_KCT, T.SECOND_KCT, T.THIRD_KCT, T.FOURTH_KCT]
TI_01_TO_02 = ("06510894141453018386", "22979178279997208272")  # CTSA05 step 1, EA07
TI_01_TO_02_WITH_SGC = ("52506022850399603630", "22979178279997208272", "39620459059615037790")  # step 4
CREDIT_UNDER_TI_02 = "34232103370575397779"  # sts.md 10, after the change
ROLL_OVER_KRN_6 = ("65413070543688156280", "27469374567476953413")  # CTSA05 step 2: base date 2035, TI 02
BOTH = pytest.mark.parametrize("product", ["dds722", "dts722"])


def made(product: str, **sts: object) -> tuple[FakeBoard, Meter, Desk]:
    board = board_of(product, **sts)
    return board, board.power_up(), Desk.of(board.product)


def parameters(meter: Meter) -> tuple[str, str, int, int, int]:
    key = meter.decoder_key
    return (
        key.supply_group_code,
        key.tariff_index,
        key.key_revision_number,
        key.key_type,
        key.key_expiry_number,
    )


def test_published_set_of_two() -> None:
    _, meter, _ = made("dds722")
    assert enter(meter, CREDIT_UNDER_TI_02) == [T.CRC_ERROR]  # too early
    assert enter(meter, *TI_01_TO_02) == [T.FIRST_KCT, T.ACCEPT]
    assert meter.decoder_key.key.hex() == "7f78cdd220be39b8"
    assert parameters(meter) == ("000000", "02", 1, 2, 255)  # two sections carry no supply group code
    assert enter(meter, CREDIT_UNDER_TI_02) == [T.ACCEPT]
    assert enter(meter, *TI_01_TO_02) == [T.CRC_ERROR, T.CRC_ERROR]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_published_set_of_three_in_any_order(order: tuple[int, ...]) -> None:
    _, meter, _ = made("dds722")
    results = enter(meter, *(TI_01_TO_02_WITH_SGC[index] for index in order))
    assert results == [*(HELD[index] for index in order[:-1]), T.ACCEPT]
    assert parameters(meter) == ("201457", "02", 1, 2, 255)
    assert meter.decoder_key.key.hex() == "7f78cdd220be39b8"


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_set_of_four_in_any_order(order: tuple[int, ...]) -> None:
    _, meter, desk = made("dts722")
    new = desk.changed(supply_group_code="203557", tariff_index=7, key_revision_number=3)
    tokens = desk.key_change(new, key_expiry_number=170)
    assert enter(meter, *(tokens[index] for index in order)) == [
        *(HELD[index] for index in order[:-1]),
        T.ACCEPT,
    ]
    assert parameters(meter) == ("203557", "07", 3, 2, 170)
    assert enter(meter, desk.credit(), new.credit()) == [T.CRC_ERROR, T.ACCEPT]


@BOTH
def test_credit_and_tid_memory_stay(product: str) -> None:
    _, meter, desk = made(product)
    new = desk.changed(tariff_index=9)
    enter(meter, desk.credit(tid=6_000_000), *desk.key_change(new))
    assert meter.account.reading_wh() == 11_000
    assert enter(meter, new.credit(tid=6_000_000)) == [T.USED_ERROR]


@BOTH
def test_old_key_works_until_the_set_is_complete(product: str) -> None:
    _, meter, desk = made(product)
    tokens = desk.key_change(desk.changed(tariff_index=2))
    for token in tokens[:-1]:
        assert enter(meter, token, desk.credit())[1] is T.ACCEPT
    assert parameters(meter)[1] == "01"


def test_published_roll_over_clears_the_tid_memory_and_keeps_credit() -> None:
    _, meter, desk = made("dds722")
    enter(meter, desk.credit(tid=16_000_000))
    assert enter(meter, *ROLL_OVER_KRN_6) == [T.FIRST_KCT, T.ACCEPT]
    assert meter.account.reading_wh() == 11_000
    assert parameters(meter) == ("000000", "02", 6, 2, 255)
    new = desk.changed(
        base_date=BaseDate.Y2035, supply_group_code="203557", tariff_index=2, key_revision_number=6
    )
    assert enter(meter, new.credit(tid=0), new.credit(tid=1), new.credit(tid=1)) == [
        T.USED_ERROR,
        T.ACCEPT,
        T.USED_ERROR,
    ]


@BOTH
def test_time_limit(product: str) -> None:
    board, meter, desk = made(product)
    tokens = desk.key_change(desk.changed(tariff_index=2))
    enter(meter, *tokens[:-1])
    board.run(600.0)
    assert enter(meter, tokens[-1]) == [T.ACCEPT]
    board, meter, desk = made(product)
    enter(meter, *tokens[:-1])
    board.run(600.1)
    assert enter(meter, tokens[-1]) == [HELD[len(tokens) - 1]]
    assert enter(meter, *tokens[:-1])[-1] is T.ACCEPT


@BOTH
def test_power_cut_drops_held_sections(product: str) -> None:
    board, meter, desk = made(product)
    tokens = desk.key_change(desk.changed(tariff_index=2))
    enter(meter, *tokens[:-1])
    assert enter(board.power_cycle(), tokens[-1]) == [HELD[len(tokens) - 1]]


@BOTH
def test_same_section_twice_counts_once(product: str) -> None:
    _, meter, desk = made(product)
    tokens = desk.key_change(desk.changed(tariff_index=2))
    assert enter(meter, tokens[0], tokens[0]) == [T.FIRST_KCT, T.FIRST_KCT]
    assert enter(meter, *tokens[1:])[-1] is T.ACCEPT


@BOTH
def test_two_sets_that_contradict_each_other_are_both_dropped(product: str) -> None:
    _, meter, desk = made(product)
    one = desk.key_change(desk.changed(tariff_index=2))
    other_desk = desk.changed(tariff_index=3)
    other = desk.key_change(other_desk)
    assert enter(meter, one[0], other[0]) == [T.FIRST_KCT, T.FORMAT_ERROR]
    assert T.ACCEPT not in enter(meter, *one[1:])  # with other[0] still held this would be a key of nobody
    assert enter(meter, desk.credit()) == [T.ACCEPT]
    assert enter(meter, other[1])[0] is T.FORMAT_ERROR
    assert enter(meter, *other)[-1] is T.ACCEPT
    assert enter(meter, other_desk.credit()) == [T.ACCEPT]


@pytest.mark.parametrize("supply_group_first", [True, False])
def test_supply_group_section_needs_a_set_that_announces_it(supply_group_first: bool) -> None:
    _, meter, desk = made("dds722")
    two = desk.key_change(desk.changed(tariff_index=2))
    three = desk.key_change(desk.changed(tariff_index=2), with_supply_group=True)
    tokens = [three[2], two[0]] if supply_group_first else [two[0], three[2]]
    assert enter(meter, *tokens)[1] is T.FORMAT_ERROR
    assert meter.key_change.sections == {}


def test_supply_group_code_of_two_halves_that_is_none() -> None:
    _, meter, desk = made("dts722")
    sections = list(
        key_change_sections(
            key_change_to(desk.changed(tariff_index=2).parameters, bytes(range(16)), current=desk.parameters),
            desk.parameters.algorithm,
        )
    )
    third = sections[2]
    assert isinstance(third, KeyChangeThird)
    tokens = [desk.token(section) for section in sections]
    tokens[3] = desk.token(RawToken(token_class=2, subclass=9, payload44=0xFFF << 32 | 0x08090A0B))
    assert enter(meter, *tokens)[-1] is T.RANGE_ERROR
    assert parameters(meter)[1] == "01"


def test_supply_group_section_with_padding() -> None:
    _, meter, desk = made("dds722")
    padded = desk.token(KeyChangeSupplyGroup(supply_group_code=201457, pad=1))
    assert enter(meter, padded) == [T.FORMAT_ERROR]


@pytest.mark.parametrize(
    ("current", "new", "result"),
    [
        (0, 1, T.ACCEPT),
        (0, 2, T.ACCEPT),
        (0, 3, T.KEY_TYPE_ERROR),  # a common key is for erasable cards only
        (1, 1, T.ACCEPT),
        (1, 2, T.ACCEPT),
        (1, 3, T.KEY_TYPE_ERROR),
        (1, 0, T.KEY_TYPE_ERROR),
        (2, 1, T.ACCEPT),
        (2, 2, T.ACCEPT),
        (2, 3, T.KEY_TYPE_ERROR),
        (2, 0, T.KEY_TYPE_ERROR),
    ],
)
@BOTH
def test_key_type_graph(product: str, current: int, new: int, result: TokenResult) -> None:
    _, meter, desk = made(product, key_type=current)
    tokens = desk.key_change(desk.changed(key_type=KeyType(new), tariff_index=2))
    assert enter(meter, *tokens)[-1] is result
    accepted = result is T.ACCEPT
    assert (meter.decoder_key.key_type, parameters(meter)[1]) == (
        (new, "02") if accepted else (current, "01")
    )


@BOTH
def test_default_key_takes_management_but_no_credit(product: str) -> None:
    _, meter, desk = made(product)
    default = desk.changed(key_type=KeyType.DEFAULT)
    enter(meter, *desk.key_change(default))
    assert enter(meter, default.credit()) == [T.DDTK_ERROR]
    limit = default.token(SetMaximumPowerLimit(tid=next(default.tids), limit_w=5000))
    assert enter(meter, limit) == [T.ACCEPT]
    assert enter(meter, *default.key_change(desk))[-1] is T.ACCEPT
    assert enter(meter, desk.credit()) == [T.ACCEPT]


@pytest.mark.parametrize(("field", "value"), [("key_revision_number", 0), ("tariff_index", 100)])
def test_elements_out_of_range(field: str, value: int) -> None:
    _, meter, desk = made("dds722")
    change = key_change_to(desk.changed(tariff_index=2).parameters, bytes(8), current=desk.parameters)
    first, second = key_change_sections(change, desk.parameters.algorithm)
    broken = [
        replace(section, **{field: value}) if hasattr(section, field) else section
        for section in (first, second)
    ]
    assert enter(meter, *(desk.token(section) for section in broken))[-1] is T.RANGE_ERROR
    assert enter(meter, desk.credit()) == [T.ACCEPT]


def test_meter_that_knows_sets_of_two_only() -> None:
    _, meter, _ = made("dds722", no_of_kct_supported=2)
    assert enter(meter, TI_01_TO_02_WITH_SGC[0], TI_01_TO_02_WITH_SGC[2]) == [T.FUNCTION_ERROR] * 2
    assert enter(meter, *TI_01_TO_02) == [T.FIRST_KCT, T.ACCEPT]


def test_key_of_expired_number_still_opens_the_way_to_a_new_one() -> None:
    _, meter, desk = made("dds722", key_expiry_number=1)
    new = desk.changed(key_revision_number=2)
    assert enter(meter, desk.credit(tid=131_072)) == [T.KEY_EXPIRED_ERROR]
    assert enter(meter, *desk.key_change(new), new.credit(tid=131_072)) == [T.FIRST_KCT, T.ACCEPT, T.ACCEPT]


def test_meter_without_key_expiry() -> None:
    _, meter, desk = made("dds722", key_expiry_number=1, key_expiry=False)
    assert enter(meter, desk.credit(tid=131_072)) == [T.ACCEPT]


@BOTH
def test_cut_at_every_write_leaves_the_old_key_or_the_new_one(product: str) -> None:
    for writes in range(20):
        board, meter, desk = made(product)
        enter(meter, desk.credit(tid=7_000_000))
        new = desk.changed(
            base_date=BaseDate.Y2035, key_revision_number=2, supply_group_code="203557", tariff_index=2
        )
        tokens = desk.key_change(new)
        enter(meter, *tokens[:-1])
        board.memory.writes_left = writes
        try:
            enter(meter, tokens[-1])
            complete = True
        except PowerCut:
            complete = False
        board.memory.writes_left = None
        board.lose_power()
        again = board.power_up()
        assert again.account.reading_wh() == 11_000
        changed = enter(again, new.credit(tid=100)) == [T.ACCEPT]
        assert changed is (again.decoder_key.base_date == 2035)
        if not changed:  # nothing of it happened: the old key, and the old TID memory
            assert enter(again, desk.credit(tid=7_000_000), desk.credit()) == [T.USED_ERROR, T.ACCEPT]
        if complete:
            assert changed
            return
    pytest.fail("twenty writes were not enough")
