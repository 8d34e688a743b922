"""Self-heating: how the error changes after Imax comes on a cold meter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.judgement.requirements import influence_requirement, influences_of
from bench.record.model import Outcome
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import load_data, measure_load, reference_load
from bench.run.prepayment import ensure_credit
from bench.run.pulse_proof import appetite
from bench.standards.influences import InfluenceLimit
from bench.standards.power_factor import PowerFactor

#: Voltage without current before, by class, hours (AS 62053.21:2018).
COLD_H = {"0.5": 2.0, "1": 2.0, "2": 1.0}
STEP_S = 300.0
LEAST_S = 3600.0
#: The credit lasts this long at Imax.
CREDIT_S = 2 * LEAST_S


@case(
    "accuracy/influence/self_heating",
    lambda bench: influence_requirement(bench.declaration, "self-heating"),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES, Need.READER],
    alters=[Alters.REGISTERS, Alters.CREDIT],
    stage=Stage.DOSE,
)
def test_self_heating(bench: CaseBench) -> None:
    """Read the error every five minutes from the moment Imax comes on for an hour."""
    rows = influences_of(bench.declaration, "self-heating")
    if not rows:
        bench.state(Outcome.INAPPLICABLE, "no limit for this quantity, class, edition and connection")
        return
    if not bench.run.plan.long_tests:
        bench.state(Outcome.NOT_RUN, f"the plan {bench.run.plan.name} leaves out tests of several hours")
        return
    for row in rows:
        series = bench.together(f"self-heating {row.pf}", lambda row=row: _measure(bench, row))
        seen = [bench.observe("self-heating", item) for item in series]
        bench.judge(
            "accuracy.self-heating/1",
            *seen,
            requirement=replace(bench.requirement, status=row.status, clause=row.clause),
            sub=f"pf{row.pf.replace(' ', '')}",
        )


def _measure(bench: CaseBench, row: InfluenceLimit) -> dict[str, list[dict[str, Any]]]:
    run, plate = bench.run, bench.declaration.nameplate
    load = reference_load(run, current_a=plate.maximum_current_a, lag_deg=PowerFactor.parse(row.pf).lag_deg)
    run.energise()
    for position in run.positions.values():
        ensure_credit(position, load.power_w(1.0) * CREDIT_S / 3600 * appetite(run, position.name))
    run.clock.sleep(COLD_H.get(bench.declaration.accuracy.accuracy_class, 2.0) * 3600)
    seen: dict[str, list[dict[str, Any]]] = {name: [] for name in run.positions}
    started_s = run.clock.now()
    point = {"id": "Imax", "current": "Imax", "pf": row.pf, "load": "balanced"}
    while True:
        elapsed_s = run.clock.now() - started_s
        result = measure_load(run, load, pf=row.pf, limit_pct=float(row.percent))
        for name in run.positions:
            data = load_data(run, name, load, result[name], point=point)
            seen[name].append(
                {
                    "influence": row.influence,
                    "pf": row.pf,
                    "since_current_s": elapsed_s,
                    "load_point": data,
                }
            )
        if elapsed_s >= LEAST_S:
            return seen
        run.clock.sleep(max(0.0, started_s + elapsed_s + STEP_S - run.clock.now()))
