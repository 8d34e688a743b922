"""One trial: a laboratory with a defect, the suites over nothing but its rig file, and the verdicts that came out."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from bench.errors import BenchFault
from bench.record.reader import RunReader
from bench.score.row import Grade, Result, Row, grade

PRODUCT = {"c1": "dds722", "c2": "dts722"}
#: Suites that can see a layer; the lists overlap on purpose.
SUITES = {
    "MT": ("accuracy", "dual"),
    "ST": ("sts", "dual"),
    "HD": ("dlms",),
    "AP": ("dlms", "sts"),
    "SE": ("dlms",),
    "AR": ("dual", "sts"),
    "EV": ("dual", "dlms"),
    "CK": ("dual", "dlms"),
    "PF": ("dual", "sts", "dlms"),
}
START_TIME_OUT_S = 20.0
RUN_TIME_OUT_S = 600.0


def suites_of(layer: str, *, everything: bool) -> tuple[str, ...]:
    """Return the suites a trial of a layer runs."""
    return ("accuracy", "sts", "dlms", "dual") if everything or layer not in SUITES else SUITES[layer]


def run_trial(row: Row, *, seed: int, everything: bool) -> Result:
    """Start the laboratory, run the suites in a process of their own, grade the record. Raises nothing."""
    started_s = time.monotonic()  # wall clock: how long the trial took, for the planner
    with tempfile.TemporaryDirectory(prefix="meterbench-trial-") as folder:
        laboratory = _laboratory(row, seed, Path(folder))
        try:
            rig = (laboratory.stdout.readline() if laboratory.stdout else "").strip()
            if not rig:
                said = (laboratory.stderr.read() if laboratory.stderr else "").strip().splitlines()
                return Result(
                    row=row, grade=Grade.ERROR, note=f"no laboratory: {said[-1] if said else 'silence'}"
                )
            run_dir = Path(folder) / "run"
            code = _pytest(rig, run_dir, suites_of(row.layer, everything=everything))
            verdicts = list(RunReader(run_dir).verdicts()) if run_dir.exists() else []
            result = grade(row, verdicts, code)
        except subprocess.TimeoutExpired:
            result = Result(
                row=row, grade=Grade.ERROR, note=f"the run did not end within {RUN_TIME_OUT_S:g} s"
            )
        finally:
            _stop(laboratory)
    return replace(result, seconds=time.monotonic() - started_s)


def _laboratory(row: Row, seed: int, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "reference_meter.lab", "--product", PRODUCT[row.configuration]]
    command += ["--seed", str(seed), "--directory", str(folder / "lab"), "--until-stdin-closes"]
    if row.id:
        command += ["--defect", row.id]
    (folder / "lab").mkdir()
    return subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _pytest(rig: str, run_dir: Path, suites: Sequence[str]) -> int:
    """Run the packaged suites on a rig file; it is all that pytest gets to know."""
    found = find_spec("suites")
    if found is None or not found.submodule_search_locations:
        raise BenchFault("The packaged suites are not installed.", remedy="Install meterbench again.")
    root = Path(found.submodule_search_locations[0])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "bench.pytest_plugin", "-p", "no:cacheprovider"]
    command += [
        "--import-mode=importlib",
        "--rootdir",
        str(root.parent),
        "--rig",
        rig,
        "--run-dir",
        str(run_dir),
    ]
    command += [str(root / name) for name in suites]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=RUN_TIME_OUT_S, check=False, env=dict(os.environ)
    )
    return done.returncode


def _stop(laboratory: subprocess.Popen[str]) -> None:
    if laboratory.stdin is not None:
        laboratory.stdin.close()
    try:
        laboratory.wait(timeout=START_TIME_OUT_S)
    except subprocess.TimeoutExpired:
        laboratory.kill()
        laboratory.wait(timeout=START_TIME_OUT_S)
    for pipe in (laboratory.stdout, laboratory.stderr):
        if pipe is not None:
            pipe.close()
