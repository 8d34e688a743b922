"""Percentage error in exact arithmetic, and gates."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from bench.metrology.gate import constant_test_energy_wh, recommended_gate, ripple_rms_pct
from bench.metrology.percentage_error import (
    NotMeasured,
    error_from_counts,
    error_from_energy,
    expected_counts,
    registered_energy_wh,
)


def test_error_from_energy_is_exact() -> None:
    # 10 pulses at 1000 imp/kWh are 10 Wh; the standard saw 10.1 Wh
    assert error_from_energy(10, 1000, 10.1) == Fraction(-1000, 1010)
    assert error_from_energy(10, 1000, 10) == 0


def test_a_meter_that_registers_too_much_has_a_positive_error() -> None:
    assert error_from_energy(101, 1000, 100) == 1


def test_published_example_of_counts() -> None:
    # 1150 W, k 1000, C 1.6e8 imp/kWh: four pulses are 640 000 counts, one count is 1.6 ppm
    assert expected_counts(4, 1000, 160_000_000) == 640_000
    one_count = error_from_counts(4, 1000, 160_000_000, 639_999)
    assert float(one_count) == pytest.approx(1.6e-4, rel=0.03)


def test_expected_counts_are_not_cut_to_a_whole_number() -> None:
    assert expected_counts(1, 3, 1000) == Fraction(1000, 3)
    assert error_from_counts(1, 3, 1000, 333) == Fraction(100, 999)


def test_transformer_ratio_scales_a_primary_constant() -> None:
    assert expected_counts(1, 10, 160_000_000, ratio=400) == 40_000


def test_counts_and_energy_tell_the_same_error() -> None:
    counts, reference_constant = 641_234, 160_000_000
    energy_wh = Fraction(counts * 1000, reference_constant)
    assert error_from_energy(4, 1000, energy_wh) == error_from_counts(4, 1000, reference_constant, counts)


@pytest.mark.parametrize("energy_wh", [0, -1.0])
def test_no_reference_energy_is_no_error_of_100_percent(energy_wh: float) -> None:
    with pytest.raises(NotMeasured):
        error_from_energy(10, 1000, energy_wh)


def test_no_counts_is_not_measured() -> None:
    with pytest.raises(NotMeasured):
        error_from_counts(10, 1000, 1000, 0)


def test_one_pulse_is_a_thousandth_of_a_kilowatt_hour() -> None:
    assert registered_energy_wh(1, 1000) == 1
    assert registered_energy_wh(32, 3200) == 10


def test_gate_at_basic_current_is_ten_seconds() -> None:
    gate = recommended_gate(
        meter_constant_imp_per_kwh=1000, power_w=1150, frequency_hz=50, power_factor=1, limit_pct=1
    )
    assert gate.n_intervals == 4
    assert gate.duration_s == pytest.approx(12.5217, abs=1e-4)
    assert gate.time_out_s == pytest.approx(1.5 * 12.5217 + 2 * 3.1304, abs=1e-3)


def test_gate_is_never_less_than_two_intervals() -> None:
    gate = recommended_gate(
        meter_constant_imp_per_kwh=1000, power_w=57.5, frequency_hz=50, power_factor=1, limit_pct=1.5
    )
    assert gate.n_intervals == 2
    assert gate.duration_s == pytest.approx(125.2, abs=0.1)


def test_gate_at_low_power_factor_outlasts_the_ripple() -> None:
    gate = recommended_gate(
        meter_constant_imp_per_kwh=1000, power_w=6900, frequency_hz=50, power_factor=0.5, limit_pct=1
    )
    assert gate.duration_s >= 100 / (2 * math.pi * 50 * 0.5 * 0.05)
    assert gate.n_intervals == math.ceil(12.7324 * 6900 / 3600)


def test_ripple_of_ten_seconds() -> None:
    assert ripple_rms_pct(frequency_hz=50, duration_s=10, power_factor=1) == pytest.approx(0.016, abs=5e-4)
    assert ripple_rms_pct(frequency_hz=50, duration_s=10, power_factor=0.5) == pytest.approx(0.032, abs=5e-4)


def test_energy_of_a_constant_test() -> None:
    energy_wh = constant_test_energy_wh(
        limit_pct=0.1, register_resolution_wh=1, meter_constant_imp_per_kwh=1000
    )
    assert energy_wh == pytest.approx(2 * math.sqrt(2 / 6) / 0.0002)
