"""Uncertainty budgets against the worked example of a class 0.02 bench, and series of readings."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bench.metrology.budget import Budget, Contribution, Distribution
from bench.metrology.load_point_budget import load_point_budget
from bench.metrology.series import series

RECTANGULAR, NORMAL, EXPANDED = Distribution.RECTANGULAR, Distribution.NORMAL, Distribution.EXPANDED

#: name, distribution, value at PF 1, u at PF 1, value at PF 0.5, u at PF 0.5
EXAMPLE = [
    ("reference standard class 0.02", RECTANGULAR, 0.02, 0.0115, 0.03, 0.0173),
    ("its calibration", EXPANDED, 0.01, 0.005, 0.01, 0.005),
    ("drift between calibrations", RECTANGULAR, 0.01, 0.0058, 0.01, 0.0058),
    ("temperature of standard", RECTANGULAR, 0.003, 0.0017, 0.003, 0.0017),
    ("transformer ratio", RECTANGULAR, 0.02, 0.0115, 0.02, 0.0115),
    ("phase of transformer and leads, 0.5 min", RECTANGULAR, 0.0, 0.0, 0.0251, 0.0145),
    ("source stability", RECTANGULAR, 0.005, 0.003, 0.01, 0.006),
    ("resolution, ripple, jitter", NORMAL, 0.009, 0.009, 0.018, 0.018),
    ("repeatability", NORMAL, 0.0058, 0.0058, 0.0087, 0.0087),
]


@pytest.mark.parametrize(
    ("value_at", "u_at", "expanded"), [(2, 3, 0.042), (4, 5, 0.068)], ids=["PF 1", "PF 0.5"]
)
def test_example_budget(value_at: int, u_at: int, expanded: float) -> None:
    lines = [Contribution(name=row[0], value=row[value_at], distribution=row[1]) for row in EXAMPLE]
    for line, row in zip(lines, EXAMPLE, strict=True):
        assert line.u == pytest.approx(row[u_at], abs=3e-4)
    assert Budget(contributions=tuple(lines)).u95 == pytest.approx(expanded, abs=6e-4)


def test_half_a_minute_of_phase_costs_as_much_as_the_example_says() -> None:
    line = Contribution(name="phase", value=1.45e-4 * 100, distribution=RECTANGULAR, sensitivity=1.7320508)
    assert line.u == pytest.approx(0.0145, abs=1e-4)


def test_two_truncated_readings_are_triangular() -> None:
    line = Contribution(name="register", value=1.0, distribution=Distribution.TRIANGULAR)
    assert line.u == pytest.approx(0.40825, abs=1e-5)


def test_series_of_readings() -> None:
    found = series([Fraction("0.1"), Fraction("0.2"), Fraction("0.3")])
    assert found.mean == Fraction("0.2")
    assert found.s == pytest.approx(0.1)
    assert found.s_mean == pytest.approx(0.1 / 3**0.5)
    assert found.t_factor == pytest.approx(4.303 / 2)
    assert (found.lowest, found.highest) == (Fraction("0.1"), Fraction("0.3"))


def test_one_reading_says_nothing_of_its_repeatability() -> None:
    assert series([Fraction(1)]).s is None


def test_no_readings() -> None:
    with pytest.raises(ValueError, match="needs a reading"):
        series([])


def budget(**changes: object) -> Budget:
    arguments = {
        "standard_class_pct": 0.02,
        "standard_uncertainty_pct": 0.01,
        "power_factor": 1.0,
        "frequency_hz": 50.0,
        "duration_s": 10.0,
        "reference_counts": 5e5,
        "readings": series([Fraction(0)] * 3),
    }
    return load_point_budget(**{**arguments, **changes})  # type: ignore[arg-type]


def test_budget_of_a_load_point() -> None:
    lines = {line.name: line.u for line in budget().contributions}
    assert lines["reference standard, class"] == pytest.approx(0.0115, abs=1e-4)
    assert lines["reference standard, calibration"] == pytest.approx(0.005)
    assert lines["ripple of the power"] == pytest.approx(0.008, abs=1e-4)
    assert lines["resolution of the reference counts"] == pytest.approx(0.0001155, rel=1e-3)
    assert 0.028 < budget().u95 < 0.042


def test_low_power_factor_and_short_gates_cost_certainty() -> None:
    assert budget(power_factor=0.5).u95 > budget().u95
    assert budget(duration_s=2.0).u95 > budget().u95
    assert budget(readings=series([Fraction("-0.1"), Fraction("0.1")])).u95 > 1.2


def test_without_any_word_on_the_standard_there_is_no_budget() -> None:
    with pytest.raises(ValueError, match="reference standard is unknown"):
        budget(standard_class_pct=None, standard_uncertainty_pct=None)


def test_the_end_gauge_of_the_gum() -> None:
    """JCGM 100:2008, H.1: 25, 9.7, 2.9 and 16.6 nm with 18, 25.6, 50 and 2 degrees of freedom; u 32 nm, nu 16.7."""
    known = ((25.0, 18.0), (9.7, 25.6), (2.9, 50.0), (16.6, 2.0))
    gauge = Budget(
        unit="nm",
        contributions=tuple(
            Contribution(name=str(u), value=u, distribution=NORMAL, degrees_of_freedom=nu) for u, nu in known
        ),
    )
    assert gauge.u == pytest.approx(32.0, abs=0.5)
    assert gauge.effective_degrees_of_freedom == pytest.approx(16.7, abs=0.5)
