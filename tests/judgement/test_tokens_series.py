"""A series of tokens: accepted, refused, undecided; every reading counts, and the reason says which token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bench.judgement.registry import Context, judge_by_id
from bench.judgement.token_situations import SITUATIONS, STATUS_CODES, amount_due_wh
from bench.record.model import Judgement, Kind, Observation, Outcome, Requirement, Topic
from tests.judgement.told import token_entry

STS = {
    "meter_pan": "600727000000000009",
    "supply_group_code": "201457",
    "tariff_index": 1,
    "key_revision_number": 1,
    "key_type": 2,
    "base_date": 2014,
    "carriers": ["keypad", "gateway"],
    "supports": ["credit-kwh", "key-expiry"],
    "result_codes": {"Accept": 1, "FunctionError": 8, "OldError": 9, "UsedError": 10, "CRCError": 13},
    "result_texts": {"Accept": "OK", "UsedError": "Used", "CRCError": "Err", "OldError": "Err Old"},
}
REQUIREMENT = Requirement(
    document="IEC 62055-41",
    edition="2018",
    clause="7.3.7",
    topic=Topic.TOKEN,
    kind=Kind.STANDARD,
    status="V1",
)

Decide = Callable[..., Judgement]


GOOD = token_entry("good credit", 2900.0, status_code=3, data_value="00000001")
USED = token_entry("used", status_code=6, data_value="00001010")


@pytest.fixture
def decide(context_of: Callable[..., Context], observe: Callable[..., Observation]) -> Decide:
    def run(*entries: Mapping[str, Any], sts: Mapping[str, Any] = STS) -> Judgement:
        seen = observe("token-series", {"entries": list(entries)})
        return judge_by_id("sts.token-series/1")([seen], REQUIREMENT, context_of(sts=dict(sts)))

    return run


def test_a_good_series_passes_and_says_what_came(decide: Decide) -> None:
    judgement = decide(GOOD, USED)
    assert judgement.outcome is Outcome.PASSED
    assert "UsedError" in judgement.reason
    assert "Accept" in judgement.reason


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (token_entry("good credit", 2899.0, status_code=3), "2900 Wh was due"),
        (token_entry("good credit", 0.0, status_code=6), "2900 Wh was due"),
        (token_entry("good credit", 2900.0, status_code=5), "Accept was due"),
        (token_entry("used", 2900.0, status_code=3), "changed the credit by 2900 Wh"),
        (token_entry("used", status_code=3), "UsedError was due"),
        (token_entry("used", status_code=5, data_value="00001101"), "CRCError"),
        (token_entry("old", status_code=6, data_value="00001010"), "OldError was due"),
        (token_entry("not authentic", status_code=7, data_value="00001000"), "CRCError was due"),
        (token_entry("clears the credit", -900.0, status_code=3), "100 Wh is left"),
        (token_entry("largest amount", status_code=3), "said executed"),
        (token_entry("other commodity", 2900.0, status_code=3), "changed the credit"),
    ],
)
def test_a_fault_is_found_and_told(decide: Decide, wrong: Mapping[str, Any], words: str) -> None:
    judgement = decide(GOOD, wrong)
    assert judgement.outcome is Outcome.FAILED
    assert "token 2 of 2" in judgement.reason
    assert words in judgement.reason


def test_each_of_several_legal_results_passes(decide: Decide) -> None:
    for code in (4, 7):
        assert decide(token_entry("other commodity", status_code=code)).outcome is Outcome.PASSED
    small_register = token_entry("largest amount", status_code=7)
    assert decide(small_register).outcome is Outcome.PASSED


def test_a_refused_method_call_is_a_refusal(decide: Decide) -> None:
    refused = token_entry("used", status_code=8, action_result="other-reason")
    assert decide(refused).outcome is Outcome.PASSED
    assert decide(token_entry("used", status_code=3, action_result="other-reason")).outcome is Outcome.FAILED


def test_the_display_is_read_by_its_declared_words(decide: Decide) -> None:
    def keyed(situation: str, display: str) -> dict[str, Any]:
        return token_entry(situation, carrier="keypad", display=display, action_result=None)

    assert decide(keyed("used", "12.5 kWh Used")).outcome is Outcome.PASSED
    assert decide(keyed("used", "12.5 kWh Err")).outcome is Outcome.FAILED
    # the longest words win where one stands in another
    assert decide(keyed("old", "Err Old")).outcome is Outcome.PASSED
    assert decide(keyed("not authentic", "Err Old")).outcome is Outcome.FAILED
    assert decide(keyed("used", "12.5 kWh")).outcome is Outcome.PASSED


def test_a_meter_without_readable_credit_is_judged_by_its_results(decide: Decide) -> None:
    blind = {**USED, "credit_before_wh": None, "credit_after_wh": None}
    assert decide(blind).outcome is Outcome.PASSED
    assert decide({**blind, "status_code": 3, "data_value": ""}).outcome is Outcome.FAILED


def test_a_lone_accept_that_nobody_can_explain_is_undecided(decide: Decide) -> None:
    hit = token_entry("not authentic", 2900.0, status_code=3, explained=None)
    assert decide(GOOD, hit).outcome is Outcome.INCONCLUSIVE
    assert decide(GOOD, hit, hit).outcome is Outcome.FAILED
    assert decide(GOOD, {**hit, "explained": False}).outcome is Outcome.FAILED
    # a wrong code without any effect is no chance hit
    assert decide(token_entry("not authentic", status_code=6, explained=None)).outcome is Outcome.FAILED


def test_a_situation_that_is_not_in_the_table_is_our_fault(decide: Decide) -> None:
    assert decide(token_entry("on a Sunday", status_code=3)).outcome is Outcome.ERROR
    assert decide().outcome is Outcome.INCONCLUSIVE


def test_amounts_due_are_those_of_the_published_vectors() -> None:
    assert amount_due_wh(1) == 100
    assert amount_due_wh(16_385) == 1_639_400
    assert amount_due_wh(180_223) == 18_022_400
    assert amount_due_wh(18_201_624) == 1_820_162_400
    assert amount_due_wh(20_000) is None


def test_every_result_of_every_situation_has_a_status_code() -> None:
    for situation in SITUATIONS.values():
        assert situation.results <= STATUS_CODES.keys()


def money(situation: str, gained: float, least_units: int, **changes: Any) -> dict[str, Any]:
    """An entry at a meter that counts hundredths of a currency."""
    made = token_entry(situation, token={"kind": "TransferCurrency", "least_units": least_units}, **changes)
    made = {name: value for name, value in made.items() if not name.endswith("_wh")}
    return made | {
        "credit_before_units": 5_000_000.0,
        "credit_after_units": 5_000_000.0 + gained,
        "credit_resolution_units": 1000.0,
    }


@pytest.mark.parametrize(
    ("gained", "least_units", "outcome"),
    [
        # +1 unit is carried as 1.00004, which cut off to hundredths may look like 1.00 or 1.01
        (100_000.0, 100_000, Outcome.PASSED),
        (101_000.0, 100_000, Outcome.PASSED),
        (102_000.0, 100_000, Outcome.FAILED),
        (-99_000.0, -100_000, Outcome.PASSED),
        (100_000.0, -100_000, Outcome.FAILED),
        # a hundredth is exact
        (1000.0, 1000, Outcome.PASSED),
        (0.0, 1000, Outcome.FAILED),
        (2000.0, 1000, Outcome.FAILED),
    ],
)
def test_money_is_added_and_taken(decide: Decide, gained: float, least_units: int, outcome: Outcome) -> None:
    assert decide(money("good credit", gained, least_units, status_code=3)).outcome is outcome


def test_money_that_a_refused_token_brings_fails(decide: Decide) -> None:
    found = decide(money("used", 1000.0, 1000, status_code=6))
    assert found.outcome is Outcome.FAILED
    assert "currency units" in found.reason
