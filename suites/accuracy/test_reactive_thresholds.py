"""Reactive energy where it begins: starting current, and none without current; both by the registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.judgement.reactive_thresholds import (
    reactive_no_load_of,
    reactive_no_load_requirement,
    reactive_start_of,
    reactive_start_requirement,
    reactive_start_window_s,
)
from bench.record.model import Outcome
from bench.rig.loads import reactive_power_var
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import reference_load
from bench.run.readout import ReactiveReading, read_reactive
from bench.run.run import Run
from bench.standards.limits import NoLimit
from bench.standards.power_factor import PowerFactor

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.READER)
#: A register of few digits takes longer; that belongs to plans with long tests.
LONGEST_S = 3600.0


@case(
    "accuracy/reactive_no_load",
    lambda bench: reactive_no_load_requirement(bench.declaration),
    needs=NEEDS,
    stage=Stage.NO_LOAD,
)
def test_reactive_no_load(bench: CaseBench) -> None:
    """Read the registers, leave the meter at raised voltage without current, and read them again."""
    if _left_out(bench, lambda resolution: reactive_no_load_of(bench.declaration, resolution).duration_s):
        return
    seen = bench.observe("reactive-no-load", bench.together("reactive no load", lambda: _stand(bench)))
    bench.judge("accuracy.reactive-no-load/1", seen)


@case(
    "accuracy/reactive_starting_current",
    lambda bench: reactive_start_requirement(bench.declaration),
    needs=NEEDS,
    alters=[Alters.REGISTERS],
    stage=Stage.STARTING,
)
def test_reactive_starting_current(bench: CaseBench) -> None:
    """Let the starting current flow at sin phi 1 until the register must have gone on by two digits."""
    if _left_out(bench, lambda resolution: reactive_start_window_s(bench.declaration, resolution)):
        return
    seen = bench.observe("reactive-start", bench.together("reactive start", lambda: _start(bench)))
    bench.judge("accuracy.reactive-start/1", seen)


def _left_out(bench: CaseBench, duration_s: Callable[[float], float]) -> bool:
    """Say why the test is left out, if it is: nothing is claimed, or the last digit takes too long."""
    try:
        duration_s(1.0)
    except NoLimit as reason:
        bench.state(Outcome.INAPPLICABLE, str(reason))
        return True
    bench.energise()
    readings = bench.together("reactive registers", lambda: {**_read(bench.run)})
    lasts_s = duration_s(readings.resolution_varh)
    if lasts_s <= LONGEST_S or bench.run.plan.long_tests:
        return False
    bench.state(
        Outcome.NOT_RUN,
        f"with a last digit of {readings.resolution_varh:g} varh it would take {lasts_s / 3600:.1f} h",
    )
    return True


def _stand(bench: CaseBench) -> dict[str, Any]:
    run, plate = bench.run, bench.declaration.nameplate
    run.energise()
    before = _read(run)
    test = reactive_no_load_of(bench.declaration, _resolution(before))
    run.load(voltage_factor=test.voltage_v / plate.voltage_v, current_a=0.0, lag_deg=0.0)
    started_s = run.clock.now()
    run.clock.sleep(test.duration_s)
    duration_s = run.clock.now() - started_s
    voltage_v = run.rack.readings().phases[0].voltage_v
    run.energise()
    after = _read(run)
    return {
        name: {
            "voltage_v": voltage_v,
            "duration_s": duration_s,
            "inductive_varh": [before[name].inductive_varh, after[name].inductive_varh],
            "capacitive_varh": [before[name].capacitive_varh, after[name].capacitive_varh],
            "register_resolution_varh": before[name].resolution_varh,
        }
        for name in run.positions
    }


def _start(bench: CaseBench) -> dict[str, Any]:
    run, factor = bench.run, PowerFactor.parse("sin 1")
    load = reference_load(
        run, current_a=reactive_start_of(bench.declaration).current_a, lag_deg=factor.lag_deg
    )
    run.energise()
    run.rack.apply(load.setting())
    readings = run.rack.readings_now()
    before = _read(run)
    began_s = run.clock.now()
    run.clock.sleep(reactive_start_window_s(bench.declaration, _resolution(before)))
    window_s = run.clock.now() - began_s  # the readings themselves take time as well
    after = _read(run)
    run.energise()
    return {
        name: {
            "voltage_v": readings.phases[0].voltage_v,
            "current_a": readings.phases[0].current_a,
            "reactive_power_var": reactive_power_var(readings),
            "window_s": window_s,
            "register_before_varh": before[name].inductive_varh,
            "register_after_varh": after[name].inductive_varh,
            "register_resolution_varh": before[name].resolution_varh,
        }
        for name in run.positions
    }


def _read(run: Run) -> dict[str, ReactiveReading]:
    return {name: read_reactive(position) for name, position in run.positions.items()}


def _resolution(readings: dict[str, ReactiveReading]) -> float:
    return max(reading.resolution_varh for reading in readings.values())
