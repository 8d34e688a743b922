"""The laboratory's master meter: its pulses are the exact energy with its own errors, which its certificate says."""

from __future__ import annotations

import math

import pytest

from instruments.virtual.plant import Harmonic, PhaseOutput
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.master_meter import (
    CERTIFIED_PF,
    CONSTANT_IMP_PER_KWH,
    UNCERTAINTY_PCT,
    MasterErrors,
    MasterMeter,
    master_errors,
)
from reference_meter.lab.world import World

PHASE_DEG = {"1": 0.0, "0.5 ind": 60.0, "0.8 cap": -36.8699, "0.25 ind": 75.5225, "0.5 cap": -60.0}


def test_pulses_are_the_energy_with_its_errors_over_changes_of_load() -> None:
    world = World(1)
    circuit = Circuit(world, phases=3, positions=2)
    errors = MasterErrors(gain_pct=0.05, lag_deg=0.02, certified_pct={})
    master = MasterMeter(world, circuit, number=2, errors=errors)
    pulses: list[float] = []
    master.on_pulse(pulses.append)
    expected_wh = 0.0
    for current_a, lag_deg, duration_s in (
        (10.0, 0.0, 333.3),
        (2.0, 60.0, 777.7),
        (0.0, 0.0, 100.0),
        (40.0, -36.0, 50.0),
    ):
        circuit.drive([PhaseOutput(voltage_v=230.0, current_a=current_a, current_lag_deg=lag_deg)] * 3, 50.0)
        world.run_until(world.now() + duration_s)
        registered_w = 3 * 230.0 * current_a * math.cos(math.radians(lag_deg + 0.02)) * 1.0005
        expected_wh += registered_w * duration_s / 3600
    assert len(pulses) == math.floor(expected_wh * CONSTANT_IMP_PER_KWH / 1000)
    assert len(set(pulses)) == len(pulses)


def test_harmonics_and_bursts_count() -> None:
    world = World(1)
    circuit = Circuit(world, phases=1, positions=1)
    master = MasterMeter(
        world, circuit, number=1, errors=MasterErrors(gain_pct=0.0, lag_deg=0.0, certified_pct={})
    )
    pulses: list[float] = []
    master.on_pulse(pulses.append)
    circuit.interrupt(2, 2, cycles=True)
    circuit.drive(
        [
            PhaseOutput(
                voltage_v=230.0,
                current_a=10.0,
                voltage_harmonics=(Harmonic(order=5, rms=23.0),),
                current_harmonics=(Harmonic(order=5, rms=4.0),),
            )
        ],
        50.0,
    )
    world.run_until(3600.0)
    assert len(pulses) == pytest.approx(2392.0 / 2 * CONSTANT_IMP_PER_KWH / 1000, abs=1)


def test_the_certificate_says_the_errors_as_well_as_it_states() -> None:
    missed = []
    for seed in range(200):
        errors = master_errors(World(seed))
        assert set(errors.certified_pct) == set(CERTIFIED_PF)
        missed.append(errors.certified_pct["0.5 ind"] - errors.error_pct(PHASE_DEG["0.5 ind"]))
    within = sum(abs(miss) <= UNCERTAINTY_PCT for miss in missed) / len(missed)
    assert 0.90 <= within < 1.0
    assert max(abs(errors.certified_pct[pf]) for pf in CERTIFIED_PF) > 0.0


def test_the_error_by_power_factor_is_that_of_gain_and_lag() -> None:
    errors = MasterErrors(gain_pct=0.1, lag_deg=0.05, certified_pct={})
    # vectors of the error model (accuracy.md 5.3)
    assert errors.error_pct(0.0) == pytest.approx(0.09996, abs=2e-5)
    assert errors.error_pct(60.0) == pytest.approx(-0.05134, abs=2e-5)
    assert errors.error_pct(-36.8699) == pytest.approx(0.16548, abs=2e-5)
