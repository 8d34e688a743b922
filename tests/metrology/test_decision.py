"""Decision rules and conformance probability."""

from __future__ import annotations

import pytest

from bench.metrology.decision import DecisionRule, Zone, conformance_probability, decide


@pytest.mark.parametrize(
    ("measured", "u", "expected"),
    [(0.9, 0.05, 0.97725), (0.95, 0.05, 0.84134), (1.0, 0.05, 0.5), (-0.99, 0.1, 0.53983)],
)
def test_conformance_probability(measured: float, u: float, expected: float) -> None:
    assert conformance_probability(measured, u, lower=-1, upper=1) == pytest.approx(expected, abs=5e-6)


def test_conformance_without_uncertainty_is_certain() -> None:
    assert conformance_probability(1.0, 0, lower=-1, upper=1) == 1
    assert conformance_probability(1.01, 0, lower=-1, upper=1) == 0


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (0.9, Zone.ACCEPTED),
        (-0.9, Zone.ACCEPTED),
        (0.91, Zone.CONDITIONALLY_ACCEPTED),
        (1.0, Zone.CONDITIONALLY_ACCEPTED),
        (1.001, Zone.CONDITIONALLY_REJECTED),
        (-1.1, Zone.CONDITIONALLY_REJECTED),
        (1.11, Zone.REJECTED),
    ],
)
def test_four_ways(measured: float, expected: Zone) -> None:
    assert decide(measured, 1.0, 0.1, DecisionRule.FOUR_WAY).zone is expected


def test_uncertainty_as_large_as_the_limit_never_passes_clear() -> None:
    assert decide(0.0, 0.1, 0.12, DecisionRule.FOUR_WAY).zone is Zone.CONDITIONALLY_ACCEPTED
    assert decide(0.0, 0.1, 0.12, DecisionRule.GUARD_BAND).zone is Zone.UNDECIDED
    assert decide(0.3, 0.1, 0.12, DecisionRule.GUARD_BAND).zone is Zone.REJECTED


@pytest.mark.parametrize(
    ("measured", "expected"), [(1.0, Zone.ACCEPTED), (-1.0, Zone.ACCEPTED), (1.0001, Zone.REJECTED)]
)
def test_simple_acceptance_shares_the_risk(measured: float, expected: Zone) -> None:
    assert decide(measured, 1.0, 0.2, DecisionRule.SIMPLE).zone is expected


@pytest.mark.parametrize(
    ("measured", "expected"),
    [(0.7, Zone.ACCEPTED), (0.8, Zone.UNDECIDED), (1.2, Zone.UNDECIDED), (1.3, Zone.REJECTED)],
)
def test_simple_acceptance_needs_a_fifth(measured: float, expected: Zone) -> None:
    assert decide(measured, 1.0, 0.25, DecisionRule.SIMPLE).zone is expected


def test_guard_band_of_one_uncertainty_and_of_83_hundredths() -> None:
    full = decide(0.91, 1.0, 0.1, DecisionRule.GUARD_BAND)
    narrow = decide(0.91, 1.0, 0.1, DecisionRule.GUARD_BAND, guard_band=0.83)
    assert (full.zone, full.acceptance_limit) == (Zone.REJECTED, pytest.approx(0.9))
    assert (narrow.zone, narrow.acceptance_limit) == (Zone.ACCEPTED, pytest.approx(0.917))
