"""`meterbench token wanted`: print what to ask a vending side for that keeps its key to itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.errors import PlanError
from bench.meter.token_orders import orders_for, wanted_file
from bench.record.declaration import load_declaration


def add_wanted_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `wanted` command."""
    parser = subparsers.add_parser(
        "wanted",
        help="print the tokens a run needs, for a vending side that keeps its key",
        description="Print a token file without digits. The vending side fills it in; "
        "`pytest suites/sts --tokens FILE` runs with it.",
    )
    parser.add_argument(
        "--declare", type=Path, required=True, metavar="FILE", help="declaration of the meter"
    )
    parser.set_defaults(command=wanted)


def wanted(args: argparse.Namespace) -> int:
    """Print the file; returns the exit code. Raises PlanError where the declaration has no [sts]."""
    declaration = load_declaration(args.declare)
    if declaration.sts is None:
        raise PlanError(f"{args.declare}: a meter without [sts] takes no tokens.")
    payment = declaration.payment
    orders = orders_for(counts_money=payment is not None and payment.accounting == "currency")
    print(wanted_file(declaration.sts.meter_pan, orders), end="")
    return 0
