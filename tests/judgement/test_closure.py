"""Energy closure: reference, pulses, register and credit."""

from __future__ import annotations

from typing import Any

import pytest

from bench.judgement.closure import energy_closure
from bench.judgement.requirements import energy_closure_requirement
from bench.record.model import Judgement, Outcome


def closure_data(**changes: Any) -> dict[str, Any]:
    return {
        "reference_energy_wh": 998.0,
        "pulses": 1000,
        "meter_constant_imp_per_kwh": 1000.0,
        "register_before_wh": 500,
        "register_after_wh": 1500,
        "credit_before_wh": 20_000,
        "credit_after_wh": 19_000,
        "register_resolution_wh": 1,
        "credit_resolution_wh": 1,
        **changes,
    }


@pytest.fixture
def judged(observe: Any, context_of: Any) -> Any:
    def make(changes: dict[str, Any], **declaration: Any) -> Judgement:
        return energy_closure(
            [observe("energy-closure", closure_data(**changes))],
            energy_closure_requirement(),
            context_of(**declaration),
        )

    return make


def test_a_conforming_meter_closes(judged: Any) -> None:
    said = judged({})
    assert said.outcome is Outcome.PASSED
    assert said.reason.count("bound") == 6
    assert said.unit == "Wh"


@pytest.mark.parametrize(
    "changes",
    [
        {"register_after_wh": 1501, "credit_after_wh": 19_001},  # truncation, each one its way
        {"credit_after_wh": 19_001},
        {"pulses": 999},
        {"reference_energy_wh": 991.0},  # class 1 allows 0.9 %
        {"credit_before_wh": 15_000, "credit_added_wh": 5000},  # a token in between
    ],
)
def test_resolution_and_class_are_allowed_for(judged: Any, changes: dict[str, Any]) -> None:
    assert judged(changes).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("changes", "pairs"),
    [
        ({"register_after_wh": 600}, ("reference - register", "pulses - register", "register - credit")),
        ({"pulses": 1600}, ("reference - pulses", "pulses - register", "pulses - credit")),
        ({"credit_after_wh": 19_010}, ("pulses - credit", "register - credit")),  # 1 % of the debits lost
        ({"credit_after_wh": 20_000}, ("reference - credit", "register - credit")),
        (
            {"reference_energy_wh": 980.0},
            ("reference - pulses", "reference - register", "reference - credit"),
        ),
    ],
)
def test_a_leak_is_found_and_named(judged: Any, changes: dict[str, Any], pairs: tuple[str, ...]) -> None:
    said = judged(changes)
    assert said.outcome is Outcome.FAILED
    for pair in pairs:
        assert pair in said.reason
    assert abs(said.measured) > said.limit
    assert "provisional" not in said.reason


def test_finer_pulses_do_not_fail_a_register_of_one_watt_hour(judged: Any) -> None:
    """321 pulses of 0.3125 Wh are 100.3 Wh; a truncated register may show 101 and conform."""
    nameplate = {"meter_constant_imp_per_kwh": 3200.0}
    changes = {
        "pulses": 321,
        "meter_constant_imp_per_kwh": 3200.0,
        "register_after_wh": 601,
        "credit_after_wh": 19_900,
        "reference_energy_wh": 100.4,
    }
    assert judged(changes, nameplate=nameplate).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("changes", "declaration", "outcome"),
    [
        ({"reference_energy_wh": 30.0}, {}, Outcome.INCONCLUSIVE),
        ({"pulses": 0}, {}, Outcome.INCONCLUSIVE),
        ({"meter_constant_imp_per_kwh": 3200.0}, {}, Outcome.ERROR),
        ({"credit_after_wh": None}, {}, Outcome.ERROR),
        ({}, {"payment": {"accounting": "currency"}}, Outcome.INAPPLICABLE),
    ],
)
def test_what_cannot_be_judged(
    judged: Any, changes: dict[str, Any], declaration: dict[str, Any], outcome: Outcome
) -> None:
    assert judged(changes, **declaration).outcome is outcome
