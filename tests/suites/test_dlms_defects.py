"""Defects that stand in no list are found by the case whose requirement they break, and a sound meter passes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.rack_of_dlms_defects import BY_POSITION
from tests.suites.suites_process import Ran, run_command, suites_command

HERE = Path(__file__).parent
SOUND = len(BY_POSITION) + 1
SOME = "association_end or frame_n5 or other_client or rights_of_writing or frame_counter_1 or basic_capabilities"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """One run over a rack with a defect at each position but the last."""
    folder = tmp_path_factory.mktemp("rack")
    defect = f"{HERE / 'rack_of_dlms_defects.py'}:RackOfDlmsDefects"
    laboratory = LabProcess("--positions", str(SOUND), "--defect", defect, "--until-stdin-closes")
    try:
        options = ("--rig", str(laboratory.rig_path), "-k", SOME)
        yield run_command(suites_command(folder / "run", *options, suites=("suites/dlms",)), folder / "run")
    finally:
        laboratory.close()


@pytest.mark.parametrize("position", BY_POSITION)
def test_a_defect_is_found_by_the_case_of_its_requirement(run: Ran, position: int) -> None:
    failed = {
        item["case"].split("/")[1]
        for item in run.verdicts("FAILED")
        if item["position"].endswith(str(position))
    }
    assert failed >= {BY_POSITION[position][2]}, run.outcomes()


def test_the_sound_meter_beside_them_passes(run: Ran) -> None:
    here = {item["outcome"] for item in run.verdicts() if item["position"].endswith(str(SOUND))}
    assert here == {"PASSED", "INAPPLICABLE"}, run.outcomes()
