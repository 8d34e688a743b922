"""Event logs: each cause gives exactly its record, in order and time; 100 of a kind; nobody reads them away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bench.judgement.project_rules import project_rule
from bench.meter.dlms_client import Refused, opened
from bench.protocols.axdr import array, decode_all, encode, enum, long_unsigned, structure
from bench.protocols.data import integer
from bench.record.functions_declaration import ConditionDeclaration, EventsDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh, credit_for
from bench.run.log_book import LogBook
from bench.run.meter_clock import MeterTime, meter_time, rules_data
from bench.run.spending import Spends
from bench.run.stimuli import BEYOND, SHORT_OF, Stimulus, stimulus, swell
from bench.run.switch import bring_to, load_side_live, settle, settle_time_s
from bench.run.tokens_taken import NO_TOKENS, takes_tokens
from bench.standards.control_modes import ControlState
from suites.dual.event_desk import (
    CUT_S,
    START_UP_S,
    closed_again,
    cut,
    declared_events,
    loop_kept_closed,
    permit,
)

NEEDS = (Need.SOURCE, Need.HANDS, Need.READER, Need.MANAGEMENT)
ENERGY = "1-0:1.8.0.255"
#: A condition is left to stand for so much longer than it must last, and so is its absence.
LONGER_S = 3.0
#: The own limit of cases that raise the voltage, as a factor of Un, and of the highest they go to.
VOLTAGE_LIMIT = 1.3
OPEN_S = 10.0
#: Conditions that are made by a current through the meter.
CURRENTS = frozenset({"current reversed", "bypass", "over-current"})
CREDIT_WH = 1000.0
ONE_CYCLE, SHORT_S = 0.02, 1.0
#: A source takes about a second to make a swell; conditions that are declared to be faster are not tried with it.
LEAST_DURATION_S = 5.0
EXTRA_RECORDS = 12
LOG_ONLY, DISCONNECT = 0, 2
CAPACITIVE_DEG, INDUCTIVE_DEG = -36.87, 60.0
PROFILE, RESET = 7, 1


@case(
    "dual/events",
    project_rule("R-040 to R-045, R-060 to R-063: each condition is recorded, begin and end", Topic.EVENT),
    needs=NEEDS,
    alters=[Alters.SETTINGS, Alters.CREDIT, Alters.REGISTERS],
    stage=Stage.MEMORY,
)
def test_events(bench: CaseBench) -> None:
    """Make each declared condition and take it away: one record of its begin, one of its end, at their times."""
    events = declared_events(bench)
    if events is None:
        return
    credit_for(bench, CREDIT_WH)
    book = LogBook(bench, events)
    limit_v = VOLTAGE_LIMIT * bench.declaration.nameplate.voltage_v
    with (
        meter_time(bench) as time,
        bench.rack.abnormal_voltage(limit_v, by="dual/events"),
        loop_kept_closed(bench),
    ):
        for row in events.condition:
            sub = row.name.replace(" ", "_")
            if row.log not in events.logs:
                bench.state(Outcome.INAPPLICABLE, f"the {row.log} log is not declared", sub=sub)
                continue
            way = stimulus(bench, row)
            if way.cannot:
                bench.state(Outcome.NOT_RUN, way.cannot, sub=sub)
                continue
            if row.name in CURRENTS and not load_side_live(bench):
                bench.state(Outcome.NOT_RUN, "the supply switch is open, so no current flows", sub=sub)
                continue
            seen = bench.observe("event-pair", _pair(bench, time, book, row, way))
            bench.judge("dual.event-pair/1", seen, sub=sub)
            closed_again(bench)


def _pair(
    bench: CaseBench, time: MeterTime, book: LogBook, row: ConditionDeclaration, way: Stimulus
) -> dict[str, Any]:
    before, counted = book.tail(row.log), book.count(row.counter)
    begun_s = bench.clock.now()
    begun = time.now()
    way.make()
    making_s = bench.clock.now() - begun_s
    bench.clock.sleep(row.after_s + LONGER_S)
    silent = not book.answers()
    ending_s = bench.clock.now()
    ended = time.now()
    way.end()
    uncertain_s = max(making_s, bench.clock.now() - ending_s)
    bench.clock.sleep(row.after_s + LONGER_S + (START_UP_S if silent else 0.0))
    counter = book.count(row.counter)
    return {
        "rules": rules_data(time.rules),
        "what": row.name,
        "rows": book.new(row.log, before),
        **book.places(row.log),
        "begins": row.begins,
        "ends": row.ends,
        "begin_due": (begun + timedelta(seconds=row.after_s)).isoformat(),
        "end_due": (ended + timedelta(seconds=row.after_s)).isoformat(),
        "uncertain_s": uncertain_s,
        "silent": silent,
        "counted": counter - counted if counter is not None and counted is not None else None,
    }


@case(
    "dual/events_without_supply",
    project_rule("R-040, R-041: a cover opened without supply is recorded", Topic.EVENT),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_events_without_supply(bench: CaseBench) -> None:
    """Open a cover for ten seconds without supply: its record is there afterwards, and counters have not moved back."""
    events = declared_events(bench)
    if events is None:
        return
    rows = [row for row in events.condition if row.without_supply and row.log in events.logs]
    if not rows:
        bench.state(Outcome.INAPPLICABLE, "no condition is declared to be detected without supply")
        return
    book = LogBook(bench, events)
    with meter_time(bench) as time:
        for row in rows:
            way, before = stimulus(bench, row), book.tail(row.log)

            def opened_and_closed(way: Stimulus = way) -> None:
                way.make()
                bench.clock.sleep(OPEN_S)
                way.end()

            begun = time.now()
            cut(bench, opened_and_closed)
            bench.clock.sleep(LONGER_S)
            seen = bench.observe(
                "event-pair",
                {
                    "rules": rules_data(time.rules),
                    "what": f"{row.name} opened without supply",
                    "rows": book.new(row.log, before),
                    **book.places(row.log),
                    "begins": row.begins,
                    "ends": None,
                    "begin_due": (begun + timedelta(seconds=CUT_S / 2)).isoformat(),
                    "uncertain_s": CUT_S + OPEN_S + START_UP_S,
                },
            )
            bench.judge("dual.event-pair/1", seen, sub=row.name.replace(" ", "_"))
        for row in rows:
            seen = bench.observe("event-pair", _ended_without_supply(bench, time, book, row))
            bench.judge("dual.event-pair/1", seen, sub=f"{row.name.replace(' ', '_')}/ended")


def _ended_without_supply(
    bench: CaseBench, time: MeterTime, book: LogBook, row: ConditionDeclaration
) -> dict[str, Any]:
    """Make a condition, take the supply away, and let it end before the supply is back."""
    way, before, begun = stimulus(bench, row), book.tail(row.log), time.now()
    way.make()
    bench.clock.sleep(row.after_s + LONGER_S)
    ended = time.now()
    cut(bench, way.end)
    bench.clock.sleep(row.after_s + LONGER_S)
    return {
        "rules": rules_data(time.rules),
        "what": f"{row.name} that ended without supply",
        "rows": book.new(row.log, before),
        **book.places(row.log),
        "begins": row.begins,
        "ends": row.ends,
        "begin_due": (begun + timedelta(seconds=row.after_s)).isoformat(),
        "end_due": (ended + timedelta(seconds=CUT_S / 2)).isoformat(),
        "uncertain_s": CUT_S + row.after_s + START_UP_S,
    }


@case(
    "dual/events_persistence",
    project_rule("R-061: counters and records of tamper conditions outlive the supply", Topic.EVENT),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_events_persistence(bench: CaseBench) -> None:
    """Count each condition that has a counter once, cut the supply, and compare counters and logs."""
    events = declared_events(bench)
    if events is None:
        return
    rows = [row for row in events.condition if row.counter]
    if not rows:
        bench.state(Outcome.INAPPLICABLE, "no counter of a condition is declared")
        return
    book = LogBook(bench, events)
    for row in rows:
        way = stimulus(bench, row)
        way.make()
        bench.clock.sleep(row.after_s + LONGER_S)
        way.end()
        bench.clock.sleep(row.after_s + LONGER_S)
    counters = {row.name: {"before": book.count(row.counter)} for row in rows}
    names = sorted({row.log for row in rows if row.log in events.logs})
    logs: dict[str, dict[str, Any]] = {name: {"before": book.tail(name)} for name in names}
    cut(bench)
    for row in rows:
        counters[row.name]["after"] = book.count(row.counter)
    for name in names:
        logs[name]["after"] = book.tail(name)
    seen = bench.observe("counter-kept", {"counters": counters, "logs": logs})
    bench.judge("dual.counter-kept/1", seen)


@case(
    "dual/events_false_alarms",
    project_rule("R-042, R-062: thresholds and durations of events", Topic.EVENT),
    needs=NEEDS,
    alters=[Alters.CREDIT, Alters.REGISTERS],
    stage=Stage.MEMORY,
)
def test_events_false_alarms(bench: CaseBench) -> None:
    """Reactive loads are no reversal; short swells and sags, and what stays short of a threshold, are no event."""
    events = declared_events(bench)
    if events is None:
        return
    credit_for(bench, CREDIT_WH)
    book = LogBook(bench, events)
    done = False
    limit_v = VOLTAGE_LIMIT * bench.declaration.nameplate.voltage_v
    with bench.rack.abnormal_voltage(limit_v, by="dual/events_false_alarms"), loop_kept_closed(bench):
        for row in events.condition:
            if row.log not in events.logs or row.name not in {
                "current reversed",
                "over-voltage",
                "under-voltage",
            }:
                continue
            before = book.tail(row.log)
            what = _harmless(bench, row)
            seen = bench.observe(
                "event-none",
                {
                    "what": what,
                    "rows": book.new(row.log, before),
                    **book.places(row.log),
                    "codes": [row.begins],
                },
            )
            bench.judge("dual.event-none/1", seen, sub=row.name.replace(" ", "_"))
            done = True
    if not done:
        bench.state(Outcome.INAPPLICABLE, "no condition with a threshold of voltage or power is declared")


def _harmless(bench: CaseBench, row: ConditionDeclaration) -> str:
    """Do what comes close to a condition and is none; return what was done."""
    lasting_s = row.after_s + LONGER_S
    if row.name == "current reversed":
        for lag_deg in (CAPACITIVE_DEG, INDUCTIVE_DEG):
            bench.run.load(
                voltage_factor=1.0, current_a=bench.declaration.nameplate.basic_current_a, lag_deg=lag_deg
            )
            bench.clock.sleep(lasting_s)
        bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        return "PF 0.8 cap and 0.5 ind"
    threshold = row.threshold or 1.0
    over = row.name == "over-voltage"
    if row.after_s > LEAST_DURATION_S:
        swell(bench, threshold * (BEYOND if over else SHORT_OF), ONE_CYCLE if over else SHORT_S)
    bench.run.load(voltage_factor=threshold * (SHORT_OF if over else BEYOND), current_a=0.0, lag_deg=0.0)
    bench.clock.sleep(lasting_s)
    bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
    return f"{'a cycle' if over else 'a second'} beyond the threshold, and long short of it"


@case(
    "dual/events_capacity",
    project_rule("R-060: 100 records of each type, the oldest leaves", Topic.EVENT),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_events_capacity(bench: CaseBench) -> None:
    """Make more records of one kind than its log holds: the newest are there, and no other log has lost one."""
    events = declared_events(bench)
    if events is None:
        return
    row = events.condition_named("cover")
    if row is None or row.ends is None or row.log not in events.logs:
        bench.state(Outcome.INAPPLICABLE, "no cover with records of its begin and end is declared")
        return
    book, way = LogBook(bench, events), stimulus(bench, row)
    others: dict[str, dict[str, Any]] = {
        name: {"before": book.tail(name, events.entries)} for name in events.logs if name != row.log
    }
    with meter_time(bench) as time:
        book.tail(row.log, 1)
        pairs = (events.entries + EXTRA_RECORDS) // 2
        pause_s = row.after_s + SHORT_S
        for _ in range(pairs):
            way.make()
            bench.clock.sleep(pause_s)
            way.end()
            bench.clock.sleep(pause_s)
        newest = time.now() - timedelta(seconds=SHORT_S)
        for name in others:
            others[name]["after"] = book.tail(name, events.entries)
        seen = bench.observe(
            "event-capacity",
            {
                "rules": rules_data(time.rules),
                "rows": book.tail(row.log, events.entries),
                **book.places(row.log),
                "capacity": events.entries,
                "made": 2 * pairs,
                "begins": row.begins,
                "ends": row.ends,
                "newest_due": newest.isoformat(),
                "uncertain_s": pause_s,
                "others": others,
            },
        )
    bench.judge("dual.event-capacity/2", seen)


@case(
    "dual/events_reset",
    project_rule("R-060: a log is protected", Topic.EVENT),
    needs=NEEDS,
    alters=[Alters.SETTINGS],
    stage=Stage.MEMORY,
)
def test_events_reset(bench: CaseBench) -> None:
    """The reader asks every log to be emptied: its records stay."""
    events = declared_events(bench)
    if events is None:
        return
    if not events.logs:
        bench.state(Outcome.INAPPLICABLE, "no log is declared")
        return
    if bench.declaration.association_named("reader") is None:
        bench.state(Outcome.INAPPLICABLE, "no client is declared that may read and no more")
        return
    book, emptied = LogBook(bench, events), False
    with opened(bench.position.client("reader")) as client:
        for name, obis in events.logs.items():
            before = book.tail_in(client, name)
            if not before:
                continue
            try:
                client.invoke(PROFILE, obis, RESET, integer(0))
                answer = "success"
            except Refused as refusal:
                answer = str(refusal.result)
            seen = bench.observe(
                "log-reset",
                {
                    "before": before,
                    "after": book.tail_in(client, name),
                    "answer": answer,
                    "log_cleared": events.log_cleared,
                    **book.places(name),
                },
            )
            bench.judge("dual.log-reset/1", seen, sub=name)
            emptied = True
    if not emptied:
        bench.state(Outcome.NOT_RUN, "every log is empty")


@case(
    "dual/tamper_response",
    project_rule("R-046: the response to a tamper event is configurable; A5", Topic.EVENT),
    needs=(*NEEDS, Need.VENDING_KEY, Need.TOKEN_GATEWAY),
    alters=[Alters.SETTINGS, Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=2),
    stage=Stage.MEMORY,
)
def test_tamper_response(bench: CaseBench) -> None:
    """With log only an opened cover leaves the switch alone, with disconnect it opens it until somebody permits."""
    events, supply = declared_events(bench), bench.declaration.supply
    if events is None:
        return
    row = events.condition_named("cover")
    if row is None or not events.responses or supply is None:
        bench.state(Outcome.INAPPLICABLE, "no configurable response to an opened cover is declared")
        return
    if not counts_kwh(bench):
        bench.state(
            Outcome.NOT_RUN, "the bench cannot clear a tamper condition of a meter without credit in kWh"
        )
        return
    if supply.control_mode == 0:
        bench.state(Outcome.INAPPLICABLE, "the declared control mode never opens the switch")
        return
    if not takes_tokens(bench):
        bench.state(Outcome.NOT_RUN, NO_TOKENS)
        return
    with opened(bench.position.client("management")) as client:
        original = encode(client.get(1, events.responses, 2))
    try:
        for response, word in ((LOG_ONLY, "log"), (DISCONNECT, "disconnect")):
            closed_again(bench)
            data = _response(bench, events, row, response)
            seen = bench.observe("tamper-response", {**data, "response": word, "what": row.name})
            bench.judge("dual.tamper-response/1", seen, sub=word)
    finally:
        with opened(bench.position.client("management")) as client:
            client.set(1, events.responses, 2, decode_all(original))
        permit(bench)
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)


def _response(
    bench: CaseBench, events: EventsDeclaration, row: ConditionDeclaration, response: int
) -> dict[str, Any]:
    way = stimulus(bench, row)
    with opened(bench.position.client("management")) as client:
        try:
            client.set(1, events.responses, 2, array(structure(long_unsigned(row.begins), enum(response))))
            configured = "success"
        except Refused as refusal:
            configured = str(refusal.result)
    live_before = load_side_live(bench)
    way.make()
    bench.clock.sleep(row.after_s + LONGER_S + settle_time_s(bench))
    live_after = load_side_live(bench)
    way.end()
    bench.clock.sleep(row.after_s + LONGER_S)
    settle(bench)
    return {
        "configured": configured,
        "live_before": live_before,
        "live_after": live_after,
        "live_after_end": load_side_live(bench),
    }
