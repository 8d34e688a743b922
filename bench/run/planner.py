"""What the accuracy part of a plan will take: bench time and energy, case by case, without opening anything.

Times of the instruments are estimates for the drivers we ship; the gates follow from pulse physics. Cases that only
talk to the meter are not counted here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.judgement.meter_constant import SHARE_OF_LIMIT
from bench.judgement.reactive import reactive_limit
from bench.judgement.reactive_thresholds import reactive_no_load_of, reactive_start_window_s
from bench.judgement.requirements import (
    influences_of,
    limit_at,
    no_load_test_of,
    starting_current_of,
)
from bench.metrology.gate import (
    SHORTEST_GATE_S,
    constant_test_energy_wh,
    recommended_gate,
    register_dose,
)
from bench.record.declaration import Declaration
from bench.run.plan import Plan
from bench.standards.advisory_waveforms import ADVISORY
from bench.standards.influence_tests import current_of_test
from bench.standards.limits import NoLimit
from bench.standards.load_points import load_points
from bench.standards.power_factor import PowerFactor
from bench.standards.reactive_points import SHORTEST_S, points_of_plan
from bench.standards.starting_current import starting_window_s
from bench.standards.temperature_bands import SOAK_S, bands

#: A new current, or a new voltage at no current: the source settles (estimate of its driver). The standard changes
#: its range meanwhile, and confirms the load while the first pulse is awaited.
APPLY_S = 5.0
#: A new voltage or frequency under load: current off, voltage changed, current on.
CHANGE_VOLTAGE_S = 3 * APPLY_S
READING_S = 2.2
#: Wait for the pulse that opens the first of the gates that follow each other, in pulse periods.
FIRST_PULSE = 0.5
ENERGISE_S = 2.0 + 12.0 + 5.0 + READING_S
PROOF_EDGES, REPEATED = 3, 20
STARTING_PULSES = 3.5
REGISTER_RANGE_WH = 66_200.0
SELF_HEATING_H = {"0.5": 3.0, "1": 3.0, "2": 2.0}
RESOLUTION_WH = 1.0
#: Pulses on a grid coarser than this scatter, so that a series takes as many readings as it may.
COARSE_GRID_S = 0.01
#: Measurements of an influence: factors tried, on each of which a baseline is measured too.
VARIANTS = {
    "voltage +-10 %": 4,
    "frequency +-2 %": 2,
    "reversed phase sequence": 1,
    "voltage unbalance": 6,
    "continuous magnetic": 1,
}
DISTORTED = (
    "5th harmonic",
    "DC and even harmonics",
    "odd harmonics",
    "phase fired",
    "sub-harmonics",
    "burst fired",
)
POLYPHASE_ONLY = frozenset({"reversed phase sequence", "voltage unbalance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One case: how long it takes on the bench, and the energy it sends through each meter.

    ``pulse_s``: the time of one pulse at its load, where gates are counted; else 0.
    """

    case: str
    bench_time_s: float
    energy_wh: float
    pulse_s: float = 0.0


def steps(plan: Plan, declaration: Declaration, pulse_grid_s: float = 0.0) -> tuple[Step, ...]:
    """Return the steps of the accuracy part that the plan wants, in the order of the run.

    ``pulse_grid_s``: how unevenly the meter gives its pulses, where that has been seen.
    """
    listed = _all(plan, declaration, pulse_grid_s)
    return tuple(step for step in listed if plan.wants(step.case) and plan.alters)


def total_time_s(listed: tuple[Step, ...]) -> float:
    """Return the expected bench time, with the first time voltage is applied."""
    return sum(step.bench_time_s for step in listed) + (ENERGISE_S if listed else 0.0)


def load_energy_wh(listed: tuple[Step, ...]) -> float:
    """Return the energy of everything but doses, which see to their credit themselves."""
    return sum(step.energy_wh for step in listed if step.case not in _DOSES)


_DOSES = frozenset(
    {
        "accuracy/meter_constant",
        "accuracy/register_range",
        "accuracy/influence/self_heating",
        "accuracy/influence/temperature",
        "accuracy/influence/fast_load_variation",
        "accuracy/reactive",
    }
)


