"""Power cuts, key changes, key parameters, power limits: what passes, what fails, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bench.judgement.registry import Context, judge_by_id
from bench.record.model import Judgement, Kind, Observation, Outcome, Requirement, Topic

STS = {
    "meter_pan": "600727000000000009",
    "supply_group_code": "201457",
    "tariff_index": 1,
    "key_revision_number": 1,
    "key_type": 2,
    "base_date": 2014,
    "supports": ["key-change-2", "key-expiry"],
}
REQUIREMENT = Requirement(
    document="IEC 62055-41",
    edition="2018",
    clause="7.3.7",
    topic=Topic.KEY_CHANGE,
    kind=Kind.STANDARD,
    status="V1",
)

Decide = Callable[..., Judgement]


@pytest.fixture
def decide(context_of: Callable[..., Context], observe: Callable[..., Observation]) -> Decide:
    def run(judge: str, *seen: Mapping[str, Any]) -> Judgement:
        observations = [observe(judge, data) for data in seen]
        return judge_by_id(judge)(observations, REQUIREMENT, context_of(sts=dict(STS)))

    return run


def trial(first_wh: float, total_wh: float) -> dict[str, Any]:
    return {
        "token": {"least_units": 3},
        "cut_after_s": 0.01,
        "before_wh": 500.0,
        "credit_resolution_wh": 1.0,
        "after_cut_wh": 500.0 + first_wh,
        "after_again_wh": 500.0 + total_wh,
    }


@pytest.mark.parametrize(
    ("first_wh", "total_wh", "outcome", "words"),
    [
        (300.0, 300.0, Outcome.PASSED, "1 tokens were credited before"),
        (0.0, 300.0, Outcome.PASSED, "none was lost"),
        (0.0, 0.0, Outcome.FAILED, "is lost"),
        (300.0, 600.0, Outcome.FAILED, "600 Wh in all"),
        (150.0, 300.0, Outcome.FAILED, "changed by 150 Wh"),
    ],
)
def test_a_power_cut_gives_the_credit_once(
    decide: Decide, first_wh: float, total_wh: float, outcome: Outcome, words: str
) -> None:
    judgement = decide("sts.token-power-cut/1", {"trials": [trial(first_wh, total_wh)]})
    assert judgement.outcome is outcome
    assert words in judgement.reason


@pytest.mark.parametrize(
    ("entered", "held", "outcome"),
    [
        ("a whole set", "new", Outcome.PASSED),
        ("a whole set", "old", Outcome.FAILED),
        ("sections of two sets", "old", Outcome.PASSED),
        ("sections of two sets", "new", Outcome.PASSED),
        ("sections of two sets", "neither", Outcome.FAILED),
        ("a set to a forbidden key type", "new", Outcome.FAILED),
        ("a set that takes longer than the declared time", "new", Outcome.FAILED),
        ("something else", "new", Outcome.ERROR),
    ],
)
def test_the_key_a_meter_may_hold(decide: Decide, entered: str, held: str, outcome: Outcome) -> None:
    assert decide("sts.key-held/1", {"entered": entered, "held": held}).outcome is outcome


EXPECTED = {
    "supply_group_code": 201457,
    "tariff_index": 2,
    "key_revision_number": 1,
    "key_type": 2,
    "key_expiry_number": 255,
}


def test_parameters_told_as_they_are_pass(decide: Decide) -> None:
    assert decide("sts.key-parameters/2", {"expected": EXPECTED, "told": EXPECTED}).outcome is Outcome.PASSED


def test_an_old_tariff_index_after_the_change_fails(decide: Decide) -> None:
    judgement = decide(
        "sts.key-parameters/2", {"expected": EXPECTED, "told": {**EXPECTED, "tariff_index": 1}}
    )
    assert judgement.outcome is Outcome.FAILED
    assert "tariff index 2 was due, the object says 1" in judgement.reason


def test_a_set_of_two_may_leave_no_supply_group(decide: Decide) -> None:
    told = {**EXPECTED, "supply_group_code": 0}
    seen = {"expected": EXPECTED, "told": told}
    assert decide("sts.key-parameters/2", {**seen, "supply_group_unknown": True}).outcome is Outcome.PASSED
    assert decide("sts.key-parameters/2", seen).outcome is Outcome.FAILED


def test_the_display_shows_the_number_that_was_not_there_before(decide: Decide) -> None:
    def shown(after: str) -> Mapping[str, Any]:
        return {"tariff_index": {"before": "2.00 kWh", "after": after}}

    good = decide("sts.key-parameters/2", {"expected": EXPECTED, "shown": shown("2.00 kWh TI 02")})
    stale = decide("sts.key-parameters/2", {"expected": EXPECTED, "shown": shown("2.00 kWh TI 01")})
    assert (good.outcome, stale.outcome) == (Outcome.PASSED, Outcome.FAILED)


def test_a_meter_that_tells_nothing_is_undecided(decide: Decide) -> None:
    assert decide("sts.key-parameters/2", {"expected": EXPECTED}).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("below_live", "above_live", "above_w", "outcome"),
    [
        (True, False, 6000.0, Outcome.PASSED),
        (True, True, 6000.0, Outcome.FAILED),
        (False, False, 6000.0, Outcome.FAILED),
        (True, True, 5100.0, Outcome.INCONCLUSIVE),
    ],
)
def test_a_power_limit_acts_between_the_two_loads(
    decide: Decide, below_live: bool, above_live: bool, above_w: float, outcome: Outcome
) -> None:
    seen = {
        "limit_w": 5000,
        "below": {"power_w": 4000.0, "waited_s": 15.0, "load_side_live": below_live},
        "above": {"power_w": above_w, "waited_s": 15.0, "load_side_live": above_live},
    }
    assert decide("sts.power-limit/2", seen).outcome is outcome


@pytest.mark.parametrize(
    ("before", "tampered", "cleared", "outcome"),
    [
        (True, False, True, Outcome.PASSED),
        (True, False, False, Outcome.FAILED),
        (True, True, True, Outcome.INCONCLUSIVE),
        (False, False, True, Outcome.INCONCLUSIVE),
    ],
)
def test_a_tamper_condition_blocks_the_supply_until_its_token(
    decide: Decide, before: bool, tampered: bool, cleared: bool, outcome: Outcome
) -> None:
    seen = {"live_before": before, "live_tampered": tampered, "live_cleared": cleared}
    assert decide("sts.tamper-cleared/1", seen).outcome is outcome


@pytest.mark.parametrize(
    ("index", "value", "after", "outcome"),
    [
        (0, 123, "12.5 kWh VALUE 0: 123", Outcome.PASSED),
        (0, 123, "12.5 kWh VALUE 0: 291", Outcome.FAILED),
        (62, 1023, "12.5 kWh VALUE 62: 255", Outcome.FAILED),
        (63, 1, "12.5 kWh FLAG 0: 1", Outcome.PASSED),
        (63, 0, "12.5 kWh FLAG 0: 1", Outcome.FAILED),
        (0, 123, "12.5 kWh no such function", Outcome.INCONCLUSIVE),
        (0, 5, "VALUE 0: 5", Outcome.INCONCLUSIVE),  # the 5 stood there before
        (0, 12, "12.5 kWh", Outcome.INCONCLUSIVE),
        (0, 13, "12.5 kWh", Outcome.FAILED),
    ],
)
def test_a_value_of_the_extended_set_is_shown_as_written(
    context_of: Callable[..., Context],
    observe: Callable[..., Observation],
    index: int,
    value: int,
    after: str,
    outcome: Outcome,
) -> None:
    look = {"index": index, "value": value, "before": "12.5 kWh", "after": after}
    seen = observe("extended-values", {"looks": [look]})
    context = context_of(sts={**STS, "result_texts": {"FunctionError": "no such function"}})
    assert judge_by_id("sts.extended-values/2")([seen], REQUIREMENT, context).outcome is outcome
