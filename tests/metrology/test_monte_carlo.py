"""Simulated rigs: does the stated uncertainty cover the truth, and do the rules decide as often wrong as they say?

METERBENCH_DRAWS sets how many rigs are drawn; 100 000 for a statement, a sample otherwise.
"""

from __future__ import annotations

import math
import os
from fractions import Fraction

import numpy as np
import pytest

from bench.metrology.decision import DecisionRule, Zone, decide
from bench.metrology.length import TwoStage
from bench.metrology.load_point_budget import (
    PULSE_GRID_S,
    RIPPLE_LEFT,
    SOURCE_STABILITY_PCT,
    load_point_budget,
)
from bench.metrology.series import Series, series, t_95

DRAWS = int(os.environ.get("METERBENCH_DRAWS", "600"))
CLASS_PCT, CERTIFICATE_PCT = 0.02, 0.01
GATE_S = 12.0


def one_rig(chance: np.random.Generator, *, power_factor: float, sigma: float) -> tuple[float, float]:
    """Return the deviation of a measured mean from the truth, and the stated expanded uncertainty.

    Every quantity is drawn from what the budget says of it; the readings by the two-stage rule.
    """
    worse = 1 + (1 / power_factor - 1) / 2
    ripple_pct = 100 / (4 * math.pi * 50 * GATE_S * power_factor)
    common = (
        chance.uniform(-CLASS_PCT, CLASS_PCT) * worse
        + chance.normal(0, CERTIFICATE_PCT / 2)
        + chance.uniform(-SOURCE_STABILITY_PCT, SOURCE_STABILITY_PCT) / power_factor
        + chance.normal(0, ripple_pct * RIPPLE_LEFT)
        + (chance.random() - chance.random()) * 100 * PULSE_GRID_S / GATE_S
    )
    rule = TwoStage()
    first = [Fraction(float(value)) for value in chance.normal(0, sigma, rule.first)]
    number = rule.number(first)
    more = [Fraction(float(value)) for value in chance.normal(0, sigma, number - rule.first)]
    whole, stage = series(first + more), series(first)
    s = stage.s or 0.0
    statistics = Series(
        n=whole.n,
        mean=whole.mean,
        s=s,
        s_mean=s / math.sqrt(whole.n),
        t_factor=t_95(rule.first - 1) / 2,
        lowest=whole.lowest,
        highest=whole.highest,
    )
    stated = load_point_budget(
        standard_class_pct=CLASS_PCT,
        standard_uncertainty_pct=CERTIFICATE_PCT,
        power_factor=power_factor,
        frequency_hz=50.0,
        duration_s=GATE_S,
        reference_counts=1e7,
        readings=statistics,
    )
    return common + float(whole.mean), stated.u95


@pytest.mark.parametrize(("power_factor", "sigma"), [(1.0, 0.001), (0.5, 0.02), (1.0, 0.1)])
def test_coverage(power_factor: float, sigma: float) -> None:
    chance = np.random.default_rng(11)
    covered = 0
    for _ in range(DRAWS):
        deviation, u95 = one_rig(chance, power_factor=power_factor, sigma=sigma)
        covered += abs(deviation) <= u95
    print(f"coverage {covered / DRAWS:.4f} of {DRAWS} rigs")
    assert covered / DRAWS >= 0.945


def rates(rule: DecisionRule, error: float, u95: float) -> dict[Zone, float]:
    chance = np.random.default_rng(3)
    zones = [
        decide(float(value), 1.0, u95, rule).zone
        for value in chance.normal(error, u95 / 2, max(8_000, DRAWS))
    ]
    return {zone: zones.count(zone) / len(zones) for zone in Zone}


def test_at_the_limit_simple_acceptance_is_even() -> None:
    assert rates(DecisionRule.SIMPLE, 1.0, 0.1)[Zone.ACCEPTED] == pytest.approx(0.5, abs=0.02)


def test_at_the_limit_a_guard_band_accepts_one_in_forty() -> None:
    # Phi(-2) = 2.275 %
    assert rates(DecisionRule.GUARD_BAND, 1.0, 0.1)[Zone.ACCEPTED] == pytest.approx(0.02275, abs=0.006)


def test_at_the_limit_four_ways_fail_or_pass_clearly_one_in_forty() -> None:
    found = rates(DecisionRule.FOUR_WAY, 1.0, 0.1)
    assert found[Zone.ACCEPTED] == pytest.approx(0.02275, abs=0.006)
    assert found[Zone.REJECTED] == pytest.approx(0.02275, abs=0.006)
    assert found[Zone.CONDITIONALLY_ACCEPTED] == pytest.approx(0.47725, abs=0.02)


@pytest.mark.parametrize(("error", "accepted"), [(1.0, True), (1.02, False)])
def test_whole_rigs_at_the_limit_are_decided_as_the_rule_promises(error: float, accepted: bool) -> None:
    """A meter on or beyond the limit, measured with a drawn rig: a clear pass is as rare as the guard band says."""
    chance = np.random.default_rng(17)
    clear = {True: 0, False: 0}
    for _ in range(DRAWS):
        deviation, u95 = one_rig(chance, power_factor=1.0, sigma=0.005)
        zone = decide(error + deviation, 1.0, u95, DecisionRule.FOUR_WAY).zone
        clear[True] += zone is Zone.ACCEPTED
        clear[False] += zone is Zone.REJECTED
    # the standard's class counts as rectangular, so beyond U lies less than the 2.5 % of a normal distribution
    assert clear[True] / DRAWS <= 0.035
    if accepted:  # a false reject of a meter that conforms
        assert clear[False] / DRAWS <= 0.035
