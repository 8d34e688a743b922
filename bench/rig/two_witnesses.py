"""The same LED seen by two instruments: the counter, and the error calculator of the standard with a clock of its own.

Where a position is wired to both, they must tell the same of its pulses. A counter that loses pulses or sees them
twice, or whose time base is locked to the wrong frequency, is found before it measures the other positions.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from bench.errors import BenchFault
from bench.rig.pulses import PulseWiring
from bench.rig.rack import Rack

#: How far the two may be apart, %, beyond what uneven pulses and the last millisecond explain (own rule).
APART_PCT = 0.5
LAST_DIGIT_S = 0.002


def arm_calculators(rack: Rack, wirings: Sequence[PulseWiring], n_intervals: int) -> list[PulseWiring]:
    """Arm the calculators of the positions that have a counter as well; return these positions."""
    both = [wiring for wiring in wirings if wiring.counter and wiring.error_calculator]
    for wiring in both:
        rack.error_calculator(wiring.error_calculator).arm_error_test(
            wiring.meter_constant_imp_per_kwh, n_intervals
        )
    return both


def compare(
    rack: Rack, both: Sequence[PulseWiring], edges_s: Mapping[str, Sequence[float]], n_intervals: int
) -> None:
    """Raise BenchFault where calculator and counter contradict each other. Too few pulses say nothing."""
    for wiring in both:
        seen, calculator = edges_s[wiring.position], rack.error_calculator(wiring.error_calculator)
        if len(seen) <= n_intervals:
            calculator.abort_error_test()
            continue
        span_s = seen[n_intervals] - seen[0]
        if not rack.clock.wait(calculator.error_test_ready, rack.clock.now() + span_s + LAST_DIGIT_S):
            calculator.abort_error_test()
            continue
        duration_s = calculator.collect_error().duration_s
        intervals = [later - earlier for earlier, later in itertools.pairwise(seen)]
        uneven_s = 2 * (max(intervals) - min(intervals)) + LAST_DIGIT_S
        apart_pct = 100 * (span_s / duration_s - 1) if duration_s > 0 else 0.0
        if abs(apart_pct) > APART_PCT + 100 * uneven_s / span_s:
            raise BenchFault(
                f'Position "{wiring.position}": {wiring.counter} puts {span_s:.4f} s on {n_intervals} pulses, '
                f"{wiring.error_calculator} {duration_s:.4f} s: {apart_pct:+.2f} % apart.",
                remedy="Does the counter lose pulses or see them twice? Is its time base right?",
            )
