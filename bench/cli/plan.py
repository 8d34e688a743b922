"""``meterbench plan show``: what the accuracy part of a plan measures and how long it takes; opens nothing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bench.record.declaration import load_declaration
from bench.run.plan import load_plan
from bench.run.planner import clock_text, load_energy_wh, steps, total_time_s

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the ``meterbench`` parser."""
    parser = subparsers.add_parser("plan", help="show what a plan measures and how long it takes")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = commands.add_parser(
        "show",
        help="print the cases of the accuracy part with their expected bench time",
        description="Print the cases of the accuracy part of a plan with their expected bench time and energy, "
        "for one declared meter. Nothing is opened.",
    )
    show.add_argument(
        "plan", metavar="NAME|FILE", help="full, smoke, factory, certification, observe or a TOML file"
    )
    show.add_argument("--declare", type=Path, required=True, metavar="FILE", help="declaration of the meter")
    show.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one line a case and the sum; return 0. Raises PlanError for a plan or file that cannot be read."""
    plan, declaration = load_plan(arguments.plan), load_declaration(arguments.declare)
    listed = steps(plan, declaration)
    for step in listed:
        print(f"{clock_text(step.bench_time_s):>12}  {step.energy_wh / 1000:8.2f} kWh  {step.case}")
    energy_wh = load_energy_wh(listed)
    print(
        f"plan {plan.name} ({plan.hash}): {len(listed)} cases with a load, expected bench time "
        f"{clock_text(total_time_s(listed))}, {energy_wh / 1000:.1f} kWh a meter without doses"
    )
    return 0
