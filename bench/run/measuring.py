"""Measure the error of indication under one load at all positions, and describe it as an observation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench.judgement.accuracy import errors_of
from bench.judgement.requirements import limit_at
from bench.metrology.gate import Gate, recommended_gate
from bench.metrology.length import TwoStage
from bench.metrology.sequential import Sequential
from bench.rig.loads import Load
from bench.rig.master_meter import METHOD as BY_MASTER
from bench.rig.master_meter import MasterWiring
from bench.rig.pulses import ArmedGates, PulseResult, PulseWiring, apply_and_arm, compare_pulses
from bench.run.points import points_of
from bench.run.pulse_proof import path_proven, proof_pulses, seen_grid_s
from bench.run.run import Run
from bench.standards import limits
from bench.standards.limits import NoLimit
from bench.standards.load_points import LoadPoint
from bench.standards.power_factor import PowerFactor


def reference_load(run: Run, *, current_a: float, lag_deg: float = 0.0, **changes: Any) -> Load:
    """Return a load at reference conditions of the declared type; ``changes`` are fields of ``Load``."""
    plate = next(iter(run.declarations.values())).nameplate
    asked: dict[str, Any] = {
        "voltage_v": plate.voltage_v,
        "frequency_hz": plate.frequency_hz,
        "elements": plate.elements,
        **changes,
    }
    return Load(current_a=current_a, lag_deg=lag_deg, **asked)


def measure_load(
    run: Run,
    load: Load,
    *,
    pf: str,
    limit_pct: float,
    rule: TwoStage | Sequential | None = None,
    absolute: bool = False,
) -> dict[str, PulseResult]:
    """Apply a load and count the gates of all positions; by the plan's rule, or by ``rule``.

    A sequential ``rule`` looks at the errors beside ``limit_pct`` while the series goes on.
    """
    proof_pulses(run)
    gates, wirings = _gates(run, load, pf, limit_pct, absolute=absolute)
    rule = rule or run.plan.two_stage
    n_gates = 1 if rule is None else rule.group if isinstance(rule, Sequential) else rule.first
    armed = _taken_ahead(run, load, n_gates) or apply_and_arm(
        run.rack, load.setting(), wirings, gates, n_gates=n_gates
    )
    number = _number(run, rule) if isinstance(rule, TwoStage) else None
    if isinstance(rule, Sequential):
        number = _looks(run, rule, load, pf, limit_pct)
    return compare_pulses(run.rack, wirings, gates, armed, number=number, absolute=absolute)


def measure_ahead(run: Run, load: Load, *, pf: str, limit_pct: float) -> None:
    """Apply a load and arm its gates; ``measure_load`` of the same load collects them later.

    Meanwhile the bench may do what leaves the load as it is, such as talking to the meters.
    """
    proof_pulses(run)
    gates, wirings = _gates(run, load, pf, limit_pct)
    n_gates = run.plan.two_stage.first if run.plan.two_stage is not None else 1
    run.ahead = (
        load.setting(),
        apply_and_arm(run.rack, load.setting(), wirings, gates, n_gates=n_gates),
    )


def slowest_point(run: Run) -> tuple[LoadPoint, Load, float]:
    """Return the plan's balanced load point of least power, with its load and limit in %."""
    declared = next(iter(run.declarations.values()))
    found = []
    for point in points_of(run):
        if point.load is not limits.Load.BALANCED:
            continue
        try:
            limit_pct = limit_at(declared, point.current, point.pf, point.load).pct
        except NoLimit:
            continue
        current_a = point.current_a(declared.nameplate.currents)
        load = reference_load(run, current_a=current_a, lag_deg=point.lag_deg, element=point.element)
        found.append((point, load, limit_pct))
    return min(found, key=lambda item: item[1].power_w(PowerFactor.parse(item[0].pf).active))


