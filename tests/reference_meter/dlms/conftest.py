"""A whole reference meter on a board in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from reference_meter.blueprint import Blueprint
from reference_meter.meter import Meter, build_meter
from reference_meter.products.dds722 import dds722
from reference_meter.products.manufacture import manufacture
from reference_meter.products.product import Product
from reference_meter.products.slots import standard_slots
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import Client

MANUFACTURED = datetime(2014, 1, 1, tzinfo=UTC)


@pytest.fixture
def product() -> Product:
    return dds722(1)


@pytest.fixture
def board() -> FakeBoard:
    return FakeBoard()


@pytest.fixture
def power_up(board: FakeBoard) -> Callable[[Product], Meter]:
    def build(product: Product) -> Meter:
        if not board.chip.records:
            manufacture(product, board.memory, MANUFACTURED)
        return build_meter(Blueprint(product, standard_slots()), board)

    return build


@pytest.fixture
def meter(product: Product, power_up: Callable[[Product], Meter]) -> Meter:
    return power_up(product)


@pytest.fixture
def passwords(product: Product) -> dict[str, bytes]:
    return {row.name: row.password for row in product.communication.associations if row.password is not None}


@pytest.fixture
def public(board: FakeBoard, meter: Meter) -> Client:
    return Client(board, meter, "public")


@pytest.fixture
def reader(board: FakeBoard, meter: Meter) -> Client:
    return Client(board, meter, "reader")


@pytest.fixture
def management(board: FakeBoard, meter: Meter) -> Client:
    return Client(board, meter, "management")
