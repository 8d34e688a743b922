"""No-load, starting current and meter constant."""

from __future__ import annotations

from typing import Any

import pytest

from bench.judgement.meter_constant import meter_constant
from bench.judgement.no_load import no_load
from bench.judgement.requirements import (
    meter_constant_requirement,
    no_load_requirement,
    starting_current_requirement,
)
from bench.judgement.starting_current import starting_current
from bench.record.model import Outcome

#: Worked example: 230 V, 5(60) A, 1000 imp/kWh, class 1, 2003: 43.478 min.
DURATION_S = 43.4783 * 60


def no_load_data(**changes: Any) -> dict[str, Any]:
    return {
        "voltage_v": 264.5,
        "duration_s": DURATION_S,
        "pulses": 0,
        "edge_times_s": [],
        "pulse_path_proven": True,
        "proof_pulses": 3,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Outcome.PASSED),
        ({"pulses": 1, "edge_times_s": [3.0]}, Outcome.PASSED),
        ({"pulses": 2, "edge_times_s": [3.0, 900.0]}, Outcome.FAILED),
        ({"pulses": 2, "edge_times_s": [3.0, 900.0], "duration_s": 901.0}, Outcome.FAILED),  # early stop
        ({"duration_s": 2608.0}, Outcome.INCONCLUSIVE),  # 43.47 min is too short
        ({"pulse_path_proven": False, "proof_pulses": 0}, Outcome.INCONCLUSIVE),
        ({"proof_pulses": 0}, Outcome.INCONCLUSIVE),
        ({"voltage_v": 253.0}, Outcome.ERROR),  # that is 1.1 Un, the voltage of another edition
        ({"pulses": 2, "edge_times_s": [3.0]}, Outcome.ERROR),
        ({"current_a": 0.02}, Outcome.ERROR),
        ({"pulses": None}, Outcome.ERROR),
    ],
)
def test_no_load(observe: Any, context_of: Any, changes: dict[str, Any], outcome: Outcome) -> None:
    context = context_of()
    said = no_load(
        [observe("no-load", no_load_data(**changes))], no_load_requirement(context.declaration), context
    )
    assert said.outcome is outcome


def test_a_creeping_meter_is_told_with_its_pulses(observe: Any, context_of: Any) -> None:
    context = context_of()
    data = no_load_data(pulses=3, edge_times_s=[1.0, 2.0, 3.0])
    said = no_load([observe("no-load", data)], no_load_requirement(context.declaration), context)
    assert (said.measured, said.limit, said.unit) == (3.0, 1.0, "pulses")
    assert "creeps" in said.reason
    assert "provisional" not in said.reason  # two public sources give the rule of class 1


def test_creep_of_class_2_is_provisional(observe: Any, context_of: Any) -> None:
    context = context_of(accuracy={"class": "2"})
    data = no_load_data(pulses=3, edge_times_s=[1.0, 2.0, 3.0])
    said = no_load([observe("no-load", data)], no_load_requirement(context.declaration), context)
    assert said.outcome is Outcome.FAILED
    assert "provisional" in said.reason


def start_data(**changes: Any) -> dict[str, Any]:
    """4.6 W: one pulse every 782.61 s, a window of three."""
    return {
        "voltage_v": 230.0,
        "current_a": 0.02,
        "power_w": 4.6,
        "window_s": 2347.9,
        "edge_times_s": [700.0, 1490.0, 2270.0],
        "pulse_path_proven": True,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Outcome.PASSED),
        ({"edge_times_s": [700.0, 1490.0]}, Outcome.PASSED),
        ({"edge_times_s": [700.0, 1490.0], "window_s": 1500.0}, Outcome.PASSED),  # early stop
        ({"edge_times_s": [700.0, 1490.0], "pulse_path_proven": False}, Outcome.PASSED),
        ({"edge_times_s": [700.0]}, Outcome.FAILED),  # starts but does not go on
        ({"edge_times_s": []}, Outcome.FAILED),
        ({"edge_times_s": [700.0, 2400.0], "window_s": 2500.0}, Outcome.FAILED),  # too late
        ({"edge_times_s": [0.1, 0.2, 0.3, 0.4]}, Outcome.FAILED),  # a burst at power-up is no registration
        ({"edge_times_s": [], "pulse_path_proven": False}, Outcome.INCONCLUSIVE),
        ({"edge_times_s": [], "window_s": 1000.0}, Outcome.INCONCLUSIVE),
        ({"current_a": 0.04, "power_w": 9.2}, Outcome.ERROR),
        ({"power_w": 9.2}, Outcome.ERROR),
        ({"voltage_v": 240.0, "power_w": 4.8}, Outcome.ERROR),
    ],
)
def test_starting_current(observe: Any, context_of: Any, changes: dict[str, Any], outcome: Outcome) -> None:
    context = context_of()
    said = starting_current(
        [observe("starting-current", start_data(**changes))],
        starting_current_requirement(context.declaration),
        context,
    )
    assert said.outcome is outcome


def test_error_at_the_starting_current_is_information(observe: Any, context_of: Any) -> None:
    context = context_of()
    data = start_data(edge_times_s=[0.0, 900.0])  # 13 % slow: no limit there
    said = starting_current(
        [observe("starting-current", data)], starting_current_requirement(context.declaration), context
    )
    assert said.outcome is Outcome.PASSED
    assert "-13.0 %, for information" in said.reason


def constant_data(**changes: Any) -> dict[str, Any]:
    return {
        "pulses": 10_000,
        "meter_constant_imp_per_kwh": 1000.0,
        "register_before_wh": 1500,
        "register_after_wh": 11_500,
        "register_resolution_wh": 1,
        "reference_energy_wh": 9990.0,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "outcome", "word"),
    [
        ({}, Outcome.PASSED, "within the limit"),
        ({"register_after_wh": 11_501}, Outcome.PASSED, "within the limit"),
        ({"pulses": 16_000}, Outcome.FAILED, "the pulses deviate beyond the class"),  # 1600 imp/kWh
        ({"register_after_wh": 2500}, Outcome.FAILED, "the register deviate"),  # a decade low
        ({"register_after_wh": 11_530}, Outcome.FAILED, "beyond the limit"),  # 0.3 %
        ({"pulses": 0}, Outcome.INCONCLUSIVE, "nothing proves"),
        (
            {"pulses": 0, "register_after_wh": 1500, "pulse_path_proven": True},
            Outcome.FAILED,
            "neither register nor pulses moved",
        ),
        ({"meter_constant_imp_per_kwh": 1600.0}, Outcome.ERROR, "declared is 1000"),
        ({"reference_energy_wh": 0.0}, Outcome.ERROR, "not above zero"),
    ],
)
def test_meter_constant(
    observe: Any, context_of: Any, changes: dict[str, Any], outcome: Outcome, word: str
) -> None:
    context = context_of()
    said = meter_constant(
        [observe("meter-constant", constant_data(**changes))],
        meter_constant_requirement(context.declaration),
        context,
    )
    assert said.outcome is outcome
    assert word in said.reason


def test_too_small_a_dose_cannot_pass_clear(observe: Any, context_of: Any) -> None:
    context = context_of()
    data = constant_data(pulses=1000, register_after_wh=2500, reference_energy_wh=1000.0)
    said = meter_constant(
        [observe("meter-constant", data)], meter_constant_requirement(context.declaration), context
    )
    assert said.outcome is Outcome.CONDITIONAL_PASS
    assert (said.limit, said.u95) == (0.1, pytest.approx(0.11547, abs=1e-5))