def _taken_ahead(run: Run, load: Load, n_gates: int) -> ArmedGates | None:
    """Return gates that were armed for this load, if it has stood since; they are used once."""
    before, run.ahead = run.ahead, None
    if before is None or before[0] != load.setting() or run.rack.load != load.setting():
        return None
    return before[1] if before[1].n_gates == n_gates else None


def _gates(
    run: Run, load: Load, pf: str, limit_pct: float, *, absolute: bool = False
) -> tuple[dict[str, Gate], list[PulseWiring]]:
    factor = PowerFactor.parse(pf).active
    grid_s = coarsest_grid_s(run, load)
    gates = {
        name: gate_for(run, name, load, factor, limit_pct, vector=not absolute, grid_s=grid_s)
        for name in run.positions
    }
    master = master_of(run)
    if master is not None and master.given_by and load.flowing_share != 1.0:
        master = None  # a calibrator does not know of the current that is led around
    wirings = [replace(position.pulse_wiring(), master=master) for position in run.positions.values()]
    if absolute:  # the instrument's own calculator adds the phases with their signs
        wirings = [wiring.by_counter() for wiring in wirings]
    return gates, wirings


def master_of(run: Run) -> MasterWiring | None:
    """Return where the pulses of the rig's master meter lead; None where it has none."""
    entry = run.rig.master_meter
    if entry is None:
        return None
    return MasterWiring(
        counter=entry.instrument,
        channel=entry.channel,
        constant_imp_per_kwh=entry.constant_imp_per_kwh,
        given_by=entry.given_by,
    )


def coarsest_grid_s(run: Run, load: Load) -> float:
    """Return how uneven the most uneven pulses of the rack are, or what flows under this load."""
    return max(load.pattern_s, *(seen_grid_s(run, name) or 0.0 for name in run.positions))


def gate_for(
    run: Run,
    position: str,
    load: Load,
    power_factor: float,
    limit_pct: float,
    *,
    vector: bool = True,
    grid_s: float | None = None,
) -> Gate:
    """Return the gate of one reading under a load; as long at all positions as the most uneven pulses ask for.

    They are waited for together, and an error calculator would run ahead of the gates of the others. ``grid_s``:
    ``coarsest_grid_s`` where it is known already.
    """
    return recommended_gate(
        meter_constant_imp_per_kwh=run.declarations[position].nameplate.meter_constant_imp_per_kwh,
        power_w=load.power_w(power_factor, vector=vector),
        frequency_hz=load.frequency_hz,
        power_factor=power_factor,
        limit_pct=limit_pct,
        pulse_grid_s=coarsest_grid_s(run, load) if grid_s is None else grid_s,
    )


def _number(run: Run, rule: TwoStage) -> Callable[[dict[str, PulseResult]], int]:
    """Return the rule for a rack: all positions are read as often as the one that scatters most."""

    def number(results: dict[str, PulseResult]) -> int:
        return max(
            rule.number(errors_of(_counts(run, name, result))[: rule.first])
            for name, result in results.items()
        )

    return number


def _looks(
    run: Run, rule: Sequential, load: Load, pf: str, limit_pct: float
) -> Callable[[dict[str, PulseResult]], int]:
    """Return the rule for a rack: all positions are read until the last of them is clear of the limit."""

    def number(results: dict[str, PulseResult]) -> int:
        wanted = []
        for name, result in results.items():
            told = {
                **_counts(run, name, result),
                "corrections": known_errors(run, name, result, pf),
                "point": {"lag_deg": load.lag_deg},
            }
            errors = errors_of(told)
            wanted.append(rule.number(float(sum(errors) / len(errors)), len(errors), limit_pct))
        return max(wanted)

    return number


def _counts(run: Run, position: str, result: PulseResult) -> dict[str, Any]:
    constant = run.declarations[position].nameplate.meter_constant_imp_per_kwh
    return {"meter_constant_imp_per_kwh": constant, "readings": result.readings}


