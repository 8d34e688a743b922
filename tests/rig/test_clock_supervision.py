"""Supervision samples are events of the clock: on time, never nested, and what they raise ends the wait."""

from __future__ import annotations

import pytest

from bench.clock import LabClock, WallClock
from bench.errors import BenchFault


class Laboratory:
    """Answers the lab port's queries; time moves as asked."""

    def __init__(self) -> None:
        self.time_s = 0.0
        self.asked: list[float] = []

    def query(self, line: str) -> str:
        if line == ":LAB:EPOCh?":
            return "1800000000.0"
        if line.startswith(":LAB:ADVance?"):
            self.time_s = float(line.split()[1].split(",")[0])
            self.asked.append(self.time_s)
            return f"{self.time_s!r},"
        return repr(self.time_s)


def test_simulated_time_stops_for_each_sample() -> None:
    laboratory = Laboratory()
    clock = LabClock(laboratory.query)
    seen: list[float] = []
    clock.supervise(lambda: seen.append(clock.now()), 30.0)
    clock.sleep(100.0)
    assert seen == [30.0, 60.0, 90.0]
    assert clock.now() == 100.0
    clock.wait(lambda: False, 130.0)
    assert seen == [30.0, 60.0, 90.0, 120.0]


def test_without_supervision_time_moves_in_one_step() -> None:
    laboratory = Laboratory()
    clock = LabClock(laboratory.query)
    clock.supervise(lambda: None, 30.0)
    clock.supervise(None)
    clock.sleep(100.0)
    assert laboratory.asked == [100.0]


def test_what_a_sample_raises_ends_the_wait() -> None:
    clock = LabClock(Laboratory().query)

    def trip() -> None:
        raise BenchFault("The interlock is open.")

    clock.supervise(trip, 30.0)
    with pytest.raises(BenchFault):
        clock.wait(lambda: False, 1000.0)
    assert clock.now() == 30.0


def test_a_sample_that_lets_time_pass_takes_no_other() -> None:
    clock = LabClock(Laboratory().query)
    taken: list[float] = []

    def sample() -> None:
        taken.append(clock.now())
        clock.sleep(100.0)

    clock.supervise(sample, 30.0)
    clock.sleep(40.0)
    assert taken == [30.0]


def test_the_wall_clock_takes_samples_too() -> None:
    clock = WallClock()
    seen: list[float] = []
    clock.supervise(lambda: seen.append(clock.now()), 0.02)
    clock.sleep(0.1)
    during_sleep = len(seen)
    clock.wait(lambda: False, clock.now() + 0.1)
    assert 2 <= during_sleep < len(seen)
