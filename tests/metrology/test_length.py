"""The two-stage rule, chi-square bounds, difference budgets, the zero-line shift."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from bench.metrology.budget import Budget, Contribution, Distribution
from bench.metrology.chi_square import chi_square_quantile, sigma_bounds
from bench.metrology.difference_budget import difference_budget
from bench.metrology.length import TwoStage
from bench.metrology.zero_line import zero_line_shift


def readings(*values: float) -> list[Fraction]:
    return [Fraction(repr(value)) for value in values]


def test_quiet_readings_need_no_more() -> None:
    assert TwoStage().number(readings(0.1, 0.1, 0.1, 0.1, 0.1)) == 5


def test_the_number_follows_from_the_scatter() -> None:
    # s = sqrt(10 * 0.01^2 / 4) = 0.0158114 %; t(4) = 2.776; (2.776 * 0.0158114 / 0.02)^2 = 4.8165; 0.014: 9.83
    first = readings(0.08, 0.09, 0.10, 0.11, 0.12)
    assert TwoStage(target_pct=0.02).number(first) == 5
    assert TwoStage(target_pct=0.014).number(first) == 10
    assert TwoStage(target_pct=0.0001).number(first) == 20


def test_the_rule_does_not_see_the_mean() -> None:
    first = (0.3, -0.2, 0.1, 0.4, -0.1)
    shifted = [value + 5 for value in first]
    assert TwoStage(target_pct=0.2, most=50).number(readings(*first)) == TwoStage(
        target_pct=0.2, most=50
    ).number(readings(*shifted))


@pytest.mark.parametrize("wrong", [{"first": 4}, {"first": 10, "most": 9}])
def test_fewer_than_five_first_readings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="five"):
        TwoStage(**wrong)


@pytest.mark.parametrize(
    ("probability", "degrees", "table"),
    [
        (0.975, 4, 11.1433),
        (0.025, 4, 0.484419),
        (0.975, 9, 19.0228),
        (0.975, 19, 32.8523),
        (0.5, 2, 1.386294),
    ],
)
def test_chi_square_table(probability: float, degrees: int, table: float) -> None:
    assert chi_square_quantile(probability, degrees) == pytest.approx(table, rel=2e-6)


def test_bounds_of_a_standard_deviation() -> None:
    # sqrt(9 / 19.0228) = 0.68784, sqrt(9 / 2.70039) = 1.82561
    lower, upper = sigma_bounds(1.0, 9)
    assert lower == pytest.approx(0.68784, abs=1e-5)
    assert upper == pytest.approx(1.82561, abs=1e-5)


def budget(**lines: float) -> Budget:
    return Budget(
        contributions=tuple(
            Contribution(name=name, value=value, distribution=Distribution.NORMAL)
            for name, value in lines.items()
        )
    )


def test_a_common_error_leaves_the_difference() -> None:
    first, second = budget(common=0.03, scatter=0.04), budget(common=0.03, scatter=0.03)
    none = difference_budget(first, second, correlation=1.0, common={"common"})
    assert none.u == pytest.approx(0.05)  # sqrt(0.04^2 + 0.03^2)
    independent = difference_budget(first, second, correlation=0.0, common={"common"})
    assert independent.u == pytest.approx(math.sqrt(0.05**2 + 2 * 0.03**2))
    half = difference_budget(first, second, correlation=0.5, common={"common"})
    assert half.u == pytest.approx(math.sqrt(0.05**2 + 0.03**2))


def test_a_line_of_one_measurement_only_counts_whole() -> None:
    assert difference_budget(budget(a=0.03), budget(a=0.0, b=0.04), correlation=0.0).u == pytest.approx(0.05)


def test_effective_degrees_of_freedom_of_gum_example_h1() -> None:
    # JCGM 100:2008, H.1.6: u_c = 32 nm, nu_eff = 16.7
    lines = [(25.0, 18), (9.7, 25.6), (2.9, 50), (16.6, 2)]
    gauge = Budget(
        contributions=tuple(
            Contribution(name=str(n), value=u, distribution=Distribution.NORMAL, degrees_of_freedom=nu)
            for n, (u, nu) in enumerate(lines)
        ),
        unit="nm",
    )
    assert gauge.u == pytest.approx(32, abs=0.5)
    assert gauge.effective_degrees_of_freedom == pytest.approx(16.7, abs=0.1)
    assert budget(a=1.0).effective_degrees_of_freedom == math.inf


@pytest.mark.parametrize(
    ("errors", "shift"),
    [
        ([(0.3, 1.0), (1.3, 1.0)], 0.5),  # feasible: 0.3 .. 0.5 (largest); most room at 0.5
        ([(1.6, 1.0)], None),  # 0.6 is more than 0.5
        ([(1.2, 1.0), (-1.2, 1.0)], None),
        ([(-1.4, 1.5), (-1.2, 1.0), (0.2, 1.0)], -0.5),
        ([], None),
    ],
)
def test_zero_line(errors: list[tuple[float, float]], shift: float | None) -> None:
    found = zero_line_shift(errors, 0.5)
    assert found == (None if shift is None else pytest.approx(shift, abs=1e-6))


def test_the_shift_balances_the_worst_two_points() -> None:
    # d minimises max(|1.1 - d| / 1, |-0.7 - d| / 1): the middle, 0.2
    assert zero_line_shift([(1.1, 1.0), (-0.7, 1.0)], 0.5) == pytest.approx(0.2, abs=1e-6)


def test_two_stage_interval_covers_the_mean_at_every_scatter() -> None:
    rule, draws = TwoStage(target_pct=0.05, most=200), 1500
    chance = np.random.default_rng(1)
    for sigma in (0.01, 0.05, 0.2):
        covered = 0
        for _ in range(draws):
            first = chance.normal(0.0, sigma, 5)
            s = float(np.std(first, ddof=1))
            number = rule.number([Fraction(float(value)) for value in first])
            more = chance.normal(0.0, sigma, number - 5)
            mean = (first.sum() + more.sum()) / number
            covered += abs(mean) <= 2.776 * s / math.sqrt(number)
        assert covered / draws >= 0.933  # 95 % less three standard errors of 1500 draws
