"""Meter constant: pulses, register and marking agree."""

from __future__ import annotations

from bench.judgement.requirements import meter_constant_requirement
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.dose import measure_dose


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
