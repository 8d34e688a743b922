"""A fault at one position never stops the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import CORE_PLAN, Ran, run_command, suites_command

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def deaf_run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("deaf")
    defect = f"{HERE / 'deaf_at_two.py'}:RACK"
    laboratory = LabProcess("--positions", "3", "--defect", defect, "--until-stdin-closes")
    try:
        command = suites_command(folder / "run", "--rig", str(laboratory.rig_path), "--plan", str(CORE_PLAN))
        return run_command(command, folder / "run")
    finally:
        laboratory.close()


def outcomes_at(run: Ran, position: str, suite: str = "") -> dict[str, str]:
    return {
        item["case"]: item["outcome"]
        for item in run.verdicts()
        if item["position"] == position and item["case"].startswith(suite)
    }


@pytest.mark.parametrize("position", ["1", "3"])
def test_the_others_pass(deaf_run: Ran, position: str) -> None:
    assert set(outcomes_at(deaf_run, position).values()) == {"PASSED"}, deaf_run.outcomes()


def test_a_dead_port_is_our_error_and_never_counts_against_the_meter(deaf_run: Ran) -> None:
    for suite in ("dlms/", "sts/", "dual/"):
        found = outcomes_at(deaf_run, "2", suite)
        assert found
        assert set(found.values()) == {"ERROR"}, found


def test_a_meter_with_a_dead_port_is_still_measured(deaf_run: Ran) -> None:
    assert set(outcomes_at(deaf_run, "2", "accuracy/load_point/").values()) == {"PASSED"}


def test_the_run_is_undecided(deaf_run: Ran) -> None:
    assert deaf_run.exit_code == 10
