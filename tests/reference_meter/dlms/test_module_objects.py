"""The objects of modules and the further ones: as many attributes as their class has, of the types that it allows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.protocols.cosem import cosem_class
from reference_meter.board import ElementInput
from reference_meter.dlms.model.cosem_object import Role
from reference_meter.dlms.model.further_objects import FURTHER, further_phase_registers
from reference_meter.dlms.model.module_objects import module_objects
from reference_meter.meter import Meter
from reference_meter.products.configurations import CONFIGURATIONS
from reference_meter.products.dts722 import dts722
from reference_meter.products.product import Product
from tests.reference_meter.dlms.fake_board import FakeBoard

PowerUp = Callable[[Product], Meter]


@pytest.mark.parametrize("kind", ["cellular", "prime", "g3"])
def test_objects_are_as_their_class_says(power_up: PowerUp, product: Product, kind: str) -> None:
    meter = power_up(CONFIGURATIONS[kind](product))
    listed = {row.obis for row in meter.objects.visible(Role.MANAGEMENT)}
    for row in (*module_objects(kind), *FURTHER):
        assert row.obis in listed
        described = cosem_class(row.class_id, row.version)
        if described is None:  # 91 and 92: no table, their attributes differ between versions
            assert row.class_id in (91, 92)
            continue
        assert [item.index for item in row.attributes] == [item.index for item in described.attributes]
        for attribute, said in zip(row.attributes, described.attributes, strict=True):
            assert attribute.read is not None
            assert not said.types or attribute.read(meter).type in said.types, f"{row.name} {said.name}"


def test_a_module_that_was_not_ordered_shows_nothing(meter: Meter) -> None:
    assert not {row.class_id for row in meter.objects.rows} & {27, 29, 45, 81, 90, 151}


def test_angles_and_factors_of_three_phases(board: FakeBoard, power_up: PowerUp) -> None:
    product = dts722(1)
    meter = power_up(product)
    angles = (0.0, 240.0, 120.0)
    board.inputs = [
        ElementInput(voltage_v=230.0, current_a=5.0, voltage_angle_deg=angle, current_lag_deg=60.0)
        for angle in angles
    ]
    meter.inputs_changed()
    shown = {
        str(row.obis): row.attributes[1].read(meter).number()  # type: ignore[misc]
        for row in (*further_phase_registers(product.nameplate.elements), *FURTHER)
        if row.class_id == 3
    }
    assert [shown[f"1-0:81.7.{number}.255"] for number in (10, 20)] == [1200, 2400]
    assert [shown[f"1-0:81.7.{number}.255"] for number in (40, 50, 60)] == [600, 1800, 3000]
    assert [shown[f"1-0:{group}.7.0.255"] for group in (33, 53, 73)] == pytest.approx([500] * 3, abs=2)
    assert shown["1-0:91.7.0.255"] <= 1
