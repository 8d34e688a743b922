"""``meterbench verify RUN``: recompute the verdicts of a run and say whether they stand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.errors import PlanError
from bench.judgement.verify import Result, VerifyReport, verify
from bench.record.secrets import SecretStore


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the ``verify`` command."""
    parser = subparsers.add_parser(
        "verify",
        help="recompute the verdicts of a run from its raw observations",
        description="Recompute every verdict of a run folder from its raw observations, and check that no "
        "line of the record was altered. Exit 0: all agree; 1: something disagrees; 4: not a run folder.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="the run folder")
    parser.add_argument(
        "--secrets",
        action="append",
        default=[],
        metavar="[POSITION=]FILE",
        help="secrets file of the meter, or of one position; needed only where octets were masked",
    )
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Verify, print, and return the exit code."""
    try:
        report = verify(arguments.run, _secrets(arguments.secrets))
    except PlanError as error:
        sys.stderr.write(f"{error}\n")
        return 4
    sys.stdout.write("\n".join(lines(report)) + "\n")
    return 0 if report.agrees else 1


def lines(report: VerifyReport) -> list[str]:
    """Return what is printed: what is wrong first, the totals last."""
    said = [f"record: {problem}" for problem in report.chain_problems]
    for check in (*report.of(Result.DISAGREES), *report.of(Result.NOT_RECOMPUTABLE)):
        said.append(
            f"verdicts.jsonl:{check.line}: {check.verdict.case} at {check.verdict.position}: "
            f"{check.result}: {check.why}"
        )
        said.extend(f"    {difference}" for difference in check.differences)
    counts = {result: len(report.of(result)) for result in Result}
    said.append(
        f"{len(report.checks)} verdicts: {counts[Result.AGREES]} agree, {counts[Result.DISAGREES]} disagree, "
        f"{counts[Result.NOT_RECOMPUTABLE]} not recomputable, "
        f"{counts[Result.BY_BENCH]} given by the bench itself"
    )
    said.append(
        f"record: {len(report.chain_problems)} problems"
        if report.chain_problems
        else "record: the chain is whole"
    )
    return said


def _secrets(given: list[str]) -> SecretStore | Mapping[str, SecretStore] | None:
    stores: dict[str, SecretStore] = {}
    for word in given:
        position, equals, file = word.partition("=")
        if not equals:
            return SecretStore(Path(word))
        stores[position] = SecretStore(Path(file))
    return stores or None
