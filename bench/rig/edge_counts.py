"""The pulses of many positions on the counters of a rack: each counter is asked once for all that it counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

from bench.errors import BenchFault
from bench.rig.instrument_set import InstrumentSet
from bench.rig.pending_gates import PendingGates
from bench.rig.pulse_wiring import PulseWiring
from bench.rig.rack import Rack

#: How far the clocks of bench and counter may differ.
CLOCK_SHARE, CLOCK_FLOOR_S = 0.001, 0.05


def until_stopped(_wiring: PulseWiring) -> int:
    """Arm for any number of edges."""
    return 0


def arm_counters(
    rack: InstrumentSet,
    wirings: Iterable[PulseWiring],
    n_edges: Callable[[PulseWiring], int] = until_stopped,
) -> None:
    """Clear the counters' channels of these positions and record edges until ``n_edges`` of each are in."""
    for counter, wired in _by_counter(wirings).items():
        rack.counter(counter).arm({wiring.channel: n_edges(wiring) for wiring in wired})


def stop_counters(rack: InstrumentSet, wirings: Iterable[PulseWiring]) -> None:
    """Stop recording; what is recorded stays."""
    for counter, wired in _by_counter(wirings).items():
        rack.counter(counter).stop([wiring.channel for wiring in wired])


def edge_counts(rack: InstrumentSet, wirings: Iterable[PulseWiring]) -> dict[str, int]:
    """Return per position how many edges came since it was armed."""
    counts: dict[str, int] = {}
    for counter, wired in _by_counter(wirings).items():
        seen = rack.counter(counter).counts([wiring.channel for wiring in wired])
        counts |= {wiring.position: seen[wiring.channel] for wiring in wired}
    return counts


def edge_stamps_s(rack: InstrumentSet, wirings: Iterable[PulseWiring]) -> dict[str, tuple[float, ...]]:
    """Return per position the time stamps of its edges, in seconds of its counter's time base."""
    stamps: dict[str, tuple[float, ...]] = {}
    for counter, wired in _by_counter(wirings).items():
        seen = rack.counter(counter).edges_s([wiring.channel for wiring in wired])
        stamps |= {wiring.position: seen[wiring.channel] for wiring in wired}
    return stamps


def _by_counter(wirings: Iterable[PulseWiring]) -> dict[str, list[PulseWiring]]:
    wired: dict[str, list[PulseWiring]] = {}
    for wiring in wirings:
        wired.setdefault(wiring.counter, []).append(wiring)
    return wired


def count_edges(
    rack: Rack,
    wirings: Sequence[PulseWiring],
    *,
    n_edges: int,
    duration_s: float,
    meanwhile: Callable[[], None] | None = None,
) -> dict[str, tuple[float, ...]]:
    """Record edges at every position until each has ``n_edges`` or ``duration_s`` is over.

    ``meanwhile`` is done first, with the counters armed. Returns the time stamps in seconds after the first edge:
    the counter's time base has an origin of its own. A position without a counter has none.
    """
    started_s = rack.clock.now()
    edges: dict[str, tuple[float, ...]] = {wiring.position: () for wiring in wirings}
    wirings = [wiring for wiring in wirings if wiring.counter]
    arm_counters(rack, wirings, lambda _wiring: n_edges)
    if meanwhile is not None:
        meanwhile()

    def over(asked: Sequence[PulseWiring]) -> set[str]:
        return {name for name, count in edge_counts(rack, asked).items() if count >= n_edges}

    rest = PendingGates(wirings, over)
    rack.clock.wait(rest.all_over, started_s + duration_s, rest.awaited)
    rack.still_loaded()
    stop_counters(rack, wirings)
    stamps_s = edge_stamps_s(rack, wirings)
    for wiring in wirings:
        stamps = stamps_s[wiring.position]
        check_stamps(wiring.counter, stamps, rack.clock.now() - started_s)
        edges[wiring.position] = tuple(stamp - stamps[0] for stamp in stamps)
    return edges


def check_stamps(counter: str, edges_s: Sequence[float], elapsed_s: float) -> None:
    """Raise BenchFault for time stamps that run backwards, or lie further apart than the bench waited for them."""
    if any(later < earlier for earlier, later in itertools.pairwise(edges_s)):
        raise BenchFault(
            f"The time stamps of {counter} run backwards.", remedy="Is its time base locked, and unshared?"
        )
    span_s = edges_s[-1] - edges_s[0] if edges_s else 0.0
    if not span_s <= elapsed_s * (1 + CLOCK_SHARE) + CLOCK_FLOOR_S:
        raise BenchFault(
            f"{counter} puts {span_s:.3f} s between pulses that came within {elapsed_s:.3f} s.",
            remedy="Check its time base: is it locked to a reference of another frequency?",
        )
