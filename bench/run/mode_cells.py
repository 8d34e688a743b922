"""The cells of the mode table, as the bench reaches and tries them: a state with no latch set, and a trigger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.run.supply_desk import SupplyDesk
from bench.standards.control_modes import ControlState, Request, next_state, reconnects_by_itself

OFF, ON, READY = ControlState.DISCONNECTED, ControlState.CONNECTED, ControlState.READY_FOR_RECONNECTION
CREDIT_WH, NONE_WH = 2000, 0
MOST_REQUESTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One state and trigger."""

    state: ControlState
    trigger: Request


#: 18 cells of a mode, ordered so that those that stay in a state come before those that leave it.
CELLS: tuple[Cell, ...] = tuple(
    Cell(state=state, trigger=trigger)
    for state, triggers in (
        (ON, "remote_reconnect manual_reconnect local_reconnect manual_disconnect local_disconnect"),
        (ON, "remote_disconnect"),
        (OFF, "remote_disconnect manual_disconnect manual_reconnect local_disconnect local_reconnect"),
        (OFF, "remote_reconnect"),
        (READY, "manual_disconnect local_disconnect local_reconnect remote_reconnect manual_reconnect"),
        (READY, "remote_disconnect"),
    )
    for trigger in map(Request, triggers.split())
)

#: What each trigger is, done from outside. Local triggers: credit runs out, and a token brings it back.
_ACTIONS: Mapping[Request, tuple[str, dict[str, Any]]] = {
    Request.REMOTE_DISCONNECT: ("remote_disconnect", {}),
    Request.REMOTE_RECONNECT: ("remote_reconnect", {}),
    Request.MANUAL_DISCONNECT: ("button", {}),
    Request.MANUAL_RECONNECT: ("button", {}),
    Request.LOCAL_DISCONNECT: ("set_credit", {"wh": NONE_WH}),
    Request.LOCAL_RECONNECT: ("token", {"wh": CREDIT_WH}),
}


class ModeCells:
    """Tries the cells of one mode."""

    def __init__(self, desk: SupplyDesk, mode: int) -> None:
        self.desk, self.mode = desk, mode
        self._look: Mapping[str, Any] = desk.look()

    def set_mode(self) -> str:
        """Put the meter into the mode, from connected; return why that was not possible, or ""."""
        if self._look["control_mode"] == self.mode:
            return ""
        step = self.desk.do("control_mode", mode=self.mode)
        self._look = step["look"]
        if self._look["control_mode"] != self.mode:
            return f"the mode could not be set ({step['answer']})"
        return ""

    def bring_to(self, cell: Cell) -> str:
        """Bring the switch to the state of a cell with no latch set; return why not, or ""."""
        start, trigger = cell.state, cell.trigger
        one_button = "one button: it opens a closed switch and closes an open one"
        if trigger is Request.MANUAL_DISCONNECT and start is not ON:
            return one_button
        if trigger is Request.MANUAL_RECONNECT and start is ON:
            return one_button
        if not self._holds(start):
            return f"mode {self.mode} does not stay in state {int(start)} while nobody holds the switch"
        if trigger is Request.LOCAL_RECONNECT and start is not ON:
            return self._without_credit(start)
        self._give_credit()
        for _ in range(MOST_REQUESTS):
            now = ControlState(self._look["control_state"])
            if now is start:
                return ""
            way = self._way(now, start)
            if way is None:
                return f"in mode {self.mode} no request leads from state {int(now)} to state {int(start)}"
            self._act(way)
        return ""

    def try_trigger(self, cell: Cell) -> dict[str, Any]:
        """Pull the trigger and return what was seen before and after."""
        before = self._look
        action, with_what = _ACTIONS[cell.trigger]
        step = self.desk.do(action, **with_what)
        self._look = step["look"]
        return {
            "mode": self.mode,
            "state": int(cell.state),
            "request": cell.trigger.value,
            "answer": step["answer"],
            "before": _said(before),
            "after": _said(self._look),
        }

    def leave(self) -> None:
        """Leave the switch connected, with credit."""
        self.bring_to(Cell(state=ON, trigger=Request.REMOTE_RECONNECT))

    # -- inside

    def _holds(self, state: ControlState) -> bool:
        """Return whether a switch stays in a state of this mode without a latch."""
        if state is OFF:
            return self.mode != 0
        if state is ON:
            return True
        by_hand = next_state(self.mode, ON, Request.MANUAL_DISCONNECT) is READY
        return self.mode != 0 and (not reconnects_by_itself(self.mode) or by_hand)

    def _way(self, now: ControlState, end: ControlState) -> Request | None:
        """Return the next request on the way from one state to another."""
        ways: list[tuple[ControlState, Request | None]] = [(now, None)]
        reached = {now}
        while ways:
            state, first = ways.pop(0)
            if state is end:
                return first
            for request in _requests(state):
                there = next_state(self.mode, state, request)
                if there not in reached:
                    reached.add(there)
                    ways.append((there, first or request))
        return None

    def _act(self, request: Request) -> None:
        action, with_what = _ACTIONS[request]
        self._look = self.desk.do(action, **with_what)["look"]

    def _give_credit(self) -> None:
        if self._look.get("credit_wh", CREDIT_WH) <= 0:
            self._look = self.desk.do("set_credit", wh=CREDIT_WH)["look"]

    def _without_credit(self, state: ControlState) -> str:
        """Bring the switch to a state in which only want of credit is left to be cleared."""
        if self._look["control_state"] != ON or self._look.get("credit_wh", 1) <= 0:
            reason = self.bring_to(Cell(state=ON, trigger=Request.REMOTE_DISCONNECT))
            if reason:
                return reason
        self._act(Request.LOCAL_DISCONNECT)
        if state is OFF:
            self._act(Request.REMOTE_DISCONNECT)
        return ""


def _requests(state: ControlState) -> tuple[Request, ...]:
    """Return what can be asked for in a state on a way: remote and manual requests."""
    if state is ON:
        return (Request.REMOTE_DISCONNECT, Request.MANUAL_DISCONNECT)
    if state is OFF:
        return (Request.REMOTE_RECONNECT,)
    return (Request.MANUAL_RECONNECT, Request.REMOTE_DISCONNECT)


def _said(look: Mapping[str, Any]) -> dict[str, Any]:
    """Return a look in the layout of the supply judges."""
    return {
        "load_side_live": look["live"],
        "supply": {name: look[name] for name in ("output_state", "control_state", "control_mode")},
    }
