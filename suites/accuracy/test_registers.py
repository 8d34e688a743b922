"""The energy register over a long dose, and the way a polyphase meter sums its elements."""

from __future__ import annotations

from typing import Any

from bench.judgement.register_range import LEAST_DOSE_WH
from bench.judgement.requirements import (
    limit_at,
    measurement_mode_requirement,
    register_range_requirement,
)
from bench.record.model import Outcome
from bench.rig.dosed import check_dose
from bench.rig.edge_counts import arm_counters, edge_counts, stop_counters
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import load_data, measure_load, reference_load
from bench.run.prepayment import ensure_credit
from bench.run.pulse_proof import appetite
from bench.run.readout import read_energy
from bench.run.spending import Spends

#: A little more than sixteen bits of Wh, and the credit for it.
DOSE_WH = LEAST_DOSE_WH * 1.01
CREDIT_WH = DOSE_WH * 1.05


@case(
    "accuracy/register_range",
    lambda bench: register_range_requirement(bench.declaration),
    needs=[Need.SOURCE, Need.REFERENCE, Need.READER],
    alters=[Alters.REGISTERS, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=2, credit_wh=66_200),
    stage=Stage.DOSE,
)
def test_register_range(bench: CaseBench) -> None:
    """Send more energy through the meter than sixteen bits of Wh hold, and compare the register's advance."""
    seen = bench.observe("register-range", bench.together("register range", lambda: _long_dose(bench)))
    bench.judge("accuracy.register-range/1", seen)


def _long_dose(bench: CaseBench) -> dict[str, Any]:
    run, plate = bench.run, bench.declaration.nameplate
    run.energise()
    for position in run.positions.values():
        ensure_credit(position, CREDIT_WH * appetite(run, position.name))
    before = {name: read_energy(position) for name, position in run.positions.items()}
    wirings = [wiring for item in run.positions.values() if (wiring := item.pulse_wiring()).counter]
    arm_counters(run.rack, wirings)
    load = reference_load(run, current_a=plate.maximum_current_a)
    with run.rack.counting_energy(plate.voltage_v, plate.maximum_current_a):
        run.rack.apply(load.setting())
        run.clock.sleep(DOSE_WH * 3600 / load.power_w(1.0))
        run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        energy_wh = run.rack.standard.energy_wh()
    check_dose(energy_wh, power_w=load.power_w(1.0), duration_s=DOSE_WH * 3600 / load.power_w(1.0))
    stop_counters(run.rack, wirings)
    pulses = edge_counts(run.rack, wirings)
    after = {name: read_energy(position) for name, position in run.positions.items()}
    return {
        name: {
            "register_before_wh": before[name].energy_wh,
            "register_after_wh": after[name].energy_wh,
            "register_resolution_wh": after[name].resolution_wh,
            "reference_energy_wh": energy_wh,
            "pulses": pulses.get(name),
            "meter_constant_imp_per_kwh": plate.meter_constant_imp_per_kwh,
        }
        for name in run.positions
    }


@case(
    "accuracy/measurement_mode",
    lambda bench: measurement_mode_requirement(bench.declaration),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES],
    alters=[Alters.REGISTERS],
    stage=Stage.LOAD,
)
def test_measurement_mode(bench: CaseBench) -> None:
    """The current of one element flows backwards: the meter counts what its declared mode says."""
    run, plate = bench.run, bench.declaration.nameplate
    mode = plate.measurement_mode
    if plate.elements == 1 or mode is None:
        bench.state(Outcome.INAPPLICABLE, "one element, or no measurement mode is declared")
        return
    load = reference_load(run, current_a=float(plate.currents.resolve("In")), reversed_element=1)
    limit_pct = limit_at(bench.declaration, "In", "1").pct
    result = bench.together(
        "measurement mode",
        lambda: measure_load(run, load, pf="1", limit_pct=limit_pct, absolute=mode == "absolute"),
    )
    point = {"id": "L1-reversed", "current": "In", "pf": "1", "load": "balanced"}
    data = load_data(run, bench.position.name, load, result, point=point)
    seen = bench.observe("load-point", {**data, "mode": mode})
    bench.judge("accuracy.measurement-mode/1", seen)
