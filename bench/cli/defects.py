"""``meterbench defects list | score``: what can be wrong with a meter, and how much of it the suites find."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from bench.score.row import Grade, Result
from bench.score.score import CONFIGURATIONS, as_json, catalogue, clean_rows, rows_of, score, totals


def add_parser(commands: Any) -> None:
    """Register the sub-commands."""
    parser = commands.add_parser(
        "defects", help="list known defects of meters, score the tester against them"
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list the catalogue with the expected outcomes")
    listing.set_defaults(func=list_defects)
    scoring = actions.add_parser("score", help="start a laboratory per defect and see what the suites say")
    scoring.add_argument("--ids", default="", metavar="A,B,...", help="only these rows")
    scoring.add_argument(
        "--layer", default="", metavar="LAYER", help="only this layer: MT, ST, HD, AP, SE, AR, ..."
    )
    scoring.add_argument("--configuration", choices=(*CONFIGURATIONS, "both"), default="both")
    scoring.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="trials at a time"
    )
    scoring.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the laboratories")
    scoring.add_argument("--all-suites", action="store_true", help="run every suite in every trial")
    scoring.add_argument("--clean", action="store_true", help="try the clean meters too")
    scoring.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    scoring.set_defaults(func=score_defects)


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
    """Try, print a line per row, the totals last. Exit 0 only if every row gave its expected outcome."""
    configurations = CONFIGURATIONS if arguments.configuration == "both" else (arguments.configuration,)
    ids = tuple(filter(None, arguments.ids.split(",")))
    rows = rows_of(catalogue(), ids=ids, configurations=configurations)
    if arguments.layer:
        rows = [row for row in rows if row.layer == arguments.layer]
    if arguments.clean or not (ids or arguments.layer):
        rows += clean_rows(configurations)
    results = score(
        rows,
        jobs=arguments.jobs,
        seed=arguments.seed,
        done=lambda result: print(line(result), flush=True),
        all_suites=arguments.all_suites,
    )
    if arguments.json is not None:
        arguments.json.write_text(
            json.dumps(as_json(results), indent=1, ensure_ascii=False), encoding="utf-8"
        )
    missed = [result for result in results if result.grade is Grade.MISSED]
    if missed:
        print("missed: " + ", ".join(f"{item.row.id}/{item.row.configuration}" for item in missed))
    print(totals(results))
    return 0 if all(result.grade is Grade.STRICT for result in results) else 1


def line(result: Result) -> str:
    """Return one line of progress."""
    row = result.row
    text = f"{result.grade.value:<11} {row.id or 'clean':<11} {row.configuration} {row.expected:<12} {result.note}"
    return f"{text}: {', '.join(result.failed[:4])}" if result.failed else text
