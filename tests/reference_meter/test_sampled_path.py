"""The converter's closed forms against sums over sampled waveforms."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence

import pytest

from instruments.virtual.plant import Harmonic
from reference_meter.metering.sampled_path import SampledPath, passed
from reference_meter.products.product import MeteringResiduals
from tests.reference_meter.fake_board import FakeBoard

BASE_HZ = 50.0
VOLTAGES = (
    Harmonic(order=1, rms=230.0),
    Harmonic(order=5, rms=23.0, angle_deg=10.0),
    Harmonic(order=7, rms=9.0, angle_deg=-70.0),
    Harmonic(order=39, rms=4.0, angle_deg=33.0),
)
CURRENTS = (
    Harmonic(order=1, rms=10.0, angle_deg=-25.0),
    Harmonic(order=3, rms=3.0, angle_deg=50.0),
    Harmonic(order=5, rms=4.0, angle_deg=-5.0),
    Harmonic(order=11, rms=1.5, angle_deg=120.0),
    Harmonic(order=39, rms=0.8, angle_deg=-140.0),
)


def behind(component: Harmonic, corner_hz: float) -> tuple[float, float]:
    """Return amplitude and angle behind 1/(1 + jf/fc), its gain and delay at the fundamental taken out."""
    if not corner_hz:
        return math.sqrt(2) * component.rms, math.radians(component.angle_deg)
    first = 1 / complex(1, BASE_HZ / corner_hz)
    own = 1 / complex(1, component.order * BASE_HZ / corner_hz)
    angle = cmath.phase(own) - component.order * cmath.phase(first) + math.radians(component.angle_deg)
    return math.sqrt(2) * component.rms * abs(own) / abs(first), angle


def sampled_power_w(
    voltages: Sequence[Harmonic], currents: Sequence[Harmonic], corners: tuple[float, float], samples: int
) -> float:
    """Sum u * i over one cycle, sample by sample."""

    def value(components: Sequence[Harmonic], corner_hz: float, at: int) -> float:
        return sum(
            amplitude * math.sin(own.order * 2 * math.pi * at / samples + angle)
            for own in components
            for amplitude, angle in [behind(own, corner_hz)]
        )

    return (
        sum(value(voltages, corners[0], n) * value(currents, corners[1], n) for n in range(samples)) / samples
    )


@pytest.mark.parametrize("corners", [(0.0, 0.0), (3000.0, 3000.0), (3000.0, 150.0)])
@pytest.mark.parametrize("samples", [4, 8, 10, 12, 44, 78, 140])
def test_closed_form_is_the_sum_over_the_samples(corners: tuple[float, float], samples: int) -> None:
    path = SampledPath(voltage_corner_hz=corners[0], current_corner_hz=corners[1], samples_per_cycle=samples)
    closed = path.same_order_w(VOLTAGES, CURRENTS, BASE_HZ) + path.aliased_w(VOLTAGES, CURRENTS, BASE_HZ)
    assert closed == pytest.approx(sampled_power_w(VOLTAGES, CURRENTS, corners, samples), rel=1e-9)


def test_what_runs_free_of_the_mains_keeps_the_power_of_equal_orders_beyond_nyquist() -> None:
    # 9.37 samples a cycle: orders from 5 on lie beyond Nyquist; over many cycles the beats average out
    samples, cycles = 9.37, 20_000
    path = SampledPath()
    total = 0.0
    for n in range(round(samples * cycles)):
        x = 2 * math.pi * n / samples
        u = sum(math.sqrt(2) * o.rms * math.sin(o.order * x + math.radians(o.angle_deg)) for o in VOLTAGES)
        i = sum(math.sqrt(2) * o.rms * math.sin(o.order * x + math.radians(o.angle_deg)) for o in CURRENTS)
        total += u * i
    assert path.aliased_w(VOLTAGES, CURRENTS, BASE_HZ) == 0.0
    assert path.same_order_w(VOLTAGES, CURRENTS, BASE_HZ) == pytest.approx(
        total / round(samples * cycles), rel=1e-4
    )


@pytest.mark.parametrize("amplitude_steps", [0.3, 0.49, 0.51, 0.9, 1.6, 7.3, 40.2, 255.9])
def test_gain_of_a_staircase_is_that_of_the_rounded_sine(amplitude_steps: float) -> None:
    step_a, points = 0.01, 40_000
    amplitude_a = amplitude_steps * step_a
    angles = [2 * math.pi * (n + 0.5) / points for n in range(points)]
    fundamental = sum(
        2 / points * math.sin(x) * step_a * math.floor(amplitude_a * math.sin(x) / step_a + 0.5)
        for x in angles
    )
    gain = SampledPath(current_step_a=step_a).step_gain(amplitude_a / math.sqrt(2))
    assert gain == pytest.approx(fundamental / amplitude_a, abs=2e-4)


def test_a_sine_of_many_steps_and_a_path_without_steps_are_linear() -> None:
    assert SampledPath().step_gain(1e-9) == 1.0
    assert SampledPath(current_step_a=0.01).step_gain(2.0) == 1.0


def test_the_fundamental_passes_calibrated() -> None:
    fundamental = Harmonic(order=1, rms=10.0, angle_deg=-60.0)
    assert passed(fundamental, BASE_HZ, 150.0).rms == pytest.approx(10.0)
    assert passed(fundamental, BASE_HZ, 150.0).angle_deg == pytest.approx(-60.0)


def test_two_samples_a_cycle_are_refused() -> None:
    with pytest.raises(ValueError, match="samples a cycle"):
        SampledPath(samples_per_cycle=2)


def test_a_coarse_converter_is_the_meters_error_at_a_small_current() -> None:
    board = FakeBoard(residuals=MeteringResiduals(current_step_a=0.05))
    meter = board.power_up()
    board.put(current_a=0.1)
    gain = SampledPath(current_step_a=0.05).step_gain(0.1)
    assert abs(gain - 1) > 0.01
    assert meter.metering.active_power_w() == pytest.approx(23.0 * gain)
