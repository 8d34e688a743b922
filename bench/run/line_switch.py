"""Open and close the supply switches of a whole rack in step, in one association per meter, without current.

Each request goes to every position, then all get their time together; so a rack takes little longer than one meter.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from bench.errors import BenchError, LinkError
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.data import integer
from bench.run.position import Position
from bench.run.prepayment import DISCONNECT_CONTROL, ensure_credit, read_supply
from bench.run.run import Fault, Run
from bench.run.switch import BUTTON, CLEAR_CREDIT_WH, LEAST_WAIT_S, MOST_REQUESTS, requests_to
from bench.standards.control_modes import ControlState, Request
from instruments.errors import InstrumentFault

#: A little more than the declared actuation time.
ACTUATIONS = 1.2
_REMOTE = {Request.REMOTE_DISCONNECT: 1, Request.REMOTE_RECONNECT: 2}


def open_and_close(run: Run, mode: int) -> dict[str, dict[str, Any] | Fault]:
    """Return per position what was seen after opening and after closing, or the fault it met."""
    found = _rounds(run, mode)
    if any(isinstance(item, dict) and not item["closed"]["load_side_live"] for item in found.values()):
        run.at_each(_clear_credit)  # it may be for want of it
        found = _rounds(run, mode)
    return found


def _clear_credit(position: Position) -> dict[str, Any]:
    ensure_credit(position, CLEAR_CREDIT_WH)
    return {}


def _rounds(run: Run, mode: int) -> dict[str, dict[str, Any] | Fault]:
    with ExitStack() as stack:
        rack = _Switches(run, mode)
        rack.clients = rack.at_each(
            lambda position: stack.enter_context(opened(position.client("management"))),
            run.positions.values(),
        )
        rack.states = dict.fromkeys(rack.clients, ControlState.CONNECTED)
        after_opening = rack.bring_to(ControlState.DISCONNECTED)
        after_closing = rack.bring_to(ControlState.CONNECTED)
    return {
        name: rack.faults[name]
        if name in rack.faults
        else {"opened": after_opening[name], "closed": after_closing[name]}
        for name in run.positions
    }


class _Switches:
    """The switches of a rack: a client each, where each is known to stand, and the faults met so far."""

    def __init__(self, run: Run, mode: int) -> None:
        self.run, self.mode = run, mode
        self.clients: dict[str, DlmsClient] = {}
        self.states: dict[str, ControlState] = {}
        self.faults: dict[str, Fault] = {}

    def at_each(self, action: Callable[[Position], Any], positions: Any) -> dict[str, Any]:
        """Do something at every position that met no fault so far."""
        done: dict[str, Any] = {}
        for position in positions:
            if position.name in self.faults:
                continue
            try:
                done[position.name] = action(position)
            except (BenchError, InstrumentFault) as fault:
                self.faults[position.name] = fault
            except Refused as refusal:
                self.faults[position.name] = LinkError(
                    f"The meter refused what the test builds on: {refusal}."
                )
        return done

    def bring_to(self, state: ControlState) -> dict[str, dict[str, Any]]:
        """Make requests until no position has one left to make; return the last look at each."""
        seen: dict[str, dict[str, Any]] = {}
        for _ in range(MOST_REQUESTS):
            made = self.at_each(lambda position: self._request(position, state), self._open_positions())
            if not any(made.values()):
                break
            self.run.clock.sleep(self._settle_s())
            seen |= self.at_each(self._look, self._open_positions())
        return seen

    def _open_positions(self) -> list[Position]:
        return [self.run.positions[name] for name in self.clients]

    def _request(self, position: Position, state: ControlState) -> bool:
        path = requests_to(self.mode, self.states[position.name], state)
        if not path:
            return False
        if path[0] in _REMOTE:
            try:
                self.clients[position.name].invoke(*DISCONNECT_CONTROL, _REMOTE[path[0]], integer(0))
            except Refused as refusal:  # the look that follows shows what came of it
                self.run.event("switch-request-refused", position=position.name, message=str(refusal))
        else:
            actuators, number = position.hands(self.run.rack)
            actuators.keypad(number, BUTTON)
        return True

    def _look(self, position: Position) -> dict[str, Any]:
        supply = read_supply(self.clients[position.name])
        self.states[position.name] = ControlState(supply.control_state)
        actuators, number = position.hands(self.run.rack)
        return {"load_side_live": actuators.load_side_live(number), "supply": supply.data()}

    def _settle_s(self) -> float:
        declared = [item.supply.actuation_time_s for item in self.run.declarations.values() if item.supply]
        return max(LEAST_WAIT_S, ACTUATIONS * max(declared, default=0.0))
