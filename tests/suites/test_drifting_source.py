"""A source that drifts away from its setting: a point it spoils is neither passed nor failed, the others stand."""

from __future__ import annotations

from pathlib import Path

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import environment, run_command, suites_command

UNDECIDED = 10
DRIFT_PCT_PER_MIN = "0.95"
"""Slow enough to be confirmed when it was set, fast enough to leave 1 % within the long gate at 0.1 Ib."""


def test_a_point_whose_voltage_left_the_reference_conditions_is_invalid(tmp_path: Path) -> None:
    laboratory = LabProcess("--seed", "1", "--source-drift", DRIFT_PCT_PER_MIN, "--until-stdin-closes")
    try:
        tests = ["suites/accuracy/test_load_points.py"]
        command = suites_command(
            tmp_path / "run", "--rig", str(laboratory.rig_path), "--plan", "smoke", suites=tests
        )
        own = environment(METERBENCH_STATE=str(tmp_path / "state"))
        ran = run_command(command, tmp_path / "run", environ=own)
    finally:
        laboratory.close()
    assert ran.exit_code == UNDECIDED, ran.output
    found = {item["case"]: item for item in ran.verdicts()}
    spoilt = found.pop("accuracy/load_point/0.1Ib-pf1")
    assert spoilt["outcome"] == "ERROR"
    assert "reference condition violated: voltage_v" in spoilt["reason"]
    assert {item["outcome"] for item in found.values()} == {"PASSED"}
