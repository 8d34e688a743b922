"""`meterbench meter serve`, and the suites against it from another process: honest verdicts and exit codes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

METERBENCH = [sys.executable, "-m", "bench.cli.main"]
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
PATIENCE_S = 60.0
SOME = "hdlc_frame_p1 or hdlc_frame_n8 or load_point or credit_accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A served meter: its URL, its declaration, and its process."""

    url: str
    declaration: Path
    secrets: Path
    process: subprocess.Popen[str]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    processes: list[subprocess.Popen[str]] = []

    def start(*words: str) -> Served:
        folder = tmp_path / f"declared-{len(processes)}"
        process = subprocess.Popen(
            [*METERBENCH, "meter", "serve", "dds722", "--directory", str(folder), *words],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        return Served(
            url=url,
            declaration=folder / "meter.toml",
            secrets=folder / "meter.secrets.toml",
            process=process,
        )

    yield start
    for process in processes:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""  # the URL was the one line
        process.stdout.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run of the packaged suites ended."""

    code: int
    said: str
    verdicts: dict[str, dict[str, Any]]


def run_suites(folder: Path, served: Served, *words: str) -> Ran:
    """Run the packaged suites from a folder that is not the repository."""
    folder.mkdir(exist_ok=True)
    run_dir = folder / "run"
    done = subprocess.run(
        [
            *(*METERBENCH, "run", "--meter", served.url, "--secrets", str(served.secrets)),
            *("--run-dir", str(run_dir), "--state-dir", str(folder / "state"), "-p", "no:cacheprovider"),
            *words,
        ],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    record = run_dir / "verdicts.jsonl"
    lines = record.read_text().splitlines() if record.exists() else []
    verdicts = {verdict["case"]: verdict for verdict in map(json.loads, lines)}
    return Ran(code=done.returncode, said=done.stdout + done.stderr, verdicts=verdicts)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_meter_on_a_pseudo_terminal_gets_what_can_be_said_without_a_rig(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    served = serve("--pty")
    assert served.url.startswith("/dev/")
    ran = run_suites(tmp_path / "elsewhere", served, "--declare", str(served.declaration), "-k", SOME)
    assert ran.code == 12, ran.said
    assert "plan: observe" in ran.said
    assert "will leave the meter as it was" in ran.said
    assert ran.verdicts["dlms/HDLC_FRAME_P1"]["outcome"] == "PASSED"
    assert ran.verdicts["dlms/HDLC_FRAME_N8"]["outcome"] == "PASSED"
    points = [item for case, item in ran.verdicts.items() if case.startswith("accuracy/load_point/")]
    assert len(points) > 3
    assert {item["outcome"] for item in points} == {"NOT_RUN"}
    assert all("no rig" in item["reason"] for item in points)
    assert "plan observe" in ran.verdicts["sts/credit_accepted"]["reason"]
    assert f"{sum(item['outcome'] == 'PASSED' for item in ran.verdicts.values())} of " in ran.said


def test_defect_of_a_served_meter_is_found_over_tcp(serve: Callable[..., Served], tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    served = serve("--port", str(free), "--defect", "HD-01")
    assert served.url == f"socket://127.0.0.1:{free}"
    ran = run_suites(
        tmp_path / "run", served, "--declare", str(served.declaration), "-k", "hdlc_frame_n8 or hdlc_frame_p1"
    )
    assert ran.code == 1, ran.said
    assert ran.verdicts["dlms/HDLC_FRAME_N8"]["outcome"] == "FAILED"
    assert ran.verdicts["dlms/HDLC_FRAME_P1"]["outcome"] == "PASSED"


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_url_alone_is_enough_for_the_bench_finds_and_drafts_the_meter(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    """Behind an echo, too: what the search finds out about the line holds for the run."""
    ran = run_suites(
        tmp_path / "run", serve("--pty", "--echo"), "-k", "hdlc_frame_p1 or basiccap or credit_accepted"
    )
    assert ran.code == 12, ran.said
    assert ran.verdicts["dlms/HDLC_FRAME_P1"]["outcome"] == "PASSED"
    assert ran.verdicts["sts/credit_accepted"]["outcome"] == "NOT_RUN"
    assert not [item for item in ran.verdicts.values() if item["outcome"] == "INAPPLICABLE"]
    assert "Nobody declared it" in ran.said
    draft = tmp_path / "run" / "run" / "declaration-draft.toml"
    assert 'serial_number = "72200001"' in draft.read_text()
    assert "Nobody declared this meter" in draft.with_name("report.html").read_text()


@pytest.mark.parametrize(
    ("option", "code", "outcome", "said"),
    [
        ("", 10, "ERROR", "The line echoes: our own octets come back"),
        ("?echo=yes", 0, "PASSED", "SNRM: UA"),
    ],
)
def test_an_echo_is_told_or_taken_out_and_never_counts_against_the_meter(
    serve: Callable[..., Served], tmp_path: Path, option: str, code: int, outcome: str, said: str
) -> None:
    served = serve("--echo")
    served = replace(served, url=served.url + option)
    ran = run_suites(
        tmp_path / "run", served, "--declare", str(served.declaration), "-k", "hdlc_frame_p1 or hdlc_frame_n8"
    )
    assert ran.code == code, ran.said
    assert {item["outcome"] for item in ran.verdicts.values()} == {outcome}
    assert said in ran.said


def test_doctor_says_that_a_line_echoes(serve: Callable[..., Served]) -> None:
    done = subprocess.run(
        [*METERBENCH, "doctor", "--meter", serve("--echo").url],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "the meter answers" in done.stdout
    assert "echo: the line gives back what is sent" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_wrong_baud_is_not_the_meters_fault(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve("--pty")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(served.declaration.read_text().replace("baud = 9600", "baud = 4800", 1))
    ran = run_suites(tmp_path / "run", served, "--declare", str(wrong), "-k", "hdlc_frame_p1")
    assert ran.code == 10, ran.said
    assert ran.verdicts["dlms/HDLC_FRAME_P1"]["outcome"] in {"ERROR", "INCONCLUSIVE"}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell who has a port open")
def test_port_that_another_program_reads_is_refused_with_its_name(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    served = serve("--pty")
    holder = os.open(served.url, os.O_RDWR | os.O_NOCTTY)
    try:
        ran = run_suites(
            tmp_path / "run", served, "--declare", str(served.declaration), "-k", "hdlc_frame_p1"
        )
    finally:
        os.close(holder)
    assert ran.code == 11, ran.said
    assert f"{served.url} is in use by process {os.getpid()}" in ran.said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["dds999"], 'no product "dds999"'),
        (["--port", "70000"], "not a TCP port"),
        (["--defect", "XX-99"], "no defect"),
        (["--pty", "--port", "4059"], "not allowed with"),
    ],
)
def test_wrong_words_are_refused(words: list[str], said: str) -> None:
    done = subprocess.run(
        [*METERBENCH, "meter", "serve", *words],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
