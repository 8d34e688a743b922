"""A load point by the register, and the lines that a register and an isolation transformer add to its budget."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.accuracy import budget_of, errors_of, load_point
from bench.judgement.requirements import load_point_requirement
from bench.metrology.gate import register_dose
from bench.metrology.series import series
from bench.record.model import Judgement, Outcome
from bench.standards.limits import Load
from bench.standards.load_points import LoadPoint

POINT = LoadPoint(id="Ib-pf1", current="Ib", pf="1", load=Load.BALANCED, element=None)


@pytest.fixture
def data_of(make_load_point: Any) -> Callable[..., dict[str, Any]]:
    def make(registered_wh: float, reference_wh: float, **changes: Any) -> dict[str, Any]:
        reading = {
            "registered_wh": registered_wh,
            "register_resolution_wh": 1.0,
            "reference_energy_wh": reference_wh,
            "duration_s": 1280.0,
        }
        return make_load_point(
            method="register",
            readings=[reading],
            length={"rule": "single", "prior_s_pct": 0.02},
            **changes,
        )

    return make


@pytest.fixture
def judged(observe: Any, context_of: Any, data_of: Any) -> Callable[..., Judgement]:
    def make(registered_wh: float, reference_wh: float) -> Judgement:
        context = context_of()
        requirement = load_point_requirement(context.declaration, POINT)
        return load_point([observe("load-point", data_of(registered_wh, reference_wh))], requirement, context)

    return make


@pytest.mark.parametrize(
    ("registered_wh", "outcome"),
    [
        (408.0, Outcome.PASSED),
        (411.8, Outcome.CONDITIONAL_PASS),
        (414.0, Outcome.FAILED),
        (0.0, Outcome.FAILED),
    ],
)
def test_the_advance_is_compared_with_the_dose(judged: Any, registered_wh: float, outcome: Outcome) -> None:
    said = judged(registered_wh, 408.0)
    assert said.outcome is outcome
    assert said.measured == pytest.approx(100 * (registered_wh - 408.0) / 408.0)


def test_the_dose_makes_the_last_digit_cost_a_fifth_of_the_limit(data_of: Any) -> None:
    dose_wh = register_dose(limit_pct=1.0, resolution=1.0)
    data = data_of(dose_wh, dose_wh)
    budget = budget_of(data, data["readings"], series(errors_of(data)))
    line = next(own for own in budget.contributions if own.name == "register, two readings")
    assert 2 * line.u == pytest.approx(0.2)


def test_what_a_transformer_leaves_open_is_in_the_budget(make_load_point: Any) -> None:
    known = {
        "standard_error_pct": 0.0,
        "transformer_ratio_pct": 0.03,
        "transformer_phase_min": 0.5,
        "transformer_uncertainty_pct": 0.004,
        "transformer_phase_uncertainty_min": 0.04,
    }
    data = make_load_point(corrections=known)
    data["point"] = {**data["point"], "lag_deg": 60.0, "pf": "0.5 ind"}
    budget = budget_of(data, data["readings"], series(errors_of(data)))
    found = {own.name: 2 * own.u for own in budget.contributions if "transformer" in own.name}
    # 0.04 min at tan 60 degrees: 100 * 1.732 * 1.1636e-5 rad
    assert found == {
        "isolation transformer, ratio": pytest.approx(0.004),
        "isolation transformer, phase": pytest.approx(0.002015, rel=1e-3),
    }


@pytest.mark.parametrize(("method", "u95_pct"), [("power-time", 4 / math.sqrt(3)), ("error-calculator", 0.0)])
def test_bursts_cost_a_power_reading_but_no_counted_energy(
    make_load_point: Any, method: str, u95_pct: float
) -> None:
    data = make_load_point(method=method)
    data["point"] = {**data["point"], "cycles": [2, 2]}
    budget = budget_of(data, data["readings"], series(errors_of(data)))
    found = [2 * own.u for own in budget.contributions if own.name == "power over bursts"]
    # a pause of 40 ms in two seconds
    assert sum(found) == pytest.approx(u95_pct)
