"""Percentage error over current and power factor."""

from __future__ import annotations

from typing import Any

from bench.judgement.requirements import limit_at, load_point_requirement
from bench.metrology.gate import Gate, recommended_gate
from bench.record.model import Outcome
from bench.rig.pulses import PulseResult, compare_pulses
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.pulse_proof import path_proven, proof_pulses
from bench.standards.limits import NoLimit
from bench.standards.power_factor import PowerFactor


@case(
    "accuracy/load_point",
    lambda bench: load_point_requirement(bench.declaration, bench.point),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES],
    alters=[Alters.REGISTERS],
    stage=Stage.LOAD,
    per_point=True,
)
def test_load_point(bench: CaseBench) -> None:
    """Measure one load point at all positions together, and judge this one."""
    try:
        _limit_pct(bench)
    except NoLimit as reason:
        bench.state(Outcome.INAPPLICABLE, str(reason))
        return
    result: PulseResult = bench.together(f"load point {bench.point.id}", lambda: _measure(bench))
    seen = bench.observe("load-point", _data(bench, result))
    bench.judge("accuracy.load-point/1", seen)


def _limit_pct(bench: CaseBench) -> float:
    point = bench.point
    return limit_at(bench.declaration, point.current, point.pf, point.load).pct


def _measure(bench: CaseBench) -> dict[str, PulseResult]:
    run, point = bench.run, bench.point
    plate = bench.declaration.nameplate
    current_a = point.current_a(plate.currents)
    proof_pulses(run)
    run.load(voltage_factor=1.0, current_a=current_a, lag_deg=point.lag_deg)
    gates: dict[str, Gate] = {}
    for position in run.positions.values():
        own = position.declaration.nameplate
        factor = PowerFactor.parse(point.pf).active
        gates[position.name] = recommended_gate(
            meter_constant_imp_per_kwh=own.meter_constant_imp_per_kwh,
            power_w=own.voltage_v * current_a * own.elements * factor,
            frequency_hz=own.frequency_hz,
            power_factor=factor,
            limit_pct=_limit_pct(bench),
        )
    wirings = [position.pulse_wiring() for position in run.positions.values()]
    return compare_pulses(run.rack, wirings, gates)


def _data(bench: CaseBench, result: PulseResult) -> dict[str, Any]:
    point, plate = bench.point, bench.declaration.nameplate
    data: dict[str, Any] = {
        "point": {
            "id": point.id,
            "current": point.current,
            "current_a": point.current_a(plate.currents),
            "voltage_v": plate.voltage_v,
            "frequency_hz": plate.frequency_hz,
            "pf": point.pf,
            "lag_deg": point.lag_deg,
            "load": point.load.value,
        },
        "method": result.method,
        "meter_constant_imp_per_kwh": plate.meter_constant_imp_per_kwh,
        "readings": [result.reading] if result.reading is not None else [],
        "standard": bench.run.standard_calibration(),
        "conditions": result.conditions,
    }
    if result.reading is None:
        data["no_pulses"] = {
            "waited_s": result.waited_s,
            "edges": result.edges_seen,
            "reference_energy_wh": result.conditions["power_w"] * result.waited_s / 3600,
            "pulse_path_proven": path_proven(bench.run, bench.position.name),
        }
    return data
