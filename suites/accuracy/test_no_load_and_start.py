"""No-load condition (creep) and starting current."""

from __future__ import annotations

from typing import Any

from bench.judgement.requirements import (
    no_load_requirement,
    starting_current_of,
    starting_current_requirement,
)
from bench.rig.edge_counts import count_edges
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.no_load import measure_no_load
from bench.run.pulse_proof import path_proven, proof_pulses
from bench.standards.starting_current import starting_window_s

#: Edges after which the starting test need not wait any longer; more than two, so that a bounce shows.
STARTING_EDGES = 4


@case(
    "accuracy/no_load",
    lambda bench: no_load_requirement(bench.declaration),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES],
    alters=[Alters.REGISTERS],
    stage=Stage.NO_LOAD,
)
def test_no_load(bench: CaseBench) -> None:
    """Count pulses at raised voltage with open current circuits, after proof that pulses can be seen."""
    seen = bench.observe("no-load", bench.together("no load", lambda: measure_no_load(bench.run)))
    bench.judge("accuracy.no-load/1", seen)


@case(
    "accuracy/starting_current",
    lambda bench: starting_current_requirement(bench.declaration),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES],
    alters=[Alters.REGISTERS],
    stage=Stage.STARTING,
)
def test_starting_current(bench: CaseBench) -> None:
    """The meter starts and continues to register at the starting current."""
    seen = bench.observe("starting-current", bench.together("starting current", lambda: _start(bench)))
    bench.judge("accuracy.starting-current/1", seen)


def _start(bench: CaseBench) -> dict[str, Any]:
    run = bench.run
    plate = bench.declaration.nameplate
    current_a = starting_current_of(bench.declaration).current_a
    proof_pulses(run)
    run.load(voltage_factor=1.0, current_a=current_a, lag_deg=0.0)
    readings = run.rack.readings()
    windows = {
        position.name: starting_window_s(
            meter_constant_imp_per_kwh=position.declaration.nameplate.meter_constant_imp_per_kwh,
            voltage_v=plate.voltage_v,
            current_a=current_a,
            elements=plate.elements,
        )
        for position in run.positions.values()
    }
    wirings = [position.pulse_wiring() for position in run.positions.values()]
    started_s = run.clock.now()
    edges = count_edges(run.rack, wirings, n_edges=STARTING_EDGES, duration_s=max(windows.values()))
    waited_s = run.clock.now() - started_s
    run.energise()
    return {
        name: {
            "voltage_v": readings.phases[0].voltage_v,
            "current_a": readings.phases[0].current_a,
            "power_w": readings.power_w,
            "window_s": min(waited_s, windows[name]),
            "edge_times_s": list(edges[name]),
            "pulse_path_proven": path_proven(run, name),
        }
        for name in run.positions
    }
