"""Who moved the switch stands in its log, once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from bench.judgement.project_rules import project_rule
from bench.record.model import Outcome, Topic
from bench.record.supply_declaration import SupplyDeclaration
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh
from bench.run.log_book import LogBook
from bench.run.meter_clock import MeterTime, rules_data, time_of
from bench.run.spending import Spends
from bench.run.supply_actions import draw_until_open
from bench.run.supply_desk import SupplyDesk
from bench.run.supply_story import forget_trips, missing, prepare, take_back
from suites.dual.stories import MORE_S, load_w

NEEDS = (
    Need.SOURCE,
    Need.REFERENCE,
    Need.HANDS,
    Need.MANAGEMENT,
    Need.READER,
    Need.VENDING_KEY,
    Need.TOKEN_GATEWAY,
)
SUPPLY, FAILURE = "supply", "switch-failed"
#: How long the limiter lets a load pass here; motions that a meter may try before it gives up.
TRIP_S, ATTEMPTS = 20, 5


@case(
    "dual/switch_records",
    project_rule(
        "I3, R-061, R-064: one record for each motion of the switch, with who asked for it and when",
        Topic.EVENT,
    ),
    needs=NEEDS,
    alters=[Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=3, credit_wh=5_000),
    stage=Stage.SUPPLY,
)
def test_switch_records(bench: CaseBench) -> None:
    """Disconnect and reconnect remotely, end the credit and buy some, overload the limiter: a record each, of who."""
    events, supply = bench.declaration.events, bench.declaration.supply
    motions = set(events.switch) - {FAILURE} if events is not None else set()
    if events is None or SUPPLY not in events.logs or not motions or supply is None:
        bench.state(Outcome.INAPPLICABLE, "no codes of the motions of the switch are declared")
        return
    if supply.control_mode == 0:
        bench.state(Outcome.INAPPLICABLE, "the declared control mode never opens the switch")
        return
    book = LogBook(bench, events)
    money = (("set_credit", {"wh": 0}), ("token", {"wh": 1000})) if counts_kwh(bench) else ()
    steps: list[dict[str, Any]] = []
    with SupplyDesk(bench) as desk:
        if not prepare(desk):
            bench.state(Outcome.INCONCLUSIVE, "the switch could not be brought to connected at the beginning")
            return
        time = time_of(bench, desk.client)
        for group in ((("remote_disconnect", {}), ("remote_reconnect", {})), money):
            for action, with_what in group:
                with _recorded(book, desk, time, action) as step:
                    desk.do(action, **with_what)
                steps.append(step)
            prepare(desk)
        if counts_kwh(bench) and not missing(bench.declaration, frozenset({"limiter"})):
            steps += _overloaded(book, desk, time, supply)
        data = {
            "codes": dict(events.switch),
            "steps": steps,
            "rules": rules_data(time.rules),
            **book.places(SUPPLY),
        }
    bench.judge("dual.switch-records/4", bench.observe("switch-records", data))


@contextlib.contextmanager
def _recorded(book: LogBook, desk: SupplyDesk, time: MeterTime, action: str) -> Iterator[dict[str, Any]]:
    """Fill the step with the states of the switch and what the log gained while something was done."""
    before = book.tail_in(desk.client, SUPPLY)
    state = desk.look()["control_state"]
    step: dict[str, Any] = {"do": action, "before": state, "from_utc": time.now().isoformat()}
    yield step
    step |= {"after": desk.steps[-1]["look"]["control_state"], "to_utc": time.now().isoformat()}
    step["rows"] = book.since(desk.client, SUPPLY, before)


def _overloaded(
    book: LogBook, desk: SupplyDesk, time: MeterTime, supply: SupplyDeclaration
) -> list[dict[str, Any]]:
    """Let the limiter open the switch, and close it again where the control mode lets it.

    No longer than it takes is waited for the opening: with a slow switch the hold would be over by then. Where it may
    be over all the same, the step says so.
    """
    forget_trips(desk)
    power_w = load_w(desk.bench.declaration)
    first = len(desk.steps)
    desk.do("limit", w=power_w // 4, over_s=TRIP_S)
    with _recorded(book, desk, time, "overload") as over:
        clock = desk.bench.clock
        begun_s = clock.now()
        draw_until_open(desk, power_w, TRIP_S + 2 * supply.actuation_time_s + MORE_S)
        clock.sleep(supply.actuation_time_s)
        desk.keep("overload", {}, "", begun_s)
    over["hold_may_be_over"] = clock.now() - begun_s > TRIP_S + (supply.limiter_hold_s or 0.0) - MORE_S
    desk.do("load", w=0)
    with _recorded(book, desk, time, "hold_over") as ended:
        desk.do("wait", s=(supply.limiter_hold_s or 0.0) + 2 * supply.actuation_time_s)
    take_back(desk, desk.steps[first:])
    prepare(desk)
    return [over, ended]


@case(
    "dual/switch_failure_record",
    project_rule("A8, R-050: a contact that does not follow leaves a record", Topic.EVENT),
    needs=NEEDS,
    alters=[Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=2, credit_wh=5_000),
    stage=Stage.SUPPLY,
)
def test_switch_failure_record(bench: CaseBench) -> None:
    """Bridge the contact, as if it were welded, and disconnect remotely: the log says that it did not open."""
    events, supply = bench.declaration.events, bench.declaration.supply
    if events is None or SUPPLY not in events.logs or FAILURE not in events.switch or supply is None:
        bench.state(Outcome.INAPPLICABLE, "no code of a motion that failed is declared")
        return
    if supply.control_mode == 0 or not supply.follows("A8"):
        bench.state(Outcome.INAPPLICABLE, "the switch never opens, or rule A8 is declared otherwise")
        return
    book = LogBook(bench, events)
    with SupplyDesk(bench) as desk:
        if not prepare(desk):
            bench.state(Outcome.INCONCLUSIVE, "the switch could not be brought to connected at the beginning")
            return
        time, first = time_of(bench, desk.client), len(desk.steps)
        desk.do("bridge", closed=True)
        with _recorded(book, desk, time, "bridged") as step:
            desk.do("remote_disconnect")
            live = desk.do("wait", s=ATTEMPTS * supply.actuation_time_s + MORE_S)["look"]["live"]
        take_back(desk, desk.steps[first:])
        prepare(desk)
        data = {
            "code": events.switch[FAILURE],
            "live": live,
            "rules": rules_data(time.rules),
            **book.places(SUPPLY),
            **{name: step[name] for name in ("rows", "from_utc", "to_utc")},
        }
    bench.judge("dual.switch-failure-record/1", bench.observe("switch-failure", data))
