"""The STS suite at other meters: faults that no catalogue lists, other numbers, carriers, accounting; no altering."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.rack_of_token_defects import BY_POSITION
from tests.suites.rack_of_token_neighbours import BY_POSITION as NEIGHBOURS
from tests.suites.suites_process import Ran, RunSuites, environment, run_command, suites_command

HERE = Path(__file__).parent
STS = ("suites/sts",)


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """One run over a rack whose positions have a fault each, with the cases that are to find them."""
    folder = tmp_path_factory.mktemp("tokens")
    defect = f"{HERE / 'rack_of_token_defects.py'}:RackOfTokenDefects"
    laboratory = LabProcess(
        "--positions", str(len(BY_POSITION) + 1), "--defect", defect, "--until-stdin-closes"
    )
    try:
        cases = sorted({case.removeprefix("sts/") for _, _, case in BY_POSITION.values()})
        options = ("--rig", str(laboratory.rig_path), "-k", " or ".join(cases))
        run_dir = folder / "run"
        own = environment(METERBENCH_STATE=str(folder / "state"))
        yield run_command(suites_command(run_dir, *options, suites=STS), run_dir, environ=own)
    finally:
        laboratory.close()


def test_each_fault_is_found_at_its_position_and_nowhere_else(rack: Ran) -> None:
    failed: dict[str, set[str]] = {}
    for item in rack.verdicts("FAILED"):
        failed.setdefault(item["position"], set()).add("/".join(item["case"].split("/")[:2]))
    assert failed == {str(position): {case} for position, (_, _, case) in BY_POSITION.items()}


def test_neighbours_of_the_catalogue_are_found_where_they_are(tmp_path: Path) -> None:
    defect = f"{HERE / 'rack_of_token_neighbours.py'}:RackOfTokenNeighbours"
    laboratory = LabProcess("--positions", str(len(NEIGHBOURS)), "--defect", defect, "--until-stdin-closes")
    try:
        cases = [f"suites/sts/{case}[{position}-]" for position, (_, _, case, _) in NEIGHBOURS.items()]
        command = suites_command(tmp_path / "run", "--rig", str(laboratory.rig_path), suites=cases)
        ran = run_command(
            command, tmp_path / "run", environ=environment(METERBENCH_STATE=str(tmp_path / "state"))
        )
    finally:
        laboratory.close()
    found = {item["position"]: item["case"] for item in ran.verdicts("FAILED")}
    assert found == {str(position): case for position, (_, _, _, case) in NEIGHBOURS.items()}, ran.outcomes()


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
