"""The supply switch as the bench moves and sees it: requests, waits, and a look at contact and state together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.errors import BenchFault
from bench.meter.dlms_client import opened
from bench.run.case_bench import CaseBench
from bench.run.position import Position
from bench.run.prepayment import (
    ensure_credit,
    read_supply,
    remote_switch,
)
from bench.standards.control_modes import ControlState, Request, next_state, reconnects_by_itself

#: Waits for the switch: this many times the declared actuation time, and at least this long.
ACTUATIONS = 2.0
LEAST_WAIT_S = 1.0
#: The key of the keypad that is the supply button.
BUTTON = "B"
#: Credit that keeps the credit latch clear while the switch is exercised without load.
CLEAR_CREDIT_WH = 1000.0
#: Requests that bring a switch from any state to any other, and some to spare.
MOST_REQUESTS = 5
#: Length of a power cut, and how long the meter may take to be up again.
CUT_S = 10.0
START_UP_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen at one moment: load side, and what the meter says of itself."""

    load_side_live: bool
    output_state: bool
    control_state: int
    control_mode: int

    def data(self) -> dict[str, Any]:
        """Return it as JSON values, in the layout the supply judges read."""
        return {
            "load_side_live": self.load_side_live,
            "supply": {
                "output_state": self.output_state,
                "control_state": self.control_state,
                "control_mode": self.control_mode,
            },
        }


def look(bench: CaseBench) -> Look:
    """Sense the load side and read the disconnect control."""
    with opened(bench.position.client("reader")) as client:
        supply = read_supply(client)
    return Look(
        load_side_live=load_side_live(bench),
        output_state=supply.output_state,
        control_state=supply.control_state,
        control_mode=supply.control_mode,
    )


def load_side_live(bench: CaseBench) -> bool:
    """Return whether voltage stands on the load side of the meter's switch."""
    actuators, number = bench.position.hands(bench.rack)
    return actuators.load_side_live(number)


def settle_time_s(bench: CaseBench) -> float:
    """Return how long the bench gives the switch after a request."""
    supply = bench.declaration.supply
    return max(LEAST_WAIT_S, ACTUATIONS * supply.actuation_time_s if supply is not None else 0.0)


def wait_until(bench: CaseBench, *, live: bool) -> None:
    """Give the switch its time; return early when the load side is as expected."""
    bench.clock.wait(lambda: load_side_live(bench) is live, bench.clock.now() + settle_time_s(bench))


def settle(bench: CaseBench) -> None:
    """Give the switch its whole time, whatever it does."""
    bench.clock.sleep(settle_time_s(bench))


def request(bench: CaseBench, wanted: Request) -> str:
    """Make one request of a remote client or of a hand; return "success" or the meter's refusal."""
    if wanted is Request.REMOTE_DISCONNECT:
        return remote_switch(bench.position, reconnect=False)
    if wanted is Request.REMOTE_RECONNECT:
        return remote_switch(bench.position, reconnect=True)
    if wanted in {Request.MANUAL_DISCONNECT, Request.MANUAL_RECONNECT}:
        actuators, number = bench.position.hands(bench.rack)
        actuators.keypad(number, BUTTON)
        return "success"
    raise BenchFault(f"Nobody can ask for {wanted} from outside.")


def bring_to(bench: CaseBench, state: ControlState, mode: int) -> str:
    """Bring the switch to ``state`` by requests of the mode table, looking after each; return why not, or "".

    Credit is bought first, so that the credit latch is clear. A switch that does not follow is left where it
    is: the judge of the case sees that it was not where it should be.
    """
    ensure_credit(bench.position, CLEAR_CREDIT_WH)
    if state is ControlState.READY_FOR_RECONNECTION and reconnects_by_itself(mode):
        return f"mode {mode} leaves state 2 by itself when nothing holds the switch open"
    for _ in range(MOST_REQUESTS):
        now = ControlState(look(bench).control_state)
        if now is state:
            return ""
        path = requests_to(mode, now, state)
        if not path:
            return f"in mode {mode} no remote or manual request leads from state {int(now)} to state {int(state)}"
        request(bench, path[0])
        settle(bench)
    return ""


def close_all(bench: CaseBench, mode: int) -> dict[str, Any]:
    """Bring the switch of every position to connected; a fault at one position is its own."""

    def close(position: Position) -> dict[str, Any]:
        bring_to(CaseBench(bench.run, bench.case, position, None), ControlState.CONNECTED, mode)
        return {}

    return bench.run.at_each(close)


def requests_to(mode: int, start: ControlState, end: ControlState) -> tuple[Request, ...]:
    """Return the shortest way through the mode table by remote and manual requests; () if there is none."""
    ways: list[tuple[ControlState, tuple[Request, ...]]] = [(start, ())]
    seen = {start}
    while ways:
        state, way = ways.pop(0)
        if state is end:
            return way
        for wanted in _FROM_OUTSIDE[state]:
            there = next_state(mode, state, wanted)
            if there not in seen:
                seen.add(there)
                ways.append((there, (*way, wanted)))
    return ()


#: What can be asked from outside in each state: one button, which opens a closed switch and closes an open one.
_FROM_OUTSIDE = {
    ControlState.DISCONNECTED: (Request.REMOTE_RECONNECT,),
    ControlState.CONNECTED: (Request.REMOTE_DISCONNECT, Request.MANUAL_DISCONNECT),
    ControlState.READY_FOR_RECONNECTION: (
        Request.MANUAL_RECONNECT,
        Request.REMOTE_DISCONNECT,
        Request.REMOTE_RECONNECT,
    ),
}


def judge_power_cut(bench: CaseBench) -> None:
    """Cut the supply and give it back; an open switch must be open after it, in the same state."""
    before = look(bench)
    moved = cut_and_restore(bench)
    seen = bench.observe(
        "power-cut", {"before": before.data(), "after": look(bench).data(), "closed_meanwhile": moved}
    )
    bench.judge("dual.power-cut-keeps-state/1", seen)


def cut_and_restore(bench: CaseBench) -> bool:
    """Cut the position's supply for a while; return whether the load side came alive before the meter was up."""
    actuators, number = bench.position.hands(bench.rack)
    bench.position.link.close()
    actuators.supply(number, on=False)
    bench.clock.sleep(CUT_S)
    actuators.supply(number, on=True)
    closed = bench.clock.wait(lambda: load_side_live(bench), bench.clock.now() + START_UP_S)
    wait_until(bench, live=False)
    return closed
