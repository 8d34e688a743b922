"""``meterbench doctor``: is everything here that a bench needs? What is missing, and the command that mends it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from bench.cli.declare import diagnose
from bench.cli.doctor_checks import CHECKS, Finding, State


def add_parser(commands: Any) -> None:
    """Add the ``doctor`` command."""
    parser = commands.add_parser(
        "doctor",
        help="check this installation: Python, packages, VISA, ports, Node, fonts",
        description="Check this installation. Exit 0: nothing is wrong; 1: something is, and it says what mends it.",
    )
    parser.add_argument(
        "--meter", metavar="URL", help="look for a meter on this line instead, and say what is wrong"
    )
    parser.add_argument(
        "--time-out",
        type=float,
        default=1.0,
        metavar="S",
        help="patience per attempt with --meter (default 1 s)",
    )
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Check, print, and return the exit code."""
    if arguments.meter is not None:
        return diagnose(arguments.meter, arguments.time_out)
    findings = [finding for check in CHECKS for finding in check()]
    print("\n".join(lines(findings)))
    return 1 if any(finding.state is State.FAULT for finding in findings) else 0


def lines(findings: Sequence[Finding]) -> list[str]:
    """Return what is printed: a line each, its remedy below, a count at the end."""
    said = []
    for finding in findings:
        said.append(f"{finding.state:<7} {finding.topic:<9} {finding.text}")
        if finding.remedy:
            said.append(f"{'':<17} -> {finding.remedy}")
    faults = sum(finding.state is State.FAULT for finding in findings)
    absent = sum(finding.state is State.ABSENT for finding in findings)
    said.append(f"{faults} faults, {absent} optional parts absent")
    return said
