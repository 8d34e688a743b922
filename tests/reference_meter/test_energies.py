"""Reactive energy by quadrant, apparent energy and the energy of each phase, against hand-computed numbers."""

from __future__ import annotations

import math

import pytest

from reference_meter.metering.energies import APPARENT_EXPORT, APPARENT_IMPORT, QUADRANTS, phase_name
from tests.reference_meter.fake_board import FakeBoard
from tests.reference_meter.test_dts722 import ThreePhaseBoard

HOUR_S = 3600.0


@pytest.mark.parametrize(
    ("lag_deg", "quadrant", "apparent"),
    [
        (60.0, 0, APPARENT_IMPORT),
        (120.0, 1, APPARENT_EXPORT),
        (-120.0, 2, APPARENT_EXPORT),
        (-60.0, 3, APPARENT_IMPORT),
    ],
)
def test_the_quadrant_of_a_load(lag_deg: float, quadrant: int, apparent: str) -> None:
    board = FakeBoard()
    meter = board.power_up()
    board.put(current_a=10.0, lag_deg=lag_deg)
    board.run(HOUR_S)
    board.put()
    board.run(HOUR_S)
    reactive_varh = 2300.0 * math.sin(math.radians(60.0))
    shown = [meter.energies.exact(name) for name in QUADRANTS]
    assert shown == [pytest.approx(reactive_varh if n == quadrant else 0.0) for n in range(4)]
    assert meter.energies.exact(apparent) == pytest.approx(2300.0)
    assert meter.energies.exact(APPARENT_IMPORT) + meter.energies.exact(APPARENT_EXPORT) == pytest.approx(
        2300.0
    )
    assert meter.registers.inductive_varh() == pytest.approx(shown[0] + shown[1])
    assert meter.registers.capacitive_varh() == pytest.approx(shown[2] + shown[3])


def test_they_survive_a_power_cut_and_go_on() -> None:
    board = FakeBoard()
    board.power_up()
    board.put(current_a=10.0, lag_deg=60.0)
    board.run(HOUR_S)
    meter = board.power_cycle()
    board.run(HOUR_S)
    assert meter.energies.reading(APPARENT_IMPORT) == 4600
    assert meter.energies.reading(phase_name(0)) == meter.registers.reading_wh() == 2300


def test_nothing_is_counted_below_the_no_load_threshold() -> None:
    board = FakeBoard()
    meter = board.power_up()
    board.put(current_a=0.001)
    board.run(100 * HOUR_S)
    assert [meter.energies.exact(name) for name in (*QUADRANTS, APPARENT_IMPORT, phase_name(0))] == [0.0] * 6


def test_the_phases_make_the_total() -> None:
    board = ThreePhaseBoard(measurement_mode="vector")
    meter = board.power_up()
    board.load_all(10.0)
    board.inputs[1] = ThreePhaseBoard().inputs[1]  # no current in L2
    meter.inputs_changed()
    board.run(HOUR_S)
    shown = [meter.energies.exact(phase_name(number)) for number in range(3)]
    assert shown == [pytest.approx(2300.0), pytest.approx(0.0), pytest.approx(2300.0)]
    assert sum(shown) == pytest.approx(meter.registers.energy_wh())
