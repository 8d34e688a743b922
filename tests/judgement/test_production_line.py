"""The short tests at the end of a production line."""

from __future__ import annotations

from typing import Any

import pytest

from bench.judgement.production_line import (
    identity,
    line_requirement,
    no_load_equivalence,
    relay,
    tokens,
)
from bench.record.model import Outcome, Topic

REQUIREMENT = line_requirement("any", Topic.SUPPLY)


def look(*, live: bool, said: bool | None = None) -> dict[str, Any]:
    state = live if said is None else said
    return {"load_side_live": live, "supply": {"output_state": state, "control_state": 1, "control_mode": 4}}


@pytest.mark.parametrize(
    ("opened", "closed", "outcome"),
    [
        (look(live=False), look(live=True), Outcome.PASSED),
        (look(live=True), look(live=True), Outcome.FAILED),  # welded
        (look(live=False), look(live=False), Outcome.FAILED),
        (look(live=False, said=True), look(live=True), Outcome.FAILED),  # says what is not
    ],
)
def test_relay(observe: Any, context_of: Any, opened: Any, closed: Any, outcome: Outcome) -> None:
    seen = [observe("line-relay", {"opened": opened, "closed": closed})]
    assert relay(seen, REQUIREMENT, context_of()).outcome is outcome


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Outcome.PASSED),
        ({"serial_number": "2"}, Outcome.FAILED),
        ({"meter_constant_imp_per_kwh": 1600.0}, Outcome.FAILED),
        ({"serial_number": None, "meter_constant_imp_per_kwh": None}, Outcome.INCONCLUSIVE),
    ],
)
def test_identity(observe: Any, context_of: Any, changes: dict[str, Any], outcome: Outcome) -> None:
    data = {
        "logical_device_name": None,
        "serial_number": "1",
        "meter_constant_imp_per_kwh": 1000.0,
        **changes,
    }
    assert identity([observe("line-identity", data)], REQUIREMENT, context_of()).outcome is outcome


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Outcome.PASSED),
        ({"pulses": 2}, Outcome.FAILED),
        ({"active_power_w": 4.0}, Outcome.FAILED),
        ({"active_power_w": None}, Outcome.PASSED),
        ({"pulse_path_proven": False}, Outcome.INCONCLUSIVE),
        ({"duration_s": 20.0}, Outcome.INCONCLUSIVE),
        ({"voltage_v": 230.0}, Outcome.ERROR),
    ],
)
def test_no_load_equivalence(
    observe: Any, context_of: Any, changes: dict[str, Any], outcome: Outcome
) -> None:
    data = {
        "voltage_v": 264.6,
        "duration_s": 45.0,
        "pulses": 0,
        "active_power_w": 0.0,
        "pulse_path_proven": True,
        **changes,
    }
    assert no_load_equivalence([observe("line-no-load", data)], REQUIREMENT, context_of()).outcome is outcome


def entry(gained_wh: float, *, good: bool, drawn_wh: float = 0.0) -> dict[str, Any]:
    return {
        "what": "token",
        "good": good,
        "amount_wh": 500.0,
        "credit_before_wh": 1000.0,
        "credit_after_wh": 1000.0 + gained_wh,
        "drawn_wh": drawn_wh,
        "action_result": "success",
        "status_code": 1,
    }


@pytest.mark.parametrize(
    ("entries", "outcome"),
    [
        ([entry(500, good=True), entry(0, good=False)], Outcome.PASSED),
        ([entry(497, good=True, drawn_wh=2.0)], Outcome.PASSED),  # used up while it was entered
        ([entry(497, good=True)], Outcome.FAILED),
        ([entry(500, good=False)], Outcome.FAILED),  # taken twice
        ([entry(0, good=True)], Outcome.FAILED),
    ],
)
def test_tokens(observe: Any, context_of: Any, entries: Any, outcome: Outcome) -> None:
    seen = [observe("line-tokens", {"entries": entries, "credit_resolution_wh": 1.0})]
    assert tokens(seen, REQUIREMENT, context_of()).outcome is outcome
