"""Our arithmetic of uncertainty against others': worked examples of the GUM, ``uncertainties`` and GTC.

The two packages are second opinions; where one is not installed its tests are skipped, and the published examples stay.
"""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import pytest

from bench.metrology.budget import Budget, Contribution, Distribution
from bench.metrology.corrections import Corrections
from bench.metrology.difference_budget import difference_budget
from bench.metrology.percentage_error import error_from_energy
from bench.metrology.series import T_95, series, t_95

NORMAL = Distribution.NORMAL


def line(name: str, u: float, nu: float = math.inf, sensitivity: float = 1.0) -> Contribution:
    return Contribution(
        name=name, value=u, distribution=NORMAL, sensitivity=sensitivity, degrees_of_freedom=nu
    )


def uncertainties() -> Any:
    return pytest.importorskip("uncertainties", reason="the package uncertainties is not installed")


def gtc() -> Any:
    return pytest.importorskip("GTC", reason="the package GTC is not installed")


# published


def test_relative_uncertainties_of_the_gum() -> None:
    """JCGM 100:2008, G.4.1: 0.25, 0.57 and 0.82 % from 10, 5 and 15 readings: 1.03 %, 19.0 degrees of freedom."""
    product = Budget(contributions=(line("1", 0.25, 9), line("2", 0.57, 4), line("3", 0.82, 14)))
    assert product.u == pytest.approx(1.03, abs=0.005)
    assert product.effective_degrees_of_freedom == pytest.approx(19.0, abs=0.05)
    assert t_95(19) == pytest.approx(2.09, abs=0.005)


@pytest.mark.parametrize(
    ("distribution", "u_c"), [(Distribution.RECTANGULAR, 2.3), (Distribution.TRIANGULAR, 1.6)]
)
def test_a_temperature_between_96_and_104_degrees(distribution: Distribution, u_c: float) -> None:
    """JCGM 100:2008, 4.4.5 and 4.4.6: half width 4 °C."""
    known = Contribution(name="temperature", value=4.0, distribution=distribution)
    assert known.u == pytest.approx(u_c, abs=0.05)


def test_twenty_temperatures_of_the_gum() -> None:
    """JCGM 100:2008, table 1 and 4.4.3: mean 100.145 °C, s 1.489 °C, s of the mean 0.333 °C."""
    seen = "96.90 98.18 98.25 98.61 99.03 99.49 99.56 99.74 99.89 100.07 "
    seen += "100.33 100.42 100.68 100.95 101.11 101.20 101.57 101.84 102.36 102.72"
    found = series([Fraction(value) for value in seen.split()])
    assert float(found.mean) == pytest.approx(100.145, abs=5e-4)
    assert found.s == pytest.approx(1.489, abs=5e-4)
    assert found.s_mean == pytest.approx(0.333, abs=5e-4)
    assert (found.degrees_of_freedom, found.t_factor) == (19, pytest.approx(2.093 / 2))


def test_ten_resistors_measured_with_one_standard() -> None:
    """JCGM 100:2008, 5.2.2: alike errors add up in a sum, and so vanish in a difference."""
    one = Budget(contributions=(line("standard", 0.1),))
    assert difference_budget(one, one, correlation=1.0, common={"standard"}).u == 0.0
    assert difference_budget(one, one, correlation=-1.0, common={"standard"}).u == pytest.approx(0.2)


def test_students_t_as_the_gum_tabulates_it() -> None:
    """JCGM 100:2008, table G.2, p = 95 %."""
    table = {1: 12.71, 2: 4.30, 5: 2.57, 10: 2.23, 11: 2.20, 15: 2.13, 17: 2.11, 20: 2.09, 25: 2.06, 30: 2.04}
    assert {nu: t_95(nu) for nu in table} == pytest.approx(table, abs=0.0051)
    assert list(T_95.values()) == sorted(T_95.values(), reverse=True)
    assert t_95(100) == 2.0


# second opinions


