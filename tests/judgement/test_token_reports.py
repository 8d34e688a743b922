"""What a meter tells after a token: gateway, credit in several places, limits, and the switch after its test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.registry import Context, judge_by_id
from bench.record.model import Judgement, Kind, Observation, Outcome, Requirement, Topic

REQUIREMENT = Requirement(
    document="IEC 62055-41", edition="2018", clause="x", topic=Topic.TOKEN, kind=Kind.STANDARD, status="V1"
)
STS = {
    "meter_pan": "600727000000000009",
    "supply_group_code": "201457",
    "tariff_index": 1,
    "key_revision_number": 1,
    "key_type": 2,
    "base_date": 2014,
    "result_texts": {"FunctionError": "no such function"},
}
NOON = "07ea050401" + "0c0000ff" + "000000"
LATER = "07ea050401" + "0c0200ff" + "000000"
#: The same wall clock, two hours east of UTC (-120 min), and one that leaves its deviation open (8000).
NOON_EAST = "07ea050401" + "0c0000ff" + "ff88" + "00"
NOON_OPEN = "07ea050401" + "0c0000ff" + "8000" + "00"
#: The same wall clock again, its deviation written with the other sign.
NOON_INVERTED = "07ea050401" + "0c0000ff" + "0078" + "00"
LATER_INVERTED = "07ea050401" + "0c0200ff" + "0078" + "00"
LATER_OPEN = "07ea050401" + "0c0200ff" + "8000" + "00"
Said = Callable[..., Judgement]


@pytest.fixture
def said(context_of: Callable[..., Context], observe: Callable[..., Observation]) -> Said:
    def run(judge: str, data: dict[str, Any]) -> Judgement:
        found = judge_by_id(judge)
        return found([observe("x", data)], REQUIREMENT, context_of(sts=STS))

    return run


def report(**changes: Any) -> dict[str, Any]:
    told = {
        "carrier": "gateway",
        "token_told": True,
        "token_time": NOON,
        "clock": NOON,
        "delivery_method": 1,
        **changes,
    }
    return {"reports": [told]}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"delivery_method": 0},
        {"carrier": "keypad", "delivery_method": 2},
        {"token_told": None, "token_time": "ff" * 12},
        {"token_time": NOON_EAST, "clock": NOON_OPEN},
        {"token_time": NOON_OPEN, "clock": NOON_OPEN},
        {"token_time": NOON_EAST, "clock": NOON_INVERTED},
    ],
)
def test_a_gateway_that_tells_the_last_token_passes(said: Said, changes: dict[str, Any]) -> None:
    assert said("sts.gateway-report/3", report(**changes)).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"token_told": False}, "another token"),
        ({"carrier": "keypad"}, "delivery method is 1, 2 was due"),
        ({"clock": LATER}, "120 s from the clock"),
        ({"token_time": NOON_EAST, "clock": LATER_OPEN}, "120 s from the clock"),
        ({"clock": NOON_EAST}, "7200 s from the clock"),
        ({"token_time": NOON_EAST, "clock": LATER_INVERTED}, "120 s from the clock"),
    ],
)
def test_a_gateway_that_tells_another_token_fails(said: Said, changes: dict[str, Any], words: str) -> None:
    found = said("sts.gateway-report/3", report(**changes))
    assert found.outcome is Outcome.FAILED
    assert words in found.reason


def test_a_gateway_that_tells_nothing_is_not_judged(said: Said) -> None:
    silent = report(token_told=None, token_time=None, delivery_method=None)
    assert said("sts.gateway-report/3", silent).outcome is Outcome.INCONCLUSIVE


def look(credit_wh: float, display: str, available_wh: float | None = None) -> dict[str, Any]:
    return {"credit_wh": credit_wh, "resolution_wh": 1.0, "display": display, "available_wh": available_wh}


@pytest.mark.parametrize(
    ("looks", "outcome"),
    [
        ([look(10_000, "CREDIT 10.00 kWh"), look(12_900, "CREDIT 12.90 kWh")], Outcome.PASSED),
        # a display of whole kWh, and one that shows something else
        ([look(10_000, "10"), look(12_900, "12")], Outcome.PASSED),
        ([look(10_000, "12:30"), look(12_900, "12:31")], Outcome.INCONCLUSIVE),
        ([look(10_000, "CREDIT 10.00 kWh"), look(12_900, "CREDIT 10.00 kWh")], Outcome.FAILED),
        ([look(10_000, "", 10_000), look(12_900, "", 10_000)], Outcome.FAILED),
        ([look(-5, "", 0), look(2_895, "", 2_895)], Outcome.PASSED),
    ],
)
def test_the_credit_is_told_alike_everywhere(
    said: Said, looks: list[dict[str, Any]], outcome: Outcome
) -> None:
    assert said("sts.credit-told/1", {"looks": looks}).outcome is outcome


def limit(limit_w: int, after: str) -> dict[str, Any]:
    return {"looks": [{"limit_w": limit_w, "before": "CREDIT 10.00 kWh", "after": after}]}


@pytest.mark.parametrize(
    ("limit_w", "after", "outcome"),
    [
        (256, "MPL 256 W", Outcome.PASSED),
        (20_000, "LIMIT 20.0 kW", Outcome.PASSED),
        (180_223, "MPL 180224 W", Outcome.PASSED),
        (20_000, "MPL 2000 W", Outcome.FAILED),
        (256, "CREDIT 10.00 kWh", Outcome.FAILED),
        (256, "no such function", Outcome.INCONCLUSIVE),
        (10, "CREDIT 10.00 kWh", Outcome.INCONCLUSIVE),  # a number that stood there before says nothing
        (10, "LIMIT 10 W", Outcome.PASSED),
    ],
)
def test_limits_are_shown_as_set(said: Said, limit_w: int, after: str, outcome: Outcome) -> None:
    assert said("sts.limits-shown/2", limit(limit_w, after)).outcome is outcome


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [(True, True, Outcome.PASSED), (False, False, Outcome.PASSED), (True, False, Outcome.FAILED),
     (False, True, Outcome.FAILED)],
)  # fmt: skip
def test_the_switch_is_as_it_was_before_its_test(
    said: Said, before: bool, after: bool, outcome: Outcome
) -> None:
    trial = {"state": "closed", "live_before": before, "moved": True, "live_after": after}
    assert said("sts.switch-test/1", {"trials": [trial]}).outcome is outcome
