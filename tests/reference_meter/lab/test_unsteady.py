"""Noise and drift of the source: small, the seed's choice, few steps, and one truth for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from instruments.virtual.plant import Harmonic, PhaseOutput
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.unsteady import (
    NOISE_LAG_DEG,
    NOISE_PCT,
    RUNAWAY_MAX_PCT,
    SETTLING_PCT,
    UnsteadySource,
)
from reference_meter.lab.world import World

LOAD = PhaseOutput(voltage_v=230.0, current_a=10.0, current_lag_deg=60.0)
YEAR_S = 365 * 86_400.0


class Terminals:
    """Keep what was driven, and when."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.driven: list[tuple[float, tuple[PhaseOutput, ...]]] = []

    def drive(self, phases: Sequence[PhaseOutput], frequency_hz: float) -> None:
        assert frequency_hz == 50.0
        self.driven.append((self.world.now(), tuple(phases)))


def driven(
    seed: int, until_s: float, load: PhaseOutput = LOAD, runaway: float = 0.0
) -> list[tuple[float, PhaseOutput]]:
    world = World(seed)
    terminals = Terminals(world)
    UnsteadySource(world, terminals, runaway_pct_per_min=runaway).drive([load], 50.0)
    world.run_until(until_s)
    return [(time_s, phases[0]) for time_s, phases in terminals.driven]


def test_the_seed_decides_the_noise() -> None:
    assert driven(1, 1000.0) == driven(1, 1000.0)
    assert driven(1, 1000.0) != driven(2, 1000.0)


def test_amplitudes_and_angle_stay_within_their_size_and_move() -> None:
    values = [phase for seed in range(20) for _, phase in driven(seed, 1e5)]
    most = (NOISE_PCT + SETTLING_PCT) / 100
    assert all(abs(phase.voltage_v / 230.0 - 1) <= most for phase in values)
    assert all(abs(phase.current_a / 10.0 - 1) <= most for phase in values)
    assert all(abs(phase.current_lag_deg - 60.0) <= NOISE_LAG_DEG for phase in values)
    assert max(abs(phase.voltage_v / 230.0 - 1) for phase in values) > most / 2
    assert len({phase.voltage_v for phase in values}) == len(values)


def test_a_year_costs_a_dozen_steps() -> None:
    steps = driven(3, YEAR_S)
    assert len(steps) < 20
    assert [later[0] for later in steps[1:4]] == [1.0, 4.0, 16.0]


def test_harmonics_move_with_their_amplitude_and_direct_current_keeps_its_angle() -> None:
    load = PhaseOutput(
        voltage_v=230.0,
        current_a=10.0,
        voltage_harmonics=(Harmonic(order=5, rms=23.0),),
        current_harmonics=(Harmonic(order=0, rms=9.0),),
    )
    for _, phase in driven(4, 100.0, load):
        assert phase.voltage_harmonics[0].rms / phase.voltage_v == pytest.approx(0.1, rel=1e-12)
        assert phase.current_harmonics[0].rms / phase.current_a == pytest.approx(0.9, rel=1e-12)


def test_off_is_off_and_stays_off() -> None:
    world = World(5)
    terminals = Terminals(world)
    source = UnsteadySource(world, terminals, runaway_pct_per_min=1.0)
    source.drive([LOAD], 50.0)
    world.run_until(30.0)
    source.drive([PhaseOutput()], 50.0)
    world.run_until(1000.0)
    assert terminals.driven[-1] == (30.0, (PhaseOutput(),))


def test_standard_and_meter_see_one_truth() -> None:
    world = World(6)
    circuit = Circuit(world, phases=1, positions=1)
    seen: list[tuple[float, float]] = []

    def look() -> None:
        element = circuit.meter_inputs(1).elements[0]
        seen.append((world.now(), element.voltage_v * element.current_a))

    circuit.on_inputs_changed(1, look)
    UnsteadySource(world, circuit).drive([PhaseOutput(voltage_v=230.0, current_a=10.0)], 50.0)
    world.run_until(300.0)
    # the lag's own noise, 0.0002 degrees, changes the power by 6e-12 at PF 1
    by_the_meter = sum(
        power_w * (end_s - at_s) for (at_s, power_w), (end_s, _) in pairwise([*seen, (300.0, 0.0)])
    )
    assert circuit.energy_wh()[0] == pytest.approx(by_the_meter / 3600, rel=1e-9)
    assert len(seen) > 3


def test_a_sick_source_drifts_away_to_its_end() -> None:
    steps = driven(7, 3600.0, runaway=0.6)
    at_a_minute = next(phase for time_s, phase in steps if time_s >= 60.0)
    assert at_a_minute.voltage_v / 230.0 - 1 == pytest.approx(0.006, abs=1e-4)
    assert steps[-2][1].voltage_v > 1.01 * 230.0
    assert steps[-1][1].voltage_v / 230.0 - 1 == pytest.approx(RUNAWAY_MAX_PCT / 100, abs=1e-4)
    assert len(steps) < 200
