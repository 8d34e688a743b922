"""Conforming meters by seed: nothing may fail them, and what is measured must be the truth within its uncertainty.

``python benchmarks/clean_meters.py [seeds]`` (200 by default) runs the load points of both products, by turns. Every
third meter has one flat error between 0.8 and 1.0 of its limit. For each load point the true error is known from the
residuals of the product; printed are how often the stated U95 covers it, and how many verdicts were conditional beside
the number that the decision rule predicts. Exit 1 for a FAILED, or a coverage below 94.5 %.
"""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.standards.power_factor import PowerFactor
from reference_meter.products.dds722 import dds722
from reference_meter.products.dts722 import dts722
from reference_meter.products.product import Product

ROOT = Path(__file__).resolve().parents[1]
PRODUCTS = {"dds722": dds722, "dts722": dts722}
PLAN = 'name = "points"\noptional = ["*"]\ncases = ["accuracy/load_point/*"]\n'
NEAR = """from dataclasses import replace


class Near:
    id = "near-the-limit"
    title = "one flat error"

    def apply(self, blueprint):
        kept = replace(
            blueprint.product.residuals,
            gain_pct={error_pct!r}, element_gain_pct=(), extra_lag_deg=0.0, offset_w=0.0, self_heating_pct=0.0,
        )
        blueprint.product = replace(blueprint.product, residuals=kept)
"""
LEAST_COVERAGE = 0.945


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the runs gave so far."""

    points: int = 0
    covered: int = 0
    failed: int = 0
    conditional: int = 0
    predicted: float = 0.0
    faults: int = 0

    def add(self, other: Tally) -> None:
        """Count another run in."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def true_error_pct(product: Product, current_a: float, lag_deg: float, element: int | None) -> float:
    """Return the error that the product's residuals make at a load, in closed form."""
    left, plate = product.residuals, product.nameplate
    phase = math.radians(lag_deg)
    elements = range(plate.elements) if element is None else (element - 1,)
    registered = true = 0.0
    for number in range(plate.elements):
        loaded_w = plate.voltage_v * current_a * math.cos(phase) if number in elements else 0.0
        lagging = math.cos(phase + math.radians(left.extra_lag_deg)) / math.cos(phase)
        own = left.element_gain_pct[number] / 100 if number < len(left.element_gain_pct) else 0.0
        registered += ((1 + left.gain_pct / 100) * loaded_w * lagging + left.offset_w) * (1 + own)
        true += loaded_w
    return 100 * (registered / true - 1)


def one(seed: int) -> Tally:
    """Run one meter and compare."""
    name = "dds722" if seed % 2 else "dts722"
    product = PRODUCTS[name](1, seed)
    chance = random.Random(seed)
    error_pct = None
    if seed % 3 == 0:
        limit_pct = float(product.nameplate.accuracy_class)
        error_pct = chance.choice((-1, 1)) * chance.uniform(0.8, 1.0) * limit_pct
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="meterbench-seed-") as text:
        folder = Path(text)
        (folder / "plan.toml").write_text(PLAN)
        command = [sys.executable, "-m", "reference_meter.lab", "--product", name, "--seed", str(seed)]
        command += ["--directory", str(folder / "lab"), "--until-stdin-closes"]
        if error_pct is not None:
            (folder / "near.py").write_text(NEAR.replace("{error_pct!r}", repr(error_pct)))
            command += ["--defect", f"{folder / 'near.py'}:Near"]
        laboratory = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        rig = laboratory.stdout.readline().strip() if laboratory.stdout else ""
        words = [
            sys.executable,
            "-m",
            "pytest",
            "suites/accuracy",
            "--rig",
            rig,
            "-q",
            "-p",
            "no:cacheprovider",
        ]
        subprocess.run(
            [*words, "--plan", str(folder / "plan.toml"), "--run-dir", str(folder / "run")],
            cwd=ROOT,
            capture_output=True,
            env=dict(os.environ),
            check=False,
        )
        if laboratory.stdin is not None:
            laboratory.stdin.close()
        laboratory.wait(timeout=30)
        seen = [json.loads(row) for row in (folder / "run" / "observations.jsonl").read_text().splitlines()]
        points = {row["id"]: row["data"]["point"] for row in seen if row["kind"] == "load-point"}
        for row in (folder / "run" / "verdicts.jsonl").read_text().splitlines():
            verdict = json.loads(row)
            tally.faults += verdict["outcome"] == "ERROR"
            if verdict["measured"] is None or verdict["u95"] is None:
                continue
            point = points[verdict["evidence"][0]]
            lag_deg = PowerFactor.parse(point["pf"]).lag_deg
            true = (
                error_pct
                if error_pct is not None
                else true_error_pct(product, point["current_a"], lag_deg, point["element"])
            )
            tally.points += 1
            tally.covered += abs(verdict["measured"] - true) <= verdict["u95"]
            tally.failed += verdict["outcome"] == "FAILED"
            tally.conditional += verdict["outcome"].startswith("CONDITIONAL")
            tally.predicted += _conditional(true, verdict["limit"], verdict["u95"])
    return tally


def _conditional(true: float, limit: float, u95: float) -> float:
    """Return how likely a measurement of ``true`` lies within U of the limit, on either side."""
    spread = u95 / 2

    def below(value: float) -> float:
        return math.erfc((abs(true) - value) / spread / math.sqrt(2)) / 2

    return below(limit + u95) - below(limit - u95)


def main(words: list[str]) -> int:
    """Run the seeds side by side; print the tally; return the exit code."""
    seeds = int(words[0]) if words else 200
    whole = Tally()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for tally in pool.map(one, range(1, seeds + 1)):
            whole.add(tally)
    coverage = whole.covered / whole.points if whole.points else 0.0
    print(
        f"{seeds} meters, {whole.points} load points: {whole.failed} FAILED, {whole.faults} ERROR, "
        f"U95 covers the truth in {100 * coverage:.2f} %, "
        f"{whole.conditional} conditional ({whole.predicted:.1f} predicted)"
    )
    return 1 if whole.failed or whole.faults or coverage < LEAST_COVERAGE else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
