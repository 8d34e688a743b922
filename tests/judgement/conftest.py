from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bench.judgement.plan_rules import PlanRules
from bench.judgement.registry import Context
from bench.metrology.decision import DecisionRule
from bench.record.declaration import Declaration
from bench.record.model import Observation

Observe = Callable[..., Observation]
UTC = "2026-05-04T10:00:00+00:00"


def declared(**changes: Mapping[str, Any]) -> dict[str, Any]:
    """A 5(60) A class 1 meter; ``changes`` by section."""
    base: dict[str, Any] = {
        "identity": {"manufacturer": "Example", "flag_id": "MBX", "type": "DDS722", "serial_number": "1"},
        "nameplate": {
            "connection": "direct",
            "elements": 1,
            "voltage_v": 230.0,
            "basic_current_a": 5.0,
            "maximum_current_a": 60.0,
            "frequency_hz": 50.0,
            "meter_constant_imp_per_kwh": 1000.0,
        },
        "accuracy": {"standard": "IEC 62053-21", "edition": "2003+A1:2016", "class": "1"},
        "payment": {"mode": "prepayment", "accounting": "kwh", "credit_resolution_wh": 1},
    }
    for section, values in changes.items():
        base[section] = {**base.get(section, {}), **values}
    return base


def load_point_data(**changes: Any) -> dict[str, Any]:
    """Ten intervals at Ib: 10 Wh by the meter; a standard that saw 9.99 Wh says +0.1 %."""
    base: dict[str, Any] = {
        "point": {
            "id": "Ib-pf1",
            "current": "Ib",
            "current_a": 5.0,
            "voltage_v": 230.0,
            "frequency_hz": 50.0,
            "pf": "1",
            "lag_deg": 0.0,
            "load": "balanced",
        },
        "method": "error-calculator",
        "meter_constant_imp_per_kwh": 1000.0,
        "readings": [reading(9.99), reading(9.99), reading(9.99)],
        "standard": {"uncertainty_pct": 0.01, "class_pct": 0.02, "due": "2027-01-31"},
        "conditions": {"voltage_v": 230.1, "frequency_hz": 50.0, "temperature_c": 23.4, "current_a": 5.001},
    }
    return {**base, **changes}


def reading(energy_wh: float, **changes: Any) -> dict[str, Any]:
    return {
        "n_intervals": 10,
        "reference_energy_wh": energy_wh,
        "duration_s": 31.3,
        "reference_constant_imp_per_kwh": 160_000_000.0,
        "instrument_error_pct": None,
        **changes,
    }


@pytest.fixture
def observe() -> Observe:
    def make(kind: str, data: Mapping[str, Any]) -> Observation:
        return Observation(
            id="O1", case=f"accuracy/{kind}", position="1", kind=kind, time_s=1.0, utc=UTC, data=data
        )

    return make


@pytest.fixture
def context_of() -> Callable[..., Context]:
    def make(
        rule: DecisionRule = DecisionRule.FOUR_WAY, plan: Mapping[str, Any] | None = None, **changes: Any
    ) -> Context:
        return Context(
            declaration=Declaration.from_json(declared(**changes)),
            plan=PlanRules(decision_rule=rule, **(plan or {})),
        )

    return make


@pytest.fixture
def make_load_point() -> Callable[..., dict[str, Any]]:
    return load_point_data


@pytest.fixture
def make_reading() -> Callable[..., dict[str, Any]]:
    return reading


@pytest.fixture
def make_declaration() -> Callable[..., dict[str, Any]]:
    return declared
