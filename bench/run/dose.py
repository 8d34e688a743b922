"""A dose of energy through the whole rack: what reference, pulses, register and credit each say of it."""

from __future__ import annotations

from typing import Any

from bench.judgement.meter_constant import SHARE_OF_LIMIT
from bench.judgement.requirements import limit_at
from bench.meter.dlms_client import opened
from bench.metrology.gate import constant_test_energy_wh
from bench.rig.dosed import check_dose
from bench.rig.edge_counts import arm_counters, edge_counts, stop_counters
from bench.run.position import Position
from bench.run.prepayment import ensure_credit, read_credit
from bench.run.pulse_proof import PROOF_EDGES, appetite, proof_pulses
from bench.run.run import Fault, Run

ENERGY_IMPORT = "1-0:1.8.0.255"
#: Time for the last pulse and register update after the current is gone.
SETTLE_S = 2.0
#: A meter in prepayment mode must hold this much more credit than the dose, or it would open on the way.
CREDIT_MARGIN = 1.05


def measure_dose(run: Run) -> dict[str, Any]:
    """Send the plan's dose at Imax, PF 1, through all positions; return per position what was seen, or its fault.

    Registers and credit are read without current, before and after. Raises BenchFault if the dose did not end.
    """
    run.energise()
    plate = next(iter(run.declarations.values())).nameplate
    wirings = [wiring for item in run.positions.values() if (wiring := item.pulse_wiring()).counter]
    proven = proof_pulses(run)
    first = _whole(run.at_each(lambda position: _read(position, "before")))
    power_w = plate.voltage_v * plate.maximum_current_a * plate.elements
    dose_wh = _dose_wh(run, max(float(item["register_resolution_wh"]) for item in first.values()))

    def ready(position: Position) -> dict[str, Any]:
        ensure_credit(position, dose_wh * CREDIT_MARGIN * appetite(run, position.name))
        return _read(position, "before")

    before = run.at_each(ready)
    seen = _whole(before)
    arm_counters(run.rack, wirings)
    with run.rack.counting_energy(plate.voltage_v, plate.maximum_current_a):
        run.load(voltage_factor=1.0, current_a=plate.maximum_current_a, lag_deg=0.0)
        run.clock.sleep(dose_wh * 3600 / power_w)
        run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        run.clock.sleep(SETTLE_S)
        energy_wh = run.rack.standard.energy_wh()
    check_dose(energy_wh, power_w=power_w, duration_s=dose_wh * 3600 / power_w)
    stop_counters(run.rack, wirings)
    for name, pulses in edge_counts(run.rack, wirings).items():
        if name in seen:
            seen[name]["pulses"] = pulses

    def complete(position: Position) -> dict[str, Any]:
        known = seen.get(position.name, {})
        return {
            **known,
            **_read(position, "after"),
            "reference_energy_wh": energy_wh,
            "meter_constant_imp_per_kwh": position.declaration.nameplate.meter_constant_imp_per_kwh,
            "standard": run.standard_calibration(),
            "pulse_path_proven": proven[position.name] >= PROOF_EDGES,
        }

    after = run.at_each(complete)
    return {name: after[name] if name in seen else fault for name, fault in before.items()}


def _whole(found: dict[str, dict[str, Any] | Fault]) -> dict[str, dict[str, Any]]:
    """Return the positions that could be read; raises the first fault where none could."""
    whole = {name: item for name, item in found.items() if isinstance(item, dict)}
    if not whole:
        raise next(item for item in found.values() if isinstance(item, Exception))
    return whole


def _dose_wh(run: Run, resolution_wh: float) -> float:
    """Return the plan's dose, or what the meter-constant test needs to be decided, if the plan wants it."""
    if not run.plan.wants("accuracy/meter_constant"):
        return run.plan.dose_wh
    declared = next(iter(run.declarations.values()))
    needed_wh = constant_test_energy_wh(
        limit_pct=limit_at(declared, "In", "1").pct / SHARE_OF_LIMIT,
        register_resolution_wh=resolution_wh,
        meter_constant_imp_per_kwh=declared.nameplate.meter_constant_imp_per_kwh,
    )
    return max(run.plan.dose_wh, needed_wh)


def _read(position: Position, when: str) -> dict[str, Any]:
    with opened(position.client("reader")) as client:
        register = client.register(ENERGY_IMPORT)
        seen: dict[str, Any] = {
            f"register_{when}_wh": register.value,
            "register_resolution_wh": register.resolution,
        }
        if position.declaration.payment is not None:
            credit = read_credit(client, position)
            seen |= {f"credit_{when}_wh": credit.amount_wh, "credit_resolution_wh": credit.resolution_wh}
    return seen
