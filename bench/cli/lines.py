"""``meterbench lines``: what went over the meters' lines in a run, to read or as a capture file."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bench.errors import PlanError
from bench.record.reader import RunReader


def add_parser(commands: Any) -> None:
    """Add the command `lines`."""
    parser = commands.add_parser("lines", help="show the traffic of a run, or export it for Wireshark")
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("--case", default="*", metavar="PATTERN", help="only cases of this pattern")
    parser.add_argument("--position", default="", metavar="NAME", help="only this position")
    parser.add_argument("--pcap", type=Path, metavar="FILE", help="write a capture file instead of text")
    parser.set_defaults(func=show)


def show(arguments: argparse.Namespace) -> int:
    """Print the line log, or write the capture file; exit code 1 when nothing fits."""
    from reports.line_log import line_log
    from reports.pcap import pcap

    reader = RunReader(arguments.run)
    exchanges = [
        exchange
        for exchange in reader.traffic()
        if fnmatchcase(exchange.case, arguments.case) and arguments.position in {"", exchange.position}
    ]
    if not exchanges:
        sys.stderr.write("No traffic of that case and position is recorded.\n")
        return 1
    if arguments.pcap is None:
        for line in line_log(exchanges):
            sys.stdout.write(f"{line}\n")
        return 0
    events = reader.events()
    first_s = float(events[0]["t_s"]) if events else 0.0
    started = datetime.fromisoformat(str(reader.session["started_utc"]))
    try:
        arguments.pcap.write_bytes(pcap(exchanges, started, first_s))
    except OSError as error:
        raise PlanError(f"{arguments.pcap} cannot be written: {error.strerror}.") from error
    sys.stdout.write(f"{len(exchanges)} exchanges written to {arguments.pcap}\n")
    return 0
