"""What an interrupter, a chamber, a distorting source and a register show of a meter: each found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.rack_of_influences import CASE_OF_POSITION, POLYPHASE_CASES
from tests.suites.suites_process import Ran, run_command, suites_command

HERE = Path(__file__).parent
PARTS = {
    "dds722": (CASE_OF_POSITION, "burst or temperature or phase_fired or reactive or self_heating"),
    "dts722": (POLYPHASE_CASES, "missing_phase or fast_load"),
}
DEFECTS = [(product, position) for product, (cases, _) in PARTS.items() for position in cases]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    found = {}
    for product, (cases, words) in PARTS.items():
        defect = f"{HERE / 'rack_of_influences.py'}:RackOfInfluences"
        laboratory = LabProcess(
            "--product",
            product,
            "--positions",
            str(len(cases) + 1),
            "--defect",
            defect,
            "--seed",
            "5",
            "--until-stdin-closes",
        )
        try:
            run_dir = tmp_path_factory.mktemp(product) / "run"
            options = ("--rig", str(laboratory.rig_path), "-k", words)
            found[product] = run_command(
                suites_command(run_dir, *options, suites=("suites/accuracy",)), run_dir
            )
        finally:
            laboratory.close()
    return found


@pytest.mark.parametrize(("product", "position"), DEFECTS)
def test_each_is_failed_in_its_own_case_and_in_no_other(
    runs: dict[str, Ran], product: str, position: int
) -> None:
    ran, case = runs[product], PARTS[product][0][position][2]
    # a limit that nobody has verified cannot fail a meter
    wanted = {"FAILED", "CONDITIONAL_FAIL"}
    bad = {
        item["case"]
        for item in ran.verdicts()
        if item["position"] == str(position) and item["outcome"] in wanted
    }
    assert bad, ran.outcomes()
    assert all(name == case or name.startswith(f"{case}/") for name in bad), bad


@pytest.mark.parametrize("product", PARTS)
def test_the_clean_meter_passes_in_everything(runs: dict[str, Ran], product: str) -> None:
    last = str(len(PARTS[product][0]) + 1)
    outcomes = {item["outcome"] for item in runs[product].verdicts() if item["position"] == last}
    assert outcomes == {"PASSED"}, runs[product].outcomes()


@pytest.mark.parametrize("product", PARTS)
def test_nothing_is_an_error_of_the_bench(runs: dict[str, Ran], product: str) -> None:
    assert runs[product].verdicts("ERROR") == []


def test_what_a_transformer_adds_is_taken_out_at_every_position(runs: dict[str, Ran]) -> None:
    known = [
        item["data"]["baseline"]["corrections"]["transformer_ratio_pct"]
        for item in runs["dds722"].lines("observations.jsonl")
        if item["kind"] == "influence"
    ]
    assert len(set(known)) == len(CASE_OF_POSITION) + 1
