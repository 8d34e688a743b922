"""Judge event logs: each cause leaves exactly its record, in order, with the time of the meter's clock; 100 a kind."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bench.judgement.fields import count, number, part, text, truth
from bench.judgement.meter_times import instant, rules_in, shown
from bench.judgement.registry import Context, judge
from bench.metrology.local_time import ClockRules
from bench.protocols.cosem_time import DateTime
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: A record may be written as late as this after its cause has lasted for its time, and as early.
STAMP_S = 3.0
#: Records that one begin and one end may leave in a log with everything that belongs to them.
MOST_RECORDS = 6


def codes_of(rows: Sequence[Sequence[Any]], data: Mapping[str, Any]) -> list[int]:
    """Return the codes of rows of a log in their order."""
    column = int(number(data, "code_column"))
    return [int(row[column]) for row in rows]


@judge("dual.event-pair", version=1)
def judge_pair(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A condition that came and went left one record of its begin and one of its end, at their times."""
    data = observations[0].data
    rows, rules, words = data["rows"], rules_in(data), text(data, "what")
    if truth(data, "silent"):
        return _failed(f"{words}: the meter did not answer any more")
    codes = codes_of(rows, data)
    begins, ends = int(number(data, "begins")), data.get("ends")
    if (begun := codes.count(begins)) != 1:
        return _failed(f"{words}: {begun} records of its begin ({begins}), one is due; recorded: {codes}")
    if ends is not None and ends != begins:
        if (ended := codes.count(int(ends))) != 1:
            return _failed(f"{words}: {ended} records of its end ({ends}), one is due; recorded: {codes}")
        if codes.index(int(ends)) < codes.index(begins):
            return _failed(f"{words}: its end is recorded before its begin")
    if len(codes) > MOST_RECORDS:
        return _failed(f"{words}: {len(codes)} records: {codes}")
    clock = data.get("clock_column")
    if clock is not None:
        due = {
            begins: text(data, "begin_due"),
            **({int(ends): text(data, "end_due")} if ends is not None else {}),
        }
        for row, code in zip(rows, codes, strict=True):
            within_s = STAMP_S + number(data, "uncertain_s")
            if code in due and (fault := mistimed(row[clock], due[code], rules, within_s=within_s)):
                return _failed(f"{words}: record {code} {fault}")
    if (counter := data.get("counted")) is not None and counter != 1:
        return _failed(f"{words}: its counter moved by {counter}, one is due")
    return Judgement(outcome=Outcome.PASSED, reason=f"{words}: recorded {codes}")


def mistimed(octets: str, due: str, rules: ClockRules, *, within_s: float) -> str:
    """Return what is wrong with the time of a record that is due at an instant of the meter's clock, or ""."""
    moment: DateTime = shown(octets)
    wanted = datetime.fromisoformat(due)
    seen = instant(moment, rules, near=wanted)
    if abs((seen - wanted).total_seconds()) > within_s:
        return f"is stamped {seen.isoformat()}, {wanted.isoformat()} is due"
    if moment.deviation_min is None:
        local = rules.local(wanted)
        if abs((moment.to_datetime() - local).total_seconds()) > within_s:
            return f"is stamped {moment.to_datetime().isoformat()}, local time was {local.isoformat()}"
    return ""


