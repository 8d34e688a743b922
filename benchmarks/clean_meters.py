"""Conforming meters by seed: nothing may fail them, and what is measured must be the truth within its uncertainty.

``python benchmarks/clean_meters.py [--count 200] [--first 1] [--seed 1] [--jobs 1] [--stated] [--state FILE]`` draws
meters of both products (currents, voltages, frequencies, constants, classes 0.5, 1 and 2 of both editions), every third
with its worst load point at 0.8 to 1.0 of its limit, and runs the load points on each; on every ``--whole``th (10) the
whole accuracy suite. For each load point the true error is known from what was drawn. Printed are how often the stated
U95 covers it, how large the deviations are as shares of U95, and how many load points were conditional beside the
number that the decision rule predicts from the true errors.

The laboratory's standard is better than its certificate, as good standards are. ``--stated`` lets its errors be as
large as the budget says they may be: their standard deviation is then that of the budget.

Exit 1 for a FAILED that the rule does not explain, an ERROR, a coverage below 94.5 %, or conditional verdicts away from
the prediction by more than three of its standard deviations. ``--state`` keeps finished meters, to go on from there.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.metrology.decision import DecisionRule
from bench.metrology.operating import probability
from bench.record.reader import RunReader
from bench.score.processes import Starter
from bench.score.row import Row
from bench.score.trial import Trial, kept_starter, record_of
from bench.standards.power_factor import PowerFactor
from reference_meter.blueprint import Blueprint
from reference_meter.products.dds722 import dds722
from reference_meter.products.drawn import draw
from reference_meter.products.dts722 import dts722
from reference_meter.products.product import Product

PRODUCTS = {"c1": dds722, "c2": dts722}
LEAST_COVERAGE = 0.945
SIGMAS, SLACK = 3.0, 1.0
HALF_EVERY = 5
"""Every so manieth meter that is not near its limit is of class 0.5, which the 2020 edition has."""
HALF_STARTING = 0.004
WHOLE, POINTS = ("accuracy",), ("accuracy/test_load_points.py",)
STATED_GAIN_PCT, STATED_PHASE_DEG = 0.0154, 0.006
"""Half widths of the errors of one range that make the budget's 0.0126 % at PF 1 and 0.0180 % at PF 0.5."""
_POINT_CASE = "accuracy/load_point/"
_WORDS = {
    "conditional": ("conditionally accepted", "conditionally rejected"),
    "failed": ("rejected",),
}


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the runs gave so far. ``worst``: the largest deviation from the truth as a share of its U95."""

    meters: int = 0
    near: int = 0
    half: int = 0
    verdicts: int = 0
    points: int = 0
    covered: int = 0
    squares: float = 0.0
    worst: float = 0.0
    conditional: int = 0
    conditional_predicted: float = 0.0
    conditional_variance: float = 0.0
    failed: int = 0
    failed_predicted: float = 0.0
    alarms: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Count another run in."""
        for name in self.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if name == "worst":
                self.worst = max(mine, theirs)
            elif name == "outcomes":
                self.outcomes = {key: mine.get(key, 0) + theirs.get(key, 0) for key in {*mine, *theirs}}
            else:
                setattr(self, name, mine + theirs)


def drawn(product: Product, seed: int, number: int) -> tuple[Product, str, float]:
    """Return a drawn meter, what brings it near its limit, and how near; some are of class 0.5."""
    ordered, near, share = draw(product, seed, number)
    if near or number % HALF_EVERY:
        return ordered, near, share
    chance = random.Random(f"{seed}/{number}/half")
    residuals = replace(ordered.residuals, gain_pct=chance.uniform(-0.15, 0.15), extra_lag_deg=0.0)
    plate = replace(
        ordered.nameplate,
        accuracy_class="0.5",
        accuracy_edition="2020",
        starting_current_a=HALF_STARTING * ordered.nameplate.basic_current_a,
    )
    return replace(ordered, nameplate=plate, residuals=residuals), near, share


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """The drawn meter as the laboratory takes it: a defect that is none."""

    id: str
    title: str
    seed: int
    number: int

    def apply(self, blueprint: Blueprint) -> None:
        """Order the meter as drawn."""
        blueprint.product, _, _ = drawn(blueprint.product, self.seed, self.number)


def __getattr__(name: str) -> Ordered:
    word, _, rest = name.partition("_")
    seed, _, number = rest.partition("_")
    if word not in {"meter", "stated"} or not (seed.isdigit() and number.isdigit()):
        raise AttributeError(name)
    if word == "stated":  # this process is the laboratory's own, and has no instruments yet
        from reference_meter.lab import twins

        twins._STANDARD_GAIN_MAX_PCT, twins._STANDARD_PHASE_MAX_DEG = STATED_GAIN_PCT, STATED_PHASE_DEG
    return Ordered(id=name, title="a conforming meter, drawn", seed=int(seed), number=int(number))


def true_error_pct(product: Product, point: Mapping[str, Any]) -> float:
    """Return the error that the residuals make at a load at reference conditions, in closed form; shunts cold.

    Sum over the elements of ((1 + g) P cos(phi + d)/cos(phi) + P_off)(1 + g_element), over the true power.
    """
    left, plate = product.residuals, product.nameplate
    phase = math.radians(PowerFactor.parse(point["pf"]).lag_deg)
    loaded = range(plate.elements) if point["element"] is None else (point["element"] - 1,)
    lagging = math.cos(phase + math.radians(left.extra_lag_deg)) / math.cos(phase)
    registered = true = 0.0
    for number in range(plate.elements):
        load_w = plate.voltage_v * point["current_a"] * math.cos(phase) if number in loaded else 0.0
        own = left.element_gain_pct[number] / 100 if number < len(left.element_gain_pct) else 0.0
        registered += ((1 + left.gain_pct / 100) * load_w * lagging + left.offset_w) * (1 + own)
        true += load_w
    return 100 * (registered / true - 1)


