"""Sequential looks: published factors, and at the limit no more wrong answers than were declared."""

from __future__ import annotations

import math
import os
import random

import pytest

from bench.metrology.sequential import Sequential, Spending, factors, spent

LIMIT_PCT = 1.0
DRAWS = int(os.environ.get("METERBENCH_DRAWS", "12000"))


@pytest.mark.parametrize(
    ("spending", "published"),
    [
        # two-sided 0.05, five equal looks, as tables of Lan-DeMets boundaries print them (recall)
        (Spending.OBRIEN_FLEMING, (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)),
        (Spending.POCOCK, (2.4380, 2.4268, 2.4101, 2.3966, 2.3859)),
    ],
)
def test_factors_are_the_published_ones(spending: Spending, published: tuple[float, ...]) -> None:
    assert factors(spending, 0.05, 5) == pytest.approx(published, abs=6e-4)


@pytest.mark.parametrize("spending", Spending)
def test_all_is_spent_at_the_end_and_one_look_is_the_fixed_test(spending: Spending) -> None:
    assert spent(spending, 0.05, 1.0) == pytest.approx(0.05, abs=1e-9)
    assert factors(spending, 0.05, 1) == pytest.approx((1.95996,), abs=1e-4)


@pytest.mark.parametrize(("looks", "alpha"), [(0, 0.05), (3, 0.0), (3, 1.0)])
def test_nothing_to_spend_or_no_look_is_refused(looks: int, alpha: float) -> None:
    with pytest.raises(ValueError, match="error probability"):
        factors(Spending.POCOCK, alpha, looks)


def wrong_at_the_limit(
    rule: Sequential, *, draws: int, seed: int, factor: float | None = None
) -> tuple[float, float, float]:
    """Return how often a meter on its limit is cleared and condemned, and how often the interval misses the truth."""
    chance = random.Random(seed)
    cleared = condemned = missed = 0
    per_group = rule.sigma_pct * math.sqrt(rule.group)
    for _ in range(draws):
        total, n = 0.0, 0
        while True:
            total += chance.gauss(rule.group * LIMIT_PCT, per_group)
            n += rule.group
            mean = total / n
            half = rule.half_width_pct(n) if factor is None else factor * rule.sigma_pct / math.sqrt(n)
            if abs(mean - LIMIT_PCT) > half or n >= rule.most:
                break
        cleared += mean < LIMIT_PCT - half
        condemned += mean > LIMIT_PCT + half
        missed += abs(mean - LIMIT_PCT) > half
    return cleared / draws, condemned / draws, missed / draws


@pytest.mark.parametrize("spending", Spending)
@pytest.mark.parametrize("most", [10, 20, 50])
def test_at_the_limit_no_side_is_wrong_more_often_than_declared(spending: Spending, most: int) -> None:
    rule = Sequential(group=5, most=most, sigma_pct=0.05, alpha=0.05, spending=spending)
    cleared, condemned, missed = wrong_at_the_limit(rule, draws=DRAWS, seed=most)
    sigma = math.sqrt(0.025 * 0.975 / DRAWS)
    print(
        f"{spending}, {rule.looks} looks: cleared {cleared:.5f}, condemned {condemned:.5f}, missed {missed:.5f}"
    )
    assert cleared == pytest.approx(0.025, abs=4 * sigma)  # all of it is spent at the limit, and no more
    assert condemned == pytest.approx(0.025, abs=4 * sigma)
    assert missed == pytest.approx(0.05, abs=6 * sigma)


def test_two_standard_errors_at_each_look_would_be_wrong_far_more_often() -> None:
    rule = Sequential(group=5, most=50, sigma_pct=0.05)
    *_, missed = wrong_at_the_limit(rule, draws=4000, seed=1, factor=1.96)
    assert missed > 0.12


def test_a_meter_far_from_its_limit_is_done_at_the_first_look() -> None:
    rule = Sequential(group=5, most=20, sigma_pct=0.02)
    assert rule.number(0.3, 5, LIMIT_PCT) == 5
    assert rule.number(-0.3, 5, LIMIT_PCT) == 5
    assert rule.number(1.7, 5, LIMIT_PCT) == 5
    assert rule.number(0.99, 5, LIMIT_PCT) == 10
    assert rule.number(-0.99, 15, LIMIT_PCT) == 20
    assert rule.number(0.999, 20, LIMIT_PCT) == 20


def test_half_width_is_the_factor_times_the_standard_error() -> None:
    rule = Sequential(group=5, most=25, sigma_pct=0.02)
    assert rule.half_width_pct(10) == pytest.approx(3.3569 * 0.02 / math.sqrt(10), rel=1e-3)
    with pytest.raises(ValueError, match="no look"):
        rule.half_width_pct(7)
    with pytest.raises(ValueError, match="no look"):
        rule.half_width_pct(30)


@pytest.mark.parametrize("bad", [{"group": 1}, {"group": 6}, {"group": 30}, {"sigma_pct": 0.0}])
def test_a_series_that_does_not_come_out_even_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="groups"):
        Sequential(**{"group": 5, "most": 20, **bad})  # type: ignore[arg-type]


def test_readings_that_scatter_more_than_declared_contradict_the_rule() -> None:
    rule = Sequential(group=5, most=20, sigma_pct=0.02)
    assert not rule.contradicted_by(0.02, 5)
    assert not rule.contradicted_by(0.04, 5)  # chi-square 16 of 4, quantile 18.5
    assert rule.contradicted_by(0.044, 5)
    assert not rule.contradicted_by(0.0, 20)
