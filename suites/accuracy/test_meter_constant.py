"""Meter constant: pulses, register and marking agree."""

from __future__ import annotations

from bench.judgement.requirements import meter_constant_requirement, shown_constant_requirement
from bench.meter.dlms_client import opened
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.dose import measure_dose
from bench.run.readout import meter_constant


@case(
    "accuracy/meter_constant",
    lambda bench: meter_constant_requirement(bench.declaration),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES, Need.READER],
    alters=[Alters.REGISTERS],
    stage=Stage.DOSE,
)
def test_meter_constant(bench: CaseBench) -> None:
    """Compare the pulses of a dose of energy with the register's advance."""
    seen = bench.observe("meter-constant", bench.together("dose", lambda: measure_dose(bench.run)))
    bench.judge("accuracy.meter-constant/1", seen)


@case(
    "accuracy/shown_constant",
    lambda bench: shown_constant_requirement(bench.declaration),
    needs=[Need.READER],
    stage=Stage.VOLTAGE,
)
def test_shown_constant(bench: CaseBench) -> None:
    """The meter shows the meter constant of its declaration."""
    bench.energise()
    with opened(bench.position.client("reader")) as client:
        seen = bench.observe("shown-constant", {"meter_constant_imp_per_kwh": meter_constant(client)})
    bench.judge("accuracy.shown-constant/1", seen)
