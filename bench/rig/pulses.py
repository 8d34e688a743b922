"""Meter pulses against the reference, at all positions at the same time.

Three methods, chosen by the wiring: the error calculator inside the standard; the pulses of a master meter, stamped
by the counter that stamps the meters'; or power and time: the counter's time stamps with the standard's power. The
method stands in every result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.errors import BenchFault
from bench.metrology.gate import Gate
from bench.rig.edge_counts import arm_counters, check_stamps, edge_counts, edge_stamps_s, stop_counters
from bench.rig.master_meter import METHOD as BY_MASTER
from bench.rig.master_meter import arm_master, referred
from bench.rig.pending_gates import PendingGates
from bench.rig.pulse_wiring import PulseWiring as PulseWiring
from bench.rig.rack import Rack
from instruments.roles import LoadSetting, Readings, SeriesCalculator

SECONDS_PER_HOUR = 3600.0
#: What a reading of a standard takes, about; started so long before the end of a gate it costs no time.
READING_S = 2.2
#: A load that moves by more than this while pulses are counted is not one load point (own rule).
LOAD_CHANGE_MAX_PCT = 1.0
#: How far energy over time of an error calculator may be from the powers read around it (own rule; gates are long
#: enough that the last millisecond of their duration, and half of a load's change, stay below).
SAME_ENERGY_PCT = 0.6


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedGates:
    """``n_gates`` gates in a row, open or waiting for their first pulse: since when, and the standard before."""

    n_gates: int
    sample: Readings
    started_s: float


def apply_and_arm(
    rack: Rack,
    setting: LoadSetting,
    wirings: Sequence[PulseWiring],
    gates: dict[str, Gate],
    *,
    n_gates: int = 1,
) -> ArmedGates:
    """Apply a load and arm every position as soon as it has settled, while the standard confirms it.

    Raises BenchFault for a load that does not come up, and for a standard whose certificate has run out.
    """
    rack.require_valid_standard()
    armed_s: list[float] = []

    def arm() -> None:
        _arm_all(rack, [wiring for wiring in wirings if wiring.method], gates, n_gates)
        armed_s.append(rack.clock.now())

    rack.apply(setting, settled=arm)
    sample = rack.readings_now()
    if not armed_s:
        arm()
    return ArmedGates(n_gates=n_gates, sample=sample, started_s=armed_s[0])


def compare_pulses(
    rack: Rack,
    wirings: Sequence[PulseWiring],
    gates: dict[str, Gate],
    armed: ArmedGates,
    *,
    number: Callable[[dict[str, PulseResult]], int] | None = None,
    absolute: bool = False,
) -> dict[str, PulseResult]:
    """Count gates of every position against the reference under the load that stands now.

    ``armed``: the first gates, as ``apply_and_arm`` left them; then ``number`` says from their results how many there
    shall be in all, and is asked again when those are in, until it wants no more. Gates follow each other without a
    gap: the pulse that ends one begins the next.
    ``absolute``: the powers of the phases count without their signs (power-time only). A position whose pulses do
    not come in time has no readings; the others go on. Raises BenchFault if the reference was in overload or changed
    its range, if its error calculator contradicts its readings, or if the load moved meanwhile.
    """
    wired = [wiring for wiring in wirings if wiring.method]
    results = _stage(rack, wired, gates, armed, {}, absolute=absolute) if wired else {}
    results |= {wiring.position: _unseen(armed) for wiring in wirings if not wiring.method}
    have = armed.n_gates
    whole = _complete(results, have)
    while number is not None and whole and (more := number(whole) - have) > 0:
        going_on = [wiring for wiring in wirings if wiring.position in whole]
        _arm_all(rack, going_on, gates, more)
        last = next(iter(whole.values())).samples[-1]
        again = ArmedGates(n_gates=more, sample=last, started_s=rack.clock.now())
        fresh = _stage(rack, going_on, gates, again, whole, absolute=absolute)
        results, have = results | fresh, have + more
        whole = _complete(fresh, have)
    return results


def _complete(results: dict[str, PulseResult], n_gates: int) -> dict[str, PulseResult]:
    """Return the results of the positions that have all gates so far."""
    return {name: result for name, result in results.items() if len(result.readings) == n_gates}


def _unseen(armed: ArmedGates) -> PulseResult:
    """Return the result of a position whose LED leads nowhere."""
    return PulseResult(method="", readings=(), edges_seen=0, waited_s=0.0, samples=(armed.sample,))


def _stage(
    rack: Rack,
    wirings: Sequence[PulseWiring],
    gates: dict[str, Gate],
    armed: ArmedGates,
    before: dict[str, PulseResult],
    *,
    absolute: bool,
) -> dict[str, PulseResult]:
    """Wait for the gates of one stage, one after the other; return what was read, after what was read ``before``.

    A position that is late is left out from then on: a LED that stopped says nothing of its neighbours. A counter has
    all edges of its position's gates when they are over; until the last gate, one position tells for all when the
    standard is to be read.
    """
    samples = [armed.sample]
    first = next(iter(before.values())).samples if before else (armed.sample,)
    calculated: dict[str, list[dict[str, Any]]] = {wiring.position: [] for wiring in wirings}
    results: dict[str, PulseResult] = {}
    going_on, since_s = list(wirings), armed.started_s

    def gather() -> None:
        """Fetch what the calculators have finished by themselves: they do not wait for the other positions."""
        for wiring in going_on:
            own = calculated[wiring.position]
            if wiring.method != "error-calculator" or _repeats(rack, wiring, armed.n_gates):
                continue
            if len(own) < armed.n_gates and _tests_done(rack, wiring, armed.n_gates) > len(own):
                own.append(_calculated(rack, wiring, armed.n_gates, len(own) + 1))

    def over(asked: Sequence[PulseWiring], number: int) -> set[str]:
        counted = [wiring for wiring in asked if wiring.method != "error-calculator"]
        found = {name for name, n_over in _gates_counted(rack, counted, gates).items() if n_over >= number}
        for wiring in asked:
            if wiring.method != "error-calculator":
                continue
            if _repeats(rack, wiring, armed.n_gates):
                ended = _tests_done(rack, wiring, armed.n_gates) >= 1
            else:
                ended = len(calculated[wiring.position]) >= number
            if ended:
                found.add(wiring.position)
        return found

    def not_over(asked: Sequence[PulseWiring], number: int) -> list[PulseWiring]:
        found = over(asked, number)
        return [wiring for wiring in asked if wiring.position not in found]

    def end(ended: Sequence[PulseWiring], *, late: bool) -> None:
        found = _collect(
            rack, ended, gates, samples, calculated, armed.started_s, late=late, absolute=absolute
        )
        for wiring in ended:
            readings, edges_seen = found[wiring.position]
            earlier = before.get(wiring.position)
            results[wiring.position] = PulseResult(
                method=wiring.method,
                readings=()
                if late
                else (*(earlier.readings if earlier is not None else ()), *readings[: armed.n_gates]),
                edges_seen=edges_seen,
                waited_s=rack.clock.now() - armed.started_s,
                samples=(*first, *samples[1:]),
                absolute=absolute,
            )

    for done in range(1, armed.n_gates + 1):
        asked = going_on if done == armed.n_gates else _witnesses(going_on)
        complete = _await_gates(
            rack, asked, gates, samples, since_s, over=partial(over, number=done), gather=gather
        )
        since_s = rack.clock.now()
        _same_load(first[0], samples[-1])
        late = [] if complete else not_over(going_on, done)
        slow = _lagging(rack, late, gates, done)
        if done < armed.n_gates:  # nobody was waiting for these
            late = [wiring for wiring in late if wiring in asked or wiring not in slow]
        elif slow:  # nobody waited for them at the gates before
            deadline_s = armed.started_s + armed.n_gates * max(gates[w.position].time_out_s for w in slow)
            rest = PendingGates(slow, partial(over, number=done))
            rack.clock.wait(rest.all_over, deadline_s, rest.awaited)
            samples.append(rack.readings())
            _same_load(first[0], samples[-1])
            since_s = rack.clock.now()
            late = not_over(late, done)
        end(late, late=True)
        going_on = [wiring for wiring in going_on if wiring not in late]
        for wiring in going_on:
            if wiring.method == "error-calculator":
                own = calculated[wiring.position]
                if len(own) < done:
                    own.append(_calculated(rack, wiring, armed.n_gates, done))
                if rack.steady:
                    _same_energy(wiring, own[done - 1], samples[-2:])
        if not going_on:
            break
        for wiring in going_on:
            if done < armed.n_gates and _repeats(rack, wiring, armed.n_gates):
                _arm_calculator(rack, wiring, gates[wiring.position].n_intervals, 1)
    end(going_on, late=False)
    return {wiring.position: results[wiring.position] for wiring in wirings}


def _witnesses(going_on: Sequence[PulseWiring]) -> list[PulseWiring]:
    """Return who is waited for before the last gate: each calculator, whose gates are fetched singly, and a counter."""
    counters = [wiring for wiring in going_on if wiring.method != "error-calculator"]
    return [wiring for wiring in going_on if wiring not in counters] + counters[:1]


def _lagging(
    rack: Rack, late: Sequence[PulseWiring], gates: dict[str, Gate], number: int
) -> list[PulseWiring]:
    """Return whose counter has seen gates before the last one: the pulses come, but slower than the others'."""
    if number == 1:
        return []
    counted = [wiring for wiring in late if wiring.method != "error-calculator"]
    n_over = _gates_counted(rack, counted, gates)
    return [wiring for wiring in counted if 0 < n_over[wiring.position] < number]


