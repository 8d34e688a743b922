"""Judge the records of a switch: each motion leaves exactly one, of who asked for it, with its time (invariant I3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bench.judgement.events import STAMP_S, codes_of, mistimed
from bench.judgement.fields import number, part, text, truth
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
    ("overload", False): "limiter-disconnect",
    ("hold_over", True): "limiter-reconnect",
}
#: What the limiter does is a local motion where it has no code of its own, and may be told as one beside it.
LOCAL = {"limiter-disconnect": "local-disconnect", "limiter-reconnect": "local-reconnect"}
FAILED_MOTION = "switch-failed"
RELEASE = "limiter-reconnect"


@judge("dual.switch-records", version=4)
def judge_records(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Of the codes declared for the switch each request that did something left one, the one for who asked.

    Where the log has a time, it is one between the request (``from_utc``) and the look after it (``to_utc``), both by
    the clock of the meter: how well that goes is judged where the clock is.
    """
    data = observations[0].data
    clock = data.get("clock_column")
    told = {name: int(code) for name, code in part(data, "codes").items() if name != FAILED_MOTION}
    codes = {**{name: told[local] for name, local in LOCAL.items() if local in told}, **told}
    judged = []
    for step in data["steps"]:
        action, before, after = text(step, "do"), number(step, "before"), number(step, "after")
        name = DUE.get((action, after == ON))
        if before == after or name is None or name not in codes:
            continue
        seen = [code for code in codes_of(step["rows"], data) if code in codes.values()]
        left, beside = [*seen], codes.get(LOCAL.get(name, name))
        if step.get("hold_may_be_over"):  # the limiter may have let go, which not every control mode answers
            release = {codes.get(RELEASE), codes.get(LOCAL[RELEASE])}
            while left[1:] and left[-1] in release:
                release.discard(left.pop())
        if [code for code in left if code != beside or code == codes[name]] != [codes[name]]:
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


@judge("dual.switch-failure-record", version=1)
def judge_failure(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A switch that does not open when it is told to leaves a record of that, between the order and the look.

    How often it is told is the maker's own: some meters try again, and record each time.
    """
    data = observations[0].data
    due, clock = int(number(data, "code")), data.get("clock_column")
    if not truth(data, "live"):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason="the load side was dead: the contact did not stick"
        )
    codes = codes_of(data["rows"], data)
    if due not in codes:
        reason = f"the contact stayed closed when it was told to open: recorded {codes}, {due} is due"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    if clock is not None:
        begun, ended = (datetime.fromisoformat(text(data, when)) for when in ("from_utc", "to_utc"))
        half_s = (ended - begun).total_seconds() / 2
        middle = (begun + timedelta(seconds=half_s)).isoformat()
        octets = data["rows"][codes.index(due)][clock]
        if fault := mistimed(octets, middle, rules_in(data), within_s=STAMP_S + half_s):
            return Judgement(outcome=Outcome.FAILED, reason=f"the record of the failed motion {fault}")
    return Judgement(outcome=Outcome.PASSED, reason=f"the failed motion is recorded ({due})")
