"""Simulated time: order, stops, and what the seed decides."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reference_meter.lab.world import TimeStands, World


def test_events_run_by_time_and_those_of_one_instant_in_the_order_of_their_making() -> None:
    world = World(1)
    seen: list[tuple[str, float]] = []
    for name, time_s in (("late", 2.0), ("first", 1.0), ("second", 1.0)):
        world.at(time_s, lambda name=name: seen.append((name, world.now())))  # type: ignore[misc]
    world.run_until(3.0)
    assert seen == [("first", 1.0), ("second", 1.0), ("late", 2.0)]
    assert world.now() == 3.0


def test_a_cancelled_event_never_runs() -> None:
    world = World(1)
    seen: list[str] = []
    event = world.at(1.0, lambda: seen.append("cancelled"))
    event.cancel()
    event.cancel()
    world.run_until(2.0)
    assert seen == []


def test_a_stop_ends_time_at_the_instant_that_caused_it_with_nothing_left_over() -> None:
    world = World(1)
    seen: list[str] = []
    for name in ("cause", "same instant"):
        world.at(1.5, lambda name=name: seen.append(name))  # type: ignore[misc]
    world.at(2.0, lambda: seen.append("later"))
    world.run_until(10.0, stop=lambda: "cause" in seen)
    assert (world.now(), seen) == (1.5, ["cause", "same instant"])


def test_an_event_for_a_time_that_has_passed_runs_at_the_present_time() -> None:
    world = World(1)
    world.run_until(5.0)
    seen: list[float] = []
    world.at(1.0, lambda: seen.append(world.now()))
    assert seen == []
    world.run_until(5.0)
    assert seen == [5.0]


def test_time_never_runs_backwards() -> None:
    world = World(1)
    world.run_until(5.0)
    world.run_until(1.0)
    assert world.now() == 5.0


def test_something_that_never_lets_time_pass_is_named_instead_of_hanging() -> None:
    world = World(1)

    def again() -> None:
        world.at(world.now(), again)

    world.at(1.0, again)
    with pytest.raises(TimeStands) as stands:
        world.run_until(2.0)
    assert stands.value.time_s == 1.0


def test_many_replanned_timers_do_not_pile_up() -> None:
    world = World(1)
    for _ in range(10_000):
        world.at(1e6, lambda: None).cancel()
    assert len(world._heap) < 1000
    assert world.next_event_s() is None


def test_the_seed_fixes_the_start_of_the_run_between_2026_and_2029() -> None:
    starts = {World(seed).epoch for seed in range(50)}
    assert len(starts) > 45
    assert all(
        datetime(2026, 1, 1, tzinfo=UTC) <= start < datetime(2030, 1, 1, tzinfo=UTC) for start in starts
    )
    assert World(7).epoch == World(7).epoch


def test_random_streams_repeat_with_the_seed_and_differ_by_name() -> None:
    assert World(3).stream("a").random() == World(3).stream("a").random()
    assert World(3).stream("a").random() != World(3).stream("b").random()
