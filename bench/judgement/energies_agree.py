"""Judge whether the energy registers of a meter agree with each other over the same loads. Derived by us.

What stands behind it: a total is the sum of its tariffs, phases and quadrants (value groups C and E of the OBIS
codes); a load lies in the quadrant that its current lags or leads to; apparent energy is that of U times I, which at
sinusoidal, steady load is the hypotenuse of active and reactive energy, whichever way a meter calculates it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.judgement.fields import MalformedObservation, number, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: What registers of one meter may differ by beyond their last digits (project figure); they have one measuring unit.
SHARE = 0.01
#: What may lie between an apparent energy and the active and reactive ones, which have limits of error of their own.
APPARENT_SHARE = 0.05
UNITS = {"active": 30, "apparent": 31, "reactive": 32}
ACTIVE_IMPORT, REACTIVE_IMPORT, REACTIVE_EXPORT, APPARENT = (f"1-0:{group}.8.0.255" for group in (1, 3, 4, 9))
ACTIVE_EXPORT = "1-0:2.8.0.255"
QUADRANTS = tuple(f"1-0:{group}.8.0.255" for group in range(5, 9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A register whose advance is that of its parts together; asked only where all of them are shown."""

    name: str
    whole: str
    parts: tuple[str, ...]


SUMS: dict[str, tuple[Sum, ...]] = {
    "active": (
        Sum(
            name="the phases",
            whole=ACTIVE_IMPORT,
            parts=("1-0:21.8.0.255", "1-0:41.8.0.255", "1-0:61.8.0.255"),
        ),
        Sum(name="import and export", whole="1-0:15.8.0.255", parts=(ACTIVE_IMPORT, ACTIVE_EXPORT)),
    ),
    "reactive": (
        Sum(name="quadrants I and II", whole=REACTIVE_IMPORT, parts=QUADRANTS[:2]),
        Sum(name="quadrants III and IV", whole=REACTIVE_EXPORT, parts=QUADRANTS[2:]),
    ),
}


@judge("dlms.energies-agree", version=1)
def judge_energies(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Over each load the registers of one kind of energy advance by what their relations say."""
    data = observations[0].data
    kind = text(data, "kind")
    faults = list(_unit_faults(data["units"]))
    asked: list[str] = []
    for load in data["loads"]:
        moved = {obis: load["after"][obis] - load["before"][obis] for obis in load["before"]}
        checks = _RELATIONS[kind](load, moved, data["resolutions"])
        for name, wrong in checks:
            asked.append(name)
            if wrong:
                faults.append(f"{text(load, 'name')}: {wrong}")
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults[:3]) + more)
    if not asked:
        return Judgement(
            outcome=Outcome.INAPPLICABLE, reason=f"no two registers of {kind} energy belong together"
        )
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"over {len(data['loads'])} loads: {', '.join(dict.fromkeys(asked))} agree with their totals",
    )


Check = tuple[str, str]
"""What was compared, and what is wrong with it or ""."""


def _unit_faults(units: Mapping[str, int]) -> Iterator[str]:
    for obis, unit in units.items():
        due = UNITS[kind_of(obis)]
        if unit != due:
            yield f"{obis} has unit {unit}, {due} was due"


def kind_of(obis: str) -> str:
    """Return whether a register of value group D 8 holds active, reactive or apparent energy."""
    group = int(obis.partition(":")[2].partition(".")[0])
    within = group % 20  # the phases repeat the codes of the total
    if within in {1, 2, 15}:
        return "active"
    return "reactive" if 3 <= within <= 8 else "apparent"


def _sums(kind: str, moved: Mapping[str, float], resolutions: Mapping[str, float]) -> Iterator[Check]:
    for item in SUMS[kind]:
        if item.whole in moved and all(part in moved for part in item.parts):
            whole, parts = moved[item.whole], math.fsum(moved[part] for part in item.parts)
            slack = SHARE * abs(whole) + math.fsum(resolutions[name] for name in (item.whole, *item.parts))
            wrong = abs(whole - parts) > slack
            yield item.name, f"{item.name} moved by {parts:g}, {item.whole} by {whole:g}" if wrong else ""


def _active(
    load: Mapping[str, Any], moved: Mapping[str, float], resolutions: Mapping[str, float]
) -> Iterator[Check]:
    del load  # both are of import
    yield from _sums("active", moved, resolutions)
    if ACTIVE_EXPORT in moved:
        wrong = moved[ACTIVE_EXPORT] > resolutions[ACTIVE_EXPORT]
        yield "export", f"{ACTIVE_EXPORT} moved by {moved[ACTIVE_EXPORT]:g} under import" if wrong else ""


def _reactive(
    load: Mapping[str, Any], moved: Mapping[str, float], resolutions: Mapping[str, float]
) -> Iterator[Check]:
    yield from _sums("reactive", moved, resolutions)
    lag_deg = number(load, "lag_deg")
    if not 0 < abs(lag_deg) < 90:  # where active power is imported, and the current neither in phase nor pure
        raise MalformedObservation(f"lag_deg is {lag_deg}, which is no load of quadrant I or IV")
    due = QUADRANTS[0] if lag_deg > 0 else QUADRANTS[3]
    for obis in QUADRANTS:
        if obis not in moved:
            continue
        slack, name = 2 * resolutions[obis], f"the register {obis} of its quadrant"
        if obis == due:
            yield name, f"{obis}, the quadrant of the load, stood still" if moved[obis] <= slack else ""
        else:
            yield (
                name,
                f"{obis} moved by {moved[obis]:g}, the load lies elsewhere" if moved[obis] > slack else "",
            )


def _apparent(
    load: Mapping[str, Any], moved: Mapping[str, float], resolutions: Mapping[str, float]
) -> Iterator[Check]:
    del load
    if not {APPARENT, ACTIVE_IMPORT, REACTIVE_IMPORT, REACTIVE_EXPORT} <= moved.keys():
        return
    reactive = moved[REACTIVE_IMPORT] + moved[REACTIVE_EXPORT]
    due, read = math.hypot(moved[ACTIVE_IMPORT], reactive), moved[APPARENT]
    slack = APPARENT_SHARE * due + math.fsum(
        resolutions[name] for name in (APPARENT, ACTIVE_IMPORT, REACTIVE_IMPORT, REACTIVE_EXPORT)
    )
    wrong = abs(read - due) > slack
    words = (
        f"apparent energy moved by {read:g} VAh, active and reactive energy make {due:g} VAh" if wrong else ""
    )
    yield "active, reactive and apparent energy", words


_RELATIONS = {"active": _active, "reactive": _reactive, "apparent": _apparent}
