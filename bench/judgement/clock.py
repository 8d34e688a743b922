"""Judge the clock: what was set is what goes on from there, in the local time of its rules; it drifts little."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.judgement.fields import number, part, text
from bench.judgement.meter_times import instant, rules_in, shown
from bench.judgement.registry import Context, judge
from bench.judgement.zones import judgement_on_limit
from bench.metrology.local_time import ClockRules
from bench.protocols.cosem_time import ClockStatus
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: Between setting and reading: rounding to whole seconds on both ends, and the time on the line.
TOLERANCE_S = 2.0
#: A clock further off than this is not merely slow.
WRONG_S = 60.0
SECONDS_PER_DAY = 86_400.0
NOT_SPECIFIED = 0xFF


@judge("dual.clock-set", version=1)
def judge_clock_set(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Each time that was set is taken, and read later it has gone on by what has passed, with its deviation."""
    data = observations[0].data
    rules, declared = rules_in(data), context.declaration.clock
    zone = declared.time_zone_min if declared is not None else None
    if zone is not None and rules.time_zone_min != zone:
        return _failed(f"time_zone is {rules.time_zone_min} min, {zone} is declared (UTC minus local time)")
    for trial in data["trials"]:
        words = f"set to {text(trial, 'what')}"
        if trial["result"] != "success":
            return _failed(f"{words}: refused ({trial['result']})")
        for reading in trial["readings"]:
            fault = _misread(reading, rules, _due(trial, reading))
            if fault:
                return _failed(f"{words}: {fault}")
    return Judgement(outcome=Outcome.PASSED, reason=f"{len(data['trials'])} times were taken and went on")


def _due(trial: Mapping[str, Any], reading: Mapping[str, Any]) -> datetime:
    passed_s = number(reading, "bench_s") - number(trial, "bench_s")
    return datetime.fromisoformat(text(trial, "utc")) + timedelta(seconds=passed_s)


def _misread(reading: Mapping[str, Any], rules: ClockRules, due: datetime) -> str:
    """Return what is wrong with a reading of the clock, or ""."""
    moment = shown(text(reading, "time"))
    try:
        seen = instant(moment, rules, near=due)
    except ValueError:
        return "the clock does not show a whole date and time"
    if abs((seen - due).total_seconds()) > TOLERANCE_S:
        return f"it reads {seen.isoformat()}, due was {due.isoformat()}"
    # right at a transition both sides are true
    allowed = {rules.deviation_min(due + timedelta(seconds=step)) for step in (-TOLERANCE_S, 0, TOLERANCE_S)}
    if moment.deviation_min is not None and moment.deviation_min not in allowed:
        return f"deviation {moment.deviation_min} min, {_either(allowed)} is due by the rules of the clock"
    if moment.status is None or len(allowed) > 1:
        return ""
    saving = bool(moment.status & ClockStatus.DAYLIGHT_SAVING_ACTIVE)
    if saving is not rules.saving(due):
        return f"the bit of daylight saving is {int(saving)} at {due.isoformat()}"
    return ""


def _either(values: set[int]) -> str:
    return " or ".join(map(str, sorted(values)))


@judge("dual.clock-refusals", version=1)
def judge_refusals(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """No time that does not exist is taken, and a refusal leaves the clock as it was."""
    data = observations[0].data
    rules = rules_in(data)
    start = part(data, "before")
    origin = instant(shown(text(start, "time")), rules)
    for trial in data["trials"]:
        reading = part(trial, "after")
        due = origin + timedelta(seconds=number(reading, "bench_s") - number(start, "bench_s"))
        fault = _misread(reading, rules, due)
        if fault:
            told = "taken" if trial["result"] == "success" else f"refused ({trial['result']})"
            return _failed(f"{trial['what']} was {told}, and the clock moved: {fault}")
        if trial["result"] == "success":
            return _failed(f"{trial['what']} was taken")
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{len(data['trials'])} times that do not exist were refused"
    )


@judge("dual.clock-drift", version=2)
def judge_drift(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """The clock gains or loses no more than declared, by two instants at which its second changed."""
    data = observations[0].data
    declared = context.declaration.clock
    limit_s = declared.drift_limit_s_per_day if declared is not None else 0.5
    first, last = part(data, "first"), part(data, "last")
    passed_s = number(last, "bench_s") - number(first, "bench_s")
    rules = rules_in(data)
    gone_s = (
        instant(shown(text(last, "time")), rules) - instant(shown(text(first, "time")), rules)
    ).total_seconds()
    u_s = (number(first, "within_s") + number(last, "within_s")) / 2
    days = passed_s / SECONDS_PER_DAY
    drift, u95 = (gone_s - passed_s) / days, u_s / days
    if u95 > limit_s / 2:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"the clock gained {drift:+.2f} s a day; the line leaves {u95:.2f} s a day open",
            measured=drift,
            limit=limit_s,
            unit="s/d",
            u95=u95,
        )
    return judgement_on_limit(
        measured=drift,
        limit=limit_s,
        u95=u95,
        unit="s/d",
        plan=context.plan,
        what=f"drift over {days:.2f} days",
    )


@judge("dual.clock-without-battery", version=2)
def judge_without_battery(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A clock that lost the time says so in its status, until it is set."""
    data = observations[0].data
    again = part(data, "set_again")
    still = (_status(again) or 0) | (shown(text(again, "time")).status or 0)
    if still & ClockStatus.INVALID_VALUE:
        return _failed(
            f"the clock was set again; its status {still:#04x} says still that the time is invalid"
        )
    rules, reading = rules_in(data), part(data, "after")
    moment = shown(text(reading, "time"))
    told = [status for status in (_status(reading), moment.status) if status is not None]
    status = functools.reduce(operator.or_, told, 0)
    admits = bool(status & (ClockStatus.INVALID_VALUE | ClockStatus.DOUBTFUL_VALUE))
    due = _bench_utc(reading) + timedelta(seconds=number(data, "offset_s"))
    try:
        off_s = (instant(moment, rules) - due).total_seconds()
    except ValueError:
        return Judgement(outcome=Outcome.PASSED, reason="the clock shows no date any more")
    if abs(off_s) <= WRONG_S:
        return Judgement(outcome=Outcome.PASSED, reason="the clock has kept the time")
    words = f"after {number(data, 'off_s') / 3600:.0f} h without supply and battery it is {off_s:+.0f} s off"
    if not told:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{words}; its status is not specified")
    if not admits:
        return _failed(f"{words}; its status {status:#04x} does not say so")
    return Judgement(outcome=Outcome.PASSED, reason=f"{words}; its status says so ({status:#04x})")


def _status(reading: Mapping[str, Any]) -> int | None:
    """Return the status attribute of the clock; None where it is FF, not specified (IEC 62056-6-2, date-time)."""
    status = int(number(reading, "status"))
    return None if status == NOT_SPECIFIED else status


def _bench_utc(reading: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(text(reading, "utc")).astimezone(UTC)


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)
