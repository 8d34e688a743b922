"""Meter pulses against the reference, at all positions at the same time.

Two methods, chosen by the wiring: the error calculator inside the standard, or power and time: the counter's
time stamps with the standard's power. The method stands in every result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import BenchFault
from bench.metrology.gate import Gate
from bench.rig.rack import Rack

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseWiring:
    """Where the LED of one position leads; empty names where it does not."""

    position: str
    meter_constant_imp_per_kwh: float
    counter: str
    channel: int
    error_calculator: str

    @property
    def method(self) -> str:
        """The method this wiring allows; "" if none."""
        if self.error_calculator:
            return "error-calculator"
        return "power-time" if self.counter else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseResult:
    """Raw outcome at one position. ``reading`` is None when the pulses did not come in time."""

    method: str
    reading: dict[str, Any] | None
    edges_seen: int
    waited_s: float
    conditions: dict[str, float]


def compare_pulses(
    rack: Rack, wirings: Sequence[PulseWiring], gates: dict[str, Gate]
) -> dict[str, PulseResult]:
    """Count the gate of every position against the reference under the load that stands now.

    Raises BenchFault if the reference was in overload, or changed its range, or the load moved meanwhile.
    """
    rack.clock.sleep(rack.standard.start_reading())
    before = rack.standard.collect_reading()
    for wiring in wirings:
        _arm(rack, wiring, gates[wiring.position].n_intervals)
    started_s = rack.clock.now()
    rack.clock.wait(
        lambda: all(_ready(rack, wiring, gates[wiring.position].n_intervals) for wiring in wirings),
        started_s + max(gates[wiring.position].time_out_s for wiring in wirings),
    )
    waited_s = rack.clock.now() - started_s
    rack.clock.sleep(rack.standard.start_reading())
    after = rack.standard.collect_reading()
    if before.overload or after.overload:
        raise BenchFault("The reference standard was in overload during the measurement.")
    if (before.voltage_range, before.current_range) != (after.voltage_range, after.current_range):
        raise BenchFault("The reference standard changed its range during the measurement.")
    conditions = {
        "voltage_v": after.phases[0].voltage_v,
        "current_a": after.phases[0].current_a,
        "power_w": (before.power_w + after.power_w) / 2,
        "power_change_pct": 100 * (after.power_w - before.power_w) / before.power_w
        if before.power_w
        else 0.0,
        "current_lag_deg": after.phases[0].current_lag_deg,
        "frequency_hz": after.frequency_hz,
    }
    return {
        wiring.position: _collect(rack, wiring, gates[wiring.position].n_intervals, conditions, waited_s)
        for wiring in wirings
    }


def count_edges(
    rack: Rack, wirings: Sequence[PulseWiring], *, n_edges: int, duration_s: float
) -> dict[str, tuple[float, ...]]:
    """Record edges at every position until each has ``n_edges`` or ``duration_s`` is over.

    Returns the time stamps in seconds after the first edge: the counter's time base has an origin of its own.
    """
    started_s = rack.clock.now()
    for wiring in wirings:
        rack.counter(wiring.counter).arm(wiring.channel, n_edges)
    rack.clock.wait(
        lambda: all(rack.counter(w.counter).count(w.channel) >= n_edges for w in wirings),
        started_s + duration_s,
    )
    edges = {}
    for wiring in wirings:
        counter = rack.counter(wiring.counter)
        counter.stop(wiring.channel)
        stamps = counter.edges_s(wiring.channel)
        edges[wiring.position] = tuple(stamp - stamps[0] for stamp in stamps)
    return edges


def _arm(rack: Rack, wiring: PulseWiring, n_intervals: int) -> None:
    if wiring.method == "error-calculator":
        rack.error_calculator(wiring.error_calculator).arm_error_test(
            wiring.meter_constant_imp_per_kwh, n_intervals
        )
    else:
        rack.counter(wiring.counter).arm(wiring.channel, n_intervals + 1)


def _ready(rack: Rack, wiring: PulseWiring, n_intervals: int) -> bool:
    if wiring.method == "error-calculator":
        return rack.error_calculator(wiring.error_calculator).error_test_ready()
    return rack.counter(wiring.counter).count(wiring.channel) > n_intervals


def _collect(
    rack: Rack, wiring: PulseWiring, n_intervals: int, conditions: dict[str, float], waited_s: float
) -> PulseResult:
    ready = _ready(rack, wiring, n_intervals)
    reading: dict[str, Any] | None = None
    edges_seen = n_intervals + 1
    if wiring.method == "error-calculator":
        calculator = rack.error_calculator(wiring.error_calculator)
        if ready:
            taken = calculator.collect_error()
            reading = {
                "n_intervals": taken.n_intervals,
                "reference_energy_wh": taken.reference_energy_wh,
                "duration_s": taken.duration_s,
                "reference_constant_imp_per_kwh": taken.reference_constant_imp_per_kwh,
                "instrument_error_pct": taken.error_pct,
            }
        else:
            calculator.abort_error_test()
            edges_seen = n_intervals  # at most: the calculator does not tell
    else:
        counter = rack.counter(wiring.counter)
        counter.stop(wiring.channel)
        edges = counter.edges_s(wiring.channel)
        edges_seen = len(edges)
        if ready:
            duration_s = edges[n_intervals] - edges[0]
            reading = {
                "n_intervals": n_intervals,
                "reference_energy_wh": conditions["power_w"] * duration_s / SECONDS_PER_HOUR,
                "duration_s": duration_s,
                "reference_constant_imp_per_kwh": None,
                "instrument_error_pct": None,
                "first_edge_s": edges[0],
                "last_edge_s": edges[n_intervals],
            }
    return PulseResult(
        method=wiring.method, reading=reading, edges_seen=edges_seen, waited_s=waited_s, conditions=conditions
    )
