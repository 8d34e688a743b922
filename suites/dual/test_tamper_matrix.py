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

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.HANDS, Need.MANAGEMENT, Need.VENDING_KEY, Need.TOKEN_GATEWAY)
#: Conditions that hands make without touching voltage and load.
CONDITIONS = ("cover", "terminal cover", "magnet")
RESPONSES = ("log", "alarm", "disconnect")
#: Every pair of responses of every two conditions stands in one of these nine rows (an orthogonal array).
ROWS = ((0, 0, 0), (0, 1, 1), (0, 2, 2), (1, 0, 1), (1, 1, 2), (1, 2, 0), (2, 0, 2), (2, 1, 0), (2, 2, 1))
LONGER_S = 1.0


@case(
    "dual/tamper_responses",
    project_rule("R-046: the responses to tamper events, in pairs", Topic.EVENT),
    needs=NEEDS,
    alters=[Alters.SETTINGS, Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    spends=Spends(token_identifiers=12, credit_wh=5_000),
    stage=Stage.SUPPLY,
)
def test_tamper_responses(bench: CaseBench) -> None:
    """Configure the conditions differently, nine times; make each of them, look at the switch and at the alarm."""
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
        bench.state(Outcome.INAPPLICABLE, "fewer than two of cover, terminal cover and magnet are declared")
        return
    with SupplyDesk(bench) as desk:
        desk.hold((1, events.responses), 2)
        settings = {tuple(row[: len(conditions)]): None for row in ROWS}
        rows = [_row(desk, events, conditions, setting) for setting in settings]
    bench.judge("dual.tamper-matrix/1", bench.observe("tamper-matrix", {"rows": rows}))


def _row(
    desk: SupplyDesk,
    events: EventsDeclaration,
    conditions: list[ConditionDeclaration],
    setting: tuple[int, ...],
) -> dict[str, Any]:
    prepare(desk)
    configured = desk.write(
        (1, events.responses),
        2,
        array(
            *(
                structure(long_unsigned(row.begins), enum(response))
                for row, response in zip(conditions, setting, strict=True)
            )
        ),
    )
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
    live_before = desk.hands.load_side_live(desk.number)
    way.make()
    clock.sleep(row.after_s + desk.settle_s() + LONGER_S)
    live_after = desk.hands.load_side_live(desk.number)
    alarm = None
    if events.alarms:
        alarm = bool(as_integer(desk.client.get(1, events.alarms, 2)) & events.tamper_alarm)
    way.end()
    clock.sleep(row.after_s + LONGER_S)
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
