"""Clean meters: what was drawn conforms, and what chance predicts of it is what the error model says."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from bench.record.model import Kind, Outcome, Requirement, Topic, Verdict
from bench.score.clean import Clean, agrees, described, drawn_trial, judged, true_error_pct
from reference_meter.blueprint import Blueprint
from reference_meter.defects.catalogue import load
from reference_meter.products.dds722 import dds722
from reference_meter.products.drawn import described as told
from reference_meter.products.drawn import draw
from reference_meter.products.dts722 import dts722
from reference_meter.products.slots import standard_slots

FACTS: dict[str, Any] = {
    "product": "dds722",
    "near": "gain",
    "worst_share": 0.99,
    "gain_pct": 0.99,
    "element_gain_pct": [],
    "extra_lag_deg": 0.0,
    "offset_w": 0.0,
    "nameplate": {"voltage_v": 230.0, "basic_current_a": 5.0, "maximum_current_a": 60.0},
}


def point(outcome: Outcome, case: str = "accuracy/load_point/Ib-pf1") -> Verdict:
    requirement = Requirement(
        document="IEC", edition="1", clause="1", topic=Topic.ACCURACY, kind=Kind.STANDARD, status="V1"
    )
    return Verdict(
        case=case,
        position="1",
        outcome=outcome,
        requirement=requirement,
        judge="accuracy.load-point/1",
        measured=0.99,
        limit=1.0,
        unit="%",
        u95=0.04,
        decision_rule="four-way",
        reason="",
        evidence=(),
    )


@pytest.mark.parametrize("make", [dds722, dts722])
def test_drawn_meters_conform_and_a_third_is_near_a_limit(make: Any) -> None:
    near = 0
    for number in range(1, 91):
        product, what, share = draw(make(1, number), 1, number)
        plate, residuals = product.nameplate, product.residuals
        facts = told(make(1, number), 1, number)
        limit, low_limit = (1.0, 1.5) if plate.accuracy_class == "1" else (2.0, 2.5)
        shares = [
            abs(true_error_pct(facts, current_a=ib * plate.basic_current_a, lag_deg=lag)) / allowed
            for ib, lag, allowed in (
                (0.05, 0.0, low_limit),
                (0.1, 0.0, limit),
                (0.1, 60.0, low_limit),
                (0.2, 60.0, limit),
                (1.0, 0.0, limit),
                (plate.maximum_current_a / plate.basic_current_a, 60.0, limit),
            )
        ]
        assert max(shares) <= 1.0 + 1e-9, (number, what, shares)
        if what:
            near += 1
            assert 0.8 <= share <= 1.0
            assert max(shares) == pytest.approx(share, abs=1e-9)
        else:
            assert max(shares) < 0.5
        assert 0.0 < residuals.anti_creep_fraction < 1.0
        assert plate.starting_current_a == pytest.approx(
            {"1": 0.004, "2": 0.005}[plate.accuracy_class] * plate.basic_current_a
        )
    assert near == 30


def test_a_draw_comes_again_and_is_ordered_as_a_defect_is() -> None:
    trial = drawn_trial(1, 5)
    (spec,) = trial.row.defects
    blueprint = Blueprint(dds722(1, 5), standard_slots())
    load(spec).apply(blueprint)
    assert blueprint.product == draw(dds722(1, 5), 1, 5)[0]
    facts = described(1, 5, "dds722")
    assert facts["nameplate"]["voltage_v"] == blueprint.product.nameplate.voltage_v
    assert facts["gain_pct"] == blueprint.product.residuals.gain_pct
    with pytest.raises(ValueError, match="defines no 'clean_1'"):
        load(spec.replace("clean_1_5", "clean_1"))


def test_the_error_model() -> None:
    assert true_error_pct(FACTS, current_a=5.0, lag_deg=60.0) == pytest.approx(0.99)
    lagging = {**FACTS, "gain_pct": 0.0, "extra_lag_deg": 0.5}
    assert true_error_pct(lagging, current_a=5.0, lag_deg=60.0) == pytest.approx(
        100 * (math.cos(math.radians(60.5)) / 0.5 - 1)
    )
    offset = {**FACTS, "gain_pct": 0.0, "offset_w": 1.15}
    assert true_error_pct(offset, current_a=5.0, lag_deg=0.0) == pytest.approx(0.1)


def test_a_conditional_verdict_near_the_limit_is_what_chance_expects() -> None:
    clean = judged("clean", [point(Outcome.CONDITIONAL_PASS)], FACTS)
    assert clean.conditional
    assert not clean.alarms
    # 0.99 of 1.0 with u = 0.02: conditional between 0.96 and 1.04
    assert clean.p_conditional == pytest.approx(0.9270, abs=5e-4)
    assert clean.p_failed == pytest.approx(0.0062, abs=5e-4)


def test_a_failed_is_an_alarm_wherever_the_limit_does_not_explain_it() -> None:
    assert judged("clean", [point(Outcome.FAILED)], FACTS).at_limit
    assert judged("clean", [point(Outcome.FAILED)], {**FACTS, "near": "", "gain_pct": 0.1}).alarms
    assert judged("clean", [point(Outcome.FAILED, "sts/used_token")], FACTS).alarms
    assert judged("clean", [point(Outcome.ERROR)], FACTS).errors


def test_rates_that_do_not_fit_are_told() -> None:
    one = judged("clean", [point(Outcome.CONDITIONAL_PASS)], FACTS)
    assert agrees([one] * 100)[0] is True
    none = replace(one, conditional=False)
    good, said = agrees([none] * 100)
    assert not good
    assert "conditional: 0 of 100 meters, predicted 92.7 ± 2.6  (does not fit)" in said
    assert agrees([replace(one, at_limit=True)] * 10)[0] is False
    assert Clean.from_json(one.to_json()) == one
