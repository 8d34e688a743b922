"""Scripts by their effect, and histories by their rows: each way to pass, each way to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.dlms_requirements import protocol_requirement
from bench.judgement.registry import Context, judge_by_id
from bench.record.model import Judgement, Observation, Outcome, Topic

DEMAND = protocol_requirement("scripts", Topic.OBJECT, "V1")
Judged = Callable[..., Judgement]
NAMES = ("below the threshold", "raised above it", "still above it", "back below it", "above it again")


@pytest.fixture
def judged(observe: Callable[..., Observation], context_of: Callable[..., Context]) -> Judged:
    def over(name: str, **data: Any) -> Judgement:
        return judge_by_id(name)([observe("seen", data)], DEMAND, context_of())

    return over


def crossing(rows: tuple[int, ...], values: tuple[int, ...]) -> dict[str, Any]:
    steps = [
        {"step": name, "rows": n, "value": value} for name, n, value in zip(NAMES, rows, values, strict=True)
    ]
    return {"what": "monitor", "threshold": 2369, "steps": steps}


CROSSED = (2300, 2438, 2438, 2300, 2438)


@pytest.mark.parametrize(
    ("rows", "values", "outcome", "words"),
    [
        ((0, 1, 1, 1, 2), CROSSED, Outcome.PASSED, "above it again: 2"),
        ((1, 1, 1, 1, 2), CROSSED, Outcome.FAILED, "below the threshold: the script has run 1 times, 0"),
        ((0, 0, 0, 0, 0), CROSSED, Outcome.FAILED, "raised above it: the script has run 0 times, 1"),
        ((0, 1, 5, 5, 6), CROSSED, Outcome.FAILED, "still above it: the script has run 5 times, 1"),
        ((0, 1, 1, 2, 3), CROSSED, Outcome.FAILED, "back below it: the script has run 2 times, 1"),
        ((0, 1, 1, 1, 1), CROSSED, Outcome.FAILED, "above it again: the script has run 1 times, 2"),
        ((0, 0, 0, 0, 0), (2300,) * 5, Outcome.INCONCLUSIVE, "the value reads 2300"),
    ],
)
def test_a_register_monitor(
    judged: Judged, rows: tuple[int, ...], values: tuple[int, ...], outcome: Outcome, words: str
) -> None:
    found = judged("dlms.script-effects/1", **crossing(rows, values))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


@pytest.mark.parametrize(
    ("rows", "row_time", "outcome", "words"),
    [
        ((0, 1, 1), "07eb060102091e0000ff8000ff", Outcome.PASSED, ""),
        ((0, 1, 1), "", Outcome.PASSED, ""),  # a billing profile without clock
        ((0, 0, 0), "", Outcome.FAILED, "at its time"),
        ((1, 1, 1), "", Outcome.FAILED, "before its time"),
        ((0, 1, 2), "", Outcome.FAILED, "after its time"),
        ((0, 1, 1), "07eb060102092d0000ff8000ff", Outcome.FAILED, "carries 09:45, 09:30 was due"),
    ],
)
def test_a_schedule(
    judged: Judged, rows: tuple[int, ...], row_time: str, outcome: Outcome, words: str
) -> None:
    names = ("before its time", "at its time", "after its time")
    steps = [{"step": name, "rows": n} for name, n in zip(names, rows, strict=True)]
    data = {"what": "schedule", "steps": steps, "due": "091e0000", "row_time": row_time}
    found = judged("dlms.script-effects/1", **data)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


@pytest.mark.parametrize(("by_hand", "outcome"), [(0, Outcome.INCONCLUSIVE), (1, Outcome.FAILED)])
def test_where_executing_does_nothing_either_nobody_can_tell(
    judged: Judged, by_hand: int, outcome: Outcome
) -> None:
    fewer, more = crossing((0, 1, 1, 1, 1), CROSSED), crossing((0, 1, 1, 2, 2), CROSSED)
    assert judged("dlms.script-effects/1", **fewer, by_hand=by_hand).outcome is outcome
    assert judged("dlms.script-effects/1", **more, by_hand=by_hand).outcome is Outcome.FAILED


def test_steps_of_another_case_cannot_be_judged(judged: Judged) -> None:
    assert judged("dlms.script-effects/1", what="execute", steps=[]).outcome is Outcome.ERROR


BEGUN, INSIDE, ENDED = "07eb060102091e0000ff8000", "07eb0601020920000000ff80", "07eb06010209220000ff8000"
WINDOW = {"what": "a cut", "begun": BEGUN, "ended": ENDED, "clock_column": 0, "duration_s": 240.0}


@pytest.mark.parametrize(
    ("rows", "changes", "outcome", "words"),
    [
        ([[INSIDE, 240]], {"duration_column": 1}, Outcome.PASSED, "one new row"),
        ([[INSIDE, 249]], {"duration_column": 1}, Outcome.PASSED, ""),
        ([[INSIDE, 251]], {"duration_column": 1}, Outcome.FAILED, "tells 251 s, it lasted 240 s"),
        ([[INSIDE, 4]], {"duration_column": 1}, Outcome.FAILED, "tells 4 s"),
        ([[INSIDE, 4]], {}, Outcome.PASSED, ""),  # no column of durations
        ([], {}, Outcome.FAILED, "0 new rows"),
        ([[INSIDE], [INSIDE]], {}, Outcome.FAILED, "2 new rows"),
        ([["07eb0601020923000000ff80"]], {}, Outcome.FAILED, "the row carries"),
        ([["ff"]], {}, Outcome.FAILED, "the row carries None"),
        ([["ff"]], {"clock_column": None}, Outcome.PASSED, ""),
        ([[INSIDE]], {"begun": "ff"}, Outcome.INCONCLUSIVE, "shows no time"),
        ([[INSIDE, "x"]], {"duration_column": 1}, Outcome.ERROR, "no number"),
    ],
)
def test_a_row_of_a_history(
    judged: Judged, rows: list[Any], changes: dict[str, Any], outcome: Outcome, words: str
) -> None:
    found = judged("dlms.history-row/1", **{**WINDOW, "rows": rows, **changes})
    assert found.outcome is outcome, found.reason
    assert words in found.reason


@pytest.mark.parametrize(
    ("holds", "outcome"),
    [((False, False), Outcome.PASSED), ((False, True), Outcome.FAILED), ((), Outcome.INCONCLUSIVE)],
)
def test_no_history_holds_a_token(judged: Judged, holds: tuple[bool, ...], outcome: Outcome) -> None:
    profiles = [{"obis": f"0-0:99.{n}.0.255", "holds_token": held} for n, held in enumerate(holds)]
    assert judged("dlms.tokens-hidden/1", profiles=profiles).outcome is outcome
