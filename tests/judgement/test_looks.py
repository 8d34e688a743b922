"""A series that was looked at while it went on: its length, its uncertainty and its declared scatter are checked."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.judgement.test_bounds import load_point, of_errors
from tests.judgement.told import ERROR, FAILED, OPEN, PASSED

LOOKS = {
    "rule": "sequential",
    "group": 5,
    "most": 20,
    "prior_s_pct": 0.05,
    "spending": "obrien-fleming",
    "error_probability": 0.05,
    "looks": 1,
}
#: c_1 to c_4 of four looks after O'Brien and Fleming, two-sided 0.05 (Lan-DeMets tables, recall).
FACTORS = (4.3326, 2.9631, 2.3590, 2.0141)


def looked(*errors_pct: float, **changes: Any) -> Any:
    return load_point(readings=of_errors(*errors_pct), length={**LOOKS, **changes})


def test_a_series_that_ended_clear_of_the_limit_says_its_look() -> None:
    found = looked(*[0.3] * 5)
    assert found.outcome is PASSED
    assert "look 1 of 4, obrien-fleming spending of 0.05" in found.reason
    assert looked(*[1.5] * 5).outcome is FAILED


@pytest.mark.parametrize(
    ("mean_pct", "ended_too_early"),
    # 4.3326 * 0.05 / sqrt(5) = 0.0969: nearer to the limit of 1 % one has to go on
    [(0.9, False), (0.905, True), (-0.905, True), (1.095, True), (1.1, False)],
)
def test_a_series_that_ended_in_doubt_is_an_error(mean_pct: float, ended_too_early: bool) -> None:
    assert (looked(*[mean_pct] * 5).outcome is ERROR) is ended_too_early


def test_the_last_look_ends_it_in_any_case() -> None:
    assert looked(*[0.999] * 20).outcome is not ERROR
    assert "looks are after each 5" in looked(*[0.999] * 25).reason
    assert "looks are after each 5" in looked(*[0.1] * 7).reason


@pytest.mark.parametrize("look", [1, 2, 3, 4])
def test_its_uncertainty_is_the_repeated_interval(look: int) -> None:
    n = 5 * look
    still = load_point(readings=of_errors(*[0.1] * n), length={"rule": "fixed"})
    found = looked(*[0.1] * n)
    half_pct = FACTORS[look - 1] * 0.05 / math.sqrt(n)
    assert found.u95 == pytest.approx(math.hypot(still.u95, half_pct), abs=2e-4)


def test_readings_that_scatter_more_than_was_declared_are_no_answer() -> None:
    found = looked(0.5, 0.2, -0.1, 0.3, 0.1)
    assert found.outcome is OPEN
    assert "the plan declares 0.05 %" in found.reason


@pytest.mark.parametrize(
    "change", [{"spending": "freely"}, {"error_probability": 1.5}, {"group": 6}, {"prior_s_pct": 0.0}]
)
def test_a_rule_that_is_none_is_an_error(change: dict[str, Any]) -> None:
    assert looked(*[0.3] * 5, **change).outcome is ERROR
