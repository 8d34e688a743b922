"""What a plan refuses before anything is energised: a selection of its cases, a virtual bench, an expired standard."""

from __future__ import annotations

import datetime
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.rig.rig_file import RigFile
from bench.run.plan import Plan

#: Options of pytest that leave cases out or end a run early, as the user writes them, and what they are when unused.
_SELECTING: Mapping[str, tuple[str, object]] = {
    "keyword": ("-k", ""),
    "markexpr": ("-m", ""),
    "lf": ("--lf", False),
    "maxfail": ("-x or --maxfail", 0),
    "stepwise": ("--sw", False),
    "deselect": ("--deselect", None),
    "ignore": ("--ignore", None),
    "ignore_glob": ("--ignore-glob", None),
}


def selections(option: Any, arguments: Sequence[str], folder: Path) -> list[str]:
    """Return how a call of pytest leaves out a part of the suites, as the user wrote it; empty for the whole.

    ``arguments``: paths as given, seen from ``folder``.
    """
    used = [
        words
        for name, (words, unused) in _SELECTING.items()
        if getattr(option, name, unused) not in (unused, None, [], "")
    ]
    whole = _suites()
    named = [(folder / argument.split("::")[0]).resolve() for argument in arguments]
    if whole is not None and not any(path == whole or path in whole.parents for path in named):
        used.append("a path that is not the whole of suites/")
    elif any("::" in argument for argument in arguments):
        used.append("a single test")
    return used


def refusals(plan: Plan, rig: RigFile, *, selected: Sequence[str], today: datetime.date) -> list[str]:
    """Return why the plan does not start like this; empty when it may."""
    found = []
    if plan.refuse_selection and selected:
        found.append(f"the plan {plan.name} runs whole; it was asked for with {', '.join(selected)}")
    if plan.refuse_virtual_bench and rig.rig.virtual:
        found.append(f"the plan {plan.name} says something of a physical meter, and this bench is virtual")
    if plan.refuse_expired_standard:
        entry = rig.instrument_of_role("reference")
        due = entry.calibration.due if entry is not None else None
        if entry is not None and due is None:
            found.append(f"the rig file does not say until when {entry.name} is calibrated")
        if entry is not None and due is not None and due < today:
            found.append(f"the calibration of the reference standard {entry.name} was due on {due}")
    return found


def _suites() -> Path | None:
    found = importlib.util.find_spec("suites")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations))).resolve()
