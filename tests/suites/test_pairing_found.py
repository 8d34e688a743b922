"""A wrong meter constant is the meter's fault, an exchanged scanning head the bench's; a rack tells them apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.rack_of_pulses import KEPT
from tests.suites.suites_process import Ran, environment, run_command, suites_command

HERE = Path(__file__).parent
TWICE, SELDOM, TENTH = "123"
CROSSED, SOUND = ("4", "5"), "6"
PAIRING, CONSTANT = "accuracy/position_pairing", "accuracy/meter_constant"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run two cases over a rack whose scanning heads of the positions 4 and 5 are exchanged."""
    folder = tmp_path_factory.mktemp("pairing")
    words = ("--positions", str(len(KEPT) + 3), "--defect", f"{HERE / 'rack_of_pulses.py'}:RACK")
    laboratory = LabProcess(*words, "--until-stdin-closes")
    try:
        lines = laboratory.rig_path.read_text().splitlines()
        pulses = {n: line for n, line in enumerate(lines) if line.startswith("pulse =")}
        first, second = list(pulses)[3:5]
        lines[first], lines[second] = lines[second], lines[first]
        laboratory.rig_path.write_text("\n".join(lines))
        suites = ("suites/accuracy/test_position_pairing.py", KEPT[0].node)
        command = suites_command(folder / "run", "--rig", str(laboratory.rig_path), suites=suites)
        own = environment(METERBENCH_STATE=str(folder / "state"))
        return run_command(command, folder / "run", environ=own)
    finally:
        laboratory.close()


def outcome(ran: Ran, case: str, position: str) -> str:
    return next(
        item["outcome"] for item in ran.verdicts() if (item["case"], item["position"]) == (case, position)
    )


@pytest.mark.parametrize("position", [TWICE, SELDOM])
def test_a_wrong_constant_is_failed_and_its_position_is_proven(ran: Ran, position: str) -> None:
    assert outcome(ran, PAIRING, position) == "PASSED", ran.outcomes()
    assert outcome(ran, CONSTANT, position) == "FAILED"


def test_a_wrong_register_is_failed_and_its_position_left_open(ran: Ran) -> None:
    assert outcome(ran, PAIRING, TENTH) == "INCONCLUSIVE", ran.outcomes()
    assert outcome(ran, CONSTANT, TENTH) == "FAILED"


@pytest.mark.parametrize("position", CROSSED)
def test_another_meters_pulses_are_our_fault_and_judged_nowhere(ran: Ran, position: str) -> None:
    assert outcome(ran, PAIRING, position) == "ERROR", ran.outcomes()
    assert outcome(ran, CONSTANT, position) == "NOT_RUN"


def test_the_sound_meter_beside_them_passes(ran: Ran) -> None:
    assert {outcome(ran, case, SOUND) for case in (PAIRING, CONSTANT)} == {"PASSED"}, ran.outcomes()
