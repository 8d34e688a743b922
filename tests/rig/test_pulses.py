"""Gates on several positions: a late one leaves the others alone; instruments that contradict each other are named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from bench.errors import BenchFault
from bench.metrology.gate import Gate
from bench.rig.edge_counts import check_stamps, count_edges
from bench.rig.pulses import ArmedGates, PulseResult, PulseWiring, compare_pulses
from bench.rig.two_witnesses import arm_calculators, compare
from instruments.roles import ErrorReading, PhaseReading, Readings

POWER_W, CONSTANT = 3600.0, 1000.0
"""One pulse a second."""
GATE = Gate(n_intervals=10, duration_s=10.0, time_out_s=17.0)
PHASE = PhaseReading(voltage_v=230.0, current_a=POWER_W / 230, power_w=POWER_W, current_lag_deg=0.0)
READING = Readings(
    phases=(PHASE,),
    power_w=POWER_W,
    frequency_hz=50.0,
    overload=False,
    voltage_range="240V",
    current_range="25A",
)


class Clock:
    def __init__(self) -> None:
        self.time_s = 0.0

    def now(self) -> float:
        return self.time_s

    def sleep(self, duration_s: float) -> None:
        self.time_s += max(0.0, duration_s)

    def wait(self, ready: Callable[[], bool], deadline_s: float, watch: object = None) -> bool:
        while not ready():
            if self.time_s >= deadline_s:
                return False
            self.time_s = min(deadline_s, self.time_s + 0.25)
        return True


class Standard:
    def __init__(self) -> None:
        self.seen = READING

    def start_reading(self) -> float:
        return 2.2

    def collect_reading(self) -> Readings:
        return self.seen


class Counter:
    """Stamps the edges of each channel; ``rate`` is that of its clock."""

    def __init__(self, clock: Clock, edges: dict[int, Sequence[float]]) -> None:
        self.clock, self.edges, self.rate = clock, edges, 1.0
        self.armed: dict[int, tuple[float, int]] = {}
        self.stopped: dict[int, float] = {}

    def arm(self, n_edges: Mapping[int, int]) -> None:
        for channel, wanted in n_edges.items():
            self.armed[channel] = (self.clock.time_s, wanted)
            self.stopped.pop(channel, None)

    def _seen(self, channel: int) -> list[float]:
        since_s, most = self.armed[channel]
        until_s = self.stopped.get(channel, self.clock.time_s)
        return [at for at in self.edges[channel] if since_s <= at <= until_s][:most]

    def counts(self, channels: Sequence[int]) -> dict[int, int]:
        return {channel: len(self._seen(channel)) for channel in channels}

    def edges_s(self, channels: Sequence[int]) -> dict[int, tuple[float, ...]]:
        return {channel: tuple(at * self.rate for at in self._seen(channel)) for channel in channels}

    def stop(self, channels: Sequence[int]) -> None:
        for channel in channels:
            self.stopped.setdefault(channel, self.clock.time_s)


class Calculator:
    """One test at a time over the edges it sees; ``scale``: how much too much energy it counts."""

    def __init__(self, clock: Clock, edges: Sequence[float]) -> None:
        self.clock, self.edges, self.scale = clock, edges, 1.0
        self.armed_s, self.n_intervals = 0.0, 0

    def arm_error_test(self, constant: float, n_intervals: int) -> None:
        assert constant == CONSTANT
        self.armed_s, self.n_intervals = self.clock.time_s, n_intervals

    def _gate(self) -> list[float]:
        seen = [at for at in self.edges if self.armed_s <= at <= self.clock.time_s]
        return seen[: self.n_intervals + 1]

    def error_test_ready(self) -> bool:
        return len(self._gate()) == self.n_intervals + 1

    def collect_error(self) -> ErrorReading:
        gate = self._gate()
        duration_s = gate[-1] - gate[0]
        energy_wh = self.scale * POWER_W * duration_s / 3600
        return ErrorReading(
            n_intervals=self.n_intervals,
            meter_constant_imp_per_kwh=CONSTANT,
            reference_constant_imp_per_kwh=1e8,
            reference_energy_wh=energy_wh,
            duration_s=duration_s,
            error_pct=100 * (self.n_intervals / energy_wh - 1),
            voltage_range="240V",
            current_range="25A",
        )

    def abort_error_test(self) -> None:
        self.n_intervals = 0


class FakeRack:
    steady = True

    def __init__(self, edges: dict[int, Sequence[float]]) -> None:
        self.clock, self.standard = Clock(), Standard()
        self._counter = Counter(self.clock, edges)
        self._calculator = Calculator(self.clock, edges[1])

    def counter(self, _name: str) -> Counter:
        return self._counter

    def error_calculator(self, _name: str) -> Calculator:
        return self._calculator

    def still_loaded(self) -> None:
        pass

    def readings(self) -> Readings:
        self.clock.sleep(self.standard.start_reading())
        return self.standard.collect_reading()


def train(period_s: float = 1.0, until_s: float = 500.0, start_s: float = 0.3) -> list[float]:
    return [start_s + period_s * number for number in range(int((until_s - start_s) / period_s))]


WIRED = {
    1: PulseWiring(
        position="1",
        meter_constant_imp_per_kwh=CONSTANT,
        counter="counter",
        channel=1,
        error_calculator="standard",
    ),
    2: PulseWiring(
        position="2", meter_constant_imp_per_kwh=CONSTANT, counter="counter", channel=2, error_calculator=""
    ),
}


def measured(
    rack: FakeRack, *, n_gates: int = 3, number: int | None = None, positions: Sequence[int] = (1, 2)
):
    wirings = [WIRED[position] for position in positions]
    gates = {wiring.position: GATE for wiring in wirings}
    for wiring in wirings:
        if wiring.error_calculator:
            rack.error_calculator("standard").arm_error_test(CONSTANT, GATE.n_intervals)
        else:
            rack.counter("counter").arm({wiring.channel: n_gates * GATE.n_intervals + 1})
    armed = ArmedGates(n_gates=n_gates, sample=READING, started_s=rack.clock.now())
    chosen = (lambda results: max(number, len(results))) if number is not None else None
    return compare_pulses(rack, wirings, gates, armed, number=chosen)  # type: ignore[arg-type]


def test_both_methods_see_the_same_error() -> None:
    rack = FakeRack({1: train(1 / 1.01), 2: train(1 / 1.01)})
    results = measured(rack, number=5)
    assert {name: result.method for name, result in results.items()} == {
        "1": "error-calculator",
        "2": "power-time",
    }
    for result in results.values():
        assert len(result.readings) == 5
        for reading in result.readings:
            assert 10 / reading["reference_energy_wh"] == pytest.approx(1.01, rel=1e-9)


@pytest.mark.parametrize("stops_after", [0, 5, 25])
def test_a_led_that_stops_leaves_the_neighbour_alone(stops_after: int) -> None:
    rack = FakeRack({1: train(), 2: train()[:stops_after]})
    results = measured(rack, number=5)
    assert len(results["1"].readings) == 5
    assert results["2"].readings == ()
    assert results["2"].edges_seen == stops_after
    assert results["2"].waited_s >= GATE.time_out_s


def test_a_led_much_slower_than_its_neighbours_is_waited_for() -> None:
    rack = FakeRack({1: train(), 2: train(), 3: train(1 / 0.7)})
    slow = replace(WIRED[2], position="3", channel=3)
    for wiring in (WIRED[2], slow):
        rack.counter("counter").arm({wiring.channel: 5 * GATE.n_intervals + 1})
    armed = ArmedGates(n_gates=5, sample=READING, started_s=0.0)
    results = compare_pulses(rack, [WIRED[2], slow], {"2": GATE, "3": GATE}, armed)  # type: ignore[arg-type]
    assert [len(result.readings) for result in results.values()] == [5, 5]
    for reading in results["3"].readings:
        assert 10 / reading["reference_energy_wh"] == pytest.approx(0.7, rel=1e-9)


def test_a_position_whose_led_leads_nowhere_is_in_nobodys_way() -> None:
    rack = FakeRack({1: train(), 2: train()})
    nowhere = replace(WIRED[2], position="3", counter="", channel=0)
    rack.error_calculator("standard").arm_error_test(CONSTANT, GATE.n_intervals)
    armed = ArmedGates(n_gates=1, sample=READING, started_s=0.0)
    results = compare_pulses(rack, [WIRED[1], nowhere], {"1": GATE, "3": GATE}, armed)  # type: ignore[arg-type]
    assert (len(results["1"].readings), results["3"].readings, results["3"].method) == (1, (), "")
    edges = count_edges(rack, [WIRED[2], nowhere], n_edges=5, duration_s=20.0)  # type: ignore[arg-type]
    assert (len(edges["2"]), edges["3"]) == (5, ())


def test_a_frozen_led_at_the_calculator_bounds_the_edges_from_above() -> None:
    rack = FakeRack({1: train()[:15], 2: train()})
    results = measured(rack, number=5)
    assert (results["1"].readings, results["1"].edges_seen) == ((), 20)
    assert len(results["2"].readings) == 5


def test_a_led_that_stops_in_the_second_stage_has_no_half_a_series() -> None:
    rack = FakeRack({1: train(), 2: train()[:45]})
    results = measured(rack, number=8)
    assert len(results["1"].readings) == 8
    assert results["2"].readings == ()


def test_a_calculator_that_counts_more_than_its_standard_reads() -> None:
    rack = FakeRack({1: train(), 2: train()})
    rack.error_calculator("standard").scale = 1.015
    with pytest.raises(BenchFault, match=r"counted 3654 W, the same instrument read 3600 W: \+1\.50 % apart"):
        measured(rack)


def test_a_pulsating_load_is_not_held_against_the_calculator() -> None:
    rack = FakeRack({1: train(), 2: train()})
    rack.steady = False
    rack.error_calculator("standard").scale = 1.015
    assert len(measured(rack)["1"].readings) == 3


def test_a_change_of_range_and_an_overload_end_the_measurement() -> None:
    for change, message in (({"current_range": "5A"}, "changed its range"), ({"overload": True}, "overload")):
        rack = FakeRack({1: train(), 2: train()})
        rack.standard.seen = replace(READING, **change)
        with pytest.raises(BenchFault, match=message):
            measured(rack)


@pytest.mark.parametrize(
    ("stamps", "elapsed_s", "message"),
    [
        ([0.0, 1.0, 2.0, 0.5], 5.0, "run backwards"),
        ([0.0, 5.0, 10.0], 5.2, "10.000 s between pulses that came within 5.200 s"),
        ([0.0, float("nan")], 5.0, "nan s between pulses"),
    ],
)
def test_impossible_time_stamps(stamps: list[float], elapsed_s: float, message: str) -> None:
    with pytest.raises(BenchFault, match=message):
        check_stamps("counter", stamps, elapsed_s)


class TestTwoWitnesses:
    """The counter's edges against the calculator's own count of the same LED, 20 intervals."""

    INTERVALS = 20

    def see(self, led: Sequence[float], counted: Sequence[float], *, rate: float = 1.0) -> None:
        rack = FakeRack({1: led})
        wirings = arm_calculators(rack, [WIRED[1]], self.INTERVALS)  # type: ignore[arg-type]
        rack.clock.sleep(counted[self.INTERVALS] + 0.01)
        stamps = [at * rate for at in counted[: self.INTERVALS + 1]]
        compare(rack, wirings, {"1": stamps}, self.INTERVALS)  # type: ignore[arg-type]

    def test_a_counter_that_sees_what_is_there(self) -> None:
        self.see(train(), train())

    @pytest.mark.parametrize("rate", [0.98, 1.02, 2.0])
    def test_a_time_base_of_another_frequency(self, rate: float) -> None:
        with pytest.raises(BenchFault, match=r"Position \"1\": counter puts .* standard 20\.0000 s"):
            self.see(train(), train(), rate=rate)

    def test_a_counter_that_loses_each_tenth_pulse(self) -> None:
        counted = [at for number, at in enumerate(train()) if number % 10 != 5]
        with pytest.raises(BenchFault, match="apart"):
            self.see(train(), counted)

    def test_a_counter_that_bounces(self) -> None:
        counted = [
            at + late
            for number, at in enumerate(train())
            for late in ((0.0, 0.003) if number % 5 == 0 else (0.0,))
        ]
        with pytest.raises(BenchFault, match="apart"):
            self.see(train(), counted)

    def test_a_meter_that_loses_pulses_is_no_fault_of_the_counter(self) -> None:
        led = [at for number, at in enumerate(train()) if number % 10 != 5]
        self.see(led, led[3:])

    def test_a_meter_that_gives_its_pulses_in_bunches_is_not_blamed_either(self) -> None:
        led = [float(int(at / 4) * 4) for at in train()]
        assert max(later - earlier for earlier, later in pairwise(led)) == 4.0
        self.see(led, led[2:])


def test_a_rule_that_looks_again_is_asked_after_each_stage() -> None:
    rack = FakeRack({1: train(), 2: train()})
    wirings, asked = [WIRED[1], WIRED[2]], []
    rack.error_calculator("standard").arm_error_test(CONSTANT, GATE.n_intervals)
    rack.counter("counter").arm({2: 2 * GATE.n_intervals + 1})
    armed = ArmedGates(n_gates=2, sample=READING, started_s=rack.clock.now())

    def number(results: dict[str, PulseResult]) -> int:
        asked.append({name: len(result.readings) for name, result in results.items()})
        return min(6, 2 * len(asked) + 2)

    results = compare_pulses(rack, wirings, {"1": GATE, "2": GATE}, armed, number=number)  # type: ignore[arg-type]
    assert asked == [{"1": 2, "2": 2}, {"1": 4, "2": 4}, {"1": 6, "2": 6}]
    assert [len(result.readings) for result in results.values()] == [6, 6]
