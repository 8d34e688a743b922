"""Function control, the protection of a port, limits of buying: every fact that decides, changed alone."""

from __future__ import annotations

from typing import Any

import pytest

from bench.record.model import Outcome
from tests.judgement.told import FAILED, OPEN, PASSED, changed, said

FUNCTIONS: dict[str, Any] = {
    "functions": [
        {
            "name": "load-profile",
            "shown_before": True,
            "worked_before": True,
            "shown_off": False,
            "shown_after_cut": False,
            "worked_off": False,
            "shown_on": True,
            "worked_on": True,
        }
    ],
    "off": "success",
    "on": "success",
}
ROW = "functions.0"


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "load-profile"),
        ({f"{ROW}.shown_before": None}, FAILED, "does not show it"),
        ({f"{ROW}.shown_before": False}, PASSED, ""),
        ({f"{ROW}.worked_before": False}, OPEN, "was not seen at work"),
        ({"off": "read-write-denied"}, FAILED, "(off) is refused: read-write-denied"),
        ({"on": "read-write-denied"}, FAILED, "(on) is refused"),
        ({f"{ROW}.shown_off": True}, FAILED, "shown as on after it was switched off"),
        ({f"{ROW}.shown_off": None}, FAILED, "shown as nothing after it was switched off"),
        ({f"{ROW}.shown_after_cut": True}, FAILED, "shown as on after a power cut"),
        ({f"{ROW}.worked_off": True}, FAILED, "is off and works"),
        ({f"{ROW}.shown_on": False}, FAILED, "shown as off after it was switched on again"),
        ({f"{ROW}.worked_on": False}, FAILED, "on again and does not work"),
    ],
)
def test_functions_that_are_switched_off(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.function-control", changed(FUNCTIONS, changes))
    assert found.outcome is outcome
    assert words in found.reason


PORT: dict[str, Any] = {
    "settings": "",
    "attempts": [
        {"what": "wrong password 1 of 1", "due": "refused", "got": "refused"},
        {"what": "the right password", "due": "accepted", "got": "accepted"},
    ],
    "status_locked": 1,
    "failed_after_reset": 0,
    "total_before": 4,
    "total_after": 12,
    "least_counted": 7,
    "most_counted": 10,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "2 attempts"),
        ({"settings": "read-write-denied"}, OPEN, "cannot be set for the test: read-write-denied"),
        ({"attempts.0.got": "accepted"}, FAILED, "wrong password 1 of 1: accepted, due was refused"),
        ({"attempts.1.got": "refused"}, FAILED, "the right password: refused, due was accepted"),
        ({"status_locked": 0}, FAILED, "protection_status is 0"),
        ({"status_locked": 2}, PASSED, ""),
        ({"status_locked": None, "failed_after_reset": None}, PASSED, ""),  # no other port to look from
        ({"failed_after_reset": 1}, FAILED, "failed_attempts is 1 after reset"),
        ({"total_after": 10}, FAILED, "rose by 6, 7 to 10"),
        ({"total_after": 11}, PASSED, ""),
        ({"total_after": 14}, PASSED, ""),
        ({"total_after": 15}, FAILED, "rose by 11"),
    ],
)
def test_attempts_at_a_port(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.port-protection", changed(PORT, changes))
    assert found.outcome is outcome
    assert words in found.reason


def entry(amount_wh: int, gained_wh: float, *, due: bool) -> dict[str, Any]:
    before_wh = 5000.0
    return {
        "amount_wh": amount_wh,
        "due": due,
        "credit_before_wh": before_wh,
        "credit_after_wh": before_wh + gained_wh,
        "credit_resolution_wh": 1.0,
    }


@pytest.mark.parametrize(
    ("entries", "answer", "outcome", "words"),
    [
        ([entry(1100, 0.0, due=False), entry(1000, 1000.0, due=True)], "success", PASSED, "2 tokens"),
        ([entry(1000, 999.0, due=True)], "success", PASSED, ""),
        ([entry(1000, 998.0, due=True)], "success", FAILED, "1000 Wh, within the vend limit, changed"),
        ([entry(1000, 0.0, due=True)], "success", FAILED, "by 0 Wh"),
        ([entry(1100, 1100.0, due=False)], "success", FAILED, "1100 Wh, beyond the vend limit"),
        ([entry(1100, 1000.0, due=False)], "success", FAILED, "by 1000 Wh"),  # credited up to the limit
        ([], "read-write-denied", OPEN, "management cannot set the vend limit (read-write-denied)"),
    ],
)
def test_tokens_at_a_limit(entries: list[dict[str, Any]], answer: str, outcome: Outcome, words: str) -> None:
    found = said("dual.vend-limits", {"limit": "vend", "set": answer, "entries": entries})
    assert found.outcome is outcome
    assert words in found.reason
    if outcome is FAILED:
        assert (found.measured, found.unit) != (found.limit, "")
