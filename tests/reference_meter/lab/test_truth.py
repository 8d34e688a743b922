"""The error a standard measures in the laboratory agrees with the meter's error worked out by hand, seed by seed.

The meters, the circuit and the twins run in this process without sockets; the formula is that of the error model,
written out anew here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import pytest

from bench.metrology.load_point_budget import load_point_budget
from bench.metrology.percentage_error import error_from_counts
from bench.metrology.series import series
from instruments.virtual.plant import Harmonic, PhaseOutput
from instruments.virtual.zera_com5003 import VirtualCom5003
from reference_meter.blueprint import Blueprint
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.plants import RackPlant
from reference_meter.lab.position import Position
from reference_meter.lab.twins import STANDARD_CLASS_PCT, STANDARD_UNCERTAINTY_PCT, twins
from reference_meter.lab.world import MANUFACTURED_UTC, World
from reference_meter.meter import build_meter
from reference_meter.products.dds722 import dds722
from reference_meter.products.dts722 import dts722
from reference_meter.products.manufacture import manufacture
from reference_meter.products.product import Product
from reference_meter.products.slots import standard_slots

SEEDS = range(40)


class Bench:
    """One meter, one circuit, one standard."""

    def __init__(self, make: Callable[[int, int], Product], seed: int) -> None:
        self.world = World(seed)
        self.product = make(1, seed)
        plate = self.product.nameplate
        self.circuit = Circuit(self.world, phases=plate.elements, positions=1)
        self.position = Position(
            self.world,
            self.circuit,
            number=1,
            reference_voltage_v=plate.voltage_v,
            build=partial(build_meter, Blueprint(self.product, standard_slots())),
        )
        manufacture(self.product, self.position.memory, MANUFACTURED_UTC)
        self.position.attach(_Line())
        plant = RackPlant(self.world, self.circuit, {1: self.position}, notify=lambda _port: None)
        found = [twin.instrument for twin in twins(self.world, plant, phases=plate.elements)]
        self.standard = next(item for item in found if isinstance(item, VirtualCom5003))

    def error_pct(self, *, current_a: float, lag_deg: float, intervals: int) -> tuple[Fraction, float, float]:
        """Return the error, the duration of the gate and the reference counts at one load."""
        plate = self.product.nameplate
        phases = [
            PhaseOutput(
                voltage_v=plate.voltage_v,
                current_a=current_a,
                voltage_angle_deg=-120.0 * n,
                current_lag_deg=lag_deg,
            )
            for n in range(plate.elements)
        ]
        self.circuit.drive([PhaseOutput(voltage_v=phase.voltage_v) for phase in phases], 50.0)
        self.world.run_until(self.world.now() + 5.0)
        self.circuit.drive(phases, 50.0)
        self.standard.inputs.select_automatically()
        test = self.standard._calculator
        test.dut_constant, test.rate = plate.meter_constant_imp_per_kwh, intervals
        test.start()
        while test.running:
            self.world.run_until(self.world.now() + 5.0)
        constant = self.standard.inputs.reference_constant_imp_per_kwh()
        counts = round(test.final_energy_kwh() * constant)
        error = error_from_counts(intervals, plate.meter_constant_imp_per_kwh, constant, counts)
        return error, test.duration_ms() / 1000, counts


class _Line:
    connected = False

    def send(self, octets: bytes) -> None:
        """Lose what the meter says: nobody listens here."""

    def power_lost(self) -> None:
        """Nothing to stop."""


def truth_pct(product: Product, *, current_a: float, lag_deg: float) -> float:
    """Work out e = 100 ((1 + g) cos(phi + d) / cos(phi) - 1) + 100 P_off / P, mean over the elements."""
    left, plate = product.residuals, product.nameplate
    phi, d = math.radians(lag_deg), math.radians(left.extra_lag_deg)
    element_w = plate.voltage_v * current_a * math.cos(phi)
    added = left.element_gain_pct or (0.0,) * plate.elements
    errors = []
    for own in added:
        measured_w = (1 + left.gain_pct / 100) * plate.voltage_v * current_a * math.cos(
            phi + d
        ) + left.offset_w
        errors.append(100 * (measured_w * (1 + own / 100) / element_w - 1))
    return sum(errors) / len(errors)


@pytest.mark.parametrize("make", [dds722, dts722])
@pytest.mark.parametrize("lag_deg", [0.0, 60.0])
def test_measured_and_true_error_agree_within_u(make: Callable[[int, int], Product], lag_deg: float) -> None:
    agreed = 0
    for seed in SEEDS:
        bench = Bench(make, seed)
        current_a = bench.product.nameplate.basic_current_a
        error, duration_s, counts = bench.error_pct(current_a=current_a, lag_deg=lag_deg, intervals=30)
        u95 = load_point_budget(
            standard_class_pct=STANDARD_CLASS_PCT,
            standard_uncertainty_pct=STANDARD_UNCERTAINTY_PCT,
            power_factor=math.cos(math.radians(lag_deg)),
            frequency_hz=50.0,
            duration_s=duration_s,
            reference_counts=counts,
            readings=series([error]),
        ).u95
        expected = truth_pct(bench.product, current_a=current_a, lag_deg=lag_deg)
        agreed += abs(float(error) - expected) <= u95
        assert abs(float(error) - expected) <= 2 * u95, seed
    assert agreed / len(SEEDS) >= 0.95


def test_harmonics_carry_their_power_to_the_standard_and_to_the_meter() -> None:
    bench = Bench(dds722, 1)
    load = PhaseOutput(voltage_v=230.0, current_a=10.0)
    distorted = PhaseOutput(
        voltage_v=230.0,
        current_a=10.0,
        voltage_harmonics=(Harmonic(order=5, rms=23.0),),
        current_harmonics=(Harmonic(order=5, rms=4.0), Harmonic(order=7, rms=1.0)),
    )
    assert load.power_w == pytest.approx(2300.0)
    assert distorted.power_w == pytest.approx(2392.0)  # + 23 V * 4 A; the 7th has no voltage
    assert distorted.current_rms_a == pytest.approx(math.sqrt(117.0))
    bench.circuit.drive([PhaseOutput(voltage_v=230.0)], 50.0)
    bench.world.run_until(5.0)
    bench.circuit.drive([distorted], 50.0)
    before = bench.circuit.energy_wh()[0]
    bench.world.run_until(3605.0)
    assert bench.circuit.energy_wh()[0] - before == pytest.approx(2392.0)
