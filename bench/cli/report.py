"""``meterbench report RUN``: render the readable files of a run folder again, and Allure HTML where Node is."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cli.serving import serve_folder
from reports.allure_page import make_allure_page
from reports.node import NoNode
from reports.render import REPORT, render
from reports.run_view import read_view
from reports.summary import summarise

if TYPE_CHECKING:
    from argparse import _SubParsersAction

#: The readable files are there, but the Allure page that was asked for is not.
NO_ALLURE = 1


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the ``meterbench`` parser."""
    parser = subparsers.add_parser(
        "report",
        help="render report.html and allure-results/ of a run again; --allure makes the Allure page",
        description="Render report.html and allure-results/ from the .jsonl files of a run folder.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder, for example runs/<UTC time>-<id>")
    parser.add_argument("--allure", action="store_true", help="make the Allure 3 page too (needs Node.js)")
    parser.add_argument(
        "--single-file", action="store_true", help="with --allure: one HTML file that opens from disk"
    )
    parser.add_argument("--open", action="store_true", help="open the report in the web browser")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Render, say where, and return 0. Raises PlanError when RUN is not a run folder."""
    folder: Path = arguments.run
    written = render(folder)
    view = read_view(folder)
    print(f"{summarise(view).coverage}." + (" Incomplete run." if view.incomplete else ""))
    for path in written:
        print(path)
    page = folder / REPORT
    if arguments.allure or arguments.single_file:
        try:
            page = make_allure_page(folder, single_file=arguments.single_file, say=_say)
        except NoNode as missing:
            _say(missing.remedy)
            return NO_ALLURE
        print(page)
    if arguments.open:
        _open(page)
    return 0


def _open(page: Path) -> None:
    """Open a page that stands alone; serve one that loads its data, which browsers refuse from disk."""
    if page.name == "index.html":
        serve_folder(page.parent, _say)
    else:
        webbrowser.open(page.resolve().as_uri())


def _say(words: str) -> None:
    print(words, file=sys.stderr)
