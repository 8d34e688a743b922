"""Before a rack's verdicts: pulse input k and communication port k belong to the same meter."""

from __future__ import annotations

from typing import Any

from bench.judgement.requirements import pairing_requirement
from bench.record.model import Outcome
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.exchanged_inputs import exchanged
from bench.run.measuring import reference_load
from bench.run.pulse_proof import proof_pulses
from bench.run.readout import read_energy
from bench.run.run import START_UP_S

#: Energy of one step: the last digits of pulses and of a register of 1 Wh make up less than half of it.
STEP_PULSES = 4


@case(
    "accuracy/position_pairing",
    lambda _: pairing_requirement(),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES, Need.READER, Need.HANDS],
    alters=[Alters.REGISTERS],
    stage=Stage.NO_LOAD,
)
def test_position_pairing(bench: CaseBench) -> None:
    """Give every position another energy, cutting supplies one after the other; compare pulses and register."""
    if len(bench.run.positions) == 1:
        bench.state(Outcome.INAPPLICABLE, "the rack has one position: no wires can be exchanged")
        return
    seen = bench.observe("position-pairing", bench.together("pairing", lambda: _staircase(bench)))
    bench.judge("bench.position-pairing/1", seen)


def _staircase(bench: CaseBench) -> dict[str, Any]:
    run, plate = bench.run, bench.declaration.nameplate
    proof_pulses(run)
    before = {name: read_energy(position) for name, position in run.positions.items()}
    wirings = [position.pulse_wiring() for position in run.positions.values()]
    for wiring in wirings:
        run.rack.counter(wiring.counter).arm(wiring.channel, 0)
    load = reference_load(run, current_a=plate.maximum_current_a)
    run.rack.apply(load.setting())
    step_s = STEP_PULSES * 3.6e6 / (plate.meter_constant_imp_per_kwh * load.power_w(1.0))
    for position in run.positions.values():
        run.clock.sleep(step_s)
        actuators, number = position.hands(run.rack)
        actuators.supply(number, on=False)
    run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
    for position in run.positions.values():
        actuators, number = position.hands(run.rack)
        actuators.supply(number, on=True)
    run.clock.sleep(START_UP_S)
    pulses = {}
    for wiring in wirings:
        run.rack.counter(wiring.counter).stop(wiring.channel)
        pulses[wiring.position] = run.rack.counter(wiring.counter).count(wiring.channel)
    after = {name: read_energy(position) for name, position in run.positions.items()}
    seen = {
        name: {
            "pulses": pulses[name],
            "meter_constant_imp_per_kwh": plate.meter_constant_imp_per_kwh,
            "register_before_wh": before[name].energy_wh,
            "register_after_wh": after[name].energy_wh,
            "register_resolution_wh": after[name].resolution_wh,
            "step_wh": STEP_PULSES * 1000 / plate.meter_constant_imp_per_kwh,
        }
        for name in run.positions
    }
    for name, owner in exchanged(seen).items():
        run.positions[name].pulses_of = owner
    return seen
