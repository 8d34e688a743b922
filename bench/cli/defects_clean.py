"""``meterbench defects clean``: conforming meters drawn at random, none of which may be FAILED."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from bench.score.clean import Clean, agrees, run_clean
from bench.score.progress import Progress
from bench.score.state import State, version
from bench.score.trial import ALL_SUITES


def add_parser(actions: Any) -> None:
    """Register the action."""
    parser = actions.add_parser(
        "clean",
        help="test conforming meters drawn at random: none may be FAILED",
        description="Draw products, classes, currents, constants, control modes, legal choices of the declaration "
        "and residual errors, every third meter with its worst point at 0.8 to 1.0 of the limit. Exit 0: none "
        "FAILED beyond what the decision rule predicts, conditional verdicts as often as predicted, no errors.",
    )
    parser.add_argument("--count", type=int, default=500, metavar="N", help="how many meters (500)")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="number of the first (1)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the draw")
    parser.add_argument(
        "--suite", action="append", choices=ALL_SUITES, default=[], help="only this suite; may be repeated"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="meters at a time")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep finished meters; go on from it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Try them, print a line per meter, then the rates and the totals."""
    suites = tuple(arguments.suite)
    facts = {
        "version": version(),
        "meters": arguments.count,
        "first": arguments.first,
        "draw seed": arguments.seed,
        "suites": ", ".join(suites or ALL_SUITES),
    }
    print(", ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    state = State(arguments.state, facts) if arguments.state is not None else None
    numbers = range(arguments.first, arguments.first + arguments.count)
    done = {number: state.done[str(number)] for number in numbers if state and str(number) in state.done}
    found = {number: Clean.from_json(data) for number, data in done.items()}
    progress = Progress(sys.stderr, len(numbers) - len(found))
    started_s = time.monotonic()  # wall clock: how long it took
    pool = ThreadPoolExecutor(max_workers=max(1, arguments.jobs))
    try:
        waiting = {
            pool.submit(run_clean, arguments.seed, number, suites): number
            for number in numbers
            if number not in found
        }
        for finished in as_completed(waiting):
            number, result = waiting[finished], finished.result()
            found[number] = result
            if state is not None:
                state.keep(str(number), result.to_json())
            progress.step(line(result), sys.stdout)
    finally:
        pool.shutdown(cancel_futures=True)
        progress.clear()
    every = [found[number] for number in numbers]
    fits, said = agrees(every)
    facts["took"] = f"{(time.monotonic() - started_s) / 60:.1f} min"
    if arguments.json is not None:
        document = {**facts, "rates": said, "meters": [item.to_json() for item in every]}
        arguments.json.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    near = Counter(item.near for item in every if item.near)
    print(f"near a limit: {', '.join(f'{count} by {what}' for what, count in near.items()) or 'none'}")
    print("\n".join(said))
    alarms = sum(bool(item.alarms) for item in every)
    errors = sum(bool(item.errors) for item in every)
    print(f"{len(every)} clean meters, {alarms} false alarms, {errors} errors")
    return 0 if fits and not alarms and not errors else 1


def line(result: Clean) -> str:
    """Return one line of progress."""
    what = "false alarm" if result.alarms else "error" if result.errors else "clean"
    near = f", {result.near} at {result.worst_share:.3f} of its limit" if result.near else ""
    head = f"{what:<11} {result.name:<14} {result.product}{near}"
    said = [*result.alarms, *result.errors]
    return f"{head}: {'; '.join(said[:4])}" if said else head
