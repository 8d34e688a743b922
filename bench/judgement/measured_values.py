"""Judge what the meter says it measures against what is applied: scaler and unit make sense, roughly.

This is no measurement of accuracy: a tenth or ten times of what is applied is what it looks for. The units of registers
whose quantity is not applied are judged by their codes alone (dlms.md 7, Blue Book units).
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import MalformedObservation, number
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: How far a value may be off; no class of meter is that bad, and a decade is far beyond (project figure).
TOLERANCE = 0.2


@judge("dlms.measured-values", version=1)
def judge_values(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Each value, scaled, has the unit of its quantity and is near what is applied."""
    notes, faults = [], []
    for row in observations[0].data["values"]:
        where = f"{row['name']} {row['obis']}"
        applied, read = number(row, "applied"), number(row, "raw") * 10.0 ** int(row["scaler"])
        if row["unit"] != row["unit_due"]:
            faults.append(f"{where} has unit {row['unit']}, {row['unit_due']} was due")
        elif abs(read - applied) > TOLERANCE * abs(applied):
            faults.append(f"{where} reads {read:g} {row['symbol']}, {applied:g} {row['symbol']} are applied")
        notes.append(f"{where}: {read:g} {row['symbol']}")
    if not notes:
        raise MalformedObservation("nothing was read")
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(notes))


@judge("dlms.units", version=1)
def judge_units(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Each register has the unit of the quantity that its code names."""
    rows = [row for seen in observations for row in seen.data["registers"]]
    if not rows:
        raise MalformedObservation("no register was read")
    faults = [
        f"{row['name']} {row['obis']} has unit {row['unit']}, {row['unit_due']} was due"
        for row in rows
        if row["unit"] != row["unit_due"]
    ]
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    return Judgement(outcome=Outcome.PASSED, reason=f"{len(rows)} registers have the units of their codes")
