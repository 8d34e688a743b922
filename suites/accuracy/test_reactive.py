"""Reactive energy by the register, against reactive power and time (IEC 62053-23, sinusoidal conditions)."""

from __future__ import annotations

from typing import Any

from bench.judgement.reactive import reactive_limit, reactive_requirement
from bench.metrology.gate import register_dose
from bench.record.model import Outcome
from bench.rig.loads import reactive_power_var
from bench.rig.pulses import PulseResult
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import conditions, reference_load
from bench.run.prepayment import ensure_credit
from bench.run.pulse_proof import appetite
from bench.run.readout import ReactiveReading, read_reactive
from bench.standards.limits import NoLimit
from bench.standards.power_factor import PowerFactor
from bench.standards.reactive_points import SHORTEST_S, ReactivePoint, points_of_plan

CREDIT_MARGIN = 1.5


@case(
    "accuracy/reactive",
    lambda bench: reactive_requirement(bench.declaration),
    needs=(Need.SOURCE, Need.REFERENCE, Need.READER),
    alters=[Alters.REGISTERS, Alters.CREDIT],
    stage=Stage.DOSE,
)
def test_reactive(bench: CaseBench) -> None:
    """Read the registers twice under each load, so far apart that their last digit costs a fifth of the limit."""
    if not bench.declaration.accuracy.reactive_class:
        bench.state(Outcome.INAPPLICABLE, "the declaration claims no class of reactive energy")
        return
    for point in points_of_plan(certification=bench.run.plan.load_points == "certification"):
        requirement = reactive_requirement(bench.declaration, point.current, point.sin)
        try:
            limit_pct = reactive_limit(bench.declaration, point.current, point.sin).pct
        except NoLimit:
            continue
        found = bench.together(f"reactive {point.id}", lambda p=point, at=limit_pct: _measure(bench, p, at))
        seen = bench.observe("reactive-register", found)
        bench.judge("accuracy.reactive-register/1", seen, requirement=requirement, sub=point.id)


def _measure(bench: CaseBench, point: ReactivePoint, limit_pct: float) -> dict[str, Any]:
    run, plate, factor = bench.run, bench.declaration.nameplate, PowerFactor.parse(point.sin)
    current_a = float(plate.currents.resolve(point.current))
    load = reference_load(run, current_a=current_a, lag_deg=factor.lag_deg)
    power_var = plate.elements * plate.voltage_v * current_a * factor.value
    run.energise()
    first = {name: read_reactive(position) for name, position in run.positions.items()}
    resolution = max(reading.resolution_varh for reading in first.values())
    duration_s = max(SHORTEST_S, register_dose(limit_pct=limit_pct, resolution=resolution) / power_var * 3600)
    needed_wh = CREDIT_MARGIN * load.power_w(factor.active) * duration_s / 3600
    for position in run.positions.values():
        ensure_credit(position, needed_wh * appetite(run, position.name))
    run.rack.apply(load.setting())
    samples = [run.rack.readings_now()]
    before = {name: _timed(bench, name) for name in run.positions}
    run.clock.sleep(duration_s)
    after = {name: _timed(bench, name) for name in run.positions}
    samples.append(run.rack.readings())
    run.energise()
    shown = PulseResult(
        method="register", readings=(), edges_seen=0, waited_s=duration_s, samples=tuple(samples)
    )
    return {
        name: {
            "point": {
                "id": point.id,
                "current": point.current,
                "current_a": current_a,
                "voltage_v": load.voltage_v,
                "frequency_hz": load.frequency_hz,
                "pf": point.sin,
                "lag_deg": load.lag_deg,
                "load": "balanced",
            },
            "method": shown.method,
            **_advance(before[name], after[name], capacitive=factor.sense == "cap"),
            "reactive_power_var": [reactive_power_var(sample) for sample in samples],
            "standard": run.standard_calibration(),
            "conditions": conditions(load, shown),
        }
        for name in run.positions
    }


def _timed(bench: CaseBench, name: str) -> tuple[float, float, ReactiveReading]:
    """Return the moment of a reading (the middle of it), how long it took, and what was read."""
    clock = bench.run.clock
    began_s = clock.now()
    reading = read_reactive(bench.run.positions[name])
    ended_s = clock.now()
    return (began_s + ended_s) / 2, ended_s - began_s, reading


def _advance(
    before: tuple[float, float, ReactiveReading],
    after: tuple[float, float, ReactiveReading],
    *,
    capacitive: bool,
) -> dict[str, float]:
    first, last = before[2], after[2]
    inductive = (first.inductive_varh, last.inductive_varh)
    leading = (first.capacitive_varh, last.capacitive_varh)
    own, other = (leading, inductive) if capacitive else (inductive, leading)
    return {
        "register_before_varh": own[0],
        "register_after_varh": own[1],
        "other_before_varh": other[0],
        "other_after_varh": other[1],
        "register_resolution_varh": max(first.resolution_varh, last.resolution_varh),
        "duration_s": after[0] - before[0],
        "reading_s": max(before[1], after[1]),
    }
