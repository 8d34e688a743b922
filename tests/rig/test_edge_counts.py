"""Positions on two counters, asked together; and who is asked while gates are waited for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.rig.edge_counts import arm_counters, count_edges, edge_counts, edge_stamps_s, stop_counters
from bench.rig.pending_gates import PendingGates
from tests.rig.test_pulses import WIRED, Clock, Counter, FakeRack, train

EDGES = {number: train(period_s=float(number), until_s=60.0) for number in (1, 2, 3, 4)}
ASKED = [
    replace(WIRED[2], position=str(number), channel=number, counter=("left", "right")[number % 2])
    for number in (1, 2, 3, 4)
]


class Asked(Counter):
    """Remembers which channels were asked for together."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, EDGES)
        self.asked: list[tuple[int, ...]] = []

    def arm(self, n_edges: Mapping[int, int]) -> None:
        self.asked.append(tuple(n_edges))
        super().arm({channel: wanted or 10_000 for channel, wanted in n_edges.items()})

    def counts(self, channels: Sequence[int]) -> dict[int, int]:
        self.asked.append(tuple(channels))
        return super().counts(channels)


class TwoCounters(FakeRack):
    def __init__(self) -> None:
        super().__init__(EDGES)
        self.two = {name: Asked(self.clock) for name in ("left", "right")}

    def counter(self, name: str) -> Counter:
        return self.two[name]


def test_each_counter_is_asked_once_for_all_it_counts() -> None:
    rack = TwoCounters()
    arm_counters(rack, ASKED)  # type: ignore[arg-type]
    rack.clock.sleep(12.0)
    assert edge_counts(rack, ASKED) == {"1": 12, "2": 6, "3": 4, "4": 3}  # type: ignore[arg-type]
    assert {name: counter.asked for name, counter in rack.two.items()} == {
        "left": [(2, 4), (2, 4)],
        "right": [(1, 3), (1, 3)],
    }
    stop_counters(rack, ASKED[1:3])  # type: ignore[arg-type]
    rack.clock.sleep(12.0)
    assert edge_counts(rack, ASKED) == {"1": 24, "2": 6, "3": 4, "4": 6}  # type: ignore[arg-type]
    assert edge_stamps_s(rack, ASKED[3:])["4"] == tuple(EDGES[4][:6])  # type: ignore[arg-type]


def test_the_edges_of_two_counters_keep_to_their_positions() -> None:
    rack = TwoCounters()
    edges = count_edges(rack, ASKED, n_edges=3, duration_s=50.0)  # type: ignore[arg-type]
    assert {name: [round(at, 6) for at in seen] for name, seen in edges.items()} == {
        str(number): [0.0, float(number), 2.0 * number] for number in (1, 2, 3, 4)
    }


def test_one_is_asked_until_its_gate_is_over_and_then_the_others_together() -> None:
    asked: list[list[str]] = []
    over: set[str] = set()

    def which(wirings: Sequence[object]) -> set[str]:
        asked.append([wiring.position for wiring in wirings])  # type: ignore[attr-defined]
        return over & set(asked[-1])

    pending = PendingGates(ASKED, which)
    assert (pending.all_over(), pending.awaited()) == (False, ["left:4"])
    over |= {"4", "2"}
    assert (pending.all_over(), pending.awaited()) == (False, ["right:3"])
    over |= {"1", "3"}
    assert pending.all_over()
    assert pending.all_over()
    assert asked == [["4"], ["4"], ["1", "2", "3"], ["3"], ["1"]]


def test_a_calculator_is_waited_for_before_the_counters() -> None:
    pending = PendingGates([WIRED[1], *ASKED], lambda wirings: {"1"} & {one.position for one in wirings})
    assert pending.awaited() == ["standard", "counter:1"]
    assert not pending.all_over()
    assert pending.awaited() == ["standard", "left:4"]
