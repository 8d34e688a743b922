"""Who moved the switch stands in its log, once."""

from __future__ import annotations

from typing import Any

from bench.judgement.project_rules import project_rule
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh
from bench.run.log_book import LogBook
from bench.run.meter_clock import rules_data, time_of
from bench.run.spending import Spends
from bench.run.supply_desk import SupplyDesk
from bench.run.supply_story import prepare

NEEDS = (
    Need.SOURCE,
    Need.REFERENCE,
    Need.HANDS,
    Need.MANAGEMENT,
    Need.READER,
    Need.VENDING_KEY,
    Need.TOKEN_GATEWAY,
)
SUPPLY = "supply"


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
    """Disconnect and reconnect remotely, let the credit end and buy some: a record each, of who asked."""
    events, supply = bench.declaration.events, bench.declaration.supply
    if events is None or SUPPLY not in events.logs or not events.switch or supply is None:
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
                before = book.tail_in(desk.client, SUPPLY)
                state = desk.look()["control_state"]
                begun = bench.clock.utc() + time.offset
                after = desk.do(action, **with_what)["look"]["control_state"]
                ended = bench.clock.utc() + time.offset
                steps.append(
                    {
                        "do": action,
                        "before": state,
                        "after": after,
                        "rows": book.since(desk.client, SUPPLY, before),
                        "from_utc": begun.isoformat(),
                        "to_utc": ended.isoformat(),
                    }
                )
            prepare(desk)
        data = {
            "codes": dict(events.switch),
            "steps": steps,
            "rules": rules_data(time.rules),
            **book.places(SUPPLY),
        }
    bench.judge("dual.switch-records/2", bench.observe("switch-records", data))
