"""However a run ends, the source is off and the run folder is whole up to there.

Set METERBENCH_SIGNAL_TRIES to try more instants than the few of an ordinary test run.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.record.reader import RunReader

ROOT = Path(__file__).parents[2]
TRIES = int(os.environ.get("METERBENCH_SIGNAL_TRIES", "3"))
#: A run of these lasts some seconds and has the source on, with current, most of the time.
CASES = [
    "suites/accuracy/test_load_points.py",
    "suites/accuracy/test_no_load_and_start.py",
    "suites/dlms/test_hdlc_frames.py",
]
PATIENCE_S = 30.0
ATTEMPTS_IN_TIME = 6


class Laboratory:
    """A laboratory process of its own, and what its source says when nobody else is connected."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "reference_meter.lab", "--directory", str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.rig = Path(self.process.stdout.readline().strip())
        instruments = tomllib.loads(self.rig.read_text())["instrument"]
        resource_name = next(item["resource"] for item in instruments if item["role"] == "source")
        _, host, port, _ = resource_name.split("::")
        self._address = (host, int(port))

    def source_is_off(self) -> bool:
        with socket.create_connection(self._address, timeout=5) as line:
            line.sendall(b"OUTP:STAT?\n")
            return line.recv(64).strip() in {b"0", b"OFF"}

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    lab = Laboratory(tmp_path / "lab")
    yield lab
    lab.close()


def start(lab: Laboratory, run_dir: Path, *words: str, file_size_max: int = 0) -> subprocess.Popen[str]:
    def limit() -> None:
        if file_size_max:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size_max, file_size_max))

    return subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", *CASES, "-p", "no:cacheprovider"),
            *("--rig", str(lab.rig), "--run-dir", str(run_dir), *words),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=limit,  # noqa: PLW1509  # one thread
    )


def wait_for_power(lab: Laboratory, run: subprocess.Popen[str]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while lab.source_is_off():
        assert run.poll() is None
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def check_whole(run_dir: Path) -> int:
    """Check the record and return how many verdicts it holds."""
    reader = RunReader(run_dir)
    assert reader.check_chain() == []
    finished = reader.finished()
    assert finished is not None
    assert finished["exit_code"] != 0
    assert (run_dir / "report.html").is_file()
    assert (run_dir / "allure-results").is_dir()
    return len(reader.verdicts())


@pytest.mark.parametrize("attempt", range(TRIES))
def test_signal_at_a_random_instant_leaves_the_source_off(
    attempt: int, laboratory: Laboratory, tmp_path: Path
) -> None:
    chance = random.Random(attempt)
    number = chance.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    delay_s = chance.uniform(0.0, 1.5)
    for repetition in range(ATTEMPTS_IN_TIME):
        run_dir = tmp_path / f"run{repetition}"
        with start(laboratory, run_dir) as run:
            wait_for_power(laboratory, run)
            time.sleep(delay_s)
            run.send_signal(number)
            said, _ = run.communicate(timeout=PATIENCE_S)
        assert laboratory.source_is_off(), said
        if not was_over_before(run_dir):
            assert run.returncode != 0, said
            check_whole(run_dir)
            return
        delay_s /= 2  # a fast machine: the run had given every verdict before the signal came
    raise AssertionError("the run was never caught while it went on")


def was_over_before(run_dir: Path) -> bool:
    """Return whether the run had ended by itself, with every verdict given, when the signal came.

    The process may still have been on its way out, and so have ended by the signal all the same.
    """
    finished = RunReader(run_dir).finished()
    if finished is None or finished["exit_code"] != 0:
        return False
    return bool(finished["verdicts_given"] == finished["verdicts_wanted"])


def test_second_signal_does_not_stop_the_switching_off(laboratory: Laboratory, tmp_path: Path) -> None:
    with start(laboratory, tmp_path / "run") as run:
        wait_for_power(laboratory, run)
        run.send_signal(signal.SIGTERM)
        for _ in range(5):
            time.sleep(0.01)
            run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=PATIENCE_S)
    assert laboratory.source_is_off(), said
    assert run.returncode != 0, said


def test_full_disk_ends_the_run_with_the_record_whole(laboratory: Laboratory, tmp_path: Path) -> None:
    # reading every object fills a file of the record beyond what fits, long after session.json was written
    words = ("suites/dlms/test_objects.py",)
    with start(laboratory, tmp_path / "run", *words, file_size_max=60_000) as run:
        said, _ = run.communicate(timeout=PATIENCE_S)
    assert laboratory.source_is_off(), said
    assert run.returncode == 10, said
    assert "cannot be written any more" in said
    assert "INTERNALERROR" not in said
    problems = RunReader(tmp_path / "run").check_chain()
    assert not [
        problem for problem in problems if "cut short" not in problem and "run-finished" not in problem
    ]


def test_laboratory_that_dies_ends_the_run_and_is_not_the_meters_fault(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    with start(laboratory, tmp_path / "run") as run:
        wait_for_power(laboratory, run)
        laboratory.process.kill()
        said, _ = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 10, said
    assert "INTERNALERROR" not in said
    check_whole(tmp_path / "run")
    verdicts = RunReader(tmp_path / "run").verdicts()
    assert not [item for item in verdicts if item.outcome.value == "FAILED"]
    assert len([item for item in verdicts if item.outcome.value == "ERROR"]) == 1, said
    left = [item for item in verdicts if item.reason.startswith("the bench was lost during ")]
    assert {item.outcome.value for item in left} == {"NOT_RUN"}
    assert verdicts[-1] in left, said
    assert "The source could not be proven off" in said


def test_second_run_on_one_rig_is_told_who_has_it(laboratory: Laboratory, tmp_path: Path) -> None:
    # every suite, so that the first is still at work however long the second takes to begin
    with start(laboratory, tmp_path / "run", "suites/") as run:
        wait_for_power(laboratory, run)
        with start(laboratory, tmp_path / "second") as second:
            said, _ = second.communicate(timeout=PATIENCE_S)
        assert second.returncode == 11, said
        assert f"process {run.pid}" in said
        assert not (tmp_path / "second").exists()
        assert run.poll() is None  # and the first one goes on
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=PATIENCE_S)
