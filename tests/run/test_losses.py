"""What is lost in the middle of a run ends there: one case finds out, the rest is not run, with that one reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import Ran, run_command, suites_command

DEFECT = f"{Path(__file__).with_name('deaf_after.py')}:DeafAfter"
SUITES = ("suites/dlms/test_hdlc_frames.py", "suites/accuracy/test_load_points.py")


@pytest.fixture(scope="module")
def lost_meter(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run at a meter whose port dies in the first cases."""
    folder = tmp_path_factory.mktemp("lost")
    laboratory = LabProcess("--defect", DEFECT, "--until-stdin-closes")
    try:
        command = suites_command(folder / "run", "--rig", str(laboratory.rig_path), suites=SUITES)
        return run_command(command, folder / "run")
    finally:
        laboratory.close()


def line_cases(run: Ran) -> list[dict[str, str]]:
    return [item for item in run.verdicts() if item["case"].startswith("dlms/")]


def test_cases_after_the_loss_are_not_run_for_one_reason(lost_meter: Ran) -> None:
    found = [item["outcome"] for item in line_cases(lost_meter)]
    assert "PASSED" in found, lost_meter.output
    n_left = found[::-1].index(next(word for word in reversed(found) if word != "NOT_RUN"))
    assert n_left >= 2, lost_meter.output
    assert found[-n_left - 1] in {"ERROR", "FAILED"}, lost_meter.output
    reasons = {item["reason"] for item in line_cases(lost_meter)[-n_left:]}
    assert len(reasons) == 1
    assert "the meter was lost during dlms/HDLC_FRAME_" in reasons.pop()


def test_a_lost_meter_is_still_measured(lost_meter: Ran) -> None:
    points = [item for item in lost_meter.verdicts() if item["case"].startswith("accuracy/load_point/")]
    assert points
    assert {item["outcome"] for item in points} == {"PASSED"}, lost_meter.output


def test_no_run_that_lost_its_meter_ends_with_0(lost_meter: Ran) -> None:
    assert lost_meter.exit_code in {1, 10}, lost_meter.output
