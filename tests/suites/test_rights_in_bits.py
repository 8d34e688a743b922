"""A meter whose associations tell rights in bits passes what looks at rights; one that reads without a bit does not."""

from __future__ import annotations

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.kept_rack import HERE, other_reasons
from tests.suites.rack_of_rights_in_bits import KEPT, LOOKED_AT, SOUND, TEST
from tests.suites.suites_process import Ran, environment, run_command, suites_command


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("bits")
    words = ("--positions", str(SOUND), "--defect", f"{HERE / 'rack_of_rights_in_bits.py'}:RACK")
    laboratory = LabProcess(*words, "--until-stdin-closes")
    try:
        tests = [
            *(f"suites/dlms/{TEST}[{place}-]" for place in range(1, SOUND)),
            *(f"suites/dlms/{test}[{SOUND}-]" for test in LOOKED_AT),
        ]
        command = suites_command(folder / "run", "--rig", str(laboratory.rig_path), suites=tests)
        own = environment(METERBENCH_STATE=str(folder / "state"))
        return run_command(command, folder / "run", environ=own)
    finally:
        laboratory.close()


def test_the_sound_meter_passes(run: Ran) -> None:
    here = [item for item in run.verdicts() if item["position"] == str(SOUND)]
    assert {item["outcome"] for item in here} == {"PASSED"}, run.outcomes()
    assert len({item["case"].split("/")[1] for item in here}) == len(LOOKED_AT)


def test_the_faulty_one_fails_for_its_rights(run: Ran) -> None:
    assert other_reasons(run, KEPT) == {}, run.outcomes()
