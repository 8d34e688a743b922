"""ClearTamperCondition where there is a tamper condition: the supply that is gone comes back. sts.md 7.6, 10 E4."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.meter.dlms_client import Refused
from bench.meter.vending import NEXT_TID
from bench.protocols.axdr import array, decode_all, encode, enum, long_unsigned, structure
from bench.protocols.sts.fields import ClearTamperCondition
from bench.record.functions_declaration import ConditionDeclaration, EventsDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh
from bench.run.spending import Spends
from bench.run.stimuli import stimulus
from bench.run.sts_functions import offers
from bench.run.switch import bring_to, load_side_live, settle, settle_time_s
from bench.run.token_desk import TokenDesk
from bench.standards.control_modes import ControlState
from suites.sts.requirements import TOKEN_NEEDS, token_requirement

COVER = "cover"
#: The response of a tamper condition that opens the switch (dual_standard_meter.md R-046).
DISCONNECT = 2
#: A condition stands for so much longer than it must last, and so does its absence.
LONGER_S = 3.0
RESPONSES_CLASS, RESPONSES_ATTRIBUTE = 1, 2


@case(
    "sts/clear_tamper_condition",
    token_requirement("6.2.8 ClearTamperCondition, with a tamper condition", Topic.TOKEN, "K"),
    needs=(*TOKEN_NEEDS, Need.HANDS, Need.MANAGEMENT, Need.READER),
    alters=(Alters.TOKEN_IDENTIFIERS, Alters.CREDIT, Alters.SWITCH, Alters.SETTINGS),
    spends=Spends(token_identifiers=6, credit_wh=2200, time_s=60),
    stage=Stage.LOCK_OUT,
)
def test_clear_tamper_condition(bench: CaseBench) -> None:
    """Open the cover of a meter that disconnects for it; with the token and a request the supply can be had again."""
    events, supply = bench.declaration.events, bench.declaration.supply
    if not offers(bench, "clear-tamper"):
        return
    row = events.condition_named(COVER) if events is not None else None
    if events is None or row is None or not events.responses or supply is None or supply.control_mode == 0:
        bench.state(Outcome.INAPPLICABLE, "no opened cover that can be told to open the switch is declared")
        return
    if not counts_kwh(bench):
        bench.state(Outcome.NOT_RUN, "the bench closes the switch of meters that count kWh only")
        return
    with TokenDesk(bench) as desk:
        if not desk.takes_tokens():
            return
        desk.hang_up()
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)
        with _disconnects(desk, events, row) as refused:
            if refused:
                bench.state(Outcome.NOT_RUN, f"the meter cannot be told to open its switch: {refused}")
                return
            seen = _blocked(desk, row)
            sale = desk.vending.issue(ClearTamperCondition(tid=NEXT_TID))
            desk.enter(sale, "good management", what="ClearTamperCondition with a tamper condition")
            desk.hang_up()
            settle(bench)
            bring_to(bench, ControlState.CONNECTED, supply.control_mode)
            seen["live_cleared"] = load_side_live(bench)
        if desk.judge(sub="tokens").outcome is not Outcome.PASSED:
            return
    bench.judge("sts.tamper-cleared/1", bench.observe("tamper-cleared", seen))


@contextmanager
def _disconnects(desk: TokenDesk, events: EventsDeclaration, row: ConditionDeclaration) -> Iterator[str]:
    """Have an opened cover open the switch; give why that cannot be, or "". Afterwards all is as it was."""
    place = (RESPONSES_CLASS, events.responses, RESPONSES_ATTRIBUTE)
    try:
        original = encode(desk.client.get(*place))
        desk.client.set(*place, array(structure(long_unsigned(row.begins), enum(DISCONNECT))))
    except Refused as refusal:
        yield str(refusal)
        return
    try:
        yield ""
    finally:
        desk.client.set(*place, decode_all(original))


def _blocked(desk: TokenDesk, row: ConditionDeclaration) -> dict[str, Any]:
    """Make the tamper condition and take it away again; return whether the load side was live before and after."""
    bench = desk.bench
    way = stimulus(bench, row)
    live_before = load_side_live(bench)
    desk.hang_up()
    way.make()
    bench.clock.sleep(row.after_s + LONGER_S + settle_time_s(bench))
    way.end()
    bench.clock.sleep(row.after_s + LONGER_S)
    settle(bench)
    return {"live_before": live_before, "live_tampered": load_side_live(bench)}
