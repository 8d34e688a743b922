"""Before a rack's verdicts: pulse input k and communication port k belong to the same meter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.position_pairing import agree, energy_by_register_wh
from bench.judgement.requirements import pairing_requirement
from bench.record.model import Outcome
from bench.rig.edge_counts import arm_counters, edge_counts, stop_counters
from bench.rig.pulses import PulseWiring
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.exchanged_inputs import exchanged
from bench.run.measuring import reference_load
from bench.run.position import Position
from bench.run.pulse_proof import proof_pulses, seen_train
from bench.run.readout import read_energy
from bench.run.run import START_UP_S, Run

#: Energy of one step: the last digits of pulses and of a register of 1 Wh make up less than half of it.
STEP_PULSES = 4


@case(
    "accuracy/position_pairing",
    lambda _: pairing_requirement(),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES, Need.READER, Need.HANDS],
    alters=[Alters.REGISTERS],
    stage=Stage.PAIRING,
)
def test_position_pairing(bench: CaseBench) -> None:
    """Give every position another energy, cutting supplies one after the other; compare pulses, register and order."""
    if len(bench.run.positions) == 1:
        bench.state(Outcome.INAPPLICABLE, "the rack has one position: no wires can be exchanged")
        return
    seen = bench.observe("position-pairing", bench.together("pairing", lambda: _staircase(bench)))
    bench.judge("bench.position-pairing/2", seen)


def _staircase(bench: CaseBench) -> dict[str, Any]:
    run, plate = bench.run, bench.declaration.nameplate
    proof_pulses(run)
    rack = {name: position for name, position in run.positions.items() if _takes_part(position)}
    before = {name: read_energy(position) for name, position in rack.items()}
    wirings = [position.pulse_wiring() for position in rack.values()]
    arm_counters(run.rack, wirings)
    load = reference_load(run, current_a=plate.maximum_current_a)
    run.rack.apply(load.setting())
    step_s = _step_s(run, load.power_w(1.0))
    began, ended = _cut_one_after_the_other(run, wirings, step_s)
    run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
    stop_counters(run.rack, wirings)  # before the supplies return: what a meter flashes then is no energy
    pulses = edge_counts(run.rack, wirings)
    for position in rack.values():
        actuators, number = position.hands(run.rack)
        actuators.supply(number, on=True)
    run.clock.sleep(START_UP_S)
    after = {name: read_energy(position) for name, position in rack.items()}
    seen = {
        name: {
            "step": step,
            "step_wh": load.power_w(1.0) * step_s / 3600,
            "pulses_before_step": began[name],
            "pulses_at_cut": ended[name],
            "pulses": pulses[name],
            "meter_constant_imp_per_kwh": plate.meter_constant_imp_per_kwh,
            "register_before_wh": before[name].energy_wh,
            "register_after_wh": after[name].energy_wh,
            "register_resolution_wh": after[name].resolution_wh,
        }
        for step, name in enumerate(rack, start=1)
    }
    for name, owner in exchanged(seen).items():
        run.positions[name].pulses_of = owner
    return {
        name: data if agree(data) else {**data, "others": _others(seen, name)} for name, data in seen.items()
    }


def _takes_part(position: Position) -> bool:
    entry = position.entry
    return (
        entry.pulse is not None and entry.actuators is not None and position.association("reader") is not None
    )


def _step_s(run: Run, power_w: float) -> float:
    """Return how long a step lasts: some pulses of the slowest LED, and some of its updates."""
    trains = [train for name in run.positions if (train := seen_train(run, name)) is not None]
    declared = next(iter(run.declarations.values())).nameplate.meter_constant_imp_per_kwh
    return max(
        STEP_PULSES * 3.6e6 / (declared * power_w),
        *(STEP_PULSES * max(train.period_s, train.grid_s) for train in trains),
    )


def _cut_one_after_the_other(
    run: Run, wirings: Sequence[PulseWiring], step_s: float
) -> tuple[dict[str, int], dict[str, int]]:
    """Let a step pass for each position and cut its supply; return its pulses at the begin and the end of the step."""
    began: dict[str, int] = {}
    ended: dict[str, int] = {}
    for wiring in wirings:
        began |= edge_counts(run.rack, [wiring])
        run.clock.sleep(step_s)
        ended |= edge_counts(run.rack, [wiring])
        actuators, number = run.positions[wiring.position].hands(run.rack)
        actuators.supply(number, on=False)
    return began, ended


def _others(seen: Mapping[str, Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    """Return what the rest of the rack tells, for a position whose pulses and register tell two energies."""
    return [
        {
            "position": other,
            "step": data["step"],
            "energy_wh": energy_by_register_wh(data),
            "pulses": data["pulses"],
        }
        for other, data in seen.items()
        if other != name
    ]
