"""A plan that looks at the mean while a series goes on: more looks near the limit, one where it is far away."""

from __future__ import annotations

from pathlib import Path

from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.metering.metering import Metering
from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import environment, run_command, suites_command

PLAN = """name = "looks"
length = "sequential"
first_readings = 5
most_readings = 20
prior_s_pct = 0.05
cases = ["accuracy/load_point/Ib-pf1", "accuracy/load_point/0.05Ib-pf1"]
"""


class NearItsLimit(Metering):
    """Read 0.93 % too much: within the limit of 1 % at Ib, far from that of 1.5 % at 0.05 Ib."""

    def gain(self) -> float:
        return 0.0093


NEAR = SlotDefect(id="near", title="near its limit", slot="metering", mixin=NearItsLimit)


def test_the_number_of_looks_follows_the_distance_from_the_limit(tmp_path: Path) -> None:
    plan = tmp_path / "looks.toml"
    plan.write_text(PLAN)
    laboratory = LabProcess("--seed", "2", "--defect", f"{__file__}:NEAR", "--until-stdin-closes")
    try:
        command = suites_command(
            tmp_path / "run",
            "--rig",
            str(laboratory.rig_path),
            "--plan",
            str(plan),
            suites=["suites/accuracy/test_load_points.py"],
        )
        own = environment(METERBENCH_STATE=str(tmp_path / "state"))
        ran = run_command(command, tmp_path / "run", environ=own)
    finally:
        laboratory.close()
    reasons = {item["case"]: item["reason"] for item in ran.verdicts() if item["outcome"] == "PASSED"}
    # half widths after five and ten readings: 0.097 % and 0.047 %; the limit is 0.07 % and 0.57 % away
    assert "look 2 of 4, obrien-fleming spending of 0.05" in reasons["accuracy/load_point/Ib-pf1"], ran.output
    assert "look 1 of 4" in reasons["accuracy/load_point/0.05Ib-pf1"], ran.output
    lengths = {
        item["data"]["point"]["id"]: item["data"]["length"]
        for item in ran.lines("observations.jsonl")
        if item["kind"] == "load-point"
    }
    assert {name: length["looks"] for name, length in lengths.items()} == {"Ib-pf1": 2, "0.05Ib-pf1": 1}
    assert {length["rule"] for length in lengths.values()} == {"sequential"}
