"""A current that a switch leads around the meters for whole cycles, or for seconds: bursts, fast load variation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from bench.judgement.requirements import influence_requirement, influences_of, limit_at
from bench.record.model import Outcome
from bench.rig.edge_counts import arm_counters, edge_counts, stop_counters
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import load_data, measure_load, reference_load
from bench.run.prepayment import ensure_credit
from bench.run.pulse_proof import appetite, path_proven
from bench.standards.influence_tests import current_of_test
from bench.standards.influences import InfluenceLimit
from instruments.errors import InstrumentFault
from instruments.roles import CurrentInterrupter

#: Two cycles with current, two without.
CYCLES = (2, 2)
#: Seconds with current and without it, each for a third of the time (IEC 62053-21:2020, recall).
PATTERNS_S = ((10.0, 10.0), (5.0, 5.0), (5.0, 0.5))
#: How the tables of the two editions begin the name of the burst test.
BURSTS = ("sub-harmonics", "burst fired")
VARIATION = "fast load current"
NO_SWITCH = "this rig has no switch that leads the current around the meters"
NO_LIMIT = "no limit for this quantity, class, edition and connection"


def interrupted_case(name: str, *influences: str, stage: Stage) -> Any:
    """Describe a case by the words its table rows begin with, whichever the edition has."""
    return case(
        f"accuracy/influence/{name}",
        lambda bench: influence_requirement(
            bench.declaration,
            next((w for w in influences if influences_of(bench.declaration, w)), influences[0]),
        ),
        needs=(Need.SOURCE, Need.REFERENCE, Need.PULSES),
        alters=[Alters.REGISTERS],
        stage=stage,
    )


@interrupted_case("burst", *BURSTS, stage=Stage.LOAD)
def test_burst(bench: CaseBench) -> None:
    """The error of a current of two cycles on, two cycles off; its rms is the stated current."""
    rows = [row for name in BURSTS for row in influences_of(bench.declaration, name)]
    if not rows:
        bench.state(Outcome.INAPPLICABLE, NO_LIMIT)
        return
    interrupter = _interrupter(bench)
    if interrupter is None:
        bench.state(Outcome.NOT_RUN, NO_SWITCH)
        return
    for row in rows:
        _bursts(bench, row, interrupter)


def _bursts(bench: CaseBench, row: InfluenceLimit, interrupter: CurrentInterrupter) -> None:
    run, limit_pct, word = bench.run, float(row.percent), _word(bench, row)
    steady = reference_load(run, current_a=float(bench.declaration.nameplate.currents.resolve(word)))
    bursts = replace(steady, burst=CYCLES)

    def measure() -> dict[str, Any]:
        before = measure_load(run, steady, pf=row.pf, limit_pct=limit_pct)
        with run.rack.bursts(interrupter, CYCLES):
            under = measure_load(run, bursts, pf=row.pf, limit_pct=limit_pct)
        return {name: (before[name], under[name]) for name in before}

    before, under = bench.together(f"bursts {word}", measure)
    point = {"id": "burst", "current": word, "pf": row.pf, "load": "balanced"}
    told = {**point, "distorted": True, "waveform": "bursts", "cycles": list(CYCLES), "rms_of": "result"}
    seen = bench.observe(
        "influence",
        {
            "influence": row.influence,
            "pf": row.pf,
            "baseline": load_data(run, bench.position.name, steady, before, point=point),
            "disturbed": load_data(run, bench.position.name, bursts, under, point=told),
        },
    )
    bench.judge("accuracy.influence/1", seen, requirement=_requirement(bench, row), sub="2-on-2-off")


@interrupted_case("fast_load_variation", VARIATION, stage=Stage.DOSE)
def test_fast_load_variation(bench: CaseBench) -> None:
    """The load switched on and off by the second; its energy against the standard's."""
    rows = influences_of(bench.declaration, VARIATION)
    if not rows:
        bench.state(Outcome.INAPPLICABLE, NO_LIMIT)
        return
    if not bench.run.plan.long_tests:
        bench.state(Outcome.NOT_RUN, f"the plan {bench.run.plan.name} leaves out tests of several hours")
        return
    interrupter = _interrupter(bench)
    if interrupter is None:
        bench.state(Outcome.NOT_RUN, NO_SWITCH)
        return
    row = rows[0]
    found = bench.together("fast load variation", lambda: _switched(bench, row, interrupter))
    seen = bench.observe("fast-load-variation", found)
    bench.judge("accuracy.fast-load-variation/1", seen, requirement=_requirement(bench, row))


def _switched(bench: CaseBench, row: InfluenceLimit, interrupter: CurrentInterrupter) -> dict[str, Any]:
    """Measure the error under the standing load, then count pulses and energy of the switched one."""
    run, plate, word = bench.run, bench.declaration.nameplate, _word(bench, row)
    load = reference_load(run, current_a=float(plate.currents.resolve(word)))
    lasts_s = run.plan.fast_variation_s
    run.energise()
    for position in run.positions.values():
        ensure_credit(position, 1.2 * load.power_w(1.0) * lasts_s / 3600 * appetite(run, position.name))
    limit_pct = limit_at(bench.declaration, "In", "1").pct
    before = measure_load(run, load, pf="1", limit_pct=limit_pct)
    wirings = [position.pulse_wiring() for position in run.positions.values()]
    patterns = [
        {
            "on_s": on_s,
            "off_s": off_s,
            "duration_s": round(lasts_s / len(PATTERNS_S) / (on_s + off_s)) * (on_s + off_s),
        }
        for on_s, off_s in PATTERNS_S
    ]
    arm_counters(run.rack, wirings)
    with run.rack.counting_energy(load.voltage_v, load.current_a):
        for pattern in patterns:
            with run.rack.switching(interrupter, pattern["on_s"], pattern["off_s"]):
                run.clock.sleep(pattern["duration_s"])
        run.rack.still_loaded()
        energy_wh = run.rack.standard.energy_wh()
    stop_counters(run.rack, wirings)
    pulses = edge_counts(run.rack, wirings)
    run.energise()
    point = {"id": "standing", "current": word, "pf": "1", "load": "balanced"}
    return {
        name: {
            "influence": row.influence,
            "patterns": patterns,
            "reference_energy_wh": energy_wh,
            "pulses": pulses[name],
            "meter_constant_imp_per_kwh": plate.meter_constant_imp_per_kwh,
            "pulse_path_proven": path_proven(run, name),
            "baseline": load_data(run, name, load, before[name], point=point),
        }
        for name in run.positions
    }


def _interrupter(bench: CaseBench) -> CurrentInterrupter | None:
    """Return the switch of this rig, off; None where there is none, or it does not know these commands."""
    if not bench.run.rack.has("actuators") or bench.position.entry.actuators is None:
        return None
    hands = bench.position.hands(bench.rack)[0]
    if not isinstance(hands, CurrentInterrupter):
        return None
    try:
        hands.interrupt_end()
    except InstrumentFault:
        return None
    return cast("CurrentInterrupter", hands)


def _word(bench: CaseBench, row: InfluenceLimit) -> str:
    return current_of_test(row.current_range, bench.declaration.nameplate.connection)


def _requirement(bench: CaseBench, row: InfluenceLimit) -> Any:
    return replace(bench.requirement, status=row.status, clause=row.clause)
