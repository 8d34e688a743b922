"""The pulsed current of the advisory tests, against numbers worked out by integration of its triangles."""

from __future__ import annotations

import math

import pytest

from bench.standards.advisory_waveforms import ADVISORY, FIRING_DEG, RISE_DEG, WIDTH_DEG, pulsed


def test_the_pulse_carries_the_power_of_its_triangles() -> None:
    # rms of a triangle of height 1: sqrt(width / (3 * 180 deg)); power by midpoint sums of sqrt(2) sin(a) i(a)
    steps = 20_000
    width = math.radians(WIDTH_DEG)
    power = 0.0
    for n in range(steps):
        degrees = (n + 0.5) * WIDTH_DEG / steps
        height = degrees / RISE_DEG if degrees < RISE_DEG else (WIDTH_DEG - degrees) / (WIDTH_DEG - RISE_DEG)
        power += math.sqrt(2) * math.sin(math.radians(FIRING_DEG + degrees)) * height * width / steps
    power /= math.pi * math.sqrt(WIDTH_DEG / 540)
    assert pulsed().power == pytest.approx(power, rel=0.01)  # 99 orders leave out under 1 % of the rms


def test_its_rms_is_one_and_its_crest_is_high() -> None:
    wave = pulsed()
    assert wave.current_rms == pytest.approx(1.0)
    crest = max(
        sum(
            math.sqrt(2) * own.share * math.sin(own.order * angle + math.radians(own.angle_deg))
            for own in wave.current
        )
        for angle in (math.radians(FIRING_DEG + tenth / 10) for tenth in range(100))
    )
    assert 7.0 < crest < 8.2


def test_every_waveform_has_limits_for_the_classes_of_the_standard() -> None:
    assert all({"0.5", "1", "2"} <= set(own.limit_pct) for own in ADVISORY)