def run_one(seed: int, number: int, processes: Starter, *, paths: tuple[str, ...], word: str) -> Tally:
    """Run one meter and compare. ``paths``: below ``suites``; ``word``: "meter" or "stated"."""
    configuration = "c1" if number % 2 else "c2"
    product, near, _share = drawn(PRODUCTS[configuration](1, number), seed, number)
    name = f"{word}_{seed}_{number}"
    row = Row(
        id=name,
        title="a conforming meter, drawn",
        layer="",
        severity="",
        evidence_letter="",
        configuration=configuration,
        expected="CONFORMING",
        topics=frozenset(),
        built=True,
        defects=(f"{Path(__file__).resolve()}:{name}",),
    )
    trial = Trial(row=row, seed=number, everything=True, only=paths)
    plate = product.nameplate
    tally = Tally(meters=1, near=int(bool(near)), half=int(plate.accuracy_class == "0.5"))
    with tempfile.TemporaryDirectory(prefix="meterbench-clean-") as text:
        folder = Path(text) / "run"
        verdicts = record_of(trial, processes, folder)
        points = {
            seen.id: seen.data["point"]
            for seen in RunReader(folder).observations()
            if seen.kind == "load-point" and "point" in seen.data
        }
    for verdict in verdicts:
        tally.verdicts += 1
        outcome = str(verdict.outcome)
        tally.outcomes[outcome] = tally.outcomes.get(outcome, 0) + 1
        where = f"{name} ({configuration}, {near or 'far'}): {verdict.case}: {verdict.reason[:160]}"
        if outcome == "ERROR":
            tally.errors.append(where)
        measured, limit, u95 = verdict.measured, verdict.limit, verdict.u95
        if not verdict.case.startswith(_POINT_CASE) or measured is None or u95 is None or limit is None:
            if outcome == "FAILED":
                tally.alarms.append(where)
            continue
        true = true_error_pct(product, points[verdict.evidence[0]])
        rule = DecisionRule(verdict.decision_rule)
        chances = {word: probability(true, float(limit), u95, rule, zones) for word, zones in _WORDS.items()}
        share = abs(float(measured) - true) / u95
        tally.points += 1
        tally.covered += share <= 1.0
        tally.squares += share**2
        tally.worst = max(tally.worst, share)
        tally.conditional += outcome.startswith("CONDITIONAL")
        tally.conditional_predicted += chances["conditional"]
        tally.conditional_variance += chances["conditional"] * (1 - chances["conditional"])
        tally.failed_predicted += chances["failed"]
        if outcome == "FAILED":
            tally.failed += 1
            if not near:
                tally.alarms.append(where)
    if not verdicts:
        tally.errors.append(f"{name}: the run gave no verdict")
    return tally


def report(whole: Tally) -> bool:
    """Print the tally; return whether all is as it should be."""
    coverage = whole.covered / whole.points if whole.points else 0.0
    rms = math.sqrt(whole.squares / whole.points) if whole.points else 0.0
    sigma = math.sqrt(whole.conditional_variance)
    fits = abs(whole.conditional - whole.conditional_predicted) <= SIGMAS * sigma + SLACK
    fits &= whole.failed <= whole.failed_predicted + SIGMAS * math.sqrt(whole.failed_predicted) + SLACK
    counts = ", ".join(f"{count} {name}" for name, count in sorted(whole.outcomes.items()))
    print(f"{whole.meters} meters, {whole.near} near a limit, {whole.half} of class 0.5: {counts}")
    print(
        f"{whole.points} load points: U95 covers the truth in {100 * coverage:.2f} %; deviation over U95: "
        f"rms {rms:.3f}, largest {whole.worst:.3f}"
    )
    print(
        f"conditional: {whole.conditional}, predicted {whole.conditional_predicted:.1f} ± {sigma:.1f}; "
        f"FAILED at the limit: {whole.failed}, predicted {whole.failed_predicted:.2f}"
        + ("" if fits else "  (does not fit)")
    )
    for kind, found in (("false alarm", whole.alarms), ("error", whole.errors)):
        for text in found[:20]:
            print(f"{kind}: {text}")
    return fits and not whole.alarms and not whole.errors and coverage >= LEAST_COVERAGE


def main(words: list[str]) -> int:
    """Run the meters; print the tally; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--whole", type=int, default=10)
    parser.add_argument("--stated", action="store_true")
    parser.add_argument("--state", type=Path)
    options = parser.parse_args(words)
    whole = Tally()
    done: set[int] = set()
    if options.state is not None and options.state.exists():
        for text in options.state.read_text(encoding="utf-8").splitlines():
            kept = json.loads(text)
            if kept["seed"] == options.seed and kept["number"] not in done:
                done.add(kept["number"])
                whole.add(Tally(**kept["tally"]))
    wanted = [n for n in range(options.first, options.first + options.count) if n not in done]
    processes = kept_starter()
    with ThreadPoolExecutor(max(1, options.jobs)) as pool:

        def run(number: int) -> Tally:
            word = "stated" if options.stated else "meter"
            return run_one(
                options.seed, number, processes, paths=POINTS if number % options.whole else WHOLE, word=word
            )

        results = pool.map(run, wanted)
        for number, tally in zip(wanted, results, strict=True):
            whole.add(tally)
            if options.state is not None:
                with options.state.open("a", encoding="utf-8") as state:
                    state.write(
                        json.dumps({"seed": options.seed, "number": number, "tally": asdict(tally)}) + "\n"
                    )
    return 0 if report(whole) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
