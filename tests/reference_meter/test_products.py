"""The DDS722 as it leaves the factory."""

from __future__ import annotations

import json

import pytest

from bench.protocols.sts.identity import MeterPan
from reference_meter.products.dds722 import dds722
from reference_meter.products.manufacture import manufacture
from tests.reference_meter.fake_board import MANUFACTURED, FakeBoard, FakeChip


def test_position_1_carries_the_published_test_pan() -> None:
    assert dds722(1).sts.meter_pan == "600727000000000009"


def test_every_position_has_its_own_valid_identity() -> None:
    products = [dds722(position) for position in range(1, 49)]
    for product in products:
        MeterPan(product.sts.meter_pan)  # raises when a check digit is wrong
        assert product.identity.logical_device_name.startswith("MBR")
        assert len(product.identity.logical_device_name) == 16
    assert len({product.sts.meter_pan for product in products}) == 48
    assert len({product.identity.serial_number for product in products}) == 48


@pytest.mark.parametrize("seed", range(20))
def test_residual_errors_are_small_and_depend_on_the_seed(seed: int) -> None:
    residuals = dds722(1, seed).residuals
    assert abs(residuals.gain_pct) <= 0.2
    assert abs(residuals.extra_lag_deg) <= 0.02
    assert abs(residuals.offset_w) <= 0.005
    assert residuals == dds722(1, seed).residuals
    assert residuals != dds722(2, seed).residuals
    assert residuals != dds722(1, seed + 1).residuals


def test_decoder_key_of_the_worked_example() -> None:
    meter = FakeBoard().power_up()
    assert meter.decoder_key.key.hex() == "87f3ecbb2e46b48f"  # sts.md 3.3
    assert "87f3" not in repr(meter.decoder_key)


def test_new_meter_has_its_first_credit_and_a_full_tid_store() -> None:
    board = FakeBoard()
    meter = board.power_up()
    assert meter.account.reading_wh() == 10_000
    assert meter.registers.reading_wh() == 0
    assert json.loads(board.memory.records["tid_store"]) == [0] * 50


def test_a_meter_is_manufactured_once() -> None:
    chip = FakeChip()
    manufacture(dds722(), chip, MANUFACTURED)
    with pytest.raises(ValueError, match="not blank"):
        manufacture(dds722(), chip, MANUFACTURED)


def test_secrets_do_not_show_in_a_repr() -> None:
    product = dds722()
    text = repr(product)
    assert product.sts.vending_key.hex() not in text
    for association in product.communication.associations:
        assert association.password is None or repr(association.password) not in text


def test_clock_can_be_set_and_keeps_running_over_a_power_cut() -> None:
    board = FakeBoard()
    meter = board.power_up()
    meter.clock.set_utc(MANUFACTURED)
    board.run(60.0)
    board.power_cycle()
    board.run(60.0)
    assert board.meter is not None
    assert (board.meter.clock.utc() - MANUFACTURED).total_seconds() == 120.0
