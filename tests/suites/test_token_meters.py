"""The STS suite at other meters: faults that no catalogue lists, other numbers, carriers, accounting; no altering."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.kept_rack import not_as_due, run_rack
from tests.suites.rack_of_token_defects import EXTENDED, KEPT
from tests.suites.rack_of_token_neighbours import KEPT as NEIGHBOURS
from tests.suites.suites_process import Ran, RunSuites

HERE = Path(__file__).parent
STS = ("suites/sts",)


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_rack("rack_of_token_defects.py", KEPT, tmp_path_factory.mktemp("tokens"))


def test_each_fault_is_found_at_its_position_and_nowhere_else(rack: Ran) -> None:
    assert not_as_due(rack, KEPT) == {}, rack.outcomes()


def test_faults_of_the_extended_set_are_found(tmp_path: Path) -> None:
    options = ("--configuration", "extended-tokens")
    ran = run_rack(
        "rack_of_token_defects.py",
        EXTENDED,
        tmp_path,
        *options,
        each_its_own=True,
        name="EXTENDED_RACK",
    )
    assert not_as_due(ran, EXTENDED) == {}, ran.outcomes()


def test_neighbours_of_the_catalogue_are_found_where_they_are(tmp_path: Path) -> None:
    ran = run_rack("rack_of_token_neighbours.py", NEIGHBOURS, tmp_path, each_its_own=True)
    assert not_as_due(ran, NEIGHBOURS) == {}, ran.outcomes()


@pytest.mark.parametrize(
    ("configuration", "cases"),
    [
        ("currency", "currency or used_token or other_commodity"),
        ("keypad-only", "credit_accepted or used_token or identifier"),
        ("gateway-only", "credit_accepted or used_token or credit_told"),
        ("other-number", "credit_accepted or wrong_meter or display_tests"),
        ("other-cipher", "credit_accepted or forbidden_types"),
        ("old-keys", "credit_accepted or other_key_parameters"),
        ("extended-tokens", "credit_accepted or extended_token_set"),
    ],
)
def test_other_meters_are_tested_as_what_they_are(
    run_suites: RunSuites, configuration: str, cases: str
) -> None:
    laboratory = LabProcess("--configuration", configuration, "--until-stdin-closes")
    try:
        run = run_suites("--rig", str(laboratory.rig_path), "-k", cases, suites=STS)
    finally:
        laboratory.close()
    assert run.exit_code == 0, run.outcomes()
    assert len(run.verdicts("PASSED")) >= 2


def test_observe_tries_display_tokens_and_one_wrong_one(run_suites: RunSuites) -> None:
    run = run_suites(
        "--plan", "observe", suites=("suites/sts/test_authentication.py", "suites/sts/test_class_1.py")
    )
    assert {"sts/display_tests", "sts/wrong_meter"} <= {item["case"] for item in run.verdicts("PASSED")}
    entries = [
        entry
        for item in run.lines("observations.jsonl")
        if item["kind"] == "token-series"
        for entry in item["data"]["entries"]
    ]
    assert entries
    assert not [entry for entry in entries if "good" in entry["situation"]]
    assert sum(entry["status_code"] in range(4, 8) for entry in entries) <= 2