def drawn(seed: int) -> tuple[Contribution, ...]:
    chance = random.Random(seed)
    return tuple(
        line(
            str(number),
            chance.uniform(0.001, 0.05),
            chance.choice((math.inf, 4, 9, 19)),
            chance.uniform(-2.0, 2.0),
        )
        for number in range(chance.randint(2, 9))
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_budget_as_gtc_adds_it_up(seed: int) -> None:
    other = gtc()
    ours = Budget(contributions=drawn(seed))
    inputs = [other.ureal(0.0, own.value, own.degrees_of_freedom) for own in ours.contributions]
    theirs = sum(own.sensitivity * value for own, value in zip(ours.contributions, inputs, strict=True))
    assert ours.u == pytest.approx(other.uncertainty(theirs), rel=1e-9)
    if math.isinf(ours.effective_degrees_of_freedom):
        assert other.dof(theirs) > 1e5
    else:
        assert ours.effective_degrees_of_freedom == pytest.approx(other.dof(theirs), rel=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_a_budget_as_uncertainties_adds_it_up(seed: int) -> None:
    other = uncertainties()
    ours = Budget(contributions=drawn(seed))
    theirs = sum(own.sensitivity * other.ufloat(0.0, own.value) for own in ours.contributions)
    assert ours.u == pytest.approx(theirs.std_dev, rel=1e-9)


@pytest.mark.parametrize("correlation", [-1.0, 0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("other_name", ["GTC", "uncertainties"])
def test_the_difference_of_two_correlated_errors(other_name: str, correlation: float) -> None:
    """The same standard twice (0.012 and 0.018 %), scatter of each its own."""
    first, second = (
        Budget(contributions=(line("standard", own), line("scatter", scatter)))
        for own, scatter in ((0.012, 0.005), (0.018, 0.007))
    )
    ours = difference_budget(first, second, correlation=correlation, common={"standard"})
    if other_name == "GTC":
        other = gtc()
        same = [other.ureal(0.0, u, independent=False) for u in (0.012, 0.018)]
        other.set_correlation(correlation, *same)
        scatter = [other.ureal(0.0, u) for u in (0.005, 0.007)]
        theirs = other.uncertainty(same[0] + scatter[0] - same[1] - scatter[1])
    else:
        other = uncertainties()
        product = correlation * 0.012 * 0.018
        same = other.correlated_values([0.0, 0.0], [[0.012**2, product], [product, 0.018**2]])
        theirs = (same[0] + other.ufloat(0.0, 0.005) - same[1] - other.ufloat(0.0, 0.007)).std_dev
    assert ours.u == pytest.approx(theirs, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("error_pct", [-2.0, 0.0, 0.9])
def test_an_uncertainty_of_the_reference_energy_is_one_of_the_error(error_pct: float) -> None:
    """A relative uncertainty of the reference energy, %, is that of the error but for its factor 1 + e."""
    other = uncertainties()
    reference_wh = 10.0 / (1 + error_pct / 100)
    theirs = 100 * (10.0 / other.ufloat(reference_wh, reference_wh * 0.01 / 100) - 1)
    assert float(error_from_energy(10, 1000.0, reference_wh)) == pytest.approx(theirs.nominal_value)
    assert theirs.std_dev == pytest.approx(0.01 * (1 + error_pct / 100), rel=1e-6)


@pytest.mark.parametrize("lag_deg", [0.0, 60.0, -36.87])
def test_known_errors_as_uncertainties_propagates_them(lag_deg: float) -> None:
    """A transformer's ratio and phase, taken through the power they leave: the first order is what is corrected."""
    other = uncertainties()
    umath = pytest.importorskip("uncertainties.umath")
    ratio, minutes = other.ufloat(0.0, 0.02), other.ufloat(0.0, 0.5)
    phi = math.radians(lag_deg)
    seen = (1 + ratio / 100) * umath.cos(phi + minutes / 60 * math.pi / 180) / math.cos(phi)
    parts = {key: abs(value) for key, value in (100 * (seen - 1)).error_components().items()}
    ours = {
        ratio: abs(float(Corrections(transformer_ratio_pct=0.02).total_pct(lag_deg))),
        minutes: abs(float(Corrections(transformer_phase_min=0.5).total_pct(lag_deg))),
    }
    for key, own in ours.items():
        assert own == pytest.approx(parts.get(key, 0.0), rel=1e-9, abs=1e-12)