def _await_gates(
    rack: Rack,
    wirings: Sequence[PulseWiring],
    gates: dict[str, Gate],
    samples: list[Readings],
    since_s: float,
    *,
    over: Callable[[Sequence[PulseWiring]], set[str]],
    gather: Callable[[], None],
) -> bool:
    """Wait until a gate is ``over`` everywhere, and add what the standard read; return whether it is.

    ``since_s``: when the gate before was over. ``gather`` fetches what does not wait to be fetched.

    The standard's interval is started so that it ends no earlier than the first moment at which the gates can be over.
    """
    pending = PendingGates(wirings, over)

    def ready() -> bool:
        gather()
        return pending.all_over()

    longest = max((gates[wiring.position] for wiring in wirings), key=lambda gate: gate.time_out_s)
    rack.clock.wait(ready, since_s + max(0.0, longest.duration_s - READING_S), pending.awaited)
    due_s = rack.clock.now() + rack.standard.start_reading()
    deadline_s = since_s + longest.time_out_s
    # an error calculator tells by itself that a test is over, a counter only that all its edges are in
    told = all(wiring.method == "error-calculator" for wiring in wirings)
    step_s = deadline_s - since_s if told else longest.duration_s / longest.n_intervals
    complete = ready()
    while not complete and rack.clock.now() < deadline_s:
        complete = rack.clock.wait(ready, min(deadline_s, rack.clock.now() + step_s), pending.awaited)
    rack.clock.sleep(due_s - rack.clock.now())
    rack.still_loaded()
    samples.append(rack.standard.collect_reading())
    return complete


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


