"""Influence quantities that a source can make: the error under each, against the error just before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.judgement.influence import VOLTAGE
from bench.judgement.requirements import influence_requirement, influences_of
from bench.record.model import Outcome
from bench.rig.loads import Load
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import load_data, measure_load, reference_load
from bench.run.run import Run
from bench.standards.influence_tests import current_of_test
from bench.standards.influences import (
    EXTENDED_RANGE,
    EXTENDED_STATUS,
    ORDINARY_RANGE,
    InfluenceLimit,
)
from bench.standards.power_factor import PowerFactor
from bench.standards.waveforms import Waveform, fifth_harmonic, half_wave, phase_fired
from instruments.errors import InstrumentFault

PULSE_BENCH = (Need.SOURCE, Need.REFERENCE, Need.PULSES)
MAGNET = "continuous magnetic"
#: Flux density at the case, mT: that of OIML R 46 for a magnet of continuous field (recall).
MAGNET_MT = 200.0
VOLTAGE_STEPS = (*ORDINARY_RANGE, *EXTENDED_RANGE)
FREQUENCY_STEPS = (0.98, 1.02)


def influence_case(name: str, influence: str) -> Any:
    """Describe a case on one influence quantity, by the words its table rows begin with."""
    return case(
        f"accuracy/influence/{name}",
        lambda bench: influence_requirement(bench.declaration, influence),
        needs=PULSE_BENCH,
        alters=[Alters.REGISTERS],
        stage=Stage.LOAD,
    )


@influence_case("voltage", VOLTAGE)
def test_voltage(bench: CaseBench) -> None:
    """The error at 0.9 and 1.1 of the reference voltage, and at the ends of the extended range."""
    for row in _rows(bench, VOLTAGE):
        for factor in VOLTAGE_STEPS:
            load = _load(bench, row)
            known = (
                row if factor in ORDINARY_RANGE else replace(row, status=EXTENDED_STATUS, clause="uncertain")
            )
            disturbed = replace(load, voltage_v=load.voltage_v * factor)
            _compare(bench, known, disturbed, f"{factor:g}Un-pf{_short(row)}")


@influence_case("frequency", "frequency +-2 %")
def test_frequency(bench: CaseBench) -> None:
    """The error at 0.98 and 1.02 of the reference frequency."""
    for row in _rows(bench, "frequency +-2 %"):
        for factor in FREQUENCY_STEPS:
            load = _load(bench, row)
            _compare(
                bench,
                row,
                replace(load, frequency_hz=load.frequency_hz * factor),
                f"{factor:g}fn-pf{_short(row)}",
            )


@influence_case("phase_order", "reversed phase sequence")
def test_phase_order(bench: CaseBench) -> None:
    """The error with L2 and L3 exchanged."""
    if bench.declaration.nameplate.elements < 3:
        bench.state(Outcome.INAPPLICABLE, "the meter has no phase order")
        return
    for row in _rows(bench, "reversed phase sequence"):
        _compare(bench, row, replace(_load(bench, row), reversed_order=True), "L1-L3-L2")


@influence_case("missing_phase", "voltage unbalance")
def test_missing_phase(bench: CaseBench) -> None:
    """The error with one or two phases interrupted."""
    elements = bench.declaration.nameplate.elements
    if elements == 1:
        bench.state(Outcome.INAPPLICABLE, "the meter has one phase")
        return
    each = tuple((number,) for number in range(1, elements + 1))
    all_but_one = tuple(
        tuple(other for (other,) in each if other != number) for (number,) in each if elements > 2
    )
    for row in _rows(bench, "voltage unbalance"):
        for missing in (*each, *all_but_one):
            name = "-".join(f"L{number}" for number in missing)
            _compare(bench, row, replace(_load(bench, row), missing=missing), f"without-{name}")


@influence_case("fifth_harmonic", "5th harmonic")
def test_fifth_harmonic(bench: CaseBench) -> None:
    """The error with a fifth harmonic in voltage and current."""
    _distorted(bench, ("5th harmonic",), fifth_harmonic())


@influence_case("half_wave", "DC and even harmonics")
def test_half_wave(bench: CaseBench) -> None:
    """The error of a half-wave current, which is half DC."""
    _distorted(bench, ("DC and even harmonics",), half_wave())


@influence_case("phase_fired", "odd harmonics")
def test_phase_fired(bench: CaseBench) -> None:
    """The error of a current that flows from 90 to 180 degrees of each half wave; its rms is the stated current."""
    _distorted(bench, ("odd harmonics", "phase fired"), phase_fired())


@case(
    "accuracy/influence/magnet_continuous",
    lambda bench: influence_requirement(bench.declaration, MAGNET),
    needs=(*PULSE_BENCH, Need.HANDS),
    alters=[Alters.REGISTERS],
    stage=Stage.LOAD,
)
def test_magnet_continuous(bench: CaseBench) -> None:
    """The error with a magnet at the case. The standard's own 1000 ampere-turns give about this flux density."""
    hands, number = bench.position.hands(bench.rack)
    try:
        hands.magnet(number, 0.0)
    except InstrumentFault:
        bench.state(Outcome.NOT_RUN, "the hands of this rig have no magnet")
        return
    for row in _rows(bench, MAGNET):
        _compare(bench, row, _load(bench, row), f"{MAGNET_MT:g}mT", field_mt=MAGNET_MT)


