"""How long accuracy takes: on this computer, and on a bench.

``python benchmarks/metrology.py [part ...]`` with parts ``certification``, ``rack``, ``bench``, ``factory`` (all by
default) prints each number beside its target. Exit 1 where a target is missed.

- certification: the accuracy part of the certification plan, a three-phase meter of class 1, in wall time;
- rack: 60 positions against one position, wall time for each judged item more;
- bench: simulated bench time of the accuracy part of the full plan against the bound that pulses and settling set,
  with the plain order of one reading after the other beside it;
- factory: meters an hour of the factory plan on 24 positions, handling included.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.record.declaration import Declaration
from bench.run.plan import BUILT_IN, Plan
from bench.run.planner import READING_S, Step, steps, total_time_s

ROOT = Path(__file__).resolve().parents[1]
TIME_OUT_S = 900.0
CLASS_1 = '''"""A three-phase meter of class 1."""

from dataclasses import replace


class Class1:
    id = "class-1"
    title = "class 1 to the 2020 edition"

    def apply(self, blueprint):
        plate = replace(blueprint.product.nameplate, accuracy_class="1", starting_current_a=0.04)
        blueprint.product = replace(blueprint.product, nameplate=plate)
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run of the suites: wall time, bench time, verdicts, and what was printed."""

    wall_s: float
    bench_s: float
    n_verdicts: int
    declaration: Declaration
    output: str


