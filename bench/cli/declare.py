"""``meterbench declare``: find a meter on its line and write a draft declaration; ``doctor --meter`` only says."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from bench.errors import LinkError, PlanError


def add_parser(commands: Any) -> None:
    """Add the command `declare`."""
    parser = commands.add_parser("declare", help="find a meter and write a draft of its declaration")
    parser.add_argument(
        "--meter",
        required=True,
        metavar="URL",
        help="/dev/ttyUSB0, COM3, socket://host:port, tcp://host:port, ...",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where to write the draft (default: print it)"
    )
    parser.add_argument(
        "--time-out", type=float, default=1.0, metavar="S", help="patience per attempt (default 1 s)"
    )
    parser.set_defaults(func=run_declare)


def run_declare(arguments: argparse.Namespace) -> int:
    """Write the draft; exit code 1 when no meter was found."""
    from bench.meter.draft_declaration import draft, read_public
    from bench.meter.search import search

    found, open_link = search(arguments.meter, arguments.time_out, _tell)
    if found.line is None or not found.is_there:
        sys.stderr.write("\n".join(found.told()) + "\n")
        return 1
    link = open_link(found.line)
    try:
        shown = read_public(link, found)
    except LinkError as error:
        sys.stderr.write(f"The meter was found, but then: {error}\n")
        return 1
    finally:
        link.close()
    text = draft(found, shown, transport=arguments.meter.partition("://")[0])
    if arguments.out is None:
        sys.stdout.write(text)
        return 0
    if arguments.out.exists():
        raise PlanError(
            f"{arguments.out} exists.", remedy="Name a new file; a declaration is not overwritten."
        )
    arguments.out.write_text(text, encoding="utf-8")
    sys.stderr.write("\n".join([*found.told(), f"draft written to {arguments.out}"]) + "\n")
    return 0


def _tell(text: str) -> None:
    sys.stderr.write(f"{text} ...\n")


def diagnose(meter: str, time_out_s: float) -> int:
    """Say in plain words what answers on a line, or what is wrong; exit code 1 when no meter was found."""
    from bench.meter.draft_declaration import read_public
    from bench.meter.search import search

    found, open_link = search(meter, time_out_s, _tell)
    sys.stdout.write("\n".join(found.told()) + "\n")
    if found.line is None or not found.is_there:
        return 1
    link = open_link(found.line)
    try:
        shown = read_public(link, found)
    except LinkError as error:
        sys.stdout.write(f"but the public association breaks off: {error}\n")
        return 1
    finally:
        link.close()
    sys.stdout.write(f"logical device name {shown.device_name or 'not shown'}\n")
    for refusal in shown.refusals:
        sys.stdout.write(f"{refusal}\n")
    return 0
