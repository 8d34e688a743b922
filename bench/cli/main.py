"""The ``meterbench`` command."""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
from collections.abc import Callable

from bench.cli import apdu, lab, report, run, token, verify
from bench.errors import BenchError

USAGE_ERROR = 4

#: Commands whose options belong to another program, which also explains them.
PASSED_ON: dict[tuple[str, ...], Callable[[list[str]], int]] = {
    ("run",): run.run_suites,
    ("lab", "serve"): lab.serve_laboratory,
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every sub-command."""
    parser = argparse.ArgumentParser(
        prog="meterbench",
        description="Test bench and conformance tester for STS prepayment and DLMS/COSEM electricity meters.",
    )
    parser.add_argument(
        "--version", action="version", version=f"meterbench {importlib.metadata.version('meterbench')}"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (run, lab, verify, report, token, apdu):
        module.add_parser(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        for command, action in PASSED_ON.items():
            if tuple(words[: len(command)]) == command:
                return action(words[len(command) :])
        known = build_parser().parse_args(words)
        return int(known.func(known) or 0)
    except BenchError as error:
        print(error, file=sys.stderr)
        return USAGE_ERROR


if __name__ == "__main__":
    raise SystemExit(main())
