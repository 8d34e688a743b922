"""Waveforms beyond the type tests: pulsed currents as of dimmers, and those of OIML R 46. Advisory."""

from __future__ import annotations

from typing import Any

from bench.judgement.advisory_waveform import advisory_requirement
from bench.record.model import Outcome
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import load_data, measure_load, reference_load
from bench.standards.advisory_waveforms import ADVISORY, AdvisoryWaveform, advisory_waveform


def advisory_case(name: str) -> Any:
    """Describe a case on one of the advisory waveforms."""
    return case(
        f"accuracy/advisory/{name}",
        advisory_requirement(advisory_waveform(name)),
        needs=(Need.SOURCE, Need.REFERENCE, Need.PULSES),
        alters=[Alters.REGISTERS],
        stage=Stage.LOAD,
    )


@advisory_case("pulsed")
def test_pulsed(bench: CaseBench) -> None:
    """Pulses of 0.1 ms rise at 135 degrees, crest factor 8."""
    _compare(bench, ADVISORY[0])


@advisory_case("quadriform")
def test_quadriform(bench: CaseBench) -> None:
    """The flat-topped waveform of OIML R 46."""
    _compare(bench, ADVISORY[1])


@advisory_case("peaked")
def test_peaked(bench: CaseBench) -> None:
    """The peaked waveform of OIML R 46."""
    _compare(bench, ADVISORY[2])


def _compare(bench: CaseBench, advisory: AdvisoryWaveform) -> None:
    run, plate = bench.run, bench.declaration.nameplate
    limit_pct = advisory.limit_pct.get(bench.declaration.accuracy.accuracy_class)
    if limit_pct is None:
        bench.state(Outcome.INAPPLICABLE, "nothing to compare this class with")
        return
    waveform = advisory.waveform()
    current_a = float(plate.currents.resolve(advisory.current))
    sine = reference_load(run, current_a=current_a)
    distorted = reference_load(run, current_a=current_a, waveform=waveform)

    def measure() -> dict[str, Any]:
        before = measure_load(run, sine, pf="1", limit_pct=limit_pct)
        under = measure_load(run, distorted, pf="1", limit_pct=limit_pct)
        return {name: (before[name], under[name]) for name in before}

    before, under = bench.together(f"advisory {advisory.name}", measure)
    point = {"id": advisory.name, "current": advisory.current, "pf": "1", "load": "balanced"}
    named = {**point, "distorted": True, "waveform": waveform.name, "rms_of": "result"}
    seen = bench.observe(
        "advisory-waveform",
        {
            "name": advisory.name,
            "baseline": load_data(run, bench.position.name, sine, before, point=point),
            "disturbed": load_data(run, bench.position.name, distorted, under, point=named),
        },
    )
    bench.judge("accuracy.advisory-waveform/1", seen)
