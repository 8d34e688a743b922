"""What the cases of events share: the declared events, the meter's time, a cut of the supply, a switch kept closed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from bench.meter.vending import NEXT_TID
from bench.protocols.sts.fields import ClearTamperCondition
from bench.record.functions_declaration import EventsDeclaration
from bench.record.model import Outcome
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh
from bench.run.prepayment import enter_token
from bench.run.switch import bring_to, load_side_live, settle
from bench.standards.control_modes import ControlState

CUT_S, START_UP_S = 12.0, 5.0


def cut(bench: CaseBench, meanwhile: Callable[[], None] | None = None) -> None:
    """Take the supply away for a while, do something in the middle of it, and wait for the meter to be up again."""
    actuators, number = bench.position.hands(bench.rack)
    bench.position.link.close()
    actuators.supply(number, on=False)
    bench.clock.sleep(CUT_S / 2)
    if meanwhile is not None:
        meanwhile()
    bench.clock.sleep(CUT_S / 2)
    actuators.supply(number, on=True)
    bench.clock.sleep(START_UP_S)


def permit(bench: CaseBench) -> None:
    """Clear the tamper condition by the token that is made for it."""
    token = bench.position.vending.issue(ClearTamperCondition(tid=NEXT_TID)).digits
    enter_token(bench.position, token, what="clear tamper", good=True)
    settle(bench)


@contextlib.contextmanager
def loop_kept_closed(bench: CaseBench) -> Iterator[None]:
    """Let the bypass carry the current should the meter answer a tamper condition by opening its switch."""
    actuators, number = bench.position.hands(bench.rack)
    actuators.bypass(number, automatic=True)
    try:
        yield
    finally:
        bench.run.energise()
        actuators.bypass(number, automatic=False)
        closed_again(bench)


def closed_again(bench: CaseBench) -> None:
    """Close a switch that a tamper condition opened, where there is a token to permit it."""
    supply, sts = bench.declaration.supply, bench.declaration.sts
    if supply is None or load_side_live(bench) or not counts_kwh(bench):
        return
    if sts is not None and bench.position.find_secret(sts.vending_key) is not None:
        permit(bench)
    bring_to(bench, ControlState.CONNECTED, supply.control_mode)


def declared_events(bench: CaseBench) -> EventsDeclaration | None:
    """Return the declared events, with voltage on the meter; write the verdict where there are none."""
    events = bench.declaration.events
    if events is None:
        bench.state(Outcome.INAPPLICABLE, "the declaration has no [events]")
        return None
    bench.energise()
    return events
