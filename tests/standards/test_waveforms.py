"""Test waveforms against closed forms worked out elsewhere and against sampling."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from bench.standards.waveforms import (
    Component,
    Waveform,
    fifth_harmonic,
    half_wave,
    peaked,
    phase_fired,
    quadriform,
    sine,
)

ROWS = {
    row["waveform"]: row
    for row in csv.DictReader(
        (Path(__file__).parent / "data" / "waveform_closed_forms.csv")
        .read_text(encoding="utf-8")
        .splitlines()
    )
}
MANY = 4001
WAVEFORMS = {
    "sine": sine(),
    "fifth_harmonic_62053-21": fifth_harmonic(),
    "half_wave_rectified": half_wave(MANY),
    "phase_fired_45deg": phase_fired(45.0, MANY),
    "phase_fired_90deg": phase_fired(90.0, MANY),
    "phase_fired_135deg": phase_fired(135.0, MANY),
    "R46_quadriform": quadriform(),
    "R46_peaked": peaked(),
}


@pytest.mark.parametrize("name", WAVEFORMS)
def test_closed_forms(name: str) -> None:
    wave, row = WAVEFORMS[name], ROWS[name]
    # a chopped sine's rms converges slowly with the number of harmonics: 1e-4 at 4001
    assert wave.power == pytest.approx(float(row["P"]), abs=2e-6)
    assert wave.voltage_rms == pytest.approx(float(row["Urms"]), abs=1e-6)
    assert wave.current_rms == pytest.approx(float(row["Irms"]), abs=1e-4)
    assert wave.fundamental_current == pytest.approx(float(row["I1_rms"]), abs=1e-6)
    assert wave.fundamental_lag_deg == pytest.approx(float(row["I1_angle_deg(lag positive)"]), abs=1e-5)
    dc = sum(own.share for own in wave.current if own.order == 0)
    assert dc == pytest.approx(float(row["I_dc"]), abs=1e-6)


def sampled(components: tuple[Component, ...], theta: np.ndarray) -> np.ndarray:
    total = np.zeros_like(theta)
    for own in components:
        if own.order == 0:
            total += own.share
        else:
            total += math.sqrt(2) * own.share * np.sin(own.order * theta + math.radians(own.angle_deg))
    return total


THETA = np.linspace(0.0, 2 * math.pi, 20_000, endpoint=False)


@pytest.mark.parametrize(
    ("wave", "current"),
    [
        (half_wave(400), np.maximum(0.0, math.sqrt(2) * np.sin(THETA))),
        (
            phase_fired(90.0, 400),
            np.where(THETA % math.pi >= math.pi / 2, math.sqrt(2) * np.sin(THETA), 0.0),
        ),
        (
            phase_fired(135.0, 400),
            np.where(THETA % math.pi >= 3 * math.pi / 4, math.sqrt(2) * np.sin(THETA), 0.0),
        ),
    ],
)
def test_the_components_draw_the_chopped_sine(wave: Waveform, current: np.ndarray) -> None:
    difference = sampled(wave.current, THETA) - current
    assert math.sqrt(float(np.mean(difference**2))) < 0.03  # the steps ring
    assert float(np.median(np.abs(difference))) < 0.003


@pytest.mark.parametrize(("wave", "crest"), [(quadriform(), 1.2217), (peaked(), 2.3184)])
def test_crest_factors_of_r46(wave: Waveform, crest: float) -> None:
    current = sampled(wave.current, THETA)
    assert float(np.max(current)) / wave.current_rms == pytest.approx(crest, abs=2e-4)


def test_scaling_keeps_the_shape() -> None:
    wave = half_wave().scaled_current(10.0)
    assert wave.current_rms == pytest.approx(10.0)
    assert wave.power / wave.fundamental_current == pytest.approx(1.0)
