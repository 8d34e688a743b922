"""``meterbench meter serve``: one reference meter in real time, as a process of its own."""

from __future__ import annotations

import os
import sys
from typing import Any


def add_parser(commands: Any) -> None:
    """List the sub-command in the help; the meter explains its own options."""
    parser = commands.add_parser(
        "meter", help="a reference meter alone (see `meterbench meter serve --help`)"
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    actions.add_parser("serve", help="serve a meter in real time, print its URL, run until interrupted")


def serve_meter(words: list[str]) -> int:
    """Become the meter process, so that signals reach it directly."""
    os.execv(sys.executable, [sys.executable, "-P", "-m", "reference_meter.lab.meter_alone", *words])  # noqa: S606
