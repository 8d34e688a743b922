"""What stands around the meters: the current interrupter, the chamber, the isolation transformers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.metrology.corrections import Corrections
from instruments.virtual.plant import PhaseOutput
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.isolation import Isolation, isolation
from reference_meter.lab.world import World
from reference_meter.senses import CASE_TIME_CONSTANT_S, Senses
from tests.reference_meter.fake_board import FakeBoard


def driven(*, lag_deg: float = 0.0, transformer: Isolation | None = None) -> tuple[World, Circuit]:
    world = World(0)
    circuit = Circuit(
        world, phases=1, positions=1, isolation={1: transformer} if transformer is not None else {}
    )
    circuit.drive([PhaseOutput(voltage_v=230.0, current_a=10.0, current_lag_deg=lag_deg)], 50.0)
    return world, circuit


def test_bursts_carry_half_the_energy_and_half_the_mean_square() -> None:
    world, circuit = driven()
    circuit.interrupt(2, 2, cycles=True)
    world.run_until(3600.0)
    assert circuit.energy_wh() == pytest.approx((1150.0,), rel=1e-12)
    assert circuit.inputs()[0].current_rms_a == pytest.approx(10.0 / math.sqrt(2))


def test_seconds_on_and_off_carry_their_share() -> None:
    world, circuit = driven()
    circuit.interrupt(5.0, 0.5, cycles=False)
    world.run_until(550.0)
    circuit.interrupt(1, 0, cycles=True)
    assert circuit.energy_wh()[0] == pytest.approx(2300.0 * 500.0 / 3600.0, rel=1e-9)
    assert circuit.inputs()[0].current_rms_a == 10.0


def test_the_loop_of_the_source_stays_closed_while_the_current_is_led_around() -> None:
    world, circuit = driven()
    opened: list[int] = []
    circuit.on_loop_opened(opened.append)
    circuit.interrupt(1.0, 1.0, cycles=False)
    world.run_until(1.5)
    assert (circuit.inputs()[0].current_a, circuit.loop_closed(0), opened) == (0.0, True, [])


def test_a_meter_registers_what_bursts_carry() -> None:
    board = FakeBoard()
    meter = board.power_up()
    board.put(current_a=10.0)
    steady_w = meter.metering.active_power_w()
    board.load = replace(board.load, burst=(2, 2))
    meter.inputs_changed()
    assert meter.metering.active_power_w() == pytest.approx(steady_w / 2, rel=1e-4)


def test_a_case_follows_the_air_with_its_time_constant() -> None:
    senses = Senses()
    senses.surround(55.0, 100.0)
    assert senses.case_c(100.0) == pytest.approx(23.0)
    assert senses.case_c(100.0 + CASE_TIME_CONSTANT_S) == pytest.approx(55.0 - 32.0 / math.e)
    assert senses.case_c(100.0 + 7200.0) == pytest.approx(55.0, abs=0.1)


@pytest.mark.parametrize("lag_deg", [0.0, 60.0, -36.87])
def test_what_a_transformer_does_is_what_the_correction_takes_out(lag_deg: float) -> None:
    transformer = Isolation(ratio_error_pct=0.04, phase_lead_min=0.5)
    _, circuit = driven(lag_deg=lag_deg, transformer=transformer)
    true_w = circuit.inputs()[0].power_w
    seen = circuit.meter_inputs(1).elements[0]
    seen_w = seen.voltage_v * seen.current_a * math.cos(math.radians(seen.current_lag_deg))
    known = Corrections(transformer_ratio_pct=0.04, transformer_phase_min=0.5)
    assert 100 * (seen_w / true_w - 1) + float(known.total_pct(lag_deg)) == pytest.approx(0.0, abs=2e-5)


def test_one_meter_alone_has_no_transformer_and_those_of_a_rack_differ() -> None:
    assert not isolation(World(1), 1)
    made = isolation(World(1), 3)
    assert len({own.ratio_error_pct for own in made.values()}) == 3
    assert all(abs(own.certified_ratio_pct - own.ratio_error_pct) < 0.01 for own in made.values())
