"""Load settings in the words of a test, as the source takes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.rig.loads import Load
from bench.standards.waveforms import fifth_harmonic, half_wave, phase_fired

THREE = Load(voltage_v=230.0, current_a=10.0, frequency_hz=50.0, elements=3)


def test_balanced_load() -> None:
    phases = THREE.setting().phases
    assert [phase.voltage_angle_deg for phase in phases] == [0.0, -120.0, -240.0]
    assert {phase.current_a for phase in phases} == {10.0}
    assert THREE.power_w(0.5) == pytest.approx(3450.0)


def test_one_element_alone_with_all_voltages() -> None:
    load = replace(THREE, element=2)
    assert [phase.current_a for phase in load.setting().phases] == [0.0, 10.0, 0.0]
    assert {phase.voltage_v for phase in load.setting().phases} == {230.0}
    assert load.power_w(1.0) == pytest.approx(2300.0)


def test_a_missing_phase_has_neither_voltage_nor_current() -> None:
    load = replace(THREE, missing=(1, 3))
    assert [(phase.voltage_v, phase.current_a) for phase in load.setting().phases] == [
        (0.0, 0.0),
        (230.0, 10.0),
        (0.0, 0.0),
    ]
    assert load.power_w(1.0) == pytest.approx(2300.0)


def test_reversed_order_turns_the_other_way() -> None:
    angles = [phase.voltage_angle_deg for phase in replace(THREE, reversed_order=True).setting().phases]
    assert angles == [0.0, 120.0, 240.0]


def test_a_reversed_element_counts_against_the_others_or_with_them() -> None:
    load = replace(THREE, reversed_element=1)
    assert [phase.current_lag_deg for phase in load.setting().phases] == [180.0, 0.0, 0.0]
    assert load.power_w(1.0) == pytest.approx(2300.0)
    assert load.power_w(1.0, vector=False) == pytest.approx(6900.0)


@pytest.mark.parametrize("waveform", [half_wave(), phase_fired(), fifth_harmonic()])
def test_the_stated_current_is_the_rms_of_the_distorted_one(waveform: object) -> None:
    load = Load(voltage_v=230.0, current_a=20.0, frequency_hz=50.0, waveform=waveform)  # type: ignore[arg-type]
    phase = load.setting().phases[0]
    assert phase.current_rms_a == pytest.approx(20.0)


def test_half_wave_is_half_direct_current() -> None:
    load = Load(voltage_v=230.0, current_a=10.0, frequency_hz=50.0, waveform=half_wave(400))
    phase = load.setting().phases[0]
    # of rms 1/sqrt(2): DC 0.450158, fundamental 0.5 (accuracy.md 1.6)
    assert phase.current_a == pytest.approx(10 * 0.5 / 0.707107, rel=1e-4)
    direct = next(harmonic for harmonic in phase.current_harmonics if harmonic.order == 0)
    assert (direct.rms, direct.angle_deg) == (pytest.approx(10 * 0.450158 / 0.707107, rel=1e-4), 0.0)
    assert load.power_w(1.0) == pytest.approx(230 * 10 * 0.5 / 0.707107, rel=1e-4)


def test_fifth_harmonic_in_voltage_and_current() -> None:
    load = Load(voltage_v=230.0, current_a=30.0, frequency_hz=50.0, waveform=fifth_harmonic())
    phase = load.setting().phases[0]
    assert phase.voltage_harmonics[0].rms == pytest.approx(23.0)
    assert phase.current_harmonics[0].rms / phase.current_a == pytest.approx(0.4)
    assert load.power_w(1.0) == pytest.approx(230 * 30 / 1.077033 * 1.04, rel=1e-6)