def _magnets(run: Run, field_mt: float) -> None:
    """Bring a magnet to every position, or take it away, while no current flows."""
    run.energise()
    for position in run.positions.values():
        hands, number = position.hands(run.rack)
        hands.magnet(number, field_mt)


def _distorted(bench: CaseBench, influences: tuple[str, ...], waveform: Waveform) -> None:
    for row in _rows(bench, *influences):
        _compare(bench, row, replace(_load(bench, row), waveform=waveform), waveform.name.replace(" ", "_"))


def _rows(bench: CaseBench, *influences: str) -> tuple[InfluenceLimit, ...]:
    """Return the table's rows; says INAPPLICABLE when the class has none."""
    rows = tuple(row for name in influences for row in influences_of(bench.declaration, name))
    if not rows:
        bench.state(Outcome.INAPPLICABLE, "no limit for this quantity, class, edition and connection")
    return rows


def _load(bench: CaseBench, row: InfluenceLimit) -> Load:
    plate = bench.declaration.nameplate
    current_a = float(plate.currents.resolve(current_of_test(row.current_range, plate.connection)))
    return reference_load(bench.run, current_a=current_a, lag_deg=PowerFactor.parse(row.pf).lag_deg)


def _compare(
    bench: CaseBench, row: InfluenceLimit, disturbed: Load, sub: str, *, field_mt: float = 0.0
) -> None:
    """Measure at reference conditions and right after it under the disturbance; judge the difference."""
    run, reference = bench.run, _load(bench, row)
    limit_pct = float(row.percent)

    def measure() -> dict[str, Any]:
        before = measure_load(run, reference, pf=row.pf, limit_pct=limit_pct)
        if field_mt:
            _magnets(run, field_mt)
        try:
            under = measure_load(run, disturbed, pf=row.pf, limit_pct=limit_pct)
        finally:
            if field_mt:
                _magnets(run, 0.0)
        return {name: (before[name], under[name]) for name in before}

    before, under = bench.together(f"influence {row.influence} {sub}", measure)
    word = current_of_test(row.current_range, bench.declaration.nameplate.connection)
    point = {"id": sub, "current": word, "pf": row.pf, "load": "balanced"}
    seen = bench.observe(
        "influence",
        {
            "influence": row.influence,
            "pf": row.pf,
            "baseline": load_data(run, bench.position.name, reference, before, point=point),
            "disturbed": load_data(
                run,
                bench.position.name,
                disturbed,
                under,
                point={
                    **point,
                    "distorted": disturbed.waveform is not None,
                    "waveform": disturbed.waveform.name if disturbed.waveform is not None else "sine",
                    "rms_of": "result",
                    "missing": list(disturbed.missing),
                    "reversed_order": disturbed.reversed_order,
                    "field_mt": field_mt,
                },
            ),
        },
    )
    bench.judge(
        "accuracy.influence/1",
        seen,
        requirement=replace(bench.requirement, status=row.status, clause=row.clause),
        sub=sub,
    )


def _short(row: InfluenceLimit) -> str:
    return row.pf.replace(" ", "")
