"""Judge the records of a switch: each motion leaves exactly one, of who asked for it, with its time (invariant I3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bench.judgement.events import STAMP_S, codes_of, mistimed
from bench.judgement.fields import number, part, text
from bench.judgement.meter_times import rules_in
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

ON = 1
#: What a request is recorded as, by its name and whether the switch is closed afterwards.
DUE = {
    ("remote_disconnect", False): "remote-disconnect",
    ("remote_reconnect", True): "remote-reconnect",
    ("remote_reconnect", False): "armed",
    ("set_credit", False): "local-disconnect",
    ("token", True): "local-reconnect",
    ("token", False): "local-reconnect",
}


@judge("dual.switch-records", version=2)
def judge_records(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Of the codes declared for the switch each request that did something left one, the one for who asked.

    Where the log has a time, it is one between the request (``from_utc``) and the look after it (``to_utc``), both by
    the clock of the meter: how well that goes is judged where the clock is.
    """
    data = observations[0].data
    clock = data.get("clock_column")
    codes = {name: int(code) for name, code in part(data, "codes").items()}
    judged = []
    for step in data["steps"]:
        action, before, after = text(step, "do"), number(step, "before"), number(step, "after")
        name = DUE.get((action, after == ON))
        if before == after or name is None or name not in codes:
            continue
        seen = [code for code in codes_of(step["rows"], data) if code in codes.values()]
        if seen != [codes[name]]:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"{action} moved the switch from state {before:g} to {after:g} and left the records {seen}, "
                f"one {codes[name]} ({name}) is due",
            )
        if clock is not None:
            begun, ended = (datetime.fromisoformat(text(step, when)) for when in ("from_utc", "to_utc"))
            octets = next(
                row[clock]
                for row, code in zip(step["rows"], codes_of(step["rows"], data), strict=True)
                if code == codes[name]
            )
            half_s = (ended - begun).total_seconds() / 2
            middle = (begun + timedelta(seconds=half_s)).isoformat()
            if fault := mistimed(octets, middle, rules_in(data), within_s=STAMP_S + half_s):
                return Judgement(outcome=Outcome.FAILED, reason=f"the record of {action} {fault}")
        judged.append(action)
    if not judged:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no request with a declared record moved it")
    return Judgement(outcome=Outcome.PASSED, reason=f"one record each of {', '.join(judged)}")
