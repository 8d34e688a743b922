"""What the pulses of a constant load say of themselves."""

from __future__ import annotations

import math

import pytest

from bench.metrology.gate import recommended_gate
from bench.metrology.pulse_train import pulse_train


def on_grid(period_s: float, grid_s: float, count: int) -> list[float]:
    return [math.ceil(0.37 + n * period_s / grid_s) * grid_s for n in range(count)]


def test_an_even_train_has_no_grid() -> None:
    train = pulse_train([7.5 + 0.26 * n for n in range(32)])
    assert train is not None
    assert train.period_s == pytest.approx(0.26)
    assert train.grid_s == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("period_s", "grid_s"), [(0.2609, 0.02), (0.2609, 1.0), (3.1304, 1.0)])
def test_pulses_on_a_grid_show_its_width(period_s: float, grid_s: float) -> None:
    train = pulse_train(on_grid(period_s, grid_s, 32))
    assert train is not None
    assert 0.7 * grid_s <= train.grid_s <= 1.3 * grid_s
    assert train.period_s == pytest.approx(period_s, rel=0.1)


def test_seven_edges_say_nothing() -> None:
    assert pulse_train([float(n) for n in range(7)]) is None


def test_a_meter_that_updates_once_a_second_gets_long_gates() -> None:
    # 100 * 1 s / (T sqrt 6) = 1 % / 20  ->  T = 816.5 s
    gate = recommended_gate(
        meter_constant_imp_per_kwh=1000.0,
        power_w=13_800.0,
        frequency_hz=50.0,
        power_factor=1.0,
        limit_pct=1.0,
        pulse_grid_s=1.0,
    )
    assert gate.duration_s == pytest.approx(2000 / math.sqrt(6), abs=0.3)