@judge("dual.event-none", version=1)
def judge_none(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """What is no such condition leaves no record of it."""
    data = observations[0].data
    codes = codes_of(data["rows"], data)
    wrong = [code for code in codes if code in data["codes"]]
    if wrong:
        return _failed(f"{text(data, 'what')}: recorded {wrong}, which is none of it")
    return Judgement(outcome=Outcome.PASSED, reason=f"{text(data, 'what')}: no record")


@judge("dual.event-capacity", version=2)
def judge_capacity(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """More records of one kind than fit: the newest stay, in order, and the other logs lose none."""
    data = observations[0].data
    rows, capacity, made = data["rows"], count(data, "capacity"), count(data, "made")
    codes = codes_of(rows, data)
    if len(rows) < min(capacity, made):
        return _failed(f"{made} records were made, {len(rows)} are left, {capacity} should be")
    due = [data["begins"], data["ends"]] * made
    tail = codes[-min(capacity, made) :]
    if tail != due[made % 2 :][: len(tail)] and tail != due[-len(tail) :]:
        return _failed(f"after {made} records the last of the log are {tail[-6:]}")
    clock, rules = data.get("clock_column"), rules_in(data)
    if clock is not None:
        times = [instant(shown(row[clock]), rules) for row in rows[-len(tail) :]]
        if any(late < early for early, late in itertools.pairwise(times)):
            return _failed("the records are not in the order of their times")
        newest = datetime.fromisoformat(text(data, "newest_due"))
        if abs((times[-1] - newest).total_seconds()) > STAMP_S + number(data, "uncertain_s"):
            return _failed(f"the newest record is of {times[-1].isoformat()}, {newest.isoformat()} is due")
    for name, log in part(data, "others").items():
        if not _slides(log["before"], log["after"], capacity):
            return _failed(
                f"the {name} log had {len(log['before'])} records and has {len(log['after'])}: some are lost"
            )
    return Judgement(outcome=Outcome.PASSED, reason=f"{made} records made, the newest {len(tail)} are there")


@judge("dual.log-reset", version=1)
def judge_reset(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A reading client cannot empty a log; if somebody may, the log says that it was emptied."""
    data = observations[0].data
    before, after, answer = data["before"], data["after"], text(data, "answer")
    if not before:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the log was empty")
    kept = [row for row in before if row in after]
    if len(kept) >= len(before) - 1:
        return Judgement(
            outcome=Outcome.PASSED, reason=f"reset by the reader: {answer}; the records are there"
        )
    cleared = data.get("log_cleared")
    if cleared is not None and cleared in codes_of(after, data):
        return _failed(
            f"the reader emptied the log ({answer}); it says so, but {len(before)} records are gone"
        )
    return _failed(f"the reader emptied the log ({answer}) and nothing tells of it")


@judge("dual.counter-kept", version=1)
def judge_counter(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """The counters and the log of tamper conditions outlive the loss of supply."""
    data = observations[0].data
    for name, item in part(data, "counters").items():
        if item["after"] != item["before"]:
            return _failed(
                f"the counter of {name} is {item['after']} after a power cut, it was {item['before']}"
            )
    for name, log in part(data, "logs").items():
        if [row for row in log["before"] if row not in log["after"]]:
            return _failed(f"the {name} log lost records in a power cut")
    return Judgement(outcome=Outcome.PASSED, reason="counters and logs are as before the power cut")


@judge("dual.tamper-response", version=1)
def judge_response(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """The configured response is given: with log only the switch stays, with disconnect it opens and holds."""
    data = observations[0].data
    if text(data, "configured") != "success":
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason=f"the response was not taken: {data['configured']}"
        )
    if not truth(data, "live_before"):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the switch was not closed before")
    wanted, live = text(data, "response"), truth(data, "live_after")
    words = f"{text(data, 'what')} with the response {wanted}"
    if wanted == "disconnect" and live:
        return _failed(f"{words}: the switch stays closed")
    if wanted == "log" and not live:
        return _failed(f"{words}: the switch opened")
    if data.get("live_after_end") is not None and wanted == "disconnect" and truth(data, "live_after_end"):
        return _failed(f"{words}: the switch closed again without anybody's permission (rule A5)")
    return Judgement(outcome=Outcome.PASSED, reason=f"{words}: the switch {'stays' if live else 'opens'}")


@judge("dual.tamper-matrix", version=2)
def judge_matrix(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Each condition has the response configured for it: log nothing more, alarm the alarm, disconnect the switch.

    Whether a condition that disconnects raises the alarm too is left to the maker.
    """
    data = observations[0].data
    rows = data["rows"]
    refused = [row["configured"] for row in rows if row["configured"] != "success"]
    if refused:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"the responses were not taken: {refused[0]}")
    seen = 0
    for row in rows:
        others = ", ".join(f"{item['what']} {item['response']}" for item in row["trials"])
        for trial in row["trials"]:
            if not truth(trial, "live_before"):
                continue
            seen += 1
            wanted, live, alarm = text(trial, "response"), truth(trial, "live_after"), trial.get("alarm")
            words = f"{text(trial, 'what')} with the response {wanted} (configured: {others})"
            if live is (wanted == "disconnect"):
                return _failed(f"{words}: the switch {'stays closed' if live else 'opened'}")
            if alarm is not None and wanted != "disconnect" and alarm is not (wanted == "alarm"):
                return _failed(f"{words}: {'the alarm is raised' if alarm else 'no alarm'}")
    every = sum(len(row["trials"]) for row in rows)
    if seen < every:
        reason = f"the switch was not closed before {every - seen} of {every} conditions"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"{', '.join(trial['what'] for trial in rows[0]['trials'])}: {seen} times in {len(rows)} settings, "
        "each its own" + "".join(f"; {name} cannot be configured" for name in data.get("fixed", ())),
    )


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)


def _slides(before: Sequence[Any], after: Sequence[Any], capacity: int) -> bool:
    """Return whether a log lost nothing but what records of its own pushed out, being full."""
    pushed_out = max(1, len(before)) if len(after) == capacity else 1
    return any(before[start:] == after[: len(before) - start] for start in range(pushed_out))
