"""What a power limiter may be doing: told by hand for one that trips after 10 s, holds for 30 s, locks at the third."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.judgement.limiter_model import LimiterModel
from bench.judgement.registry import Context

SUPPLY = {
    "control_mode": 6,
    "limiter_trip_s": 10.0,
    "limiter_hold_s": 30.0,
    "limiter_closes_max": 3,
    "limiter_lockout_s": 600.0,
}
#: A step: from when to when it lasted, the load in W, and whether supply was there before it.
Step = tuple[float, float, float, bool]
OVER, UNDER = 2000.0, 500.0


@pytest.fixture
def model(context_of: Callable[..., Context]) -> LimiterModel:
    made = LimiterModel(declaration=context_of(supply=SUPPLY).declaration, slack_s=3.0, sure_s=2.0)
    _take(made, (0.0, 1.0, 0.0, True), do="limit", w=1000)
    return made


def _take(
    model: LimiterModel, step: Step, *, do: str = "wait", answer: str = "success", **with_what: Any
) -> bool | None:
    from_s, to_s, load_w, live = step
    told = {"do": do, "with": with_what, "answer": answer, "from_s": from_s, "load_w": load_w}
    model.follow(told, {"live": live}, {"time_s": to_s})
    return model.holds


@pytest.mark.parametrize(
    ("steps", "holds"),
    [
        ([(10, 17, OVER, True)], False),  # not yet
        ([(10, 21, OVER, True)], None),  # just now, or not yet
        ([(10, 24, OVER, True)], True),
        ([(10, 24, 1040.0, True)], None),  # the meter's own error decides
        ([(10, 24, 940.0, True)], False),
        ([(10, 24, OVER, False)], False),  # no load flows through an open switch
        ([(10, 17, OVER, True), (17, 18, UNDER, True), (18, 25, OVER, True)], False),  # it begins again
        ([(10, 24, OVER, True), (24, 47, UNDER, False)], True),  # tripped at 20, holds until 50
        ([(10, 24, OVER, True), (24, 51, UNDER, False)], None),
        ([(10, 24, OVER, True), (24, 54, UNDER, False)], False),
        # the load stays: it closes at 50, trips at 60, and so on; nobody knows what a later look meets
        ([(10, 24, OVER, True), (24, 120, OVER, False)], None),
        ([(10, 120, OVER, True)], None),
        ([(10, 120, OVER, True), (120, 145, OVER, True)], None),
        (
            [(10, 24, OVER, True), (24, 54, OVER, False), (54, 80, UNDER, False)],
            None,
        ),  # tripped again, perhaps
        # so often, perhaps, that it is locked
        ([(10, 120, OVER, True), (120, 200, UNDER, False)], None),
        ([(10, 120, OVER, True), (120, 724, UNDER, False)], False),
        # for sure at the third trip
        (
            [
                (10, 24, OVER, True),
                (24, 54, UNDER, False),
                (54, 68, OVER, True),
                (68, 98, UNDER, False),
                (98, 112, OVER, True),
                (112, 700, UNDER, False),
            ],
            True,
        ),
    ],
)
def test_a_limiter_over_time(model: LimiterModel, steps: list[Step], holds: bool | None) -> None:
    for step in steps:
        _take(model, step)
    assert model.holds is holds


def test_a_limit_that_was_refused_is_none(model: LimiterModel) -> None:
    _take(model, (1.0, 2.0, 0.0, True), do="limit", answer="3", w=100)
    assert _take(model, (10, 30, UNDER, True)) is False
    _take(model, (30.0, 31.0, 0.0, True), do="limit", w=100, over_s=60)
    assert _take(model, (40, 97, UNDER, True)) is False
    assert _take(model, (97, 104, UNDER, True)) is True


def test_a_threshold_that_the_clock_changes_is_left_open(model: LimiterModel) -> None:
    assert _take(model, (10, 11, UNDER, True), do="emergency_limit") is None
    assert _take(model, (11, 500, OVER, True)) is None
