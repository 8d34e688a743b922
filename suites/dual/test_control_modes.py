"""The disconnect control by its mode table: every state and request, and what survives a power cut."""

from __future__ import annotations

from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.switch import bring_to, judge_power_cut, look, race, request, settle
from bench.standards.control_modes import ControlState, Request
from suites.dual.requirements import MODE_TABLE, supply_requirement

NEEDS = (Need.SOURCE, Need.HANDS, Need.MANAGEMENT, Need.READER)
#: Requests from outside. Local ones belong to the meter itself: credit, limiter, tamper.
REQUESTS = (
    Request.REMOTE_DISCONNECT,
    Request.REMOTE_RECONNECT,
    Request.MANUAL_DISCONNECT,
    Request.MANUAL_RECONNECT,
)


@case(
    "dual/control_mode",
    MODE_TABLE,
    needs=NEEDS,
    alters=[Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    stage=Stage.SUPPLY,
)
def test_control_mode(bench: CaseBench) -> None:
    """Make every request in every state; the table of the declared mode says what may move."""
    supply = bench.declaration.supply
    if supply is None:
        bench.state(Outcome.INAPPLICABLE, "the declaration has no [supply]")
        return
    bench.energise()
    for state in ControlState:
        for wanted in REQUESTS:
            if wanted is Request.MANUAL_DISCONNECT and state is not ControlState.CONNECTED:
                continue  # one button: on an open switch it asks for reconnection
            if wanted is Request.MANUAL_RECONNECT and state is ControlState.CONNECTED:
                continue
            _cell(bench, supply.control_mode, state, wanted)
    bring_to(bench, ControlState.CONNECTED, supply.control_mode)


def _cell(bench: CaseBench, mode: int, state: ControlState, wanted: Request) -> None:
    sub = f"state{int(state)}/{wanted.value}"
    unreachable = bring_to(bench, state, mode)
    if unreachable:
        bench.state(Outcome.INAPPLICABLE, unreachable, sub=sub)
        return
    before = look(bench)
    answer = request(bench, wanted)
    settle(bench)
    seen = bench.observe(
        "switch-request",
        {
            "state": int(state),
            "request": wanted.value,
            "answer": answer,
            "before": before.data(),
            "after": look(bench).data(),
        },
    )
    bench.judge("dual.control-mode/1", seen, sub=sub)


@case(
    "dual/power_cut_keeps_disconnected",
    supply_requirement("A7 latches survive a power cut", Topic.PERSISTENCE),
    needs=NEEDS,
    alters=[Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    stage=Stage.SUPPLY,
)
def test_power_cut_keeps_disconnected(bench: CaseBench) -> None:
    """Disconnect remotely, cut the supply, restore it: the switch is still open and the state is 0."""
    supply = bench.declaration.supply
    bench.energise()
    if supply is None or bring_to(bench, ControlState.DISCONNECTED, supply.control_mode):
        bench.state(Outcome.INAPPLICABLE, "the switch cannot be disconnected remotely")
        return
    judge_power_cut(bench)
    bring_to(bench, ControlState.CONNECTED, supply.control_mode)


@case(
    "dual/power_cut_keeps_armed",
    supply_requirement("A7 an armed switch stays armed", Topic.PERSISTENCE),
    needs=NEEDS,
    alters=[Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    stage=Stage.SUPPLY,
)
def test_power_cut_keeps_armed(bench: CaseBench) -> None:
    """Where the mode can hold state 2, a power cut does not turn it into connected."""
    supply = bench.declaration.supply
    bench.energise()
    reason = (
        bring_to(bench, ControlState.READY_FOR_RECONNECTION, supply.control_mode)
        if supply is not None
        else "the declaration has no [supply]"
    )
    if supply is None or reason:
        bench.state(Outcome.INAPPLICABLE, reason)
        return
    judge_power_cut(bench)
    bring_to(bench, ControlState.CONNECTED, supply.control_mode)


@case(
    "dual/token_races_disconnect",
    supply_requirement("A6 open wins when two masters speak at once"),
    needs=(*NEEDS, Need.VENDING_KEY, Need.TOKEN_GATEWAY),
    alters=[Alters.SWITCH, Alters.CREDIT, Alters.TOKEN_IDENTIFIERS],
    stage=Stage.SUPPLY,
)
def test_token_races_disconnect(bench: CaseBench) -> None:
    """A token and a remote disconnect within a second, in both orders: the switch ends open, in state 0."""
    supply = bench.declaration.supply
    bench.energise()
    for token_first in (True, False):
        reason = (
            bring_to(bench, ControlState.CONNECTED, supply.control_mode)
            if supply is not None and supply.control_mode
            else "the switch cannot be disconnected remotely"
        )
        sub = "token_first" if token_first else "disconnect_first"
        if reason:
            bench.state(Outcome.INAPPLICABLE, reason, sub=sub)
            continue
        data = race(bench, token_first=token_first)
        settle(bench)
        seen = bench.observe("race", data | {"after": look(bench).data()})
        bench.judge("dual.race-ends-open/1", seen, sub=sub)
    if supply is not None:
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)
