"""Hold what reporting costs against its targets: the Allure page, the price of a verdict, a plug-in nobody uses.

``python benchmarks/report_times.py [RUN]`` takes a finished run folder, or makes one of the smoke plan. What is held
against a target is processor time, ours and that of what we started, because it stays the same on a busy machine; the
wall time stands beside it. Exit 1 only where a target is missed by more than twice.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from run_times import SLACK, Target

from bench.record.reader import RunReader
from bench.record.run_folder import RunFolder
from reports.allure_page import make_allure_page
from reports.node import NoNode
from reports.render import render

ROOT = Path(__file__).resolve().parents[1]
N_VERDICTS = 5000
N_PAIRS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an action took: of processors, and on the clock."""

    cpu_s: float
    wall_s: float

    @classmethod
    def by(cls, action: Callable[[], object]) -> Taken:
        """Do it, and measure."""
        before, started_s = os.times(), time.perf_counter()
        action()
        wall_s, after = time.perf_counter() - started_s, os.times()
        return cls(cpu_s=sum(after[:4]) - sum(before[:4]), wall_s=wall_s)


def main(words: list[str]) -> int:
    """Measure, print, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="meterbench-benchmark-") as folder:
        work = Path(folder)
        run = Path(words[0]) if words else smoke_run(work / "run")
        targets = [plugin_cost(), verdict_cost(run, work), *allure_page(run, work)]
    for target in targets:
        print(target.line())
    return 1 if any(target.ratio > SLACK for target in targets) else 0


def smoke_run(path: Path) -> Path:
    """Make a run to measure with."""
    command = [sys.executable, "-m", "pytest", "suites", "--plan", "smoke", "--run-dir", str(path)]
    subprocess.run([*command, "-q", "-p", "no:cacheprovider"], cwd=ROOT, check=False, capture_output=True)
    return path


def plugin_cost() -> Target:
    """Return what the plug-in adds to ``pytest --help``: the median over pairs, taken in turns."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with_it, without = (
        [sys.executable, "-m", "pytest", "--help", "-c", os.devnull, "-p", option]
        for option in ("bench.pytest_plugin", "no:bench.pytest_plugin")
    )

    def take(command: list[str]) -> Taken:
        return Taken.by(
            lambda: subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        )

    pairs = [(take(with_it), take(without)) for _ in range(N_PAIRS)]
    wall_ms = statistics.median(first.wall_s - second.wall_s for first, second in pairs) * 1000
    return Target(
        name=f"`pytest --help`, plug-in (wall {wall_ms:.0f} ms)",
        value=statistics.median(first.cpu_s - second.cpu_s for first, second in pairs) * 1000,
        target=300,
        unit="ms",
    )


def verdict_cost(run: Path, work: Path) -> Target:
    """Return what each of many verdicts adds: its lines in the record, and its share of all that is rendered.

    The verdicts, with the observations and traffic they rest on, are those of ``run``, over and over.
    """
    n_few = N_VERDICTS // 50
    few = Taken.by(lambda: copied(run, work / "few", n_few))
    many = Taken.by(lambda: copied(run, work / "many", N_VERDICTS))
    each = 1000 / (N_VERDICTS - n_few)
    return Target(
        name=f"one of {N_VERDICTS} verdicts (wall {(many.wall_s - few.wall_s) * each:.1f} ms)",
        value=(many.cpu_s - few.cpu_s) * each,
        target=5,
        unit="ms",
    )


def copied(run: Path, path: Path, n_verdicts: int) -> None:
    """Write and render a run of so many verdicts."""
    reader = RunReader(run)
    session: dict[str, Any] = {key: value for key, value in reader.session.items() if key != "format"}
    seen = {item.id: item for item in reader.observations()}
    verdicts = [item for item in reader.verdicts() if item.evidence]
    with RunFolder.create(path) as folder:
        folder.write_session({**session, "wanted": []})
        for number in range(n_verdicts):
            verdict = verdicts[number % len(verdicts)]
            evidence = tuple(
                folder.append_observation(
                    case=item.case,
                    position=item.position,
                    kind=item.kind,
                    time_s=item.time_s,
                    utc=item.utc,
                    data=item.data,
                ).id
                for name in verdict.evidence
                if (item := seen.get(name)) is not None
            )
            if evidence:
                folder.append_verdict(
                    replace(verdict, case=f"{verdict.case}/{number // len(verdicts)}", evidence=evidence)
                )
        folder.append_event(
            "run-finished", time_s=0.0, utc="", exit_code=0, bench_time_s=0.0, wall_time_s=0.0
        )
    render(path)


def allure_page(run: Path, work: Path) -> list[Target]:
    """Return how long the Allure page of the run takes; nothing where there is no Node."""
    mine = work / "page"
    shutil.copytree(run, mine)
    try:
        make_allure_page(mine, single_file=False, say=print)  # fetches Allure where it is not there yet
        taken = Taken.by(lambda: make_allure_page(mine, single_file=False, say=print))
    except NoNode as missing:
        print(f"Allure page: not measured. {missing.remedy}")
        return []
    return [
        Target(
            name=f"Allure page, {len(RunReader(run).verdicts())} verdicts (wall {taken.wall_s:.1f} s)",
            value=taken.cpu_s,
            target=5,
            unit="s",
        )
    ]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
