"""Tamper conditions and their responses, sampled in pairs: each condition does what is configured for it alone."""

from __future__ import annotations

from typing import Any

from bench.judgement.project_rules import project_rule
from bench.protocols.axdr import array, double_long_unsigned, enum, long_unsigned, structure
from bench.protocols.values import as_integer
from bench.record.functions_declaration import ConditionDeclaration, EventsDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh
from bench.run.spending import Spends
from bench.run.stimuli import stimulus
from bench.run.supply_desk import SupplyDesk
from bench.run.supply_story import prepare
from bench.run.switch import START_UP_S

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.VENDING_KEY, Need.TOKEN_GATEWAY)
#: Conditions that somebody who tampers with a meter makes: opened, brought near, wired wrong.
CONDITIONS = ("cover", "terminal cover", "magnet", "current reversed", "neutral missing", "bypass")
RESPONSES = ("log", "alarm", "disconnect")
#: Every pair of responses of every two of three conditions stands in one of these nine rows (an orthogonal array).
ROWS_OF_THREE = (
    *((0, 0, 0), (0, 1, 1), (0, 2, 2)),
    *((1, 0, 1), (1, 1, 2), (1, 2, 0)),
    *((2, 0, 2), (2, 1, 0), (2, 2, 1)),
)
#: The same of up to six conditions (a covering array, found by search).
ROWS_OF_SIX = (
    *((0, 0, 0, 1, 0, 0), (0, 0, 2, 2, 2, 1), (0, 1, 0, 2, 1, 2), (0, 2, 1, 0, 1, 1)),
    *((1, 0, 1, 1, 0, 2), (1, 1, 1, 2, 2, 0), (1, 1, 2, 0, 0, 1), (1, 2, 0, 0, 2, 2)),
    *((1, 2, 2, 1, 1, 0), (2, 0, 1, 0, 1, 0), (2, 1, 0, 1, 2, 1), (2, 2, 2, 2, 0, 2)),
)
DISCONNECT = RESPONSES.index("disconnect")
#: With these nobody asks the meter anything: it may have to live on one wire.
UNSPOKEN = frozenset({"neutral missing"})
LONGER_S = 1.0


@case(
    "dual/tamper_responses",
    project_rule("R-046: the responses to tamper events, in pairs", Topic.EVENT),
    needs=NEEDS,
    alters=[Alters.SETTINGS, Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=40, credit_wh=5_000),
    stage=Stage.SUPPLY,
)
def test_tamper_responses(bench: CaseBench) -> None:
    """Configure the conditions differently, again and again; make each of them, look at the switch and the alarm."""
    events, supply = bench.declaration.events, bench.declaration.supply
    if events is None or not events.responses or supply is None or supply.control_mode == 0:
        bench.state(Outcome.INAPPLICABLE, "no configurable response to a tamper condition is declared")
        return
    if not counts_kwh(bench):
        bench.state(
            Outcome.NOT_RUN, "the bench cannot clear a tamper condition of a meter without credit in kWh"
        )
        return
    conditions = [row for name in CONDITIONS if (row := events.condition_named(name)) is not None]
    if len(conditions) < 2:
        bench.state(
            Outcome.INAPPLICABLE, f"fewer than two conditions are declared of {', '.join(CONDITIONS)}"
        )
        return
    with SupplyDesk(bench) as desk:
        desk.hold((1, events.responses), 2)
        fixed = _fixed(desk, events, conditions)
        if len(conditions) - len(fixed) >= 2:
            conditions = [row for row in conditions if row.name not in fixed]
        rows = [_row(desk, events, conditions, setting) for setting in settings_of(len(conditions))]
    seen = bench.observe("tamper-matrix", {"rows": rows, "fixed": fixed})
    bench.judge("dual.tamper-matrix/2", seen)


def settings_of(conditions: int) -> list[tuple[int, ...]]:
    """Return settings of so many conditions in which every two of them meet in every pair of responses."""
    rows = ROWS_OF_THREE if conditions <= len(ROWS_OF_THREE[0]) else ROWS_OF_SIX
    return list({tuple(row[:conditions]): None for row in rows})


def _fixed(
    desk: SupplyDesk, events: EventsDeclaration, conditions: list[ConditionDeclaration]
) -> dict[str, str]:
    """Return the conditions whose response the meter will not have changed, with its refusal."""
    answers = {row.name: _configure(desk, events, [row], (DISCONNECT,)) for row in conditions}
    return {name: answer for name, answer in answers.items() if answer != "success"}


def _configure(
    desk: SupplyDesk,
    events: EventsDeclaration,
    conditions: list[ConditionDeclaration],
    setting: tuple[int, ...],
) -> str:
    rows = (
        structure(long_unsigned(row.begins), enum(response))
        for row, response in zip(conditions, setting, strict=True)
    )
    return desk.write((1, events.responses), 2, array(*rows))


def _row(
    desk: SupplyDesk,
    events: EventsDeclaration,
    conditions: list[ConditionDeclaration],
    setting: tuple[int, ...],
) -> dict[str, Any]:
    prepare(desk)
    configured = _configure(desk, events, conditions, setting)
    trials = [
        _trial(desk, events, row, RESPONSES[response])
        for row, response in zip(conditions, setting, strict=True)
    ]
    return {"configured": configured, "trials": trials}


def _trial(
    desk: SupplyDesk, events: EventsDeclaration, row: ConditionDeclaration, response: str
) -> dict[str, Any]:
    way, clock = stimulus(desk.bench, row), desk.bench.clock
    if events.alarms:
        desk.write((1, events.alarms), 2, double_long_unsigned(0))
    unspoken = row.name in UNSPOKEN
    live_before = desk.hands.load_side_live(desk.number)
    if unspoken:
        desk.hang_up()
    way.make()
    clock.sleep(row.after_s + desk.settle_s() + LONGER_S)
    if not unspoken:
        live_after, alarm = desk.hands.load_side_live(desk.number), _alarm(desk, events)
    way.end()
    clock.sleep(row.after_s + LONGER_S + (START_UP_S if unspoken else 0.0))
    if unspoken:
        live_after, alarm = desk.hands.load_side_live(desk.number), _alarm(desk, events)
    if not live_after:
        desk.do("clear_tamper")
        prepare(desk)
    return {
        "what": row.name,
        "response": response,
        "live_before": live_before,
        "live_after": live_after,
        "alarm": alarm,
    }


def _alarm(desk: SupplyDesk, events: EventsDeclaration) -> bool | None:
    """Return whether the meter raises the alarm of a tamper condition, or None where it has none."""
    if not events.alarms:
        return None
    return bool(as_integer(desk.client.get(1, events.alarms, 2)) & events.tamper_alarm)
