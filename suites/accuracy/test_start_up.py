"""The supply comes back under load; and it dips without load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.judgement.requirements import influence_requirement, start_up_requirement
from bench.judgement.start_up import FUNCTIONAL_S
from bench.rig.edge_counts import arm_counters, edge_counts, stop_counters
from bench.rig.pulses import PulseWiring
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import reference_load
from bench.run.pulse_proof import path_proven, proof_pulses, seen_train
from bench.run.readout import read_energy
from bench.run.run import START_UP_S, Run

OFF_S = 2.0
PULSE_TIMES = 2.5
WINDOW_S = 15.0
#: Interruptions and dips: share of the voltage left and seconds, as in the voltage dip test of IEC 62052-11.
INTERRUPTIONS_S = (0.02, 0.02, 0.02, 1.0, 1.0, 1.0)
DIP_SHARE, DIP_S = 0.5, 60.0


@case(
    "accuracy/start_up",
    lambda bench: start_up_requirement(bench.declaration),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES, Need.HANDS],
    alters=[Alters.REGISTERS],
    stage=Stage.LOAD,
)
def test_start_up(bench: CaseBench) -> None:
    """Cut the voltage while current flows, bring it back, and count pulses from that moment."""
    seen = bench.observe("start-up", bench.together("start-up", lambda: _start_up(bench)))
    bench.judge("accuracy.start-up/1", seen)


def _start_up(bench: CaseBench) -> dict[str, Any]:
    run, plate = bench.run, bench.declaration.nameplate
    proof_pulses(run)
    load = reference_load(run, current_a=plate.maximum_current_a)
    run.rack.apply(load.setting())
    power_w = run.rack.readings().power_w
    pulse_s = 3.6e6 / (plate.meter_constant_imp_per_kwh * power_w)
    _supply(run, on=False)
    run.clock.sleep(OFF_S)
    wirings = [position.pulse_wiring() for position in run.positions.values()]
    arm_counters(run.rack, wirings)
    started_s = run.clock.now()
    _supply(run, on=True)
    run.clock.sleep(FUNCTIONAL_S + PULSE_TIMES * pulse_s)
    first_s = run.clock.now() - started_s
    then = edge_counts(run.rack, wirings)
    run.clock.sleep(WINDOW_S)
    window_s = run.clock.now() - started_s
    pulses = _counted(run, wirings)
    run.energise()
    _supply(run, on=False)
    run.clock.sleep(OFF_S)
    arm_counters(run.rack, wirings)
    _supply(run, on=True)
    run.clock.sleep(WINDOW_S)
    without_current = _counted(run, wirings)
    return {
        name: {
            "power_w": power_w,
            "pulses_at_s": first_s,
            "pulses_then": then[name],
            "window_s": window_s,
            "pulses": pulses[name],
            "pulses_without_current": without_current[name],
            "pulse_path_proven": path_proven(run, name),
            "pulse_period_s": train.period_s if (train := seen_train(run, name)) is not None else None,
        }
        for name in run.positions
    }


def _supply(run: Run, *, on: bool) -> None:
    """Cut or close the voltage supply of every position."""
    for position in run.positions.values():
        actuators, number = position.hands(run.rack)
        actuators.supply(number, on=on)


def _counted(run: Run, wirings: Sequence[PulseWiring]) -> dict[str, int]:
    stop_counters(run.rack, wirings)
    return edge_counts(run.rack, wirings)


@case(
    "accuracy/influence/supply_dips",
    lambda bench: influence_requirement(bench.declaration, "voltage dips"),
    needs=[Need.SOURCE, Need.HANDS, Need.READER],
    alters=[Alters.REGISTERS],
    stage=Stage.NO_LOAD,
)
def test_supply_dips(bench: CaseBench) -> None:
    """Interrupt and dip the voltage without current: the register may not move."""
    seen = bench.observe("supply-dips", bench.together("supply dips", lambda: _dips(bench)))
    bench.judge("accuracy.supply-dips/1", seen)


def _dips(bench: CaseBench) -> dict[str, Any]:
    run = bench.run
    run.energise()
    before = {name: read_energy(position) for name, position in run.positions.items()}
    for duration_s in INTERRUPTIONS_S:
        for on in (False, True):
            _supply(run, on=on)
            run.clock.sleep(START_UP_S if on else duration_s)
    run.load(voltage_factor=DIP_SHARE, current_a=0.0, lag_deg=0.0)
    run.clock.sleep(DIP_S)
    run.energise()
    run.clock.sleep(START_UP_S)
    after = {name: read_energy(position) for name, position in run.positions.items()}
    return {
        name: {
            "register_before_wh": before[name].energy_wh,
            "register_after_wh": after[name].energy_wh,
            "register_resolution_wh": after[name].resolution_wh,
            "dips": {"interruptions_s": list(INTERRUPTIONS_S), "dip_share": DIP_SHARE, "dip_s": DIP_S},
        }
        for name in run.positions
    }
