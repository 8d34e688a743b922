"""Meters that are wrong at one kind of load only: each is found where it is wrong, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.kept_rack import failed_at, outcomes_at
from tests.suites.rack_of_load_faults import KEPT, PATTERNS
from tests.suites.suites_process import Ran, environment, run_command, suites_command

HERE = Path(__file__).parent
#: One low load point, so that the scatter of the points can be seen.
PLAN = """name = "load faults"
optional = ["*"]
cases = ["accuracy/load_point/0.1Ib-pf1", "accuracy/repeatability", "accuracy/shown_constant", "accuracy/reactive",
    "accuracy/influence/voltage", "accuracy/influence/missing_phase", "accuracy/single_phase_difference",
    "accuracy/reactive_no_load", "accuracy/reactive_starting_current"]
"""
#: What each position of the rack of one-phase meters must fail.
FAILS = {
    1: {"accuracy/shown_constant"},
    2: {"accuracy/influence/voltage/0.8Un-pf1", "accuracy/influence/voltage/0.8Un-pf0.5ind"},
    3: {"accuracy/influence/voltage/1.15Un-pf1", "accuracy/influence/voltage/1.15Un-pf0.5ind"},
    4: {
        f"accuracy/reactive/{point}"
        for point in ("In-sin1", "In-sin0.5ind", "In-sin0.5cap", "In-sin0.25ind", "Imax-sin1")
    },
    5: {"accuracy/repeatability/load_points"},
    6: {"accuracy/reactive_no_load"},
    7: {"accuracy/reactive_starting_current"},
}


def run(folder: Path, product: str, name: str, positions: int, tests: list[str]) -> Ran:
    words = ("--product", product, "--positions", str(positions), "--seed", "5", "--until-stdin-closes")
    laboratory = LabProcess(*words, "--defect", f"{HERE / 'rack_of_load_faults.py'}:{name}")
    try:
        plan = folder / "plan.toml"
        plan.write_text(PLAN)
        suites = [f"suites/accuracy/{test}" for test in tests]
        options = ("--rig", str(laboratory.rig_path), "--plan", str(plan))
        own = environment(METERBENCH_STATE=str(folder / "state"))
        return run_command(
            suites_command(folder / "run", *options, suites=suites), folder / "run", environ=own
        )
    finally:
        laboratory.close()


@pytest.fixture(scope="module")
def one_phase(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    tests = sorted({fault.test for fault in KEPT} | {"test_load_points.py::test_load_point"})
    return run(tmp_path_factory.mktemp("one"), "dds722", "RACK", len(KEPT) + 1, tests)


@pytest.fixture(scope="module")
def polyphase(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    tests = ["test_influences.py::test_missing_phase", "test_load_points.py::test_single_phase_difference"]
    return run(tmp_path_factory.mktemp("three"), "dts722", "RACK_POLYPHASE", len(PATTERNS) + 1, tests)


@pytest.mark.parametrize("position", FAILS)
def test_a_one_phase_meter_fails_where_it_is_wrong_and_nowhere_else(one_phase: Ran, position: int) -> None:
    assert failed_at(one_phase).get(position) == FAILS[position], one_phase.outcomes()


@pytest.mark.parametrize("position", PATTERNS)
def test_a_polyphase_meter_fails_at_its_own_pattern_and_no_other(polyphase: Ran, position: int) -> None:
    dead, alone = PATTERNS[position]
    due = {f"accuracy/influence/missing_phase/without-{'-'.join(f'L{number}' for number in dead)}"}
    if alone:
        due.add(f"accuracy/single_phase_difference/L{alone}")
    assert failed_at(polyphase).get(position) == due, polyphase.outcomes()


def test_the_sound_meters_pass_everything(one_phase: Ran, polyphase: Ran) -> None:
    assert outcomes_at(one_phase, len(KEPT) + 1) == {"PASSED"}, one_phase.outcomes()
    assert outcomes_at(polyphase, len(PATTERNS) + 1) == {"PASSED"}, polyphase.outcomes()
