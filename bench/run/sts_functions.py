"""What the token application is declared to do, asked before a case demands it."""

from __future__ import annotations

from bench.record.declaration import StsFunction
from bench.record.model import Outcome
from bench.run.case_bench import CaseBench


def offers(bench: CaseBench, *functions: StsFunction) -> bool:
    """Return whether every function is declared; where one is not, write the verdict that says so.

    INAPPLICABLE where the declaration lists functions without it, NOT_RUN where it does not say.
    """
    sts = bench.declaration.sts
    declared = sts.supports if sts is not None else None
    if declared is None:
        bench.state(
            Outcome.NOT_RUN, f"the declaration does not say whether the meter supports {', '.join(functions)}"
        )
        return False
    missing = [name for name in functions if name not in declared]
    if missing:
        bench.state(Outcome.INAPPLICABLE, f"the declaration does not list {', '.join(missing)}")
        return False
    return True


def lacks(bench: CaseBench, function: StsFunction) -> bool:
    """Return whether the declaration says that a function is missing, so that its token has to be refused."""
    sts = bench.declaration.sts
    return sts is not None and sts.supports is not None and function not in sts.supports


def has_keypad(bench: CaseBench) -> bool:
    """Return whether tokens can be keyed in; where they cannot, write the verdict that says why."""
    sts = bench.declaration.sts
    if sts is None or "keypad" not in sts.carriers:
        bench.state(Outcome.INAPPLICABLE, "the declaration lists no keypad among the carriers")
        return False
    if bench.position.entry.actuators is None:
        bench.state(Outcome.NOT_RUN, "nobody presses the keys: this position has no actuators")
        return False
    return True
