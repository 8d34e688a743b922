"""Ports that behave badly in front of a sound meter: defined verdicts, in bounded time and memory."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.rack_of_bad_lines import BEHAVIOURS
from tests.suites.suites_process import Ran, run_command, suites_command

HERE = Path(__file__).parent
FRAMINGS = ("hdlc", "wrapper")
FILES = (
    "test_hdlc_frames.py",
    "test_association_opening.py",
    "test_objects.py",
    "test_object_services.py",
    "test_security.py",
    "test_security_identity.py",
    "test_monitor.py",
)
SOME = (
    "frame_n1 or frame_p1 or open_1 or open_5 or mandatory or key_transfer_p1 or counter_power or monitor"
    f" or (pdu_sizes and not sizes[{len(BEHAVIOURS)}-])"  # octet by octet, an object list takes its time
)
MONITOR = "dlms/monitor"
LARGEST_KIB = 600 * 1024
SOUND = {"PASSED", "INAPPLICABLE"}
#: Nobody can be found behind it, or what it says is nobody's frame: our trouble, as far as anyone can tell.
NO_METER = {"Silent", "Endless", "HangsUp"}


@pytest.fixture(scope="module", params=FRAMINGS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """One run over a rack with another behaviour at each position."""
    folder = tmp_path_factory.mktemp("lines")
    defect = f"{HERE / 'rack_of_bad_lines.py'}:RACK"
    count = str(len(BEHAVIOURS))
    words = ("--positions", count, "--framing", request.param, "--defect", defect, "--until-stdin-closes")
    laboratory = LabProcess(*words)
    try:
        options = (
            "--rig",
            str(laboratory.rig_path),
            "-k",
            SOME,
        )
        command = suites_command(
            folder / "run", *options, suites=tuple(f"suites/dlms/{name}" for name in FILES)
        )
        yield run_command(command, folder / "run")
    finally:
        laboratory.close()


def at(run: Ran, behaviour: str) -> set[str]:
    """Return the outcomes at the position of a behaviour; what the monitor says of all of them stands apart."""
    number = next(number for number, kind in enumerate(BEHAVIOURS, 1) if kind.__name__ == behaviour)
    found = {
        item["outcome"]
        for item in run.verdicts()
        if item["position"].endswith(str(number)) and not item["case"].startswith(MONITOR)
    }
    assert found
    return found


def test_nobody_is_blamed_where_nobody_answers(run: Ran) -> None:
    for behaviour in sorted(NO_METER):
        assert at(run, behaviour) <= {"ERROR", "INAPPLICABLE"}, (behaviour, run.outcomes())
        assert "ERROR" in at(run, behaviour)
    numbers = [number for number, kind in enumerate(BEHAVIOURS, 1) if kind.__name__ in NO_METER]
    watched = [item for item in run.verdicts("FAILED") if item["case"].startswith(MONITOR)]
    assert not [item for item in watched if int(item["position"]) in numbers]


def test_no_case_trips_over_what_it_is_told(run: Ran) -> None:
    assert not [item for item in run.verdicts() if "crashed" in item["reason"]]


def test_wrong_answers_are_the_meters_fault_and_end(run: Ran) -> None:
    for behaviour in ("Late", "Repeating", "Longest"):
        assert at(run, behaviour) & {"FAILED", "INCONCLUSIVE", "ERROR"}, (behaviour, run.outcomes())
        assert "PASSED" not in at(run, behaviour), (behaviour, run.outcomes())


def test_one_octet_at_a_time_is_slow_and_right(run: Ran) -> None:
    assert at(run, "Dribbling") <= SOUND, run.outcomes()


def test_the_run_ends_with_every_verdict_and_in_little_memory(run: Ran) -> None:
    finished = run.lines("events.jsonl")[-1]
    assert finished["event"] == "run-finished"
    assert len({(item["case"], item["position"]) for item in run.verdicts()}) >= finished["verdicts_wanted"]
    assert "Traceback" not in run.output
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < LARGEST_KIB
