"""``meterbench lab serve``: a virtual laboratory as a process of its own. The bench never sees inside it."""

from __future__ import annotations

import os
import sys
from typing import Any


def add_parser(commands: Any) -> None:
    """List the sub-command in the help; the laboratory explains its own options."""
    parser = commands.add_parser("lab", help="the virtual laboratory (see `meterbench lab serve --help`)")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    actions.add_parser(
        "serve", help="start a laboratory, print the path of its rig file, run until interrupted"
    )


def serve_laboratory(words: list[str]) -> int:
    """Become the laboratory process, so that signals reach it directly."""
    os.execv(sys.executable, [sys.executable, "-P", "-m", "reference_meter.lab", *words])  # noqa: S606
