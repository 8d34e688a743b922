"""`meterbench token`: make, explain and check STS tokens; say which ones a run wants."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bench.cli.token_explain import add_explain_parser
from bench.cli.token_make import add_make_parser
from bench.cli.token_wanted import add_wanted_parser
from bench.errors import PlanError
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.vectors.check import check_document

BAD_INPUT = 2


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `token` command; the parsed arguments carry ``func(args) -> exit code``."""
    parser = subparsers.add_parser("token", help="make, explain and check STS tokens")
    parser.set_defaults(func=run)
    commands = parser.add_subparsers(title="commands", dest="token_command", metavar="COMMAND", required=True)
    add_make_parser(commands)
    add_explain_parser(commands)
    add_wanted_parser(commands)
    check_parser = commands.add_parser(
        "check",
        help="run a file of test vectors both ways",
        description="Make every token of a vector file from its inputs, and take every token apart.",
    )
    check_parser.add_argument("file", metavar="FILE", help="vector file (JSON)")
    check_parser.set_defaults(command=check)


def run(args: argparse.Namespace) -> int:
    """Run a token command; wrong input ends with one line that names the field, and exit code 2."""
    try:
        code: int = args.command(args)
    except (FieldError, PlanError) as error:
        print(f"meterbench token: {' '.join(str(error).split())}", file=sys.stderr)
        return BAD_INPUT
    return code


def check(args: argparse.Namespace) -> int:
    """Run the vectors of a file; returns 1 if any failed."""
    passed = failed = 0
    for result in check_document(_read(Path(args.file))):
        if result.differences:
            failed += 1
            print(f"{result.name}: {'; '.join(result.differences)}")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{path} is not JSON.", remedy=f"{error}.") from error
