"""Stories of the limiter: it trips after ten seconds, holds for sixty, and stays open for half an hour the fifth time.

What is due follows from the declaration (``story.SUPPLY``), not from the model: a switch that is open while the
limiter holds, closed when it has let go, and either while nobody can know.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.story import ARMED, LIMIT, ON, OVER, story, told
from tests.judgement.told import FAILED, PASSED

Outcome = Any
QUIET = {"load_w": 0.0}


def over(seconds: float) -> dict[str, Any]:
    """Two kW for so long, over a limit of one."""
    return {**OVER, "lasted_s": seconds}


TRIPPED = (("load", {}, ON, OVER), ("wait", {}, ARMED, over(14.0)), ("load", {}, ARMED))
LET_GO = ("wait", {}, ON, {"lasted_s": 80.0})


@pytest.mark.parametrize(
    ("steps", "outcome", "words"),
    [
        # how long it takes: ten seconds, known to two and a half and the second of the actuation
        ((("load", {}, ON, over(7.0)),), PASSED, ""),
        ((("load", {}, ARMED, over(7.0)),), FAILED, "nobody holds the switch"),
        ((("load", {}, ARMED, over(7.5)),), PASSED, ""),  # on the bound itself either is right
        ((("load", {}, ON, over(13.5)),), PASSED, ""),
        ((("load", {}, ARMED, over(8.0)),), PASSED, ""),
        ((("load", {}, ON, over(8.0)),), PASSED, ""),
        ((("load", {}, ON, over(13.0)),), PASSED, ""),
        ((("load", {}, ON, over(14.0)),), FAILED, "the limiter holds: state 2 was due"),
        ((("load", {}, ARMED, over(14.0)),), PASSED, ""),
        # how long it holds: sixty seconds from the trip
        ((("load", {}, ARMED, over(14.0)), ("load", {}, ARMED, {"lasted_s": 30.0})), PASSED, ""),
        ((("load", {}, ARMED, over(14.0)), ("load", {}, ON, {"lasted_s": 30.0})), FAILED, "the limiter holds"),
        ((("load", {}, ARMED, over(14.0)), ("load", {}, ON, {"lasted_s": 48.0})), PASSED, ""),
        ((("load", {}, ARMED, over(14.0)), ("load", {}, ARMED, {"lasted_s": 48.0})), PASSED, ""),
        # 14 s and the 8 s to the next step: the hold ends 48 s after that, known to 2.5 s and 3.5 s
        ((("load", {}, ARMED, over(14.0)), ("load", {}, ON, {"lasted_s": 45.5})), PASSED, ""),
        ((("load", {}, ARMED, over(14.0)), ("load", {}, ON, {"lasted_s": 45.0})), FAILED, "the limiter holds"),
        ((("load", {}, ARMED, over(14.0)), ("load", {}, ARMED, {"lasted_s": 51.0})), PASSED, ""),
        ((("load", {}, ARMED, over(14.0)), ("load", {}, ARMED, {"lasted_s": 52.0})), FAILED, "nobody holds the switch"),
        ((("load", {}, ARMED, over(14.0)), ("load", {}, ON, {"lasted_s": 52.0})), PASSED, ""),
        # under a load that is still too high, what follows the hold is unknown; then nothing may be left of it
        ((*TRIPPED[:2], ("wait", {}, ARMED, over(70.0))), PASSED, ""),
        ((*TRIPPED[:2], ("wait", {}, ON, over(70.0))), PASSED, ""),
        ((*TRIPPED[:2], ("wait", {}, ON, over(70.0)), ("load", {}, ON, {"lasted_s": 90.0}), ("wait", {}, ON)),
         PASSED, ""),
        ((*TRIPPED[:2], ("wait", {}, ARMED, over(70.0)), ("load", {}, ARMED, {"lasted_s": 90.0}), ("wait", {}, ARMED)),
         FAILED, "nobody holds the switch"),
        # a load that comes and goes is over only while it is there
        ((("load", {}, ON, over(7.0)), ("load", {}, ON, QUIET), ("load", {}, ON, over(7.0))), PASSED, ""),
        ((("load", {}, ON, over(7.0)), ("load", {}, ON, QUIET), ("load", {}, ARMED, over(7.0))), FAILED, "nobody"),
        # a limit of nothing limits nothing, and a new limit counts from its own time
        ((("limit", {"w": 0}, ON), ("load", {}, ON, over(60.0))), PASSED, ""),
        ((("limit", {"w": 0}, ON), ("load", {}, ARMED, over(60.0))), FAILED, "nobody"),
        ((("limit", {"w": 1000, "over_s": 40.0}, ON), ("load", {}, ON, over(30.0))), PASSED, ""),
        ((("limit", {"w": 1000, "over_s": 40.0}, ON), ("load", {}, ARMED, over(30.0))), FAILED, "nobody"),
        ((("limit", {"w": 1000}, ON), ("load", {}, ON, over(30.0))), FAILED, "the limiter holds"),
        ((("limit", {"w": 5000}, ON, {"answer": "other-reason"}), ("load", {}, ON, over(30.0))), FAILED, "the limiter"),
        ((("limit", {"w": 5000}, ON), ("load", {}, ON, over(30.0))), PASSED, ""),
        # a load at the limit itself: the meter's own error decides
        ((("load", {}, ON, {"load_w": 951.0, "lasted_s": 30.0}),), PASSED, ""),
        ((("load", {}, ARMED, {"load_w": 951.0, "lasted_s": 30.0}),), PASSED, ""),
        ((("load", {}, ARMED, {"load_w": 949.0, "lasted_s": 30.0}),), FAILED, "nobody"),
        ((("load", {}, ON, {"load_w": 1049.0, "lasted_s": 30.0}),), PASSED, ""),
        ((("load", {}, ON, {"load_w": 1051.0, "lasted_s": 30.0}),), FAILED, "the limiter holds"),
        ((("load", {}, ARMED, {"load_w": 1051.0, "lasted_s": 30.0}),), PASSED, ""),
        # thresholds that come and go by the clock
        ((("emergency_limit", {"w": 500}, ON), ("load", {}, ARMED, over(30.0))), PASSED, ""),
        ((("emergency_limit", {"w": 500}, ON), ("load", {}, ON, over(30.0))), PASSED, ""),
    ],
)  # fmt: skip
def test_a_story_of_the_limiter(steps: tuple[Any, ...], outcome: Outcome, words: str) -> None:
    found = story("supply-story", told(LIMIT, *steps))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


@pytest.mark.parametrize(("closings", "outcome"), [(1, FAILED), (3, FAILED), (4, PASSED)])
def test_the_fifth_trip_within_an_hour_locks_for_half_an_hour(closings: int, outcome: Outcome) -> None:
    """Five trips are let; after the last of them 80 s are no longer enough."""
    rounds = [step for _ in range(closings) for step in (*TRIPPED, LET_GO)]
    found = story("supply-story", told(LIMIT, *rounds, *TRIPPED, ("wait", {}, ARMED, {"lasted_s": 80.0})))
    assert found.outcome is outcome, found.reason
    closed = story("supply-story", told(LIMIT, *rounds, *TRIPPED, ("wait", {}, ON, {"lasted_s": 80.0})))
    assert closed.outcome is (PASSED if outcome is FAILED else FAILED)
    after = story("supply-story", told(LIMIT, *rounds, *TRIPPED, ("wait", {}, ON, {"lasted_s": 1900.0})))
    assert after.outcome is PASSED


def test_trips_of_another_hour_do_not_count() -> None:
    rounds = [step for _ in range(4) for step in (*TRIPPED, LET_GO)]
    pause = ("wait", {}, ON, {"lasted_s": 3600.0})
    data = told(LIMIT, *rounds, pause, *TRIPPED, ("wait", {}, ON, {"lasted_s": 80.0}))
    assert story("supply-story", data).outcome is PASSED


@pytest.mark.parametrize(
    ("declared", "outcome"),
    [
        ({"limiter_hold_s": None}, FAILED),  # it never lets go by itself
        ({"limiter_closes_max": None}, PASSED),
        ({"limiter_closes_max": 1}, FAILED),  # the first trip locks already
        ({"limiter_trip_s": 5.0}, PASSED),
    ],
)
def test_what_is_declared_of_the_limiter(declared: dict[str, Any], outcome: Outcome) -> None:
    data = told(LIMIT, *TRIPPED, LET_GO)
    assert story("supply-story", data, **declared).outcome is outcome


def test_the_time_of_a_limit_without_one_is_the_declared_one() -> None:
    plain = ("limit", {"w": 1000}, ON)
    slow = {"limiter_trip_s": 60.0}
    assert story("supply-story", told(plain, ("load", {}, ON, over(50.0))), **slow).outcome is PASSED
    assert story("supply-story", told(plain, ("load", {}, ARMED, over(50.0))), **slow).outcome is FAILED
    assert story("supply-story", told(plain, ("load", {}, ON, over(70.0))), **slow).outcome is FAILED


def test_a_slow_switch_may_open_later() -> None:
    slow = {"actuation_time_s": 6.0}
    assert story("supply-story", told(LIMIT, ("load", {}, ON, over(18.0))), **slow).outcome is PASSED
    assert story("supply-story", told(LIMIT, ("load", {}, ON, over(19.0))), **slow).outcome is FAILED
