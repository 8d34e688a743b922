"""The judge of load points: what it says of good meters, bad meters and bad benches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.accuracy import load_point
from bench.judgement.registry import Context
from bench.judgement.requirements import load_point_requirement
from bench.metrology.decision import DecisionRule
from bench.record.model import Judgement, Outcome
from bench.standards.limits import Load
from bench.standards.load_points import LoadPoint

Judge = Callable[..., Judgement]


@pytest.fixture
def judge(observe: Any, context_of: Callable[..., Context], make_load_point: Any) -> Judge:
    def make(context: Context | None = None, **changes: Any) -> Judgement:
        context = context or context_of()
        data = make_load_point(**changes)
        point = LoadPoint(
            id="p", current=data["point"]["current"], pf=data["point"]["pf"], load=Load.BALANCED
        )
        requirement = load_point_requirement(context.declaration, point)
        return load_point([observe("load-point", data)], requirement, context)

    return make


def at_error(error_pct: float, make_reading: Any, n: int = 3) -> list[dict[str, Any]]:
    """Readings of 10 intervals at 1000 imp/kWh whose error of indication is ``error_pct``."""
    return [make_reading(10 / (1 + error_pct / 100)) for _ in range(n)]


def test_a_good_meter_passes_with_its_numbers(judge: Judge) -> None:
    said = judge()
    assert said.outcome is Outcome.PASSED
    assert said.measured == pytest.approx(100 * (10 - 9.99) / 9.99)
    assert (said.limit, said.unit, said.decision_rule) == (1.0, "%", "four-way")
    assert 0.01 < said.u95 < 0.06
    assert "within the limit" in said.reason


@pytest.mark.parametrize(
    ("error_pct", "outcome"),
    [
        (0.93, Outcome.PASSED),  # a conforming meter near its limit, clear of it by U
        (-0.93, Outcome.PASSED),
        (0.999, Outcome.CONDITIONAL_PASS),
        (1.001, Outcome.CONDITIONAL_FAIL),
        (1.30, Outcome.FAILED),
        (-1.60, Outcome.FAILED),
        (60.0, Outcome.FAILED),  # 1600 imp/kWh on a meter marked 1000
    ],
)
def test_errors_around_the_limit(judge: Judge, make_reading: Any, error_pct: float, outcome: Outcome) -> None:
    said = judge(readings=at_error(error_pct, make_reading))
    assert said.outcome is outcome
    assert said.measured == pytest.approx(error_pct, abs=1e-9)


def test_the_same_error_under_the_other_rules(judge: Judge, context_of: Any, make_reading: Any) -> None:
    near = at_error(0.999, make_reading)
    assert judge(context_of(DecisionRule.SIMPLE), readings=near).outcome is Outcome.PASSED
    assert judge(context_of(DecisionRule.GUARD_BAND), readings=near).outcome is Outcome.FAILED


def test_low_current_has_the_wider_limit(judge: Judge, make_reading: Any, make_load_point: Any) -> None:
    point = {**make_load_point()["point"], "current": "0.05 Ib", "current_a": 0.25}
    conditions = {"voltage_v": 230.0, "frequency_hz": 50.0}
    said = judge(point=point, conditions=conditions, readings=at_error(1.3, make_reading))
    assert (said.outcome, said.limit) == (Outcome.PASSED, 1.5)


def test_a_load_the_class_is_not_asked_for(judge: Judge, context_of: Any, make_load_point: Any) -> None:
    point = {**make_load_point()["point"], "pf": "0.8 cap"}
    said = judge(context_of(accuracy={"class": "2"}), point=point)
    assert said.outcome is Outcome.INAPPLICABLE


def test_a_limit_nobody_has_verified_cannot_fail(
    judge: Judge, context_of: Any, make_reading: Any, make_load_point: Any
) -> None:
    half = context_of(accuracy={"edition": "2020", "class": "0.5"})
    point = {**make_load_point()["point"], "pf": "0.5 ind"}
    said = judge(half, point=point, readings=at_error(2.0, make_reading))
    assert (said.outcome, said.limit) == (Outcome.CONDITIONAL_FAIL, 0.6)
    assert "status U" in said.reason


def test_a_limit_from_recall_fails_provisionally(judge: Judge, context_of: Any, make_reading: Any) -> None:
    said = judge(context_of(accuracy={"edition": "2020"}), readings=at_error(2.0, make_reading))
    assert said.outcome is Outcome.FAILED
    assert said.reason.count("provisional") == 1


def test_a_confirmed_limit_fails_without_that_word(judge: Judge, make_reading: Any) -> None:
    assert "provisional" not in judge(readings=at_error(2.0, make_reading)).reason


def test_the_instruments_own_result_is_checked(judge: Judge, make_reading: Any) -> None:
    agreeing = [make_reading(9.99, instrument_error_pct=0.1002)]
    assert judge(readings=agreeing).outcome is Outcome.PASSED
    contradicting = [make_reading(9.99, instrument_error_pct=0.15)]
    said = judge(readings=contradicting)
    assert said.outcome is Outcome.ERROR
    assert "do not fit together" in said.reason


@pytest.mark.parametrize(
    ("conditions", "outcome", "word"),
    [
        ({"voltage_v": 233.0, "frequency_hz": 50.0}, Outcome.ERROR, "voltage_v was 233"),
        ({"voltage_v": [230.0, 226.0, 230.0], "frequency_hz": 50.0}, Outcome.ERROR, "voltage_v was 226"),
        (
            {"voltage_v": {"min": 229.9, "mean": 230, "max": 232.4}, "frequency_hz": 50.0},
            Outcome.ERROR,
            "232.4",
        ),
        ({"voltage_v": 230.0, "frequency_hz": 50.2}, Outcome.ERROR, "frequency_hz was 50.2"),
        ({"voltage_v": 230.0, "frequency_hz": 50.0, "current_a": 4.5}, Outcome.ERROR, "current_a was 4.5"),
        ({"voltage_v": 230.0, "frequency_hz": 50.0, "distortion_pct": 2.5}, Outcome.ERROR, "distortion_pct"),
        (
            {"voltage_v": 230.0, "frequency_hz": 50.0, "temperature_c": 28},
            Outcome.INCONCLUSIVE,
            "temperature_c was 28",
        ),
        ({"voltage_v": 230.0, "frequency_hz": 50.0, "overload": True}, Outcome.ERROR, "overloaded"),
        ({"voltage_v": 230.0, "frequency_hz": 50.0, "range_changed": True}, Outcome.ERROR, "range"),
        ({"frequency_hz": 50.0}, Outcome.INCONCLUSIVE, "not recorded: voltage_v"),
        ({}, Outcome.INCONCLUSIVE, "not recorded"),
    ],
)
def test_a_point_off_reference_conditions_is_neither_pass_nor_fail(
    judge: Judge, make_reading: Any, conditions: dict[str, Any], outcome: Outcome, word: str
) -> None:
    for error_pct in (0.0, 5.0):
        said = judge(conditions=conditions, readings=at_error(error_pct, make_reading))
        assert said.outcome is outcome
        assert word in said.reason


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"meter_constant_imp_per_kwh": 1600.0}, "meter constant used is 1600"),
        ({"standard": {}}, "reference standard is unknown"),
        ({"readings": [{"n_intervals": 10}]}, "reference_energy_wh is None"),
        ({"meter_constant_imp_per_kwh": None}, "meter_constant_imp_per_kwh is None"),
    ],
)
def test_what_the_bench_did_wrong_is_error(judge: Judge, changes: dict[str, Any], word: str) -> None:
    said = judge(**changes)
    assert said.outcome is Outcome.ERROR
    assert word in said.reason


def test_the_wrong_current_is_error(judge: Judge, make_load_point: Any) -> None:
    said = judge(point={**make_load_point()["point"], "current_a": 6.0})
    assert said.outcome is Outcome.ERROR
    assert "Ib is 5 A on this meter" in said.reason


def test_no_reference_energy_is_no_error_of_100_percent(judge: Judge, make_reading: Any) -> None:
    said = judge(readings=[make_reading(0.0)])
    assert said.outcome is Outcome.ERROR
    assert said.measured is None


def test_one_interval_is_no_measurement(judge: Judge, make_reading: Any) -> None:
    assert judge(readings=[make_reading(1.0, n_intervals=1)]).outcome is Outcome.INCONCLUSIVE


def test_scattered_readings_widen_the_uncertainty(judge: Judge, make_reading: Any) -> None:
    scattered = [make_reading(10.05), make_reading(9.95), make_reading(10.0)]
    assert judge(readings=scattered).u95 > 5 * judge().u95


def test_an_expired_standard_is_noted_or_refused(judge: Judge, context_of: Any) -> None:
    expired = {"uncertainty_pct": 0.01, "class_pct": 0.02, "due": "2026-05-03"}
    noted = judge(standard=expired)
    assert noted.outcome is Outcome.PASSED
    assert "was due 2026-05-03" in noted.reason
    strict = context_of(plan={"refuse_expired_standard": True})
    assert judge(strict, standard=expired).outcome is Outcome.ERROR


def waiting(**changes: Any) -> dict[str, Any]:
    return {"waited_s": 120.0, "edges": 0, "reference_energy_wh": 38.3, "pulse_path_proven": True, **changes}


@pytest.mark.parametrize(
    ("no_pulses", "outcome"),
    [
        (waiting(), Outcome.FAILED),
        (waiting(edges=1), Outcome.FAILED),
        (waiting(pulse_path_proven=False), Outcome.INCONCLUSIVE),
        (waiting(reference_energy_wh=0.9), Outcome.INCONCLUSIVE),
        (None, Outcome.INCONCLUSIVE),
    ],
)
def test_a_meter_that_gives_no_pulses(judge: Judge, no_pulses: Any, outcome: Outcome) -> None:
    assert judge(readings=[], no_pulses=no_pulses).outcome is outcome


def test_nothing_observed_is_inconclusive(context_of: Any, judge: Judge) -> None:
    context = context_of()
    requirement = load_point_requirement(
        context.declaration, LoadPoint(id="p", current="Ib", pf="1", load=Load.BALANCED)
    )
    assert load_point([], requirement, context).outcome is Outcome.INCONCLUSIVE


def test_a_requirement_of_another_edition_is_our_mistake(
    observe: Any, context_of: Any, make_load_point: Any
) -> None:
    other = context_of(accuracy={"edition": "2020"})
    requirement = load_point_requirement(
        other.declaration, LoadPoint(id="p", current="Ib", pf="1", load=Load.BALANCED)
    )
    said = load_point([observe("load-point", make_load_point())], requirement, context_of())
    assert said.outcome is Outcome.ERROR


def test_known_errors_are_taken_out_with_their_sign(
    observe: Any, context_of: Any, make_load_point: Any, make_reading: Any
) -> None:
    context = context_of()
    data = make_load_point(
        readings=[make_reading(10.0)] * 5,
        corrections={
            "standard_error_pct": 0.02,
            "transformer_ratio_pct": 0.05,
            "transformer_phase_min": 0.0,
        },
    )
    requirement = load_point_requirement(
        context.declaration, LoadPoint(id="Ib-pf1", current="Ib", pf="1", load=Load.BALANCED)
    )
    said = load_point([observe("load-point", data)], requirement, context)
    assert said.measured == pytest.approx(-0.03)
    assert "corrected by -0.0300 %" in said.reason
