"""Meter pulses against the reference, at all positions at the same time.

Two methods, chosen by the wiring: the error calculator inside the standard, or power and time: the counter's
time stamps with the standard's power. The method stands in every result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.errors import BenchFault
from bench.metrology.gate import Gate
from bench.rig.rack import Rack
from instruments.roles import Readings

SECONDS_PER_HOUR = 3600.0
#: A load that moves by more than this while pulses are counted is not one load point (own rule).
LOAD_CHANGE_MAX_PCT = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseWiring:
    """Where the LED of one position leads; empty names where it does not."""

    position: str
    meter_constant_imp_per_kwh: float
    counter: str
    channel: int
    error_calculator: str

    def by_counter(self) -> PulseWiring:
        """Return the same wiring without the error calculator, where there is a counter."""
        return replace(self, error_calculator="") if self.counter else self

    @property
    def method(self) -> str:
        """The method this wiring allows; "" if none."""
        if self.error_calculator:
            return "error-calculator"
        return "power-time" if self.counter else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseResult:
    """Raw outcome at one position. ``readings`` is empty when the pulses did not come in time.

    ``samples``: what the standard read before, between and after the gates.
    """

    method: str
    readings: tuple[dict[str, Any], ...]
    edges_seen: int
    waited_s: float
    samples: tuple[Readings, ...]
    absolute: bool = False

    @property
    def mean_power_w(self) -> float:
        """Mean of the powers the standard read; of the phases without their signs where that was asked for."""
        powers = [_power_w(sample, absolute=self.absolute) for sample in self.samples]
        return sum(powers) / len(powers)


def compare_pulses(
    rack: Rack,
    wirings: Sequence[PulseWiring],
    gates: dict[str, Gate],
    *,
    first: int = 1,
    number: Callable[[dict[str, PulseResult]], int] | None = None,
    absolute: bool = False,
) -> dict[str, PulseResult]:
    """Count gates of every position against the reference under the load that stands now.

    ``first`` gates are counted; then ``number`` says once, from their results, how many there shall be in all.
    ``absolute``: the powers of the phases count without their signs (power-time only). A position whose
    pulses do not come ends the series. Raises BenchFault if the certificate of the reference has run out, if it
    was in overload or changed its range, or if the load moved meanwhile.
    """
    rack.require_valid_standard()
    samples = [rack.readings()]
    results: dict[str, PulseResult] = {}
    wanted, done = first, 0
    while done < wanted:
        for wiring in wirings:
            _arm(rack, wiring, gates[wiring.position].n_intervals)
        started_s = rack.clock.now()
        rack.clock.wait(
            lambda: all(_ready(rack, wiring, gates[wiring.position].n_intervals) for wiring in wirings),
            started_s + max(gates[wiring.position].time_out_s for wiring in wirings),
        )
        waited_s = rack.clock.now() - started_s
        rack.still_loaded()
        samples.append(rack.readings())
        _same_load(samples[0], samples[-1])
        power_w = (_power_w(samples[-2], absolute=absolute) + _power_w(samples[-1], absolute=absolute)) / 2
        complete = True
        for wiring in wirings:
            reading, edges = _collect(rack, wiring, gates[wiring.position].n_intervals, power_w)
            before = results[wiring.position].readings if wiring.position in results else ()
            results[wiring.position] = PulseResult(
                method=wiring.method,
                readings=(*before, reading) if reading is not None else before,
                edges_seen=edges,
                waited_s=waited_s,
                samples=tuple(samples),
                absolute=absolute,
            )
            complete = complete and reading is not None
        done += 1
        if not complete:
            break
        if done == first and number is not None:
            wanted = number(results)
    return results


def _same_load(first: Readings, last: Readings) -> None:
    if first.overload or last.overload:
        raise BenchFault("The reference standard was in overload during the measurement.")
    if (first.voltage_range, first.current_range) != (last.voltage_range, last.current_range):
        raise BenchFault("The reference standard changed its range during the measurement.")
    change_pct = 100 * (last.power_w - first.power_w) / first.power_w if first.power_w else 0.0
    if abs(change_pct) > LOAD_CHANGE_MAX_PCT:
        raise BenchFault(
            f"The load changed by {change_pct:+.2f} % during the measurement.",
            remedy="Is the source stable, and every current loop closed?",
        )


def _power_w(sample: Readings, *, absolute: bool) -> float:
    return sum(abs(phase.power_w) for phase in sample.phases) if absolute else sample.power_w


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
    rack.still_loaded()
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
    rack: Rack, wiring: PulseWiring, n_intervals: int, power_w: float
) -> tuple[dict[str, Any] | None, int]:
    """Return the reading of one gate, None if it is not complete, and how many edges came."""
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
                "reference_energy_wh": power_w * duration_s / SECONDS_PER_HOUR,
                "duration_s": duration_s,
                "reference_constant_imp_per_kwh": None,
                "instrument_error_pct": None,
                "first_edge_s": edges[0],
                "last_edge_s": edges[n_intervals],
            }
    return reading, edges_seen