def _all(plan: Plan, declaration: Declaration, pulse_grid_s: float) -> Iterator[Step]:
    plate, currents = declaration.nameplate, declaration.nameplate.currents
    full_w = plate.voltage_v * plate.maximum_current_a * plate.elements
    try:
        test = no_load_test_of(declaration)
        yield Step(
            case="accuracy/no_load", bench_time_s=test.duration_s + CHANGE_VOLTAGE_S + 15.0, energy_wh=0.0
        )
    except NoLimit:
        pass
    yield Step(case="accuracy/influence/supply_dips", bench_time_s=33.0 + 60.0 + 30.0, energy_wh=0.0)
    try:
        start = starting_current_of(declaration)
        window_s = starting_window_s(
            meter_constant_imp_per_kwh=plate.meter_constant_imp_per_kwh,
            voltage_v=plate.voltage_v,
            current_a=start.current,
            elements=plate.elements,
        )
        yield Step(case="accuracy/starting_current", bench_time_s=APPLY_S + window_s, energy_wh=3.0)
    except NoLimit:
        pass
    yield from _reactive_thresholds(declaration)
    yield from _influences(plan, declaration, pulse_grid_s)
    yield from _advisory(plan, declaration, pulse_grid_s)
    for point in load_points(
        plan.load_points,
        standard=declaration.accuracy.standard,
        edition=declaration.accuracy.edition,
        connection=plate.connection,
        elements=plate.elements,
    ):
        try:
            limit_pct = limit_at(declaration, point.current, point.pf, point.load).pct
        except NoLimit:
            continue
        elements = 1 if point.element is not None else plate.elements
        yield _measured(
            f"accuracy/load_point/{point.id}",
            plan,
            declaration,
            current_a=point.current_a(currents),
            pf=point.pf,
            limit_pct=limit_pct,
            elements=elements,
            pulse_grid_s=pulse_grid_s,
        )
    rated_a = float(currents.resolve("In"))
    yield _measured(
        "accuracy/repeatability",
        plan,
        declaration,
        current_a=rated_a,
        pf="1",
        limit_pct=limit_at(declaration, "In", "1").pct,
        elements=plate.elements,
        readings=REPEATED,
        pulse_grid_s=pulse_grid_s,
    )
    yield Step(
        case="accuracy/start_up",
        bench_time_s=2 * 2.0 + 20.0 + 15.0 + 2 * APPLY_S,
        energy_wh=full_w * 30 / 3600,
    )
    dose_wh = max(plan.dose_wh, _constant_wh(declaration))
    yield Step(
        case="accuracy/meter_constant", bench_time_s=dose_wh * 3600 / full_w + 2 * APPLY_S, energy_wh=dose_wh
    )
    yield Step(
        case="accuracy/register_range",
        bench_time_s=REGISTER_RANGE_WH * 3600 / full_w + 2 * APPLY_S,
        energy_wh=REGISTER_RANGE_WH,
    )
    yield from _reactive(plan, declaration)
    if plan.long_tests:
        yield from _with_actuators(plan, declaration)
    heated = influences_of(declaration, "self-heating") if plan.long_tests else ()
    for _ in heated[:1]:
        hours = SELF_HEATING_H.get(declaration.accuracy.accuracy_class, 3.0)
        yield Step(
            case="accuracy/influence/self_heating",
            bench_time_s=len(heated) * hours * 3600,
            energy_wh=len(heated) * full_w,
        )


def _reactive_thresholds(declaration: Declaration) -> Iterator[Step]:
    """Return no-load and starting current of reactive energy, by registers of the usual resolution."""
    try:
        test = reactive_no_load_of(declaration, RESOLUTION_WH)
        yield Step(
            case="accuracy/reactive_no_load",
            bench_time_s=test.duration_s + 2 * CHANGE_VOLTAGE_S,
            energy_wh=0.0,
        )
        window_s = reactive_start_window_s(declaration, RESOLUTION_WH)
        yield Step(
            case="accuracy/reactive_starting_current", bench_time_s=window_s + 2 * APPLY_S, energy_wh=0.0
        )
    except NoLimit:
        pass


def _reactive(plan: Plan, declaration: Declaration) -> Iterator[Step]:
    """Return the doses of reactive energy, one step for all points."""
    plate, time_s, energy_wh = declaration.nameplate, 0.0, 0.0
    for point in points_of_plan(certification=plan.load_points == "certification"):
        try:
            limit_pct = reactive_limit(declaration, point.current, point.sin).pct
        except NoLimit:
            continue
        factor = PowerFactor.parse(point.sin)
        apparent_va = plate.elements * plate.voltage_v * float(plate.currents.resolve(point.current))
        dose_varh = register_dose(limit_pct=limit_pct, resolution=RESOLUTION_WH)
        dose_s = max(SHORTEST_S, dose_varh / (apparent_va * factor.value) * 3600)
        time_s += dose_s + CHANGE_VOLTAGE_S
        energy_wh += apparent_va * factor.active * dose_s / 3600
    if time_s:
        yield Step(case="accuracy/reactive", bench_time_s=time_s, energy_wh=energy_wh)


def _with_actuators(plan: Plan, declaration: Declaration) -> Iterator[Step]:
    """Return the long tests that a chamber or an interrupter makes."""
    plate, rows = declaration.nameplate, influences_of(declaration, "ambient temperature")
    rated_w = plate.voltage_v * float(plate.currents.resolve("In")) * plate.elements
    if rows:
        temperatures = len(bands(plate.operating_temperature_c)) + 1
        readings = temperatures * len(rows) * plan.first_readings
        yield Step(
            case="accuracy/influence/temperature",
            bench_time_s=(temperatures + 1) * SOAK_S + readings * SHORTEST_GATE_S,
            energy_wh=readings * SHORTEST_GATE_S * rated_w / 3600,
        )
    if influences_of(declaration, "fast load current"):
        yield Step(
            case="accuracy/influence/fast_load_variation",
            bench_time_s=plan.fast_variation_s,
            energy_wh=plan.fast_variation_s * rated_w / 3600,
        )


