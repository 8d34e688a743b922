"""``meterbench criteria RUN``: a run as a buyer reads it, by the seven selection criteria."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.errors import PlanError
from bench.record.reader import RunReader

NOT_MET = 1


def add_parser(commands: Any) -> None:
    """Add the command `criteria`."""
    parser = commands.add_parser(
        "criteria",
        help="show a run by a buyer's seven selection criteria",
        description="Show a run by the seven selection criteria of a buyer: what is shown by test, what by a document, "
        "what is not shown. Exit 1 when a test or a document speaks against an item.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder")
    parser.add_argument("--documents", type=Path, metavar="FILE", help="manifest of the documents (TOML)")
    parser.add_argument(
        "--firmware", default="", metavar="VERSION", help="the firmware documents must be for"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the view as JSON too")
    parser.set_defaults(func=show)


def show(arguments: argparse.Namespace) -> int:
    """Print the view; exit 1 when a verdict or a document speaks against an item."""
    from reports.document_manifest import read_manifest
    from reports.selection import Standing, selection

    reader = RunReader(arguments.run)
    documents = read_manifest(arguments.documents) if arguments.documents is not None else {}
    on = datetime.fromisoformat(str(reader.session["started_utc"])).date()
    seen = selection(reader.verdicts(), documents, on=on, firmware=arguments.firmware)
    number = 0
    for row in seen:
        if row.criterion.number != number:
            number = row.criterion.number
            sys.stdout.write(f"{number}. {row.criterion.title}\n")
        sys.stdout.write(f"   {row.standing.value:<24} {row.item.id:<6} {row.item.title} ({row.note})\n")
    counts = {standing: sum(row.standing is standing for row in seen) for standing in Standing}
    sys.stdout.write(", ".join(f"{count} {word.value}" for word, count in counts.items() if count) + "\n")
    if arguments.json is not None:
        text = json.dumps([row.to_json() for row in seen], indent=1, ensure_ascii=False)
        try:
            arguments.json.write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            raise PlanError(f"{arguments.json} cannot be written: {error.strerror}.") from error
    return NOT_MET if counts[Standing.REFUTED] or counts[Standing.REJECTED] else 0
