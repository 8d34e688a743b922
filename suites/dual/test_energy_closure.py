"""Energy closure: reference standard = pulses = register = credit, over one dose of energy."""

from __future__ import annotations

from bench.judgement.requirements import energy_closure_requirement
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.dose import measure_dose


@case(
    "dual/energy_closure",
    energy_closure_requirement(),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES, Need.READER],
    alters=[Alters.CREDIT, Alters.REGISTERS],
    stage=Stage.DOSE,
)
def test_energy_closure(bench: CaseBench) -> None:
    """Compare what four accounts say of the same energy, pair by pair."""
    seen = bench.observe("energy-closure", bench.together("dose", lambda: measure_dose(bench.run)))
    bench.judge("dual.energy-closure/1", seen)
