"""Reactive energy at the starting current and without current, by registers of 1 varh on a 5(60) A meter of class 2."""

from __future__ import annotations

from typing import Any

import pytest

from bench.judgement.reactive_thresholds import (
    reactive_no_load,
    reactive_no_load_of,
    reactive_no_load_requirement,
    reactive_start,
    reactive_start_requirement,
    reactive_start_window_s,
)
from bench.record.model import Judgement, Outcome

REACTIVE = {"accuracy": {"reactive_class": "2"}}
#: 480e6 / (1000 * 230 V * 60 A) minutes, and three times 3600 / (230 V * 0.025 A) seconds, by hand.
NO_LOAD_S, WINDOW_S = 2086.9565, 1878.2609


def started(observe: Any, context_of: Any, advance: float, **changes: Any) -> Judgement:
    context = context_of(**REACTIVE)
    data = {
        "voltage_v": 230.0,
        "current_a": 0.025,
        "reactive_power_var": 5.75,
        "window_s": 1880.0,
        "register_before_varh": 100.0,
        "register_after_varh": 100.0 + advance,
        "register_resolution_varh": 1.0,
        **changes,
    }
    requirement = reactive_start_requirement(context.declaration)
    return reactive_start([observe("reactive-start", data)], requirement, context)


def stood(observe: Any, context_of: Any, inductive: float, capacitive: float, **changes: Any) -> Judgement:
    context = context_of(**REACTIVE)
    data = {
        "voltage_v": 264.5,
        "duration_s": 2087.0,
        "inductive_varh": [7.0, 7.0 + inductive],
        "capacitive_varh": [3.0, 3.0 + capacitive],
        "register_resolution_varh": 1.0,
        **changes,
    }
    requirement = reactive_no_load_requirement(context.declaration)
    return reactive_no_load([observe("reactive-no-load", data)], requirement, context)


def test_times_and_status_are_those_of_the_rules(context_of: Any) -> None:
    declaration = context_of(**REACTIVE).declaration
    assert reactive_no_load_of(declaration, 1.0).duration_s == pytest.approx(NO_LOAD_S)
    assert reactive_start_window_s(declaration, 1.0) == pytest.approx(WINDOW_S)
    assert reactive_start_window_s(declaration, 0.1) == pytest.approx(WINDOW_S / 10)
    assert reactive_start_requirement(declaration).status == "R"
    assert reactive_no_load_requirement(declaration).status == "R"


@pytest.mark.parametrize(
    ("advance", "changes", "outcome"),
    [
        (3.0, {}, Outcome.PASSED),
        (2.0, {}, Outcome.PASSED),
        (1.0, {}, Outcome.FAILED),
        (0.0, {}, Outcome.FAILED),
        (1.0, {"window_s": 1700.0}, Outcome.INCONCLUSIVE),
        (2.0, {"register_resolution_varh": 2.0, "window_s": 3800.0}, Outcome.FAILED),
        (3.0, {"current_a": 0.03, "reactive_power_var": 6.9}, Outcome.ERROR),
        (3.0, {"voltage_v": 240.0}, Outcome.ERROR),
        (3.0, {"reactive_power_var": 2.9}, Outcome.ERROR),
        (3.0, {"reactive_power_var": -5.75}, Outcome.ERROR),
    ],
)
def test_two_digits_are_needed_at_the_starting_current(
    observe: Any, context_of: Any, advance: float, changes: dict[str, Any], outcome: Outcome
) -> None:
    assert started(observe, context_of, advance, **changes).outcome is outcome


@pytest.mark.parametrize(
    ("inductive", "capacitive", "changes", "outcome"),
    [
        (0.0, 0.0, {}, Outcome.PASSED),
        (1.0, 0.0, {}, Outcome.PASSED),
        (2.0, 0.0, {}, Outcome.FAILED),
        (0.0, 2.0, {}, Outcome.FAILED),
        (2.0, 0.0, {"duration_s": 600.0}, Outcome.FAILED),
        (0.0, 0.0, {"duration_s": 600.0}, Outcome.INCONCLUSIVE),
        (0.0, 0.0, {"voltage_v": 230.0}, Outcome.ERROR),
        (0.0, 0.0, {"inductive_varh": [7.0]}, Outcome.ERROR),
    ],
)
def test_one_digit_is_allowed_without_current(
    observe: Any,
    context_of: Any,
    inductive: float,
    capacitive: float,
    changes: dict[str, Any],
    outcome: Outcome,
) -> None:
    assert stood(observe, context_of, inductive, capacitive, **changes).outcome is outcome


def test_a_meter_without_a_reactive_class_is_not_asked(observe: Any, context_of: Any) -> None:
    context = context_of(accuracy={"reactive_class": ""})
    requirement = reactive_start_requirement(context.declaration)
    for judge, kind in ((reactive_start, "reactive-start"), (reactive_no_load, "reactive-no-load")):
        seen = [observe(kind, {"register_resolution_varh": 1.0})]
        assert judge(seen, requirement, context).outcome is Outcome.INAPPLICABLE
