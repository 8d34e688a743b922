"""Bounds and constants of the arithmetic: where a rule turns over, and what every one of its numbers is worth.

Written against mutants that the other tests let live (docs/mutation.md); expected values are from elsewhere or by hand.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from bench.metrology.budget import Budget, Contribution, Distribution
from bench.metrology.chi_square import chi_square_cdf, chi_square_quantile
from bench.metrology.decision import DecisionRule, Zone, conformance_probability, decide
from bench.metrology.difference_budget import difference_budget
from bench.metrology.gate import constant_test_energy_wh, recommended_gate, ripple_rms_pct
from bench.metrology.length import TwoStage
from bench.metrology.load_point_budget import load_point_budget
from bench.metrology.percentage_error import NotMeasured, error_from_counts
from bench.metrology.series import T_95, series, t_95
from bench.metrology.zero_line import zero_line_shift

# -- decision


def test_rules_and_zones_are_called_as_plans_and_records_write_them() -> None:
    assert [str(rule) for rule in DecisionRule] == ["simple", "guard-band", "four-way"]
    assert [str(zone) for zone in Zone] == [
        "accepted",
        "conditionally accepted",
        "conditionally rejected",
        "rejected",
        "undecided",
    ]


@pytest.mark.parametrize(("limit", "u95"), [(-0.1, 0.1), (0.1, -0.1)])
def test_a_negative_limit_or_uncertainty_is_refused(limit: float, u95: float) -> None:
    with pytest.raises(ValueError, match="not negative"):
        decide(0.0, limit, u95, DecisionRule.FOUR_WAY)


def test_a_limit_or_an_uncertainty_of_nothing_is_none_the_less_one() -> None:
    assert decide(0.0, 0.0, 0.0, DecisionRule.FOUR_WAY).zone is Zone.ACCEPTED
    assert decide(0.1, 0.0, 0.0, DecisionRule.FOUR_WAY).zone is Zone.REJECTED


@pytest.mark.parametrize(
    ("rule", "measured", "limit", "u95", "zone"),
    [
        # simple with too much uncertainty decides only what is clear by u95; numbers that floats hold exactly
        (DecisionRule.SIMPLE, 0.5, 1.0, 0.5, Zone.ACCEPTED),
        (DecisionRule.SIMPLE, 0.5625, 1.0, 0.5, Zone.UNDECIDED),
        (DecisionRule.SIMPLE, 1.5, 1.0, 0.5, Zone.UNDECIDED),
        (DecisionRule.SIMPLE, 1.5625, 1.0, 0.5, Zone.REJECTED),
        # 0.25 is a fifth of 1.25, and more than a fifth of 1.0
        (DecisionRule.SIMPLE, 1.2, 1.25, 0.25, Zone.ACCEPTED),
        (DecisionRule.SIMPLE, 1.0, 1.0, 0.25, Zone.UNDECIDED),
        (DecisionRule.SIMPLE, 2.1, 2.0, 0.375, Zone.REJECTED),
        # the guard band: on its inner edge is accepted; as wide as the limit it decides only what is clear
        (DecisionRule.GUARD_BAND, 0.75, 1.0, 0.25, Zone.ACCEPTED),
        (DecisionRule.GUARD_BAND, 0.8, 1.0, 0.25, Zone.REJECTED),
        (DecisionRule.GUARD_BAND, 0.0, 0.25, 0.25, Zone.UNDECIDED),
        (DecisionRule.GUARD_BAND, 0.75, 0.25, 0.25, Zone.REJECTED),
        (DecisionRule.FOUR_WAY, 1.25, 1.0, 0.25, Zone.CONDITIONALLY_REJECTED),
        (DecisionRule.FOUR_WAY, -0.75, 1.0, 0.25, Zone.ACCEPTED),
    ],
)
def test_values_on_an_edge(rule: DecisionRule, measured: float, limit: float, u95: float, zone: Zone) -> None:
    assert decide(measured, limit, u95, rule).zone is zone


def test_the_guard_band_is_one_u_and_the_share_a_fifth_unless_the_plan_says_otherwise() -> None:
    assert decide(0.0, 1.0, 0.25, DecisionRule.GUARD_BAND).acceptance_limit == 0.75
    assert decide(0.0, 1.0, 0.25, DecisionRule.GUARD_BAND, guard_band=0.5).acceptance_limit == 0.875
    assert decide(1.0, 1.0, 0.3, DecisionRule.SIMPLE, uncertainty_share=0.3).zone is Zone.ACCEPTED


def test_the_conformance_probability_is_of_half_u_and_both_limits() -> None:
    # y = 0.9, u = 0.1 about -1..1: Phi(1) - Phi(-19) = 0.841345 (tables)
    assert decide(0.9, 1.0, 0.2, DecisionRule.FOUR_WAY).conformance_probability == pytest.approx(
        0.841345, abs=1e-6
    )
    assert decide(0.0, 0.1, 0.2, DecisionRule.FOUR_WAY).conformance_probability == pytest.approx(
        0.682689, abs=1e-6
    )
    assert conformance_probability(1.0, 0.0, lower=-1.0, upper=1.0) == 1.0
    assert conformance_probability(-1.0, 0.0, lower=-1.0, upper=1.0) == 1.0
    assert conformance_probability(1.1, 0.0, lower=-1.0, upper=1.0) == 0.0


# -- budgets


def line(name: str, value: float, **changes: float) -> Contribution:
    return Contribution(name=name, value=value, distribution=Distribution.NORMAL, **changes)


def test_a_budget_without_a_sample_has_no_end_of_freedom() -> None:
    assert Budget(contributions=(line("a", 0.1),)).effective_degrees_of_freedom == math.inf
    small = Budget(contributions=(line("a", 0.1, degrees_of_freedom=4.0),))
    assert small.effective_degrees_of_freedom == pytest.approx(4.0)
    assert small.unit == "%"


def test_a_budget_can_be_printed_line_by_line() -> None:
    rows = Budget(
        contributions=(
            Contribution(
                name="class",
                value=0.03,
                distribution=Distribution.RECTANGULAR,
                sensitivity=2.0,
                source="certificate",
            ),
        )
    ).rows()
    assert rows == (
        {
            "name": "class",
            "value": 0.03,
            "distribution": "rectangular",
            "sensitivity": 2.0,
            "u": pytest.approx(0.06 / math.sqrt(3)),
            "source": "certificate",
        },
    )
    assert [str(item) for item in Distribution] == ["normal", "normal, k = 2", "rectangular", "triangular"]


@pytest.mark.parametrize("correlation", [-1.0, 0.0, 1.0])
def test_a_correlation_up_to_one_is_one(correlation: float) -> None:
    both = Budget(contributions=(line("x", 0.1),))
    found = difference_budget(both, both, correlation=correlation, common={"x"})
    assert found.u == pytest.approx(0.1 * math.sqrt(2.0 - 2.0 * correlation))


@pytest.mark.parametrize("correlation", [-1.5, 1.5])
def test_beyond_one_there_is_no_correlation(correlation: float) -> None:
    with pytest.raises(ValueError, match="between -1 and 1"):
        difference_budget(Budget(contributions=()), Budget(contributions=()), correlation=correlation)


def test_every_line_counts_even_those_only_one_side_has() -> None:
    first = Budget(contributions=(line("a", 0.3), line("b", 0.4), line("both", 0.6)))
    second = Budget(contributions=(line("c", 1.2), line("both", 0.8)))
    found = difference_budget(first, second, correlation=0.0)
    assert found.u == pytest.approx(math.sqrt(0.3**2 + 0.4**2 + 0.6**2 + 0.8**2 + 1.2**2))


def point_budget(**changes: object) -> Budget:
    known: dict[str, object] = {
        "standard_class_pct": 0.02,
        "standard_uncertainty_pct": 0.01,
        "power_factor": 1.0,
        "frequency_hz": 50.0,
        "duration_s": 20.0,
        "reference_counts": 1e6,
        "readings": series([Fraction(1, 10)]),
    }
    return load_point_budget(**{**known, **changes})  # type: ignore[arg-type]


def u_of(budget: Budget, name: str) -> float:
    (found,) = [item for item in budget.contributions if item.name == name]
    return found.u


def test_what_each_line_of_a_load_point_is_worth() -> None:
    half = point_budget(power_factor=0.5)
    # the class is 1 + (1/PF - 1)/2 = 1.5 times as wide at PF 0.5, the source's change 1/PF = 2 times
    assert u_of(half, "reference standard, class") == pytest.approx(0.03 / math.sqrt(3))
    assert u_of(half, "reference standard, calibration") == pytest.approx(0.005)
    assert u_of(
        point_budget(power_factor=0.5, standard_class_pct=None), "reference standard, calibration"
    ) == (pytest.approx(0.0075))
    assert u_of(half, "source over the gate") == pytest.approx(0.01 / math.sqrt(3))
    assert u_of(half, "ripple of the power") == pytest.approx(0.5 * 100 / (4 * math.pi * 50 * 20 * 0.5))
    assert u_of(half, "pulse grid of the meter") == pytest.approx(0.1 / 20 / math.sqrt(6))
    assert u_of(half, "resolution of the reference counts") == pytest.approx(1e-4 / math.sqrt(3))
    assert u_of(half, "repeatability") == pytest.approx(0.01)


# -- lengths and gates


def gate(**changes: float) -> object:
    known = {
        "meter_constant_imp_per_kwh": 1000.0,
        "power_w": 1150.0,
        "frequency_hz": 50.0,
        "power_factor": 1.0,
        "limit_pct": 1.0,
    }
    return recommended_gate(**{**known, **changes})


def test_a_gate_lasts_ten_seconds_and_two_intervals_at_least() -> None:
    fast = gate(power_w=3600.0)  # a pulse a second
    assert fast == gate(power_w=3600.0, limit_pct=0.7)
    assert (fast.n_intervals, fast.duration_s) == (10, pytest.approx(10.0))  # type: ignore[attr-defined]
    assert fast.time_out_s == pytest.approx(1.5 * 10.0 + 2 * 1.0)  # type: ignore[attr-defined]
    slow = gate(power_w=57.5)
    assert slow.n_intervals == 2  # type: ignore[attr-defined]
    assert slow.time_out_s == pytest.approx(5 * 3.6e6 / 57500.0)  # type: ignore[attr-defined]


def test_a_tight_limit_at_low_power_factor_needs_a_longer_gate() -> None:
    # 100 / (2 pi 50 0.25 0.1/20) = 254.65 s: 255 pulses of a second
    assert gate(power_w=3600.0, power_factor=0.25, limit_pct=0.1).n_intervals == 255  # type: ignore[attr-defined]


def test_the_ripple_and_the_dose() -> None:
    assert ripple_rms_pct(frequency_hz=50.0, duration_s=10.0, power_factor=0.5) == pytest.approx(
        0.031831, abs=1e-6
    )
    # u95 = 2 sqrt((1 + 1)/6) = 1.154701 Wh; a fifth of 1 % is 0.002
    assert constant_test_energy_wh(
        limit_pct=1.0, register_resolution_wh=1.0, meter_constant_imp_per_kwh=1000.0
    ) == pytest.approx(577.350, abs=1e-3)
    assert constant_test_energy_wh(
        limit_pct=2.0, register_resolution_wh=10.0, meter_constant_imp_per_kwh=1000.0, share=0.1
    ) == pytest.approx(2 * math.sqrt(101 / 6) / 0.002)


def test_a_pulse_weighs_as_its_constant_says() -> None:
    assert constant_test_energy_wh(
        limit_pct=1.0, register_resolution_wh=1.0, meter_constant_imp_per_kwh=500.0
    ) == pytest.approx(2 * math.sqrt((1 + 4) / 6) / 0.002)


def test_pulses_on_a_grid_make_the_gate_longer() -> None:
    # 100 * 0.1 / (sqrt(6) * 1.0 / 20) = 81.65 s: 82 pulses of a second, and the grid on top of the time-out
    found = gate(power_w=3600.0, pulse_grid_s=0.1)
    assert found.n_intervals == 82  # type: ignore[attr-defined]
    assert found.time_out_s == pytest.approx(1.5 * 82.0 + 2 * 1.0 + 0.1)  # type: ignore[attr-defined]


def test_a_series_may_be_as_long_as_its_first_stage() -> None:
    assert TwoStage(first=5, most=5).number([Fraction(n, 10) for n in range(5)]) == 5
    assert TwoStage(first=6, most=7).first == 6
    for first, most in ((4, 20), (6, 5)):
        with pytest.raises(ValueError, match="at least five"):
            TwoStage(first=first, most=most)
    assert TwoStage().target_pct == 0.02


def test_a_number_that_fits_but_for_rounding_fits() -> None:
    """s = 0.02, t(4) = 2.776, target 2.776 * 0.02 / sqrt(9): exactly nine readings."""
    first = [Fraction(n, 100) * Fraction(2) for n in (-1, -1, 1, 1, 0)]
    s = float(series(first).s or 0.0)
    assert TwoStage(target_pct=2.776 * s / 3.0).number(first) == 9


def student_density(t: np.ndarray, nu: int) -> np.ndarray:
    scale = math.gamma((nu + 1) / 2) / (math.sqrt(nu * math.pi) * math.gamma(nu / 2))
    return np.asarray(scale * (1 + t**2 / nu) ** (-(nu + 1) / 2))


@pytest.mark.parametrize("nu", sorted(T_95))
def test_students_t_holds_95_percent(nu: int) -> None:
    """Integrate the density itself up to the tabled quantile."""
    t = np.linspace(0.0, T_95[nu], 200_001)
    inside = 2 * np.trapezoid(student_density(t, nu), t)
    assert inside == pytest.approx(0.95, abs=5e-5)  # a table of three decimals


def test_freedom_and_factor_of_a_series() -> None:
    for n in range(2, 32):
        some = series([Fraction(k, 7) for k in range(n)])
        assert some.degrees_of_freedom == n - 1
        assert some.t_factor == T_95[n - 1] / 2
    many = series([Fraction(k) for k in range(32)])
    assert (many.t_factor, many.degrees_of_freedom) == (1.0, 31.0)
    one = series([Fraction(1)])
    assert (one.t_factor, one.degrees_of_freedom, one.s, one.s_mean) == (1.0, 1.0, None, None)
    assert t_95(30) == 2.042
    assert t_95(31) == 2.0


# -- chi-square, counts, zero line


def test_chi_square_of_two_degrees_is_an_exponential() -> None:
    """P(chi-square(2) <= x) = 1 - exp(-x/2), also where the series is long and where it is short."""
    for x in (1e-6, 0.1, 1.0, 5.0, 40.0):
        assert chi_square_cdf(x, 2) == pytest.approx(1.0 - math.exp(-x / 2.0), rel=1e-9, abs=1e-15)
    assert chi_square_cdf(0.0, 2) == 0.0
    assert chi_square_cdf(-1.0, 2) == 0.0
    assert chi_square_cdf(1e3, 2) == 1.0
    for p in (0.001, 0.5, 0.999):
        assert chi_square_quantile(p, 2) == pytest.approx(-2.0 * math.log(1.0 - p), rel=1e-9)
    assert chi_square_quantile(0.5, 1) == pytest.approx(0.454936, abs=1e-6)


@pytest.mark.parametrize(("p", "nu"), [(0.0, 3), (1.0, 3), (-0.1, 3), (1.1, 3), (0.5, 0)])
def test_there_is_no_quantile_of_certainty_or_of_nothing(p: float, nu: int) -> None:
    with pytest.raises(ValueError, match="quantile"):
        chi_square_quantile(p, nu)


def test_a_single_count_is_a_measurement_and_none_is_not() -> None:
    assert error_from_counts(1, 1000.0, 1000.0, 1) == 0
    with pytest.raises(NotMeasured):
        error_from_counts(1, 1000.0, 1000.0, 0)


def test_the_zero_line_goes_to_where_the_worst_share_is_least() -> None:
    # shares of 1.0 and 2.0: |0.9 - d|/1 = |-0.3 - d|/2 at d = 0.5
    assert zero_line_shift([(0.9, 1.0), (-0.3, 2.0)], largest=1.0) == pytest.approx(0.5, abs=1e-9)
    assert zero_line_shift([(0.9, 1.0)], largest=0.5) == pytest.approx(0.5, abs=1e-9)
    # one displacement alone fits
    assert zero_line_shift([(1.5, 1.0), (-0.5, 1.0)], largest=1.0) == pytest.approx(0.5, abs=1e-9)
    assert zero_line_shift([(1.6, 1.0), (-0.5, 1.0)], largest=1.0) is None
    assert zero_line_shift([], largest=1.0) is None
