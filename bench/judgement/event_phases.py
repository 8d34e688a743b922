"""Judge conditions of one phase alone: each came and went, phase by phase, and each left its own records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.judgement.events import STAMP_S, codes_of, mistimed
from bench.judgement.fields import number, text
from bench.judgement.meter_times import rules_in
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("dual.event-phases", version=1)
def judge_phases(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """The records of the condition are those of each phase in turn, its begin and then its end, at their times.

    Records of other codes are none of it: an unbalance, or the condition of a phase told once more for all of them.
    """
    data = observations[0].data
    words, rules, clock = text(data, "what"), rules_in(data), data.get("clock_column")
    due = [item for step in data["phases"] for item in _due(step)]
    known = {code for _, code, _, _ in due}
    told = [
        (row, code)
        for row, code in zip(data["rows"], codes_of(data["rows"], data), strict=True)
        if code in known
    ]
    if len(told) != len(due) or any(code != item[1] for (_, code), item in zip(told, due, strict=True)):
        wanted, seen = [code for _, code, _, _ in due], [code for _, code in told]
        phases = ", ".join(f"L{int(number(step, 'phase'))}" for step in data["phases"])
        reason = f"{words} in {phases} one after the other: recorded {seen}, {wanted} is due"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    if clock is not None:
        for (row, code), (phase, _, at, uncertain_s) in zip(told, due, strict=True):
            if fault := mistimed(row[clock], at, rules, within_s=STAMP_S + uncertain_s):
                return Judgement(outcome=Outcome.FAILED, reason=f"{words} in L{phase}: record {code} {fault}")
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{words}: recorded in each of {len(data['phases'])} phases"
    )


def _due(step: Any) -> list[tuple[int, int, str, float]]:
    """Return phase, code, time and its uncertainty of the records of one phase."""
    phase, uncertain_s = int(number(step, "phase")), number(step, "uncertain_s")
    records = [(phase, int(number(step, "begins")), text(step, "begin_due"), uncertain_s)]
    if step.get("ends") is not None:
        records.append((phase, int(number(step, "ends")), text(step, "end_due"), uncertain_s))
    return records