def run(
    folder: Path, paths: list[str], *, product: str, positions: int = 1, plan: str, defect: str = ""
) -> Ran:
    """Start a laboratory, run suites on its rig file, and end it. Raises RuntimeError for a run that failed."""
    command = [
        sys.executable,
        "-m",
        "reference_meter.lab",
        "--product",
        product,
        "--positions",
        str(positions),
    ]
    command += ["--directory", str(folder / "lab"), "--until-stdin-closes", "--seed", "5"]
    laboratory = subprocess.Popen(
        [*command, *(["--defect", defect] if defect else [])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        rig = laboratory.stdout.readline().strip() if laboratory.stdout else ""
        started_s = time.monotonic()
        words = [sys.executable, "-m", "pytest", *paths, "--rig", rig, "--plan", plan, "-q"]
        done = subprocess.run(
            [*words, "--run-dir", str(folder / "run"), "-p", "no:cacheprovider"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=TIME_OUT_S,
            env=dict(os.environ),
            check=False,
        )
        wall_s = time.monotonic() - started_s
    finally:
        if laboratory.stdin is not None:
            laboratory.stdin.close()
        laboratory.wait(timeout=30)
    if done.returncode not in {0, 12}:
        raise RuntimeError(f"exit code {done.returncode}\n{done.stdout[-3000:]}")
    events = [json.loads(line) for line in (folder / "run" / "events.jsonl").read_text().splitlines()]
    session = json.loads((folder / "run" / "session.json").read_text())
    return Ran(
        wall_s=wall_s,
        bench_s=events[-1]["bench_time_s"],
        n_verdicts=len((folder / "run" / "verdicts.jsonl").read_text().splitlines()),
        declaration=Declaration.from_json(next(iter(session["declarations"].values())))
        if "declarations" in session
        else Declaration.from_json(_declared(session)),
        output=done.stdout,
    )


def _declared(data: Any) -> Any:
    """Return the first declaration found in a session."""
    if isinstance(data, dict):
        if {"identity", "nameplate"} <= set(data):
            return data
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            found = _declared(item)
            if found is not None:
                return found
    return None


def line(name: str, value: float, target: float, unit: str, *, at_most: bool = True) -> bool:
    """Print one number beside its target; return whether it is met."""
    met = value <= target if at_most else value >= target
    word = "at most" if at_most else "at least"
    print(f"{name:<58} {value:9.2f} {unit:<11} {word:>8} {target:7.2f}  {'met' if met else 'MISSED'}")
    return met


def certification(folder: Path) -> bool:
    """Run the accuracy part of the certification plan; its refusals are off, for this bench is virtual."""
    plan = BUILT_IN["certification"]
    path = folder / "plan.toml"
    path.write_text(
        'name = "certification, on a virtual bench"\noptional = ["*"]\n'
        f'decision_rule = "{plan.decision_rule}"\nload_points = "{plan.load_points}"\nzero_line_shift = true\n'
        "long_tests = true\n"
    )
    (folder / "class_1.py").write_text(CLASS_1)
    ran = run(
        folder,
        ["suites/accuracy"],
        product="dts722",
        plan=str(path),
        defect=f"{folder / 'class_1.py'}:Class1",
    )
    print(f"{ran.n_verdicts} verdicts, {ran.bench_s / 3600:.1f} h on a bench")
    return line("certification, accuracy, three phases, class 1", ran.wall_s, 20.0, "s wall")


def rack(folder: Path) -> bool:
    """Run the load points on one position and on sixty."""
    path = folder / "plan.toml"
    path.write_text(
        'name = "points"\noptional = ["*"]\ncases = ["accuracy/load_point/*", "accuracy/no_load"]\n'
    )
    runs = {}
    for positions in (1, 60):
        (folder / str(positions)).mkdir()
        runs[positions] = run(
            folder / str(positions),
            ["suites/accuracy"],
            product="dds722",
            positions=positions,
            plan=str(path),
        )
    more = runs[60].n_verdicts - runs[1].n_verdicts
    each_ms = 1000 * (runs[60].wall_s - runs[1].wall_s) / more
    print(f"1 position {runs[1].wall_s:.1f} s, 60 positions {runs[60].wall_s:.1f} s, {more} items more")
    return line("rack of 60, wall time for each judged item more", each_ms, 5.0, "ms")


def bench_time(folder: Path) -> bool:
    """Hold the bench time of both meters against the bound of pulses and settling."""
    met = True
    for product in ("dds722", "dts722"):
        (folder / product).mkdir()
        ran = run(folder / product, ["suites/accuracy"], product=product, plan="full")
        listed = steps(BUILT_IN["full"], ran.declaration)
        bound_s = total_time_s(listed)
        plain_s = ran.bench_s + one_after_the_other_s(BUILT_IN["full"], listed)
        print(
            f"{product}: {ran.bench_s / 3600:.2f} h, bound {bound_s / 3600:.2f} h, "
            f"one reading after the other about {plain_s / 3600:.2f} h"
        )
        met &= line(f"bench time over the bound, {product}", ran.bench_s / bound_s, 1.10, "")
    return met


def one_after_the_other_s(plan: Plan, listed: tuple[Step, ...]) -> float:
    """Return what single gates cost more: the wait for a first pulse and two readings of the standard each time."""
    rule = plan.two_stage
    number = rule.first if rule is not None else 1
    return sum(number * (2 * READING_S + step.pulse_s) for step in listed if step.pulse_s > 0)


def factory(folder: Path) -> bool:
    """Run the factory plan on 24 positions, and read the takt it prints."""
    ran = run(folder, ["suites/"], product="dds722", positions=24, plan="factory")
    found = re.search(r"^takt: (.*): ([0-9.]+) meters an hour", ran.output, re.MULTILINE)
    if found is None:
        raise RuntimeError("the run printed no takt")
    print(found[1])
    return line("factory plan, 24 positions", float(found[2]), 78.0, "meters/h", at_most=False)


PARTS = {"certification": certification, "rack": rack, "bench": bench_time, "factory": factory}


def main(names: list[str]) -> int:
    """Measure the parts asked for; return the exit code."""
    met = True
    for name in names or list(PARTS):
        with tempfile.TemporaryDirectory(prefix="meterbench-benchmark-") as folder:
            met &= PARTS[name](Path(folder))
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
