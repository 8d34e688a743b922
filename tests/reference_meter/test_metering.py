"""Energy, pulses and the error model against hand-computed numbers."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from reference_meter.products.product import MeteringResiduals
from tests.reference_meter.fake_board import FakeBoard

VECTORS = Path(__file__).parent / "data" / "error_model_vectors.csv"


def error_model_vectors() -> list[dict[str, str]]:
    lines = [line for line in VECTORS.read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    "row", error_model_vectors(), ids=lambda row: f"{row['gain_pct']},{row['delta_deg']},{row['pf']}"
)
def test_error_of_indication_follows_the_error_model(row: dict[str, str]) -> None:
    residuals = MeteringResiduals(gain_pct=float(row["gain_pct"]), extra_lag_deg=float(row["delta_deg"]))
    board = FakeBoard(residuals=residuals)
    meter = board.power_up()
    cosine = {"1": 1.0, "0.5 ind": 0.5, "0.8 cap": 0.8, "0.25 ind": 0.25, "0.5 cap": 0.5}[row["pf"]]
    board.put(current_a=5.0, lag_deg=float(row["phi_deg"]))
    board.run(600.0)
    true_wh = 230.0 * 5.0 * cosine * 600.0 / 3600.0
    error_pct = 100.0 * (meter.registers.energy_wh() - true_wh) / true_wh
    assert error_pct == pytest.approx(float(row["e_pct"]), abs=2e-5)


def test_offset_of_five_milliwatt_weighs_at_starting_current() -> None:
    board = FakeBoard(residuals=MeteringResiduals(offset_w=0.005))
    meter = board.power_up()
    board.put(current_a=0.02)
    assert meter.metering.active_power_w() == pytest.approx(4.605)


def test_pulses_come_every_wh_at_exact_instants() -> None:
    board = FakeBoard()
    board.power_up()
    board.put_power(1150.0)  # Ib at 230 V
    board.run(36.0)
    # 1 Wh at 1150 W takes 3600/1150 s
    assert board.flashes == pytest.approx([n * 3600.0 / 1150.0 for n in range(1, 12)], abs=1e-9)


def test_a_load_change_carries_the_fraction_of_a_pulse() -> None:
    board = FakeBoard()
    board.power_up()
    board.put_power(3600.0)  # 1 Wh/s
    board.run(0.25)
    board.put_power(360.0)  # 0.75 Wh left at 0.1 Wh/s
    board.run(10.0)
    assert board.flashes == pytest.approx([7.75], abs=1e-9)


def test_million_pulses_do_not_drift_from_the_register() -> None:
    board = FakeBoard()
    meter = board.power_up()
    meter.account.add_wh(1e6)
    board.put_power(13_800.0)
    for _ in range(50):
        board.run(260.0)
        board.put_power(13_800.0)  # inputs "change" to the same value: a new segment each time
    assert len(board.flashes) == meter.registers.reading_wh()
    assert meter.registers.energy_wh() == pytest.approx(13_800.0 * 50 * 260.0 / 3600.0, rel=1e-12)
    assert board.flashes[-1] == pytest.approx(len(board.flashes) * 3600.0 / 13_800.0, abs=1e-6)


def test_power_cut_keeps_energy_and_the_fraction_of_a_pulse() -> None:
    board = FakeBoard()
    board.power_up()
    board.put_power(3600.0)
    board.run(10.5)
    board.power_down()
    board.run(1000.0)
    meter = board.power_up()
    board.flashes.clear()
    board.run(0.6)
    assert meter.registers.energy_wh() == pytest.approx(11.1)
    assert board.flashes == pytest.approx([10.5 + 1000.0 + 0.5])


def test_power_cut_right_at_a_pulse_does_not_repeat_it() -> None:
    board = FakeBoard()
    board.power_up()
    board.put_power(3600.0)
    board.run(3.0)
    assert len(board.flashes) == 3
    board.power_cycle()
    board.run(0.5)
    assert len(board.flashes) == 3


def test_a_day_without_load_schedules_only_the_rows_of_the_load_profile() -> None:
    board = FakeBoard(residuals=None)  # residual errors as manufactured
    meter = board.power_up()
    board.put(voltage_v=264.5)
    assert board.run(86_400.0) == 96
    assert board.flashes == []
    assert meter.registers.energy_wh() == 0.0


def test_starting_current_registers_and_is_exact() -> None:
    board = FakeBoard()
    board.power_up()
    board.put(current_a=0.02)  # 4.6 W: one pulse each 782.609 s (accuracy.md 1.4)
    board.run(1600.0)
    assert board.flashes == pytest.approx([782.6087, 1565.2174], abs=1e-3)


@pytest.mark.parametrize(("fraction_of_ist", "registers"), [(0.39, False), (0.51, True)])
def test_threshold_lies_between_0_4_and_0_5_of_the_starting_current(
    fraction_of_ist: float, registers: bool
) -> None:
    board = FakeBoard(residuals=None)
    meter = board.power_up()
    board.put(current_a=0.02 * fraction_of_ist)
    assert (meter.metering.active_power_w() > 0.0) is registers


def test_reverse_power_is_not_import() -> None:
    board = FakeBoard()
    meter = board.power_up()
    board.put(current_a=5.0, lag_deg=180.0)
    board.run(3600.0)
    assert meter.metering.active_power_w() == pytest.approx(-1150.0)
    assert meter.registers.reading_wh() == 0
    assert board.flashes == []


def test_reading_changes_nothing() -> None:
    board = FakeBoard()
    meter = board.power_up()
    board.put_power(1000.0)
    board.run(1.0)
    before = board.scheduled
    for _ in range(3):
        meter.registers.reading_wh(), meter.account.reading_wh(), meter.display.text()
    assert board.scheduled == before
