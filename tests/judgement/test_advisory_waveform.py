"""A waveform beyond the type tests advises; it never counts against the meter."""

from __future__ import annotations

from typing import Any

import pytest

from bench.judgement.advisory_waveform import advisory, advisory_requirement
from bench.record.model import Kind, Outcome
from bench.standards.advisory_waveforms import advisory_waveform


@pytest.mark.parametrize(("error_pct", "outcome"), [(0.1, Outcome.PASSED), (220.0, Outcome.FAILED)])
def test_the_change_under_pulses(
    observe: Any,
    context_of: Any,
    make_load_point: Any,
    make_reading: Any,
    error_pct: float,
    outcome: Outcome,
) -> None:
    requirement = advisory_requirement(advisory_waveform("pulsed"))
    conditions = {"voltage_v": 230.0, "frequency_hz": 50.0}
    data = {
        "name": "pulsed",
        "baseline": make_load_point(readings=[make_reading(10.0)] * 5, conditions=conditions),
        "disturbed": make_load_point(
            readings=[make_reading(10 / (1 + error_pct / 100))] * 5, conditions=conditions
        ),
    }
    said = advisory([observe("advisory-waveform", data)], requirement, context_of())
    assert said.outcome is outcome
    assert said.limit == 3.0
    assert requirement.kind is Kind.ADVISORY
