"""Judges of temperature, fast load variation, reactive energy, and the scatter of all load points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bench.judgement.fast_load import fast_load_variation
from bench.judgement.reactive import reactive_register, reactive_requirement
from bench.judgement.repeatability import repeatability_of_points
from bench.judgement.requirements import influence_requirement, repeatability_requirement
from bench.judgement.temperature import temperature_coefficient
from bench.record.model import Judgement, Outcome
from bench.standards.temperature_bands import bands
from tests.judgement.told import REACTIVE

TEMPERATURE = "ambient temperature, mean coefficient %/K"
FAST = "fast load current variations"
EDITION_2020 = {"accuracy": {"edition": "2020", "class": "2"}}
CLASS_2 = {"accuracy": {"reactive_class": "2"}}


@pytest.fixture
def with_errors(make_load_point: Any, make_reading: Any) -> Callable[..., dict[str, Any]]:
    """Data of a load point at Ib with these errors in %."""

    def make(*errors_pct: float, **point: Any) -> dict[str, Any]:
        data = make_load_point(readings=[make_reading(10 / (1 + error / 100)) for error in errors_pct])
        data["point"] = {**data["point"], **point}
        return data

    return make


@pytest.fixture
def coefficient(observe: Any, context_of: Any, with_errors: Any) -> Callable[..., Judgement]:
    def make(cold_pct: float, warm_pct: float, *, low_c: float = -5.0, high_c: float = 15.0) -> Judgement:
        data = {
            "influence": TEMPERATURE,
            "pf": "1",
            "low_c": low_c,
            "high_c": high_c,
            "soak_s": 7200.0,
            "low": with_errors(*[cold_pct] * 5),
            "high": with_errors(*[warm_pct] * 5),
        }
        context = context_of()
        requirement = influence_requirement(context.declaration, TEMPERATURE)
        return temperature_coefficient([observe("temperature-band", data)], requirement, context)

    return make


@pytest.mark.parametrize(
    ("cold_pct", "warm_pct", "outcome"),
    [(0.5, 0.9, Outcome.PASSED), (0.0, 0.99, Outcome.CONDITIONAL_PASS), (0.6, -0.6, Outcome.FAILED)],
)
def test_the_coefficient_is_the_change_over_the_band(
    coefficient: Any, cold_pct: float, warm_pct: float, outcome: Outcome
) -> None:
    said = coefficient(cold_pct, warm_pct)
    assert said.outcome is outcome
    assert said.measured == pytest.approx((warm_pct - cold_pct) / 20, abs=1e-6)
    assert (said.limit, said.unit) == (0.05, "%/K")


def test_a_band_that_is_too_wide_is_no_observation(coefficient: Any) -> None:
    said = coefficient(0.0, 0.0, low_c=-25.0, high_c=55.0)
    assert (said.outcome, "80 K" in said.reason) == (Outcome.ERROR, True)


@pytest.mark.parametrize(
    ("span", "widths"),
    [((-25.0, 55.0), [20.0] * 4), ((-10.0, 45.0), [55 / 3] * 3), (None, [20.0]), ((0.0, 15.0), [15.0])],
)
def test_bands_cover_the_range_within_their_bounds(
    span: tuple[float, float] | None, widths: Sequence[float]
) -> None:
    assert [high - low for low, high in bands(span)] == pytest.approx(widths)


@pytest.fixture
def switched(observe: Any, context_of: Any, with_errors: Any) -> Callable[..., Judgement]:
    def make(pulses: int, energy_wh: float) -> Judgement:
        data = {
            "influence": FAST,
            "patterns": [{"on_s": 5.0, "off_s": 0.5, "duration_s": 900.0}],
            "reference_energy_wh": energy_wh,
            "pulses": pulses,
            "meter_constant_imp_per_kwh": 1000.0,
            "pulse_path_proven": True,
            "baseline": with_errors(*[0.5] * 5),
        }
        context = context_of(**EDITION_2020)
        requirement = influence_requirement(context.declaration, FAST)
        return fast_load_variation([observe("fast-load-variation", data)], requirement, context)

    return make


@pytest.mark.parametrize(
    ("pulses", "outcome"),
    # the limit has status U, so nothing fails
    [(1005, Outcome.PASSED), (960, Outcome.CONDITIONAL_FAIL), (1060, Outcome.CONDITIONAL_FAIL)],
)
def test_switched_load_is_compared_with_the_standing_one(
    switched: Any, pulses: int, outcome: Outcome
) -> None:
    said = switched(pulses, 1000.0)
    assert said.outcome is outcome
    assert said.measured == pytest.approx((pulses - 1000) / 10 - 0.5, abs=1e-6)
    assert "the standard says four hours" in said.reason


@pytest.fixture
def reactive(observe: Any, context_of: Any) -> Callable[..., Judgement]:
    """A register that advanced by so much in 640 s at 1150 var, which are 204.4 varh."""

    def make(own_varh: float, other_varh: float = 0.0, **changes: Any) -> Judgement:
        data = {
            **REACTIVE,
            "register_after_varh": 100.0 + own_varh,
            "other_after_varh": 7.0 + other_varh,
            "register_resolution_varh": 1.0,
        }
        context = context_of(**{**CLASS_2, **changes})
        return reactive_register(
            [observe("reactive-register", data)], reactive_requirement(context.declaration), context
        )

    return make


@pytest.mark.parametrize(
    ("own", "other", "outcome"),
    [
        (204.0, 0.0, Outcome.PASSED),
        (211.0, 0.0, Outcome.FAILED),
        (197.0, 0.0, Outcome.FAILED),
        (0.0, 204.0, Outcome.FAILED),
        (204.0, 204.0, Outcome.FAILED),
        (201.0, 0.0, Outcome.CONDITIONAL_PASS),
    ],
)
def test_reactive_energy_by_the_register(reactive: Any, own: float, other: float, outcome: Outcome) -> None:
    assert reactive(own, other).outcome is outcome


def test_a_meter_that_claims_no_reactive_class_is_not_asked(reactive: Any) -> None:
    assert reactive(204.0, accuracy={"reactive_class": ""}).outcome is Outcome.INAPPLICABLE


@pytest.mark.parametrize(
    ("scatter_pct", "outcome"),
    [(0.01, Outcome.PASSED), (0.12, Outcome.CONDITIONAL_FAIL), (0.6, Outcome.FAILED)],
)
def test_the_worst_of_all_points_counts(
    observe: Any, context_of: Any, with_errors: Any, scatter_pct: float, outcome: Outcome
) -> None:
    steady = with_errors(0.0, 0.001, 0.0, -0.001, 0.0)
    shape = (0.0, 1.0, -1.0, 1.0, -1.0)
    loose = with_errors(*(scatter_pct * own for own in shape), id="loose", current="0.1 Ib", current_a=0.5)
    context = context_of()
    said = repeatability_of_points(
        [observe("load-point", data) for data in (steady, steady, loose)],
        repeatability_requirement(context.declaration),
        context,
    )
    assert said.outcome is outcome
    assert "loose" in said.reason