def load_data(
    run: Run,
    position: str,
    load: Load,
    result: PulseResult,
    *,
    point: dict[str, Any],
    rule: TwoStage | Sequential | None = None,
) -> dict[str, Any]:
    """Return the data of a ``load-point`` observation."""
    rule = rule or run.plan.two_stage
    data: dict[str, Any] = {
        "point": {
            "current_a": load.current_a,
            "voltage_v": load.voltage_v,
            "frequency_hz": load.frequency_hz,
            "lag_deg": load.lag_deg,
            **point,
        },
        "method": result.method,
        **_counts(run, position, result),
        "standard": run.standard_calibration(result.method),
        "conditions": conditions(load, result),
        "ranges": [result.samples[0].voltage_range, result.samples[0].current_range],
        "length": _length(run, rule, len(result.readings)),
    }
    data["readings"] = list(result.readings)
    known = known_errors(run, position, result, str(point.get("pf", "")))
    if any(known.values()):
        data["corrections"] = known
    grid_s = max(seen_grid_s(run, position) or 0.0, load.pattern_s)
    if grid_s > 0.0:  # what flows within one pattern of bursts may fall to either side of a gate's end
        data["pulse_grid_s"] = grid_s
    if not result.readings:
        data["no_pulses"] = {
            "waited_s": result.waited_s,
            "edges": result.edges_seen,
            "reference_energy_wh": abs(result.mean_power_w) * result.waited_s / 3600,
            "pulse_path_proven": path_proven(run, position),
        }
    return data


def _length(run: Run, rule: TwoStage | Sequential | None, n_readings: int) -> dict[str, Any]:
    """Return by which rule a series had its length."""
    if rule is None:
        return {"rule": "single", "prior_s_pct": run.plan.prior_s_pct}
    if isinstance(rule, TwoStage):
        return {"rule": "two-stage", "first": rule.first, "most": rule.most, "target_pct": rule.target_pct}
    return {
        "rule": "sequential",
        "group": rule.group,
        "most": rule.most,
        "prior_s_pct": rule.sigma_pct,
        "spending": str(rule.spending),
        "error_probability": rule.alpha,
        "looks": n_readings // rule.group,
    }


def known_errors(run: Run, position: str, result: PulseResult, pf: str) -> dict[str, float]:
    """Return what the rig file says of what gave the energy, at this range and power factor, and of the transformer.

    A master meter has no ranges.
    """
    entry = run.rig.instrument_of_role("reference")
    isolation = run.positions[position].entry.isolation
    current_range = result.samples[0].current_range
    calibration = entry.calibration if entry is not None else None
    if result.method == BY_MASTER and run.rig.master_meter is not None:
        calibration, current_range = run.rig.master_meter.calibration, ""
    return {
        "standard_error_pct": calibration.known_error_pct(current_range, pf)
        if calibration is not None
        else 0.0,
        "transformer_ratio_pct": isolation.ratio_error_pct,
        "transformer_phase_min": isolation.phase_lead_min,
        "transformer_uncertainty_pct": isolation.uncertainty_pct,
        "transformer_phase_uncertainty_min": isolation.phase_uncertainty_min,
    }


def conditions(load: Load, result: PulseResult) -> dict[str, Any]:
    """Return what the standard read during a series: by quantity min, mean, max, of each phase concerned."""
    with_voltage = [n for n in range(1, load.elements + 1) if n not in load.missing]
    powers = [sample.power_w for sample in result.samples]

    def spans(name: str, phases: list[int]) -> list[dict[str, float]]:
        return [_span([getattr(s.phases[n - 1], name) for s in result.samples]) for n in phases]

    return {
        "voltage_v": spans("voltage_v", with_voltage),
        "current_a": spans("current_a", list(load.loaded())),
        "current_lag_deg": spans("current_lag_deg", list(load.loaded())),
        "frequency_hz": _span([sample.frequency_hz for sample in result.samples]),
        "power_w": _span(powers),
        "power_change_pct": 100 * (powers[-1] - powers[0]) / powers[0] if powers[0] else 0.0,
    }


def _span(values: list[float]) -> dict[str, float]:
    return {"min": min(values), "mean": sum(values) / len(values), "max": max(values)}
