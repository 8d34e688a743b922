"""Judge tariffs: the rate of every local time is that of the calendar, and the registers of the rates are the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bench.judgement.fields import number, numbers, part, positive, text
from bench.judgement.meter_times import rules_in
from bench.judgement.registry import Context, judge
from bench.metrology.tariff_calendar import Tariffs
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: A rate must be in force one second after its time by the meter's clock; the bench may be off by as much again.
SWITCH_S = 2.0
#: Rates that move by less than this together say nothing of their shares.
LEAST_DIGITS = 20


@judge("dual.tariff-rates", version=1)
def judge_rates(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """At each probe the rate is that of the calendar in local time; within two seconds of a switch, either."""
    data = observations[0].data
    refused = [answer for answer in data["installed"] if answer != "success"]
    if refused:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason=f"the meter did not take the calendar: {data['installed']}"
        )
    tariffs, rules = tariffs_of(part(data, "tariffs")), rules_in(data)
    for probe in data["probes"]:
        rate = probe["rate"]
        if isinstance(rate, str):
            return Judgement(
                outcome=Outcome.INCONCLUSIVE, reason=f"the active rate is told as {rate}, not as a number"
            )
        at = datetime.fromisoformat(text(probe, "utc"))
        allowed = {
            tariffs.rate(rules.local(at + timedelta(seconds=step))) for step in (-SWITCH_S, 0.0, SWITCH_S)
        }
        if rate not in allowed:
            due = " or ".join(map(str, sorted(allowed)))
            local = rules.local(at).strftime("%Y-%m-%d %H:%M:%S")
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"{text(probe, 'what')}: rate {rate} at local time {local}, {due} is due",
            )
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"{len(data['probes'])} moments of the year have the rate of the calendar",
    )


def tariffs_of(data: Mapping[str, Any]) -> Tariffs:
    """Return a calendar as a case recorded it."""
    return Tariffs(
        seasons={name: (row[0], row[1], row[2]) for name, row in part(data, "seasons").items()},
        weeks={name: tuple(days) for name, days in part(data, "weeks").items()},
        days={
            int(name): tuple((action[0], action[1]) for action in day)
            for name, day in part(data, "days").items()
        },
        special=dict(part(data, "special")),
    )


@judge("dual.tariff-sum", version=1)
def judge_sum(observations: Sequence[Observation], _requirement: Requirement, _context: Context) -> Judgement:
    """Before and after a switch under load the rates add up to the total, and move together as it does."""
    data = observations[0].data
    before, after = numbers(data, "rates_before_wh"), numbers(data, "rates_after_wh")
    total_before, total_after = number(data, "total_before_wh"), number(data, "total_after_wh")
    digit = positive(data, "resolution_wh")
    moved = [late - early for early, late in zip(before, after, strict=True)]
    total = total_after - total_before
    room = digit * max(1, sum(1 for value in after if value))
    for when, rates, register in (("before", before, total_before), ("after", after, total_after)):
        if abs(sum(rates) - register) > room:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"{when} the switch the rates add up to {sum(rates):g} Wh, the total is {register:g} Wh",
                measured=sum(rates) - register,
                limit=room,
                unit="Wh",
            )
    if abs(sum(moved) - total) > room:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"the rates moved by {sum(moved):g} Wh, the total by {total:g} Wh",
            measured=sum(moved) - total,
            limit=room,
            unit="Wh",
        )
    return Judgement(
        outcome=Outcome.PASSED, reason=f"the rates moved by {sum(moved):g} Wh, the total by {total:g} Wh"
    )


@judge("dual.tariff-registers", version=2)
def judge_registers(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Over a switch under load each rate takes its share of what all of them moved by, and no other rate moves.

    How much that is, is the accuracy of the meter and judged elsewhere; here counts to which rate it went.
    """
    data = observations[0].data
    before, after = numbers(data, "rates_before_wh"), numbers(data, "rates_after_wh")
    digit, seconds_of = positive(data, "resolution_wh"), part(data, "seconds")
    moved = [late - early for early, late in zip(before, after, strict=True)]
    if sum(moved) < LEAST_DIGITS * digit:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"the rates moved by {sum(moved):g} Wh, too little to be shared at {digit:g} Wh a digit",
        )
    power_w = sum(moved) / sum(float(seconds) for seconds in seconds_of.values()) * 3600
    for rate, seconds in seconds_of.items():
        due = power_w * float(seconds) / 3600
        bound = power_w * (SWITCH_S + number(data, "uncertain_s")) / 3600 + 2 * digit
        got = moved[int(rate) - 1]
        if abs(got - due) > bound:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"rate {rate} moved by {got:g} Wh, {due:.1f} Wh were due in its {seconds:g} s",
                measured=got - due,
                limit=bound,
                unit="Wh",
            )
    strange = [rate for rate, value in enumerate(moved, 1) if value and str(rate) not in seconds_of]
    if strange:
        return Judgement(
            outcome=Outcome.FAILED, reason=f"rates {strange} moved although they were not in force"
        )
    told = ", ".join(f"rate {rate} by {moved[int(rate) - 1]:g} Wh" for rate in seconds_of)
    return Judgement(outcome=Outcome.PASSED, reason=f"of {sum(moved):g} Wh {told}, as the time says")


@judge("dual.tariff-refusals", version=1)
def judge_refusals(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A calendar that cannot stand is refused when it is written or when it is activated; the active one stays."""
    data = observations[0].data
    for trial in data["trials"]:
        answers = [*trial["written"], trial["activated"]]
        if trial["active_after"] != data["active_before"]:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"{trial['what']}: {answers}, and the active calendar is another one now",
            )
        if all(answer == "success" for answer in answers):
            return Judgement(outcome=Outcome.FAILED, reason=f"{trial['what']} was taken and activated")
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{len(data['trials'])} calendars that cannot stand were refused"
    )


@judge("dual.waiting-calendar", version=1)
def judge_waiting(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Before its time the first calendar is in force, after it the one that waited."""
    data = observations[0].data
    if any(answer != "success" for answer in data["installed"]):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason=f"the meter did not take the calendars: {data['installed']}"
        )
    early, late = data["early"], data["late"]
    if not isinstance(early, int) or not isinstance(late, int):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the active rate is not told as a number")
    noon = datetime(2026, 1, 1, 12)  # noqa: DTZ001  # local time; both calendars have one rate for every hour
    due = [tariffs_of(part(data, name)).rate(noon) for name in ("tariffs", "waiting")]
    if [early, late] != due:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"rate {early} before and {late} after the activation time; {due[0]} and {due[1]} are due",
        )
    return Judgement(outcome=Outcome.PASSED, reason=f"rate {early} before, {late} after the activation time")