def _same_energy(wiring: PulseWiring, reading: dict[str, Any], around: Sequence[Readings]) -> None:
    """Raise BenchFault if the error calculator's energy is not the power that the same standard read meanwhile."""
    duration_s, energy_wh = reading["duration_s"], reading["reference_energy_wh"]
    read_w = sum(sample.power_w for sample in around) / len(around)
    if not duration_s or read_w <= 0:
        return
    counted_w = energy_wh * SECONDS_PER_HOUR / duration_s
    apart_pct = 100 * (counted_w / read_w - 1)
    if not abs(apart_pct) <= SAME_ENERGY_PCT:
        raise BenchFault(
            f"The error calculator of {wiring.error_calculator} counted {counted_w:.5g} W, the same instrument read "
            f"{read_w:.5g} W: {apart_pct:+.2f} % apart.",
            remedy="Check its reference constant, its measuring mode, and what its calculator counts.",
        )


def _power_w(sample: Readings, *, absolute: bool) -> float:
    return sum(abs(phase.power_w) for phase in sample.phases) if absolute else sample.power_w


def _arm_all(rack: Rack, wirings: Sequence[PulseWiring], gates: dict[str, Gate], n_gates: int) -> None:
    """Arm the master meter, where there is one, and then every position."""
    for master in {wiring.master for wiring in wirings if wiring.method == BY_MASTER}:
        if master is not None:
            arm_master(rack, master)
    counted = [wiring for wiring in wirings if wiring.method != "error-calculator"]
    arm_counters(rack, counted, lambda wiring: n_gates * gates[wiring.position].n_intervals + 1)
    for wiring in wirings:
        if wiring.method == "error-calculator":
            _arm_calculator(rack, wiring, gates[wiring.position].n_intervals, n_gates)


def _arm_calculator(rack: Rack, wiring: PulseWiring, n_intervals: int, n_gates: int) -> None:
    constant = wiring.meter_constant_imp_per_kwh
    calculator = rack.error_calculator(wiring.error_calculator)
    if n_gates > 1 and isinstance(calculator, SeriesCalculator):
        calculator.arm_error_series(constant, n_intervals)
    else:
        calculator.arm_error_test(constant, n_intervals)


def _repeats(rack: Rack, wiring: PulseWiring, n_gates: int) -> bool:
    """Return whether the position's calculator takes one gate at a time and has to be armed for each."""
    return wiring.method == "error-calculator" and not (
        n_gates > 1 and isinstance(rack.error_calculator(wiring.error_calculator), SeriesCalculator)
    )


