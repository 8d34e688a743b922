"""Runs of the suites, shared by the tests that look at different sides of the same run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import CORE_PLAN, Ran, RunSuites, environment, run_command, suites_command

HERE = Path(__file__).parent


@pytest.fixture
def run_suites(tmp_path: Path) -> RunSuites:
    """Run the suites with these options; ``suites`` narrows them to some files."""
    n_runs = 0

    def run(*options: str, suites: tuple[str, ...] = ("suites",)) -> Ran:
        nonlocal n_runs
        n_runs += 1
        run_dir = tmp_path / f"run{n_runs}"
        own = environment(
            METERBENCH_STATE=str(tmp_path / "state")
        )  # never the ledgers of the user's own meters
        return run_command(suites_command(run_dir, *options, suites=suites), run_dir, environ=own)

    return run


@pytest.fixture(scope="session")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run through every suite against the clean reference meter, with a folder of its own for temporary files."""
    folder = tmp_path_factory.mktemp("clean")
    (folder / "temporary").mkdir()
    run_dir = folder / "run"
    return run_command(
        suites_command(run_dir, "--plan", str(CORE_PLAN)),
        run_dir,
        environ=environment(TMPDIR=str(folder / "temporary")),
    )


@pytest.fixture(scope="session")
def rack_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """One run over a rack where each position but the last has a defect of another suite (see rack_of_defects)."""
    folder = tmp_path_factory.mktemp("rack")
    defect = f"{HERE / 'rack_of_defects.py'}:RACK"
    laboratory = LabProcess("--positions", "6", "--defect", defect, "--seed", "3", "--until-stdin-closes")
    try:
        run_dir = folder / "run"
        options = ("--rig", str(laboratory.rig_path), "--plan", str(CORE_PLAN))
        yield run_command(suites_command(run_dir, *options), run_dir)
    finally:
        laboratory.close()
