"""Where a meter tells its credit: display, Account and Credit object, to the last digit that each shows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import ERROR, FAILED, OPEN, PASSED, said

Outcome = Any


def look(credit_wh: float, display: str | None = None, available_wh: float | None = None) -> dict[str, Any]:
    return {
        "credit_wh": credit_wh,
        "display": display,
        "available_wh": available_wh,
        "resolution_wh": 1.0,
    }


@pytest.mark.parametrize(
    ("looks", "outcome", "words"),
    [
        # a display of tenths may cut off or round: less than a digit either way
        ([look(10_099.0, "10.0 kWh")], PASSED, "the display and the Credit object agree"),
        ([look(9_901.0, "10.0 kWh")], PASSED, ""),
        ([look(5_000.0, "5.0 kWh"), look(10_101.0, "10.0 kWh")], FAILED, 'shows "10.0 kWh", the credit is 10101 Wh'),
        ([look(5_000.0, "5.0 kWh"), look(9_899.0, "10.0 kWh")], FAILED, "the credit is 9899 Wh"),
        ([look(10_099.0, "10,0 kWh")], PASSED, ""),  # a comma
        ([look(5_000.0, "5 kWh"), look(10_999.0, "10 kWh")], PASSED, ""),
        ([look(5_000.0, "5 kWh"), look(11_001.0, "10 kWh")], FAILED, ""),
        ([look(5_000.0, "5.00 kWh"), look(10_019.0, "10.00 kWh")], FAILED, ""),
        ([look(5_000.0, "5.00 kWh"), look(10_009.0, "10.00 kWh")], PASSED, ""),
        ([look(-1_500.0, "-1.5 kWh")], PASSED, ""),
        ([look(10_000.0, "TI 02 10.0 kWh")], PASSED, ""),  # any number of the display
        # a display that did not show the credit before is not asked for it afterwards
        ([look(5_000.0, "HELLO"), look(6_000.0, "HELLO")], OPEN, "neither an Account nor the display"),
        ([look(5_000.0, "5.0 kWh"), look(6_000.0, "HELLO")], FAILED, 'shows "HELLO", the credit is 6000 Wh'),
        ([look(5_000.0), look(6_000.0)], OPEN, ""),
        # the account: within a digit
        ([look(5_000.0, None, 5_001.0)], PASSED, "the Account and the Credit object agree"),
        ([look(5_000.0, None, 5_001.5)], FAILED, "the Account tells 5001.5 Wh, the Credit object 5000 Wh"),
        ([look(5_000.0, None, 4_998.5)], FAILED, "the Account tells 4998.5 Wh"),
        ([look(-20.0, None, 0.0)], PASSED, ""),  # used up: none that is available
        ([look(-20.0, None, 5.0)], FAILED, ""),
        ([look(20.0, None, 0.0)], FAILED, ""),
        ([look(5_000.0, None, 5_000.0), look(6_000.0, None, None)], OPEN, ""),  # it has to tell both
        ([look(5_000.0, "5.0 kWh", 5_000.0)], PASSED, "the Account and the display and the Credit object agree"),
        ([], ERROR, "looks is not a list"),
    ],
)  # fmt: skip
def test_where_the_credit_is_told(looks: list[dict[str, Any]], outcome: Outcome, words: str) -> None:
    found = said("sts.credit-told", {"looks": looks})
    assert found.outcome is outcome, found.reason
    assert words in found.reason
