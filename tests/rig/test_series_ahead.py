"""A calculator that repeats by itself does not wait for slower positions: its results are fetched as they come."""

from __future__ import annotations

from bench.rig.pulses import ArmedGates, PulseWiring, compare_pulses
from instruments.roles import ErrorReading
from tests.rig.test_pulses import CONSTANT, GATE, READING, Calculator, FakeRack

QUICK = [0.5 + number for number in range(200)]
SLOW = [0.5 + 1.3 * number for number in range(200)]
"""A LED that is 23 % slow: its five gates last longer than six of its neighbour's."""


class SeriesOfTests(Calculator):
    """Begins the next test with the pulse that ends one; shows the last."""

    def arm_error_series(self, constant: float, n_intervals: int) -> None:
        self.arm_error_test(constant, n_intervals)

    def error_tests_done(self) -> int:
        seen = sum(self.armed_s <= at <= self.clock.time_s for at in self.edges)
        return max(0, seen - 1) // self.n_intervals if self.n_intervals else 0

    def collect_error(self) -> ErrorReading:
        self.shown_at_s = self.clock.time_s
        return super().collect_error()


def test_a_slow_neighbour_costs_a_repeating_calculator_no_result() -> None:
    rack = FakeRack({1: QUICK, 2: SLOW})
    rack._calculator = SeriesOfTests(rack.clock, QUICK)
    wirings = [
        PulseWiring(
            position="1",
            meter_constant_imp_per_kwh=CONSTANT,
            counter="counter",
            channel=1,
            error_calculator="standard",
        ),
        PulseWiring(
            position="2",
            meter_constant_imp_per_kwh=CONSTANT,
            counter="counter",
            channel=2,
            error_calculator="",
        ),
    ]
    rack._calculator.arm_error_series(CONSTANT, GATE.n_intervals)
    rack._counter.arm({2: 5 * GATE.n_intervals + 1})
    armed = ArmedGates(n_gates=5, sample=READING, started_s=0.0)
    results = compare_pulses(rack, wirings, {"1": GATE, "2": GATE}, armed)  # type: ignore[arg-type]
    assert [len(results[name].readings) for name in ("1", "2")] == [5, 5]
