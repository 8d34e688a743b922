"""``meterbench report RUN``: render the readable files of a run folder again."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from reports.render import REPORT, render
from reports.run_view import read_view
from reports.summary import summarise

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the ``meterbench`` parser."""
    parser = subparsers.add_parser(
        "report",
        help="render report.html and allure-results/ of a run again",
        description="Render report.html and allure-results/ from the .jsonl files of a run folder.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder, for example runs/<UTC time>-<id>")
    parser.add_argument("--open", action="store_true", help="open report.html in the web browser")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Render, say where, and return 0. Raises PlanError when RUN is not a run folder."""
    folder: Path = arguments.run
    written = render(folder)
    view = read_view(folder)
    print(f"{summarise(view).coverage}." + (" Incomplete run." if view.incomplete else ""))
    for path in written:
        print(path)
    if arguments.open:
        webbrowser.open((folder / REPORT).resolve().as_uri())
    return 0
