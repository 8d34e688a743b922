"""Judge a year that passed: the clock went on evenly, told local time by its rules, and no day or month is missing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime

from bench.judgement.fields import number, text
from bench.judgement.meter_times import instant_of_row, rules_in, shown
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: A clock may be so far off after a stretch of time; how well it keeps time is judged elsewhere.
UNEVEN, UNEVEN_S = 1e-4, 2.0
STAMP_S = 1.0
MONTHS_A_YEAR = 12


@judge("dual.year", version=1)
def judge_year(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """From each look to the next the clock moved by the time that passed, with the deviation of its rules."""
    data = observations[0].data
    rules, readings = rules_in(data), data["readings"]
    for reading in readings:
        moment, at = shown(text(reading, "time")), datetime.fromisoformat(text(reading, "instant"))
        due = rules.deviation_min(at)
        if moment.deviation_min is not None and moment.deviation_min != due:
            return _failed(
                f"at {at:%Y-%m-%d %H:%M:%S} UTC the deviation is {moment.deviation_min}, {due} is due"
            )
    for early, late in itertools.pairwise(readings):
        passed_s = number(late, "bench_s") - number(early, "bench_s")
        from_, to = (datetime.fromisoformat(text(reading, "instant")) for reading in (early, late))
        off_s = (to - from_).total_seconds() - passed_s
        if abs(off_s) > UNEVEN_S + UNEVEN * passed_s:
            return _failed(
                f"from {from_:%Y-%m-%d} to {to:%Y-%m-%d} the clock moved {off_s:+.0f} s more than passed"
            )
    days = (number(readings[-1], "bench_s") - number(readings[0], "bench_s")) / 86_400
    return Judgement(outcome=Outcome.PASSED, reason=f"{len(readings)} looks in {days:.0f} days agree")


@judge("dual.year-rows", version=1)
def judge_rows(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Rows of a day or a month follow each other by one day or month of local time, at one time of day."""
    data = observations[0].data
    rules, told = rules_in(data), []
    for book in data["books"]:
        step, times = text(book, "step"), book["times"]
        if len(times) < 2:
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{len(times)} rows of a {step}")
        local = [rules.local(instant_of_row(shown(octets), rules)) for octets in times]
        for early, late in itertools.pairwise(local):
            if _steps(early, late, step) != 1 or abs(_second(late) - _second(early)) > STAMP_S:
                return _failed(
                    f"after the row of {early:%Y-%m-%d %H:%M:%S} comes {late:%Y-%m-%d %H:%M:%S}, "
                    f"one {step} later was due"
                )
        told.append(f"{len(times)} {step}s")
    return Judgement(outcome=Outcome.PASSED, reason=f"{', '.join(told)} follow each other")


def _steps(early: datetime, late: datetime, step: str) -> int:
    if step == "day":
        return (late.date() - early.date()).days
    same = early.day == late.day
    return (late.year - early.year) * MONTHS_A_YEAR + late.month - early.month if same else 0


def _second(moment: datetime) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)
