"""The payment side through DLMS (classes 111, 112, 113, 115, 116; sts.md 9): what tokens change is to be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.protocols.axdr import Data, decode_all
from bench.protocols.cosem import Obis
from reference_meter.blueprint import Blueprint
from reference_meter.board import ElementInput
from reference_meter.meter import Meter, build_meter
from reference_meter.products.dds722 import dds722
from reference_meter.products.dts722 import dts722
from reference_meter.products.manufacture import manufacture
from reference_meter.products.product import Product
from reference_meter.products.slots import standard_slots
from tests.reference_meter.dlms.conftest import MANUFACTURED
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import Client
from tests.reference_meter.token_desk import Desk

ACCOUNT, CREDIT, CHARGE = "0-0:19.0.0", "0-0:19.10.0", "0-0:19.20.0"
GATEWAY, STS = "0-0:19.40.0", "0-0:19.60.0"


def get(client: Client, class_id: int, obis: str, index: int) -> Data:
    answer = client.request(f"c001c1{class_id:04x}{Obis(obis).to_bytes().hex()}{index:02x}00")
    assert answer.startswith("c401c100"), answer
    return decode_all(bytes.fromhex(answer[8:]))


def number(client: Client, class_id: int, obis: str, index: int) -> int:
    return get(client, class_id, obis, index).number()


def send(client: Client, token: str) -> str:
    name = Obis(GATEWAY).to_bytes().hex()
    return client.request(f"c301c10073{name}01010914{token.encode().hex()}")


def status(client: Client) -> tuple[int, str]:
    code, data = get(client, 115, GATEWAY, 6).items()
    return code.number(), str(data.value)


@pytest.fixture(params=[dds722, dts722], ids=["dds722", "dts722"])
def product(request: pytest.FixtureRequest) -> Product:
    made: Product = request.param(1)
    return made


@pytest.fixture
def idle(board: FakeBoard, product: Product, meter: Meter) -> Meter:
    board.inputs = [ElementInput(voltage_v=230.0)] * product.nameplate.elements
    meter.inputs_changed()
    return meter


def managing_client(board: FakeBoard, meter: Meter) -> Client:
    client = Client(board, meter, "management")
    passwords = {row.name: row.password for row in meter.product.communication.associations}
    client.associate(passwords["management"])
    return client


@pytest.fixture
def managing(board: FakeBoard, idle: Meter) -> Client:
    return managing_client(board, idle)


def test_identity_and_cipher(managing: Client, product: Product) -> None:
    pan = get(managing, 116, STS, 2).items()
    three_phase = product.name == "dts722"
    assert [part.number() for part in pan] == ([0, 100000000008, 2] if three_phase else [600727, 0, 9])
    assert number(managing, 116, STS, 5) == (11 if three_phase else 7)
    assert number(managing, 116, STS, 11) == (4 if three_phase else 3)


def test_key_change_by_dlms_shows_in_class_116(managing: Client, product: Product) -> None:
    desk = Desk.of(product)
    new = desk.changed(supply_group_code="203557", tariff_index=9, key_revision_number=4)
    tokens = desk.key_change(new, with_supply_group=True, key_expiry_number=200)
    for token in tokens[:-1]:
        assert send(managing, token) == "c701c10000"
        assert status(managing)[0] == 3
    assert [number(managing, 116, STS, index) for index in (6, 7, 8, 9, 10)] == [201457, 1, 1, 2, 255]
    send(managing, tokens[-1])
    assert status(managing) == (3, "00000001")
    assert [number(managing, 116, STS, index) for index in (6, 7, 8, 9, 10)] == [203557, 9, 4, 2, 200]


def test_gateway_says_received_until_the_token_is_processed(
    managing: Client, board: FakeBoard, idle: Meter, product: Product
) -> None:
    desk = Desk.of(product)
    idle.keys_pressed(desk.credit() + "E")
    assert idle.gateway.status == 8
    board.advance(1.0)
    assert status(managing) == (3, "00000001")
    assert number(managing, 115, GATEWAY, 5) == 2


def test_gateway_refuses_a_second_token_for_the_moment(board: FakeBoard, product: Product) -> None:
    slow = replace(product, sts=replace(product.sts, processing_time_s=5.0))
    meter = _powered(board, slow)
    client = managing_client(board, meter)
    desk = Desk.of(slow)
    first, second = desk.credit(), desk.credit()
    assert send(client, first) == "c701c10000"
    assert status(client) == (8, "00010000")
    assert send(client, second) == "c701c10200"  # temporary-failure
    board.advance(10.0)
    assert status(client) == (3, "00000001")
    assert get(client, 115, GATEWAY, 2).octets() == first.encode()
    assert send(client, second) == "c701c10000"


def _powered(board: FakeBoard, product: Product) -> Meter:
    manufacture(product, board.memory, MANUFACTURED)
    return build_meter(Blueprint(product, standard_slots()), board)


def test_other_makers_result_numbers(board: FakeBoard) -> None:
    """A public firmware calls a wrong checksum 31 and a used token 37 (sts.md 7.2)."""
    product = dds722(1)
    codes = dict(product.sts.result_codes) | {"CRCError": 31, "UsedError": 37}
    meter = _powered(board, replace(product, sts=replace(product.sts, result_codes=codes)))
    desk = Desk.of(product)
    for token, expected in ((desk.garbage(), 31), (desk.credit(tid=0), 37)):
        meter.token_application.enter(token, "gateway")
        assert meter.gateway.result_number == expected


def test_charge_follows_the_energy(managing: Client, board: FakeBoard, idle: Meter) -> None:
    assert number(managing, 113, CHARGE, 2) == 0
    board.inputs = [replace(element, current_a=10.0) for element in board.inputs]
    idle.inputs_changed()
    board.advance(3600.0)  # the link is given up meanwhile
    managing = managing_client(board, idle)
    board.inputs = [replace(element, current_a=0.0) for element in board.inputs]
    idle.inputs_changed()
    paid = number(managing, 113, CHARGE, 2)
    energy = number(managing, 3, "1-0:1.8.0", 2)
    assert paid == pytest.approx(2300 * len(board.inputs), rel=0.01)
    assert abs(paid - energy) <= 1
    scaling, commodity, table = get(managing, 113, CHARGE, 5).items()
    assert [part.number() for part in scaling.items()] == [3, 0]
    assert commodity.items()[1].octets() == Obis("1-0:1.8.0").to_bytes()
    assert table.items()[0].items()[1].number() == 1000


def test_account_in_money(board: FakeBoard) -> None:
    product = dds722(1)
    meter = _powered(board, replace(product, payment=replace(product.payment, accounting="currency")))
    board.inputs = [ElementInput(voltage_v=230.0)]
    meter.inputs_changed()
    client = managing_client(board, meter)
    assert number(client, 112, CREDIT, 2) == 200  # 10 kWh at 0.20, in cents
    name, scale, unit = get(client, 111, ACCOUNT, 15).items()
    assert (str(name.value), scale.number(), unit.number()) == ("EUR", -2, 2)
    assert get(client, 113, CHARGE, 5).items()[2].items()[0].items()[1].number() == 20
