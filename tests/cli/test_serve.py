"""`meterbench meter serve`, and the suites against it from another process: honest verdicts and exit codes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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


def test_without_declaration_it_says_what_to_give(serve: Callable[..., Served], tmp_path: Path) -> None:
    ran = run_suites(tmp_path / "run", serve())
    assert ran.code == 4
    assert "--declare" in ran.said
    assert "Traceback" not in ran.said


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
