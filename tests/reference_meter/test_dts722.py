"""The three-phase product: nameplate, three elements, sum, phase order, and what distorts its reading."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from bench.protocols.sts.identity import MeterPan
from bench.record.declaration import Declaration
from instruments.virtual.plant import Harmonic
from reference_meter.board import ElementInput
from reference_meter.lab.rig_files import declaration
from reference_meter.metering.metering import reversed_order
from reference_meter.products.dds722 import dds722
from reference_meter.products.dts722 import dts722
from reference_meter.products.product import MeteringResiduals
from tests.reference_meter.fake_board import FakeBoard

ANGLES = (0.0, -120.0, 120.0)


class ThreePhaseBoard(FakeBoard):
    """A board with three elements, whose inputs are set one by one."""

    def __init__(self, *defects: str, residuals: MeteringResiduals | None = None, **changes: Any) -> None:
        product = dts722()
        if changes:
            product = replace(product, nameplate=replace(product.nameplate, **changes))
        super().__init__(*defects, product=product, residuals=residuals or MeteringResiduals())
        self.inputs = [ElementInput(voltage_v=230.0, voltage_angle_deg=angle) for angle in ANGLES]

    def elements(self) -> list[ElementInput]:
        return self.inputs

    def load_all(self, current_a: float, **changes: Any) -> None:
        self.inputs = [
            ElementInput(voltage_v=230.0, current_a=current_a, voltage_angle_deg=angle, **changes)
            for angle in ANGLES
        ]


def test_nameplate_of_the_three_phase_product() -> None:
    declared = Declaration.from_json(declaration(dts722()))
    assert declared.nameplate.elements == 3
    assert declared.accuracy.edition == "2020"
    assert declared.accuracy.accuracy_class == "2"
    assert float(declared.nameplate.currents.resolve("Itr")) == 1.0
    assert declared.nameplate.measurement_mode == "absolute"
    assert declared.supply is not None
    assert declared.supply.control_mode == 4
    assert declared.sts is not None
    assert declared.sts.encryption_algorithm == "EA11"


def test_no_two_products_share_an_identity() -> None:
    products = [make(position) for make in (dds722, dts722) for position in range(1, 25)]
    for product in products:
        MeterPan(product.sts.meter_pan)  # raises when a check digit is wrong
    assert len({product.sts.meter_pan for product in products}) == 48
    assert len({product.identity.serial_number for product in products}) == 48


@pytest.mark.parametrize("seed", range(20))
def test_residuals_stay_inside_class_2(seed: int) -> None:
    left = dts722(1, seed).residuals
    worst = abs(left.gain_pct) + max(abs(own) for own in left.element_gain_pct)
    phase = 100 * math.tan(math.radians(60)) * math.radians(abs(left.extra_lag_deg))
    assert worst + phase < 0.6


def test_three_elements_add_up() -> None:
    board = ThreePhaseBoard()
    meter = board.power_up()
    board.load_all(10.0)
    assert meter.metering.active_power_w() == pytest.approx(6900.0)
    board.inputs[1] = replace(board.inputs[1], current_a=0.0)
    assert meter.metering.active_power_w() == pytest.approx(4600.0)


@pytest.mark.parametrize(("mode", "power_w"), [("absolute", 6900.0), ("vector", 2300.0)])
def test_one_reversed_element(mode: str, power_w: float) -> None:
    board = ThreePhaseBoard(measurement_mode=mode)
    meter = board.power_up()
    board.load_all(10.0)
    board.inputs[0] = replace(board.inputs[0], current_lag_deg=180.0)
    assert meter.metering.active_power_w() == pytest.approx(power_w)


def test_each_element_has_its_own_gain() -> None:
    board = ThreePhaseBoard(residuals=MeteringResiduals(gain_pct=0.1, element_gain_pct=(0.2, 0.0, -0.1)))
    meter = board.power_up()
    board.load_all(10.0)
    # 2300 W * 1.001 * (1.002 + 1 + 0.999)
    assert meter.metering.active_power_w() == pytest.approx(2300 * 1.001 * 3.001)


def test_phase_order() -> None:
    board = ThreePhaseBoard(residuals=MeteringResiduals(crosstalk_pct=0.5))
    meter = board.power_up()
    board.load_all(10.0)
    assert not reversed_order(board.inputs)
    board.inputs[1], board.inputs[2] = (
        replace(board.inputs[1], voltage_angle_deg=120.0),
        replace(board.inputs[2], voltage_angle_deg=-120.0),
    )
    assert reversed_order(board.inputs)
    assert meter.metering.active_power_w() == pytest.approx(6900.0 * 1.005)


@pytest.mark.parametrize(
    ("residuals", "changes", "share"),
    [
        ({"voltage_coefficient_pct": 0.4}, {"voltage_v": 253.0}, 1.004),
        ({"voltage_coefficient_pct": 0.4}, {"voltage_v": 207.0}, 0.996),
        ({"dc_loss_pct": 3.0}, {}, 1.0),
    ],
)
def test_influences_of_the_front_end(
    residuals: dict[str, float], changes: dict[str, float], share: float
) -> None:
    board = ThreePhaseBoard(residuals=MeteringResiduals(**residuals))
    meter = board.power_up()
    board.load_all(10.0)
    board.inputs = [replace(element, **changes) for element in board.inputs]
    voltage_v = changes.get("voltage_v", 230.0)
    assert meter.metering.active_power_w() == pytest.approx(3 * voltage_v * 10 * share)


def test_a_half_wave_loses_what_the_transformer_loses() -> None:
    board = ThreePhaseBoard(residuals=MeteringResiduals(dc_loss_pct=3.0))
    meter = board.power_up()
    # half wave of a 10 A sine: 5 A fundamental, 10 sqrt(2) / pi A of DC
    board.load_all(5.0, current_harmonics=(Harmonic(order=0, rms=10 * math.sqrt(2) / math.pi),))
    assert meter.metering.active_power_w() == pytest.approx(3 * 230 * 5 * 0.97)


def test_the_low_pass_takes_a_share_of_the_fifth_harmonic() -> None:
    board = ThreePhaseBoard(residuals=MeteringResiduals(bandwidth_hz=1000.0))
    meter = board.power_up()
    board.load_all(
        10.0,
        voltage_harmonics=(Harmonic(order=5, rms=23.0),),
        current_harmonics=(Harmonic(order=5, rms=4.0),),
    )
    # both channels: |H(250)|^2 / |H(50)|^2 = (1 + 0.0025) / (1 + 0.0625)
    assert meter.metering.active_power_w() == pytest.approx(3 * (2300 + 92 * 1.0025 / 1.0625))


def test_hysteresis_keeps_a_running_meter_running() -> None:
    # threshold 0.45 * 3 * 230 V * 0.05 A = 15.525 W, running on down to 13.97 W
    board = ThreePhaseBoard(residuals=MeteringResiduals(hysteresis_fraction=0.1))
    metering = board.power_up().metering
    assert metering.anti_creep(15.0) == 0.0
    assert metering.anti_creep(16.0) == 16.0
    assert metering.anti_creep(15.0) == 15.0
    assert metering.anti_creep(13.9) == 0.0
    assert metering.anti_creep(15.0) == 0.0


def test_a_shunt_warms_with_the_square_of_the_current() -> None:
    residuals = MeteringResiduals(self_heating_pct=0.2, heating_time_constant_s=600.0)
    board = ThreePhaseBoard(residuals=residuals)
    meter = board.power_up()
    board.load_all(50.0)
    meter.inputs_changed()
    board.run(600.0)
    # a quarter of the rise at Imax, and 1 - 1/e of it after one time constant
    meter.inputs_changed()
    assert meter.metering.heat_gain() == pytest.approx(0.002 * 0.25 * (1 - math.exp(-1)), rel=1e-6)


def test_pulses_come_on_the_grid_of_the_firmware() -> None:
    board = ThreePhaseBoard(residuals=MeteringResiduals(pulse_grid_s=0.01))
    meter = board.power_up()
    board.load_all(10.0)
    meter.inputs_changed()
    board.run(60.0)
    # 6.9 kW at 1000 imp/kWh: one pulse each 0.521739 s, the 115th at the very end
    assert len(board.flashes) in (114, 115)
    for number, flash in enumerate(board.flashes, start=1):
        assert flash == pytest.approx(math.ceil(number * 3600 / 6900 / 0.01 - 1e-6) * 0.01)
