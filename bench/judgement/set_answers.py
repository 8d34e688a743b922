"""Judge what SET answers where it is not asked for one sound value: for a list, and for a value of a wrong type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

SUCCESS = 0


@judge("dlms.set-answers", version=1)
def judge_set_answers(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """What is answered with success is stored, what is answered otherwise has changed nothing.

    A service that the meter refuses as a whole decides nothing here.
    """
    faults, notes, open_ones = [], [], []
    for row in (row for seen in observations for row in seen.data["writes"]):
        where = str(row["target"])
        if row["trouble"]:
            open_ones.append(f"{where}: {row['trouble']}")
            continue
        fault = _fault(row)
        if fault:
            faults.append(f"{where}: {fault}")
        notes.append(f"{where}: result {row['result']}")
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    if open_ones:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="; ".join(open_ones))
    if not notes:
        raise MalformedObservation("nothing was written")
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(notes))


def _fault(row: Mapping[str, Any]) -> str:
    """Return what is wrong between an answer and what is read after it, or ""."""
    if row["result"] == SUCCESS:
        if row["after"] in row["stored"]:
            return ""
        return f"SET of {row['written']} was confirmed, {row['after']} is read"
    if row["after"] == row["before"]:
        return ""
    return f"SET was refused ({row['result']}), yet {row['before']} became {row['after']}"
