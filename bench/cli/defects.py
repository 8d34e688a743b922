"""``meterbench defects list | score | clean``: what can be wrong with a meter, and how much of it the suites find."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from bench.cli import defects_clean
from bench.errors import PlanError
from bench.score.farm import Farm
from bench.score.page import score_page
from bench.score.progress import Progress
from bench.score.row import Grade, Result, Row
from bench.score.rows import CONFIGURATIONS, catalogue, clean_rows, outside_rows, pairs_of, rows_of, sample_of
from bench.score.score import Cores, Workers, as_json, by_row, score, totals, trials_of
from bench.score.state import State, version
from bench.score.trial import run_trial
from reports.tester_score import PUBLISHED


def add_parser(commands: Any) -> None:
    """Register the sub-commands."""
    parser = commands.add_parser(
        "defects", help="list known defects of meters, score the tester against them"
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list the catalogue with the expected outcomes")
    listing.set_defaults(func=list_defects)
    scoring = actions.add_parser(
        "score",
        help="start a laboratory per defect and see what the suites say",
        description="Start a laboratory per defect, test it knowing nothing but its rig file, and compare. "
        "Exit 0: every row gave its expected outcome.",
    )
    which = scoring.add_argument_group("which rows")
    which.add_argument("--ids", default="", metavar="A,B,...", help="only these rows")
    which.add_argument(
        "--layer", default="", metavar="LAYER", help="only this layer: MT, ST, HD, AP, SE, AR, ..."
    )
    which.add_argument("--configuration", choices=(*CONFIGURATIONS, "both"), default="both")
    which.add_argument("--clean", action="store_true", help="try the clean meters too")
    which.add_argument(
        "--defect",
        action="append",
        default=[],
        metavar="FILE.py:NAME[=EXPECTED[:TOPIC,...]]",
        help="a row from outside (default: FAILED in any topic); only these unless --ids or --layer is given",
    )
    which.add_argument(
        "--pairs", type=int, default=0, metavar="N", help="N pairs of defects: both must be reported"
    )
    which.add_argument("--sample", type=int, default=0, metavar="N", help="only N of the rows, every layer")
    which.add_argument(
        "--sample-seed",
        default="date",
        metavar="date|commit|N",
        help="what the sample rotates with (default: the date, UTC)",
    )
    how = scoring.add_argument_group("how")
    how.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="trials at a time")
    how.add_argument(
        "--seed", default="1,2", metavar="N,N,...", help="seeds of the laboratories: a trial each (1,2)"
    )
    how.add_argument("--all-suites", action="store_true", help="run every suite in every trial")
    how.add_argument("--scheduler", default="", metavar="ADDRESS", help="run the trials on this Dask cluster")
    how.add_argument(
        "--state", type=Path, metavar="FILE", help="keep finished trials here; named again, go on from it"
    )
    how.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the run folders of trials that are not strict"
    )
    scoring.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    scoring.add_argument("--html", type=Path, metavar="FILE", help="write the results as a page")
    scoring.add_argument(
        "--allow-loose",
        action="store_true",
        help="exit 0 also where a defect was found and something unrelated FAILED beside it",
    )
    scoring.add_argument(
        "--publish", action="store_true", help="let the reports of this version state the score"
    )
    scoring.set_defaults(func=score_defects)
    defects_clean.add_parser(actions)


def list_defects(_arguments: argparse.Namespace) -> int:
    """Print the catalogue."""
    listed = catalogue()
    for item in listed:
        built = "" if item["built"] else "  (not built)"
        expected = f"{item.get('expected_c1', ''):<12} {item.get('expected_c2', ''):<12}"
        print(f"{item['id']:<11} {expected} {item['title']}{built}")
    print(f"{len(listed)} rows, {sum(bool(item['built']) for item in listed)} of them built")
    return 0


def score_defects(arguments: argparse.Namespace) -> int:
    """Try, print a line per trial, the totals last. Exit 0 only if every row gave its expected outcome."""
    seeds = _seeds(arguments.seed)
    sample_seed, sample_words = _sample_seed(arguments.sample_seed)
    rows = _rows(arguments, seeds[0])
    if arguments.sample:
        rows = sample_of(rows, arguments.sample, sample_seed)
    scored = version()
    files = (
        {Path(spec.partition("=")[0].rpartition(":")[0]).name: _text(spec) for spec in arguments.defect}
        if arguments.scheduler
        else {}
    )
    trials = trials_of(rows, seeds, choice_seed=seeds[0], all_suites=arguments.all_suites, files=files)
    facts: dict[str, Any] = {
        "version": scored,
        "seeds": ", ".join(str(seed) for seed in seeds),
        "configurations": ", ".join(sorted({row.configuration for row in rows})),
        "rows": len(rows),
        "trials": len(trials),
        "with all suites": sum(trial.everything for trial in trials),
    }
    if arguments.sample:
        facts["sample"] = f"{len(rows)} rows by {sample_words}"
    print(", ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    settings = {**facts, "keys": [f"{trial.key} {trial.everything}" for trial in trials]}
    state = State(arguments.state, settings) if arguments.state is not None else None
    progress = Progress(sys.stderr, len(trials))
    started_s = time.monotonic()  # wall clock: how long the score took, for who plans the next
    with _Working(arguments) as workers:
        results = score(
            trials, workers, done=lambda result: progress.step(line(result), sys.stdout), state=state
        )
    progress.clear()
    facts["took"] = f"{(time.monotonic() - started_s) / 60:.1f} min"
    _write(arguments, results, facts)
    if arguments.publish:
        published = {**facts, "totals": totals(results)}
        with resources.as_file(resources.files("reports").joinpath(PUBLISHED)) as path:
            path.write_text(json.dumps(published, indent=1) + "\n", encoding="utf-8")
    for row, group in by_row(results):
        if group[0].grade is Grade.MISSED:
            print(f"missed {row.key}: {row.title}")
            for said in group[0].told:
                print(f"    {said}")
    print(totals(results))
    found = {Grade.STRICT, Grade.LOOSE} if arguments.allow_loose else {Grade.STRICT}
    return 0 if all(result.grade in found for result in results) else 1


class _Working:
    """The workers asked for, for as long as they are needed."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._farm: Farm | None = None

    def __enter__(self) -> Workers:
        if not self._arguments.scheduler:
            return Cores(max(1, self._arguments.jobs), partial(run_trial, keep=self._arguments.keep))
        self._farm = Farm(self._arguments.scheduler)
        return self._farm

    def __exit__(self, *_: object) -> None:
        if self._farm is not None:
            self._farm.close()


