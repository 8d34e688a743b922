"""A line that breaks in the middle of a run: told of the case that met it, and of no other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.rack_of_dying_lines import BEHAVIOURS, FOR_GOOD
from tests.suites.suites_process import Ran, environment, run_command, suites_command

HERE = Path(__file__).parent
SOUND = {"PASSED", "INAPPLICABLE"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Transfer keys over lines that break on the way: the cases that must leave the meter as it was."""
    folder = tmp_path_factory.mktemp("dying")
    defect = f"{HERE / 'rack_of_dying_lines.py'}:RACK"
    words = ("--positions", str(len(BEHAVIOURS) + 1), "--defect", defect, "--until-stdin-closes")
    laboratory = LabProcess(*words)
    try:
        command = suites_command(
            folder / "run",
            *("--rig", str(laboratory.rig_path), "-k", "key_transfer"),
            suites=("suites/dlms/test_security.py",),
        )
        own = environment(METERBENCH_STATE=str(folder / "state"))
        return run_command(command, folder / "run", environ=own)
    finally:
        laboratory.close()


def outcomes(run: Ran, position: int) -> Counter[str]:
    """Return how often each outcome came at a position."""
    return Counter(item["outcome"] for item in run.verdicts() if item["position"] == str(position))


def test_a_meter_that_is_gone_is_our_error_once_and_not_run_from_then_on(run: Ran) -> None:
    for position in range(1, len(FOR_GOOD) + 1):
        found = outcomes(run, position)
        assert found == {"ERROR": 1, "NOT_RUN": found.total() - 1}, run.outcomes()


def test_one_bad_answer_spoils_one_case_and_no_key(run: Ran) -> None:
    for position in range(len(FOR_GOOD) + 1, len(BEHAVIOURS) + 1):
        found = outcomes(run, position)
        assert found["FAILED"] + found["INCONCLUSIVE"] <= 1, run.outcomes()
        assert set(found) <= {"FAILED", "INCONCLUSIVE"} | SOUND, run.outcomes()
        assert found["PASSED"] >= found.total() - 1


def test_the_sound_line_beside_them_passes(run: Ran) -> None:
    assert set(outcomes(run, len(BEHAVIOURS) + 1)) == {"PASSED"}, run.outcomes()
    assert "Traceback" not in run.output
