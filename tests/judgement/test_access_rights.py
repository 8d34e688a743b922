"""Access rights of an object list are read as the version of its association means them: modes or bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.access_rights import are_bits, invocable, protected, readable, writable
from bench.judgement.dlms_requirements import object_requirement
from bench.judgement.plan_rules import PlanRules
from bench.judgement.registry import Context, judge_by_id
from bench.metrology.decision import DecisionRule
from bench.record.declaration import Declaration
from bench.record.model import Observation, Outcome

KEYS = {"authentication_key": "ak", "encryption_key": "ek"}
DEMAND = object_requirement("COSEM_class_version")


def row(access: int, *, in_bits: bool, value: str | None = "1105", result: Any = None) -> dict[str, Any]:
    own = {"class_id": 1, "version": 0, "obis": "0-0:96.1.0.255", "attribute": 2, "access": access}
    return {**own, "in_bits": in_bits, "value": value, "result": result}


@pytest.mark.parametrize(
    ("access", "in_bits", "reads", "writes", "bare"),
    [
        (0, False, False, False, True),
        (1, False, True, False, True),
        (2, False, False, True, True),
        (3, False, True, True, True),
        (4, False, True, False, False),
        (5, False, False, True, False),
        (6, False, True, True, False),
        (0x00, True, False, False, True),
        (0x02, True, False, True, True),
        (0x03, True, True, True, True),
        (0x04, True, False, False, False),  # bits alone grant nothing
        (0x05, True, True, False, False),
        (0x61, True, True, False, True),  # only the response is protected
        (0x0F, True, True, True, False),
    ],
)
def test_a_mode_and_a_mask_of_bits(access: int, in_bits: bool, reads: bool, writes: bool, bare: bool) -> None:
    right = row(access, in_bits=in_bits)
    assert (readable(right), writable(right), protected(right)) == (reads, writes, not bare)


@pytest.mark.parametrize(
    ("access", "in_bits", "allowed"),
    [
        (0, False, False),
        (1, False, True),
        (2, False, True),
        (0x00, True, False),
        (0x01, True, True),
        (0x04, True, False),
    ],
)
def test_a_method_is_allowed_by_mode_or_by_bit(*, access: int, in_bits: bool, allowed: bool) -> None:
    assert invocable(row(access, in_bits=in_bits)) is allowed


def association(version: int, obis: str = "0-0:40.0.0.255") -> dict[str, Any]:
    return {"class_id": 15, "version": version, "obis": obis}


def test_the_version_of_the_current_association_decides() -> None:
    assert are_bits([association(3)])
    assert not are_bits([association(2)])
    assert not are_bits([association(2), association(3, "0-0:40.0.1.255")])
    assert are_bits([association(3, "0-0:40.0.1.255")])
    assert not are_bits([])


@pytest.mark.parametrize(
    ("right", "association", "outcome"),
    [
        (row(0x0D, in_bits=True), "management", Outcome.PASSED),
        (row(0x0D, in_bits=True, value=None, result=3), "management", Outcome.FAILED),
        (row(0x0D, in_bits=True, value=None, result=3), "reader", Outcome.PASSED),  # it cannot protect
        (row(0x01, in_bits=True, value=None, result=3), "reader", Outcome.FAILED),
        (row(0x04, in_bits=True), "reader", Outcome.FAILED),  # shown without the bit for reading
        (row(4, in_bits=False, value=None, result=3), "reader", Outcome.PASSED),
    ],
)
def test_what_is_listed_is_what_the_meter_does(
    observe: Callable[..., Observation],
    make_declaration: Callable[..., dict[str, Any]],
    right: dict[str, Any],
    association: str,
    outcome: Outcome,
) -> None:
    seen = observe("attributes", {"association": association, "attributes": [right]})
    declared = Declaration.from_json(
        {
            **make_declaration(),
            "association": [
                {"name": "reader", "client_sap": 17},
                {"name": "management", "client_sap": 1, "context": "ln-ciphered", **KEYS},
            ],
            "security": {"system_title": "4D42580000000001"},
        }
    )
    context = Context(declaration=declared, plan=PlanRules(decision_rule=DecisionRule.FOUR_WAY))
    assert judge_by_id("dlms.rights-listed/3")([seen], DEMAND, context).outcome is outcome
