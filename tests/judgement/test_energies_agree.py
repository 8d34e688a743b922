"""Energy registers against each other: each relation holds, or is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.dlms_requirements import protocol_requirement
from bench.judgement.energies_agree import kind_of
from bench.judgement.registry import Context, judge_by_id
from bench.record.model import Judgement, Observation, Outcome, Topic

DEMAND = protocol_requirement("energies", Topic.REGISTER, "V1")
Judged = Callable[..., Judgement]
IMPORT, EXPORT, ABSOLUTE = "1-0:1.8.0.255", "1-0:2.8.0.255", "1-0:15.8.0.255"
LAGGING, LEADING, APPARENT = "1-0:3.8.0.255", "1-0:4.8.0.255", "1-0:9.8.0.255"
Q1, Q2, Q3, Q4 = (f"1-0:{group}.8.0.255" for group in range(5, 9))
L1, L2, L3 = (f"1-0:{group}.8.0.255" for group in (21, 41, 61))


@pytest.fixture
def judged(observe: Callable[..., Observation], context_of: Callable[..., Context]) -> Judged:
    def over(kind: str, moved: dict[str, float], *, lag_deg: float = 53.0, **changes: Any) -> Judgement:
        load = {
            "name": "load",
            "lag_deg": lag_deg,
            "before": dict.fromkeys(moved, 7.0),
            "after": {obis: 7.0 + value for obis, value in moved.items()},
        }
        units = {"active": 30, "apparent": 31, "reactive": 32}
        data = {
            "kind": kind,
            "units": {obis: units[kind_of(obis)] for obis in moved},
            "resolutions": dict.fromkeys(moved, 1.0),
            "loads": [load],
            **changes,
        }
        return judge_by_id("dlms.energies-agree/1")([observe("energies", data)], DEMAND, context_of())

    return over


@pytest.mark.parametrize(
    ("kind", "moved", "lag_deg", "outcome", "words"),
    [
        ("active", {IMPORT: 300, L1: 100, L2: 100, L3: 100}, 53, Outcome.PASSED, "the phases"),
        ("active", {IMPORT: 300, L1: 99, L2: 99, L3: 99}, 53, Outcome.PASSED, ""),  # each rounded down
        ("active", {IMPORT: 300, L1: 100, L2: 100, L3: 0}, 53, Outcome.FAILED, "the phases moved by 200"),
        ("active", {IMPORT: 300, L1: 100, L2: 100}, 53, Outcome.INAPPLICABLE, "no two registers"),
        ("active", {IMPORT: 300, EXPORT: 0, ABSOLUTE: 300}, 53, Outcome.PASSED, "import and export"),
        ("active", {IMPORT: 300, EXPORT: 0, ABSOLUTE: 600}, 53, Outcome.FAILED, "import and export"),
        ("active", {IMPORT: 300, EXPORT: 1}, 53, Outcome.PASSED, "export"),  # a digit that was due already
        ("active", {IMPORT: 300, EXPORT: 2}, 53, Outcome.FAILED, "1-0:2.8.0.255 moved by 2 under import"),
        ("reactive", {LAGGING: 400, Q1: 400, Q2: 0}, 53, Outcome.PASSED, "quadrants I and II"),
        ("reactive", {LAGGING: 400, Q1: 300, Q2: 0}, 53, Outcome.FAILED, "quadrants I and II moved by 300"),
        ("reactive", {LAGGING: 400, Q1: 0, Q2: 400}, 53, Outcome.FAILED, "stood still"),
        ("reactive", {LEADING: 400, Q3: 0, Q4: 400}, -53, Outcome.PASSED, ""),
        ("reactive", {LEADING: 400, Q3: 400, Q4: 0}, -53, Outcome.FAILED, "the load lies elsewhere"),
        ("reactive", {Q1: 400}, -53, Outcome.FAILED, "the load lies elsewhere"),
        ("reactive", {LAGGING: 400, LEADING: 0}, 53, Outcome.INAPPLICABLE, ""),
        ("apparent", {IMPORT: 300, LAGGING: 400, LEADING: 0, APPARENT: 500}, 53, Outcome.PASSED, ""),
        ("apparent", {IMPORT: 300, LAGGING: 0, LEADING: 400, APPARENT: 515}, -53, Outcome.PASSED, ""),
        (
            "apparent",
            {IMPORT: 300, LAGGING: 400, LEADING: 0, APPARENT: 300},
            53,
            Outcome.FAILED,
            "make 500 VAh",
        ),
        (
            "apparent",
            {IMPORT: 300, LAGGING: 400, LEADING: 0, APPARENT: 700},
            53,
            Outcome.FAILED,
            "moved by 700",
        ),
        ("apparent", {IMPORT: 300, APPARENT: 500}, 53, Outcome.INAPPLICABLE, ""),
    ],
)
def test_each_relation(
    judged: Judged, kind: str, moved: dict[str, float], lag_deg: float, outcome: Outcome, words: str
) -> None:
    found = judged(kind, moved, lag_deg=lag_deg)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def test_a_unit_of_another_quantity_fails(judged: Judged) -> None:
    found = judged("reactive", {LAGGING: 400, Q1: 400, Q2: 0}, units={LAGGING: 30, Q1: 32, Q2: 32})
    assert found.outcome is Outcome.FAILED
    assert "1-0:3.8.0.255 has unit 30, 32 was due" in found.reason


def test_a_load_without_quadrant_is_the_fault_of_the_bench(judged: Judged) -> None:
    assert judged("reactive", {Q1: 400}, lag_deg=0.0).outcome is Outcome.ERROR
    assert judged("reactive", {Q1: 400}, lag_deg=120.0).outcome is Outcome.ERROR
