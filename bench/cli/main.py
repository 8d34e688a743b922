"""The ``meterbench`` command."""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
from collections.abc import Callable

from bench.cli import (
    apdu,
    criteria,
    declare,
    defects,
    doctor,
    lab,
    lines,
    meter,
    plan,
    recover,
    replay,
    report,
    rig,
    run,
    token,
    verify,
)
from bench.cli.parser import Parser
from bench.errors import BenchError
from bench.installation import require_own_packages

USAGE_ERROR = 4

#: Commands whose options belong to another program, which also explains them.
PASSED_ON: dict[tuple[str, ...], Callable[[list[str]], int]] = {
    ("run",): run.run_suites,
    ("lab", "serve"): lab.serve_laboratory,
    ("meter", "serve"): meter.serve_meter,
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every sub-command."""
    parser = Parser(
        prog="meterbench",
        description="Test bench and conformance tester for STS prepayment and DLMS/COSEM electricity meters.",
    )
    parser.add_argument(
        "--version", action="version", version=f"meterbench {importlib.metadata.version('meterbench')}"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    order = (run, plan, lab, meter, rig, verify, report, criteria, lines, replay, recover)
    for module in (*order, doctor, declare, defects, token, apdu):
        module.add_parser(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        for command, action in PASSED_ON.items():
            if tuple(words[: len(command)]) == command:
                require_own_packages()
                return action(words[len(command) :])
        known = build_parser().parse_args(words)
        if known.func is not doctor.run:  # which says the same with more around it
            require_own_packages()
        return int(known.func(known) or 0)
    except BenchError as error:
        print(error, file=sys.stderr)
        return USAGE_ERROR


if __name__ == "__main__":
    raise SystemExit(main())