def _tests_done(rack: Rack, wiring: PulseWiring, n_gates: int) -> int:
    """Return how many gates a calculator has finished since it was armed."""
    calculator = rack.error_calculator(wiring.error_calculator)
    if n_gates > 1 and isinstance(calculator, SeriesCalculator):
        return calculator.error_tests_done()
    return int(calculator.error_test_ready())


def _gates_counted(rack: Rack, wirings: Sequence[PulseWiring], gates: dict[str, Gate]) -> dict[str, int]:
    """Return how many gates are over at each of these counters' positions since they were armed."""
    return {
        name: max(0, edges - 1) // gates[name].n_intervals
        for name, edges in edge_counts(rack, wirings).items()
    }


def _calculated(rack: Rack, wiring: PulseWiring, n_gates: int, number: int) -> dict[str, Any]:
    calculator = rack.error_calculator(wiring.error_calculator)
    taken = calculator.collect_error()
    if not _repeats(rack, wiring, n_gates):
        over = _tests_done(rack, wiring, n_gates)
        if over != number:
            raise BenchFault(
                f"{wiring.error_calculator} has finished {over} error tests while the bench fetched {number}.",
                remedy="Its results come faster than they can be fetched; measure over more pulses.",
            )
        if number == n_gates:
            calculator.abort_error_test()
    return {
        "n_intervals": taken.n_intervals,
        "reference_energy_wh": taken.reference_energy_wh,
        "duration_s": taken.duration_s,
        "reference_constant_imp_per_kwh": taken.reference_constant_imp_per_kwh,
        "instrument_error_pct": taken.error_pct,
    }


def _collect(
    rack: Rack,
    wirings: Sequence[PulseWiring],
    gates: dict[str, Gate],
    samples: Sequence[Readings],
    calculated: dict[str, list[dict[str, Any]]],
    started_s: float,
    *,
    late: bool,
    absolute: bool,
) -> dict[str, tuple[list[dict[str, Any]], int]]:
    """Return the readings of the gates that are over at each position, and how many edges came."""
    found: dict[str, tuple[list[dict[str, Any]], int]] = {}
    for wiring in wirings:
        if wiring.method != "error-calculator":
            continue
        own, n_intervals = calculated[wiring.position], gates[wiring.position].n_intervals
        found[wiring.position] = own, n_intervals * len(own) + 1
        if late:
            rack.error_calculator(wiring.error_calculator).abort_error_test()
            found[wiring.position] = [], n_intervals * (len(own) + 1)  # at most: the calculator does not tell
    counted = [wiring for wiring in wirings if wiring.method != "error-calculator"]
    if late:  # else it has stopped by itself at the last edge it was armed for
        stop_counters(rack, counted)
    edges_s = edge_stamps_s(rack, counted)
    powers_w = [_power_w(sample, absolute=absolute) for sample in samples]
    for wiring in counted:
        edges = edges_s[wiring.position]
        check_stamps(wiring.counter, edges, rack.clock.now() - started_s)
        readings = _timed(edges, gates[wiring.position].n_intervals, powers_w)
        found[wiring.position] = readings, len(edges)
    if not late:
        _refer(rack, [wiring for wiring in counted if wiring.master is not None], found)
    return found


def _timed(edges_s: Sequence[float], n_intervals: int, powers_w: Sequence[float]) -> list[dict[str, Any]]:
    """Return the gates of a series of edges, each with the energy of the powers read before and after it."""
    readings = []
    for gate in range(max(0, len(edges_s) - 1) // n_intervals):
        first, last = edges_s[gate * n_intervals], edges_s[(gate + 1) * n_intervals]
        around = powers_w[gate : gate + 2] or powers_w[-1:]
        readings.append(
            {
                "n_intervals": n_intervals,
                "reference_energy_wh": sum(around) / len(around) * (last - first) / SECONDS_PER_HOUR,
                "duration_s": last - first,
                "reference_constant_imp_per_kwh": None,
                "instrument_error_pct": None,
                "first_edge_s": first,
                "last_edge_s": last,
            }
        )
    return readings


def _refer(
    rack: Rack, wirings: Sequence[PulseWiring], found: dict[str, tuple[list[dict[str, Any]], int]]
) -> None:
    """Put the energy of the master meter in place of power and time."""
    for master in {wiring.master for wiring in wirings if wiring.master is not None}:
        stamps_s = rack.counter(master.counter).edges_s([master.channel])[master.channel]
        for wiring in wirings:
            if wiring.master == master:
                readings, n_edges = found[wiring.position]
                referred_to = [
                    referred(reading, stamps_s, master, steady=rack.steady) for reading in readings
                ]
                found[wiring.position] = referred_to, n_edges
