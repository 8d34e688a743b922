"""Percentage error over current and power factor, balanced and with each element loaded alone."""

from __future__ import annotations

from bench.judgement.requirements import (
    difference_requirement,
    limit_at,
    load_point_requirement,
    zero_line_requirement,
)
from bench.record.model import Observation, Outcome
from bench.rig.loads import Load
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import load_data, measure_load, reference_load
from bench.run.register_method import dose_s, measure_by_register, register_data
from bench.standards import limits
from bench.standards.limits import NoLimit
from bench.standards.load_points import LoadPoint
from bench.standards.power_factor import PowerFactor

PULSE_BENCH = (Need.SOURCE, Need.REFERENCE, Need.PULSES)
#: A register of this resolution is assumed before anybody reads it; longer doses belong to plans with long tests.
WH, LONGEST_DOSE_S = 1.0, 3600.0


@case(
    "accuracy/load_point",
    lambda bench: load_point_requirement(bench.declaration, bench.point),
    needs=(Need.SOURCE, Need.REFERENCE),
    alters=[Alters.REGISTERS],
    stage=Stage.LOAD,
    per_point=True,
)
def test_load_point(bench: CaseBench) -> None:
    """Measure one load point at all positions together, and judge this one."""
    try:
        limit_at(bench.declaration, bench.point.current, bench.point.pf, bench.point.load)
    except NoLimit as reason:
        bench.state(Outcome.INAPPLICABLE, str(reason))
        return
    missing = bench.missing_pulses()
    if not missing:
        bench.judge("accuracy.load-point/1", _seen(bench, bench.point))
    elif any(position.entry.pulse for position in bench.run.positions.values()):
        bench.state(Outcome.NOT_RUN, missing)
    elif bench.position.association("reader") is None:
        bench.state(
            Outcome.NOT_RUN, f'{missing}, and no register is read: no association "reader" is declared'
        )
    else:
        _by_register(bench, bench.point)


def _by_register(bench: CaseBench, point: LoadPoint) -> None:
    """Measure a rack without pulse inputs by the registers, where that does not take hours."""
    run, plate = bench.run, bench.declaration.nameplate
    factor = PowerFactor.parse(point.pf).active
    load = reference_load(
        run, current_a=point.current_a(plate.currents), lag_deg=point.lag_deg, element=point.element
    )
    limit_pct = limit_at(bench.declaration, point.current, point.pf, point.load).pct
    shortest_s = dose_s(load, power_factor=factor, limit_pct=limit_pct, resolution_wh=WH)
    if shortest_s > LONGEST_DOSE_S and not run.plan.long_tests:
        bench.state(
            Outcome.NOT_RUN, f"no pulse input; by the register it would take {shortest_s / 3600:.1f} h"
        )
        return
    key = f"register {point.id}"
    result = bench.together(
        key, lambda: measure_by_register(run, load, power_factor=factor, limit_pct=limit_pct)
    )
    named = {"id": point.id, "current": point.current, "pf": point.pf, "load": point.load.value}
    told = {**named, "element": point.element}
    seen = bench.observe("load-point", register_data(run, bench.position.name, load, result, point=told))
    bench.judge("accuracy.load-point/1", seen)


@case(
    "accuracy/single_phase_difference",
    lambda bench: difference_requirement(bench.declaration),
    needs=PULSE_BENCH,
    alters=[Alters.REGISTERS],
    stage=Stage.LOAD,
)
def test_single_phase_difference(bench: CaseBench) -> None:
    """The error under single-phase load differs from that under balanced load by no more than allowed."""
    elements = bench.declaration.nameplate.elements
    if elements == 1:
        bench.state(Outcome.INAPPLICABLE, "the meter has one measuring element")
        return
    balanced = _seen(bench, _rated(limits.Load.BALANCED, None))
    for element in range(1, elements + 1):
        single = _seen(bench, _rated(limits.Load.SINGLE_PHASE, element))
        bench.judge("accuracy.difference/1", balanced, single, sub=f"L{element}")


@case(
    "accuracy/zero_line",
    lambda bench: zero_line_requirement(bench.declaration),
    needs=PULSE_BENCH,
    alters=[Alters.REGISTERS],
    stage=Stage.LOAD,
)
def test_zero_line(bench: CaseBench) -> None:
    """Where the plan allows it: may one displacement of the zero line bring the whole curve inside the limits?"""
    if not bench.run.plan.zero_line_shift:
        bench.state(Outcome.INAPPLICABLE, f"the plan {bench.run.plan.name} does not use the zero-line shift")
        return
    measured = [
        bench.run.measured_points[key]
        for key in sorted(bench.run.measured_points)
        if key[0] == bench.position.name
    ]
    bench.judge("accuracy.zero-line/1", *measured)


def _rated(load: limits.Load, element: int | None) -> LoadPoint:
    point_id = "In-pf1" if element is None else f"In-pf1-L{element}"
    return LoadPoint(id=point_id, current="In", pf="1", load=load, element=element)


def _seen(bench: CaseBench, point: LoadPoint) -> Observation:
    """Return the observation of a load point at this position; measured at all of them, once a run."""
    run, plate = bench.run, bench.declaration.nameplate
    current_a = point.current_a(plate.currents)
    load: Load = reference_load(run, current_a=current_a, lag_deg=point.lag_deg, element=point.element)
    limit_pct = limit_at(bench.declaration, point.current, point.pf, point.load).pct
    key = f"load {current_a:.9g} A, {point.lag_deg:.3f} deg, element {point.element or 'all'}"
    rule = run.plan.sequential
    result = bench.together(key, lambda: measure_load(run, load, pf=point.pf, limit_pct=limit_pct, rule=rule))
    named = {
        "id": point.id,
        "current": point.current,
        "pf": point.pf,
        "load": point.load.value,
        "element": point.element,
    }
    seen = bench.observe(
        "load-point", load_data(run, bench.position.name, load, result, point=named, rule=rule)
    )
    run.measured_points.setdefault((bench.position.name, point.id), seen)
    return seen
