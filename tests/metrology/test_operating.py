"""Operating characteristics: at the limit at most 2.5 %, at the limit + 2U at least 97.5 %, and as chance plays it."""

from __future__ import annotations

import random

import pytest

from bench.metrology.chi_square import sigma_bounds
from bench.metrology.decision import DecisionRule, Zone, decide
from bench.metrology.operating import (
    bounds,
    p_creep_failed,
    p_failed,
    p_scatter_failed,
    probability,
    smallest_caught,
)

EVERY = [str(zone) for zone in Zone]


@pytest.mark.parametrize(("limit", "u95"), [(1.0, 0.04), (1.5, 0.05), (2.5, 0.3), (0.1, 0.04), (0.5, 0.45)])
def test_the_rule_of_the_design(limit: float, u95: float) -> None:
    assert 0.02 < p_failed(limit, limit, u95) <= 0.025
    assert p_failed(limit + 2 * u95, limit, u95) >= 0.975
    assert p_failed(-limit - 2 * u95, limit, u95) >= 0.975
    assert p_failed(0.0, limit, u95) < 0.01
    caught = smallest_caught(lambda size: p_failed(size, limit, u95), limit)
    assert limit + 1.97 * u95 < caught < limit + 2 * u95


@pytest.mark.parametrize("rule", DecisionRule)
@pytest.mark.parametrize(("limit", "u95"), [(1.0, 0.1), (1.0, 0.3), (1.0, 0.999), (1.0, 1.0), (1.0, 1.4)])
@pytest.mark.parametrize("guard_band", [1.0, 0.5])
def test_the_bounds_are_those_of_the_decision(
    rule: DecisionRule, limit: float, u95: float, guard_band: float
) -> None:
    found = bounds(limit, u95, rule, guard_band=guard_band)
    for step in range(-300, 301):
        measured = step / 100 + 0.0003
        zone = decide(measured, limit, u95, rule, guard_band=guard_band).zone
        low, high = found.get(zone, (0.0, 0.0))
        assert low < abs(measured) <= high, (measured, zone)
    total = probability(0.7, limit, u95, rule, EVERY, guard_band=guard_band)
    assert total == pytest.approx(1.0)


@pytest.mark.parametrize("rule", DecisionRule)
def test_a_value_on_a_bound_belongs_to_the_side_the_decision_gives_it(rule: DecisionRule) -> None:
    """Sizes that floating point holds exactly: limit 1, U 0.125."""
    found = bounds(1.0, 0.125, rule)
    for measured in (0.0, 0.875, 1.0, 1.125, -0.875, -1.125):
        zone = decide(measured, 1.0, 0.125, rule).zone
        low, high = found[zone]
        assert low < abs(measured) <= high, (measured, zone)


@pytest.mark.parametrize("size", [0.9, 1.0, 1.05, 1.1, 1.2])
def test_probabilities_are_frequencies(size: float) -> None:
    chance = random.Random(20261123)
    limit, u95, n = 1.0, 0.1, 20_000
    failed = sum(
        decide(size + chance.gauss(0.0, u95 / 2), limit, u95, DecisionRule.FOUR_WAY).zone is Zone.REJECTED
        for _ in range(n)
    )
    assert failed / n == pytest.approx(p_failed(size, limit, u95), abs=0.01)


def test_without_uncertainty_it_is_yes_or_no() -> None:
    assert p_failed(1.0, 1.0, 0.0) == 0.0
    assert p_failed(1.0001, 1.0, 0.0) == 1.0
    assert probability(0.5, 1.0, 0.0, DecisionRule.FOUR_WAY, (str(Zone.ACCEPTED),)) == 1.0


def test_creep_is_a_matter_of_the_fraction_that_stands_in_the_meter() -> None:
    chance = random.Random(1)
    for energy in (0.5, 1.0, 1.4, 1.975, 2.0, 3.0):
        failed = sum(int(energy + chance.random()) > 1 for _ in range(20_000)) / 20_000
        assert p_creep_failed(energy, 1) == pytest.approx(failed, abs=0.012)
    assert p_creep_failed(1.0, 1) == 0.0
    assert p_creep_failed(2.0, 1) == 1.0


def test_scatter_is_found_as_often_as_it_is() -> None:
    chance = random.Random(2)
    for sigma in (0.1, 0.15, 0.25):
        found = 0
        for _ in range(1500):
            values = [chance.gauss(0.0, sigma) for _ in range(10)]
            mean = sum(values) / 10
            s = (sum((value - mean) ** 2 for value in values) / 9) ** 0.5
            found += sigma_bounds(s, 9)[0] > 0.1
        assert p_scatter_failed(sigma, 0.1, 10) == pytest.approx(found / 1500, abs=0.04)
    assert p_scatter_failed(0.1, 0.1, 10) == pytest.approx(0.025)
    assert p_scatter_failed(0.0, 0.1, 10) == 0.0


def test_a_size_that_is_never_caught_is_no_size() -> None:
    with pytest.raises(ValueError, match="no size is caught"):
        smallest_caught(lambda _: 0.5, 1.0)
    assert smallest_caught(lambda size: float(size >= 7.0), 1.0) == pytest.approx(7.0)
    assert smallest_caught(lambda size: min(1.0, size / 10), 1.0, caught=0.5) == pytest.approx(5.0)