def _rows(arguments: argparse.Namespace, seed: int) -> list[Row]:
    configurations = CONFIGURATIONS if arguments.configuration == "both" else (arguments.configuration,)
    ids = tuple(filter(None, arguments.ids.split(",")))
    outside = [row for spec in arguments.defect for row in outside_rows(spec, configurations)]
    chosen = bool(ids or arguments.layer)
    if outside and not chosen and not arguments.pairs:
        return outside + (clean_rows(configurations) if arguments.clean else [])
    listed = catalogue()
    unknown = set(ids) - {item["id"] for item in listed}
    if unknown:
        raise PlanError(
            f"There is no row {', '.join(sorted(unknown))}.", remedy="See `meterbench defects list`."
        )
    rows = rows_of(listed, ids=ids, configurations=configurations)
    if arguments.layer:
        rows = [row for row in rows if row.layer == arguments.layer]
    if arguments.pairs:
        return pairs_of(rows, arguments.pairs, seed)
    if arguments.clean or not chosen:
        rows += clean_rows(configurations)
    return rows + outside


def _seeds(words: str) -> list[int]:
    try:
        return [int(word) for word in words.split(",")]
    except ValueError as error:
        raise PlanError(f'"{words}" are no seeds.', remedy="Write numbers with commas: 1,2.") from error


def _sample_seed(word: str) -> tuple[int, str]:
    """Return the seed of the sample, and where it comes from."""
    if word == "date":
        today = datetime.datetime.now(datetime.UTC)
        return int(f"{today:%Y%m%d}"), f"the date, {today:%Y-%m-%d}"
    if word == "commit":
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise PlanError("There is no commit to take a seed from.", remedy="Use --sample-seed date.")
        return int(done.stdout[:12], 16), f"the commit, {done.stdout[:12]}"
    try:
        return int(word), f"seed {int(word)}"
    except ValueError as error:
        raise PlanError(f'"{word}" is no seed.', remedy="Write date, commit or a number.") from error


def _text(spec: str) -> str:
    return Path(spec.partition("=")[0].rpartition(":")[0]).read_text(encoding="utf-8")


def _write(arguments: argparse.Namespace, results: Sequence[Result], facts: Mapping[str, Any]) -> None:
    written: tuple[tuple[Path | None, Callable[[], str]], ...] = (
        (arguments.json, lambda: json.dumps(as_json(results, facts), indent=1, ensure_ascii=False)),
        (arguments.html, lambda: score_page(results, facts)),
    )
    for path, make in written:
        if path is not None:
            path.write_text(make(), encoding="utf-8")


def line(result: Result) -> str:
    """Return one line of progress."""
    row = result.row
    head = f"{result.grade.value:<11} {row.name:<11} {row.configuration} {row.expected:<12} {result.note}"
    return f"{head}: {', '.join(result.failed[:4])}" if result.failed else head
