"""Repeated readings at one load: how much they scatter."""

from __future__ import annotations

from bench.judgement.requirements import limit_at, repeatability_requirement
from bench.metrology.length import TwoStage
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import load_data, measure_load, reference_load

#: As many readings as it takes to tell a scatter of 2.5 times the limit from one within it nearly always.
READINGS = TwoStage(first=20, most=20)


@case(
    "accuracy/repeatability",
    lambda bench: repeatability_requirement(bench.declaration),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES],
    alters=[Alters.REGISTERS],
    stage=Stage.LOAD,
)
def test_repeatability(bench: CaseBench) -> None:
    """The standard deviation of twenty readings at the rated current, PF 1; and of each load point measured before."""
    run, plate = bench.run, bench.declaration.nameplate
    load = reference_load(run, current_a=float(plate.currents.resolve("In")))
    limit_pct = limit_at(bench.declaration, "In", "1").pct
    result = bench.together(
        "repeatability", lambda: measure_load(run, load, pf="1", limit_pct=limit_pct, rule=READINGS)
    )
    point = {"id": "In-pf1", "current": "In", "pf": "1", "load": "balanced"}
    seen = bench.observe(
        "load-point", load_data(run, bench.position.name, load, result, point=point, rule=READINGS)
    )
    bench.judge("accuracy.repeatability/1", seen)
    others = [
        run.measured_points[key] for key in sorted(run.measured_points) if key[0] == bench.position.name
    ]
    if others and run.plan.two_stage is not None:
        bench.judge("accuracy.repeatability-of-points/1", *others, sub="load_points")
