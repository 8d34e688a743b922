"""Counting after the supply came back, the register over a long dose and over dips, and wires that are exchanged."""

from __future__ import annotations

from typing import Any

import pytest

from bench.judgement.meter_constant import shown_constant
from bench.judgement.register_range import register_range, supply_dips
from bench.judgement.requirements import (
    shown_constant_requirement,
    start_up_requirement,
)
from bench.judgement.start_up import start_up
from bench.record.model import Outcome

#: 13.8 kW at 1000 imp/kWh: 3.833 pulses a second; 57.5 in 15 s, one fraction and 1 % more: 59.
STARTED = {
    "power_w": 13_800.0,
    "pulses_at_s": 5.7,
    "pulses_then": 19,
    "window_s": 15.0,
    "pulses": 55,
    "pulses_without_current": 0,
    "pulse_path_proven": True,
}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Outcome.PASSED),
        ({"pulses_then": 0}, Outcome.FAILED),
        ({"pulses_without_current": 1}, Outcome.PASSED),
        ({"pulses_without_current": 3}, Outcome.FAILED),
        ({"pulses": 59}, Outcome.PASSED),
        ({"pulses": 60}, Outcome.FAILED),
        (
            {"pulses": 110, "pulse_period_s": 0.135},
            Outcome.PASSED,
        ),  # it always counts twice: an error, no burst
        ({"pulses": 120, "pulse_period_s": 0.135}, Outcome.FAILED),
        ({"pulse_path_proven": False}, Outcome.INCONCLUSIVE),
        ({"pulses_at_s": 5.4}, Outcome.ERROR),  # 5 s and two pulse times are 5.52 s
    ],
)
def test_start_up(observe: Any, context_of: Any, changes: dict[str, Any], outcome: Outcome) -> None:
    context = context_of()
    seen = [observe("start-up", {**STARTED, **changes})]
    assert start_up(seen, start_up_requirement(context.declaration), context).outcome is outcome


@pytest.mark.parametrize(
    ("after", "energy", "outcome"),
    [
        (66_300.0, 66_200.0, Outcome.PASSED),
        (66_300.0 - 65_536.0, 66_200.0, Outcome.FAILED),
        (6_630.0, 66_200.0, Outcome.FAILED),
        (1000.0, 1000.0, Outcome.INCONCLUSIVE),
    ],
)
def test_register_range(observe: Any, context_of: Any, after: float, energy: float, outcome: Outcome) -> None:
    context = context_of()
    data = {
        "register_before_wh": 0.0,
        "register_after_wh": after,
        "register_resolution_wh": 1.0,
        "reference_energy_wh": energy,
    }
    seen = [observe("register-range", data)]
    assert register_range(seen, start_up_requirement(context.declaration), context).outcome is outcome


@pytest.mark.parametrize(
    ("change", "outcome"), [(0.0, Outcome.PASSED), (14.0, Outcome.PASSED), (15.0, Outcome.FAILED)]
)
def test_dips_below_the_critical_change_value(
    observe: Any, context_of: Any, change: float, outcome: Outcome
) -> None:
    # 1e-6 * 1 * 230 V * 60 A kWh = 13.8 Wh, and the last digit
    context = context_of()
    data = {"register_before_wh": 100.0, "register_after_wh": 100.0 + change, "register_resolution_wh": 1.0}
    seen = [observe("supply-dips", data)]
    assert supply_dips(seen, start_up_requirement(context.declaration), context).outcome is outcome


@pytest.mark.parametrize(
    ("after", "pulses", "outcome"),
    [
        (66_200.0, 66_210, Outcome.PASSED),
        (67_300.0, 67_310, Outcome.PASSED),  # +1.7 % in both: an error of the meter, not of its register
        (66_200.0, 105_900, Outcome.PASSED),  # the LED alone is wrong
        (65_000.0, 66_200, Outcome.FAILED),  # the register loses what the pulses counted
        (664.0, 66_200, Outcome.FAILED),
    ],
)
def test_register_range_beside_pulses(
    observe: Any, context_of: Any, after: float, pulses: int, outcome: Outcome
) -> None:
    context = context_of()
    data = {
        "register_before_wh": 0.0,
        "register_after_wh": after,
        "register_resolution_wh": 1.0,
        "reference_energy_wh": 66_200.0,
        "pulses": pulses,
        "meter_constant_imp_per_kwh": 1000.0,
    }
    requirement = start_up_requirement(context.declaration)
    assert register_range([observe("register-range", data)], requirement, context).outcome is outcome


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [(1000.0, Outcome.PASSED), (1600.0, Outcome.FAILED), (None, Outcome.INAPPLICABLE)],
)
def test_the_constant_that_the_meter_shows(
    observe: Any, context_of: Any, shown: float | None, outcome: Outcome
) -> None:
    context = context_of()
    seen = [observe("shown-constant", {"meter_constant_imp_per_kwh": shown})]
    requirement = shown_constant_requirement(context.declaration)
    assert shown_constant(seen, requirement, context).outcome is outcome
