"""Judge scripts by what they do: by hand, at a time, when a monitored value crosses its threshold. Derived by us.

The script is the end of a billing period, since its effect can be read: a row of the billing profile. A script runs
once each time it is started, and at no other time (Blue Book, Script table, Single action schedule, Register monitor).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.judgement.fields import MalformedObservation, count, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

HOUR, MINUTE = 5, 6
"""Where hour and minute stand in the 12 octets of a date-time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a step leads to: rows since the beginning; and where the monitored value must stand by then."""

    step: str
    rows: int
    above: bool | None = None


EXPECTED: dict[str, tuple[Due, ...]] = {
    "execute": (Due(step="executed", rows=1),),
    "schedule": (
        Due(step="before its time", rows=0),
        Due(step="at its time", rows=1),
        Due(step="after its time", rows=1),
    ),
    "monitor": (
        Due(step="below the threshold", rows=0, above=False),
        Due(step="raised above it", rows=1, above=True),
        Due(step="still above it", rows=1, above=True),
        Due(step="back below it", rows=1, above=False),
        Due(step="above it again", rows=2, above=True),
    ),
}


@judge("dlms.script-effects", version=1)
def judge_effects(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """After each step there are as many new rows as scripts were due; at a time, the row carries that time.

    ``by_hand``: the rows that executing the script made in the end. Where even that made none, whoever else did not
    run it may have tried: a meter may end no two billing periods one shortly after the other.
    """
    data = observations[0].data
    expected = EXPECTED[text(data, "what")]
    steps: Sequence[Mapping[str, Any]] = data["steps"]
    if [step["step"] for step in steps] != [due.step for due in expected]:
        raise MalformedObservation("the steps are not those of the case")
    for due, step in zip(expected, steps, strict=True):
        if due.above is not None and (step["value"] > data["threshold"]) is not due.above:
            reason = f"{due.step}: the value reads {step['value']}, the threshold is {data['threshold']}"
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
        rows = count(step, "rows")
        if rows < due.rows and data.get("by_hand") == 0:
            reason = f"{due.step}: the script has run {rows} times of {due.rows}, and executing it does nothing either"
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
        if rows != due.rows:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"{due.step}: the script has run {rows} times, {due.rows} were due",
                measured=float(rows),
                limit=float(due.rows),
                unit="rows",
            )
    late = _late(data)
    if late:
        return Judgement(outcome=Outcome.FAILED, reason=late)
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(f"{due.step}: {due.rows}" for due in expected))


def _late(data: Mapping[str, Any]) -> str:
    """Return what is wrong with the time of the row that a schedule made, or ""."""
    if not data.get("due") or not data.get("row_time"):
        return ""
    octets, due = bytes.fromhex(data["row_time"]), bytes.fromhex(data["due"])
    shown = octets[HOUR : MINUTE + 1]
    if shown == due[:2]:
        return ""
    return f"the row carries {shown[0]:02}:{shown[1]:02}, {due[0]:02}:{due[1]:02} was due"