def _influences(plan: Plan, declaration: Declaration, pulse_grid_s: float) -> Iterator[Step]:
    plate = declaration.nameplate
    for name, variants in (*VARIANTS.items(), *((name, 1) for name in DISTORTED)):
        if name in POLYPHASE_ONLY and plate.elements == 1:
            continue
        rows = influences_of(declaration, name)
        if not rows:
            continue
        time_s = energy_wh = 0.0
        for row in rows:
            word = current_of_test(row.current_range, plate.connection)
            one = _measured(
                name,
                plan,
                declaration,
                current_a=float(plate.currents.resolve(word)),
                pf=row.pf,
                limit_pct=float(row.percent),
                elements=plate.elements,
                pulse_grid_s=pulse_grid_s,
            )
            time_s += variants * 2 * (one.bench_time_s - APPLY_S + CHANGE_VOLTAGE_S)
            energy_wh += variants * 2 * one.energy_wh
        yield Step(case=_CASE_OF[name], bench_time_s=time_s, energy_wh=energy_wh)


def _advisory(plan: Plan, declaration: Declaration, pulse_grid_s: float) -> Iterator[Step]:
    plate = declaration.nameplate
    for advisory in ADVISORY:
        limit_pct = advisory.limit_pct.get(declaration.accuracy.accuracy_class)
        if limit_pct is None:
            continue
        current_a = float(plate.currents.resolve(advisory.current))
        wave = advisory.waveform().scaled_current(1.0)
        both = [
            _measured(
                advisory.name,
                plan,
                declaration,
                current_a=current_a * share,
                pf="1",
                limit_pct=limit_pct,
                elements=plate.elements,
                pulse_grid_s=pulse_grid_s,
            )
            for share in (1.0, wave.power)
        ]
        yield Step(
            case=f"accuracy/advisory/{advisory.name}",
            bench_time_s=sum(one.bench_time_s for one in both),
            energy_wh=sum(one.energy_wh for one in both),
        )


_CASE_OF = {
    "voltage +-10 %": "accuracy/influence/voltage",
    "frequency +-2 %": "accuracy/influence/frequency",
    "reversed phase sequence": "accuracy/influence/phase_order",
    "voltage unbalance": "accuracy/influence/missing_phase",
    "continuous magnetic": "accuracy/influence/magnet_continuous",
    "5th harmonic": "accuracy/influence/fifth_harmonic",
    "DC and even harmonics": "accuracy/influence/half_wave",
    "odd harmonics": "accuracy/influence/phase_fired",
    "phase fired": "accuracy/influence/phase_fired",
    "sub-harmonics": "accuracy/influence/burst",
    "burst fired": "accuracy/influence/burst",
}


def _measured(
    case: str,
    plan: Plan,
    declaration: Declaration,
    *,
    current_a: float,
    pf: str,
    limit_pct: float,
    elements: int,
    pulse_grid_s: float,
    readings: int | None = None,
) -> Step:
    plate, factor = declaration.nameplate, PowerFactor.parse(pf).active
    power_w = plate.voltage_v * current_a * factor * elements
    gate = recommended_gate(
        meter_constant_imp_per_kwh=plate.meter_constant_imp_per_kwh,
        power_w=power_w,
        frequency_hz=plate.frequency_hz,
        power_factor=factor,
        limit_pct=limit_pct,
        pulse_grid_s=pulse_grid_s,
    )
    rule = plan.two_stage
    expected = 1 if rule is None else rule.most if pulse_grid_s > COARSE_GRID_S else rule.first
    number = readings or expected
    pulse_s = gate.duration_s / gate.n_intervals
    loaded_s = FIRST_PULSE * pulse_s + number * gate.duration_s
    time_s = APPLY_S + loaded_s
    return Step(case=case, bench_time_s=time_s, energy_wh=power_w * time_s / 3600, pulse_s=pulse_s)


def _constant_wh(declaration: Declaration) -> float:
    return constant_test_energy_wh(
        limit_pct=limit_at(declaration, "In", "1").pct / SHARE_OF_LIMIT,
        register_resolution_wh=RESOLUTION_WH,
        meter_constant_imp_per_kwh=declaration.nameplate.meter_constant_imp_per_kwh,
    )


def clock_text(time_s: float) -> str:
    """Return a time as hours, minutes or seconds."""
    if time_s < 100:
        return f"{time_s:.0f} s"
    minutes = round(time_s / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
