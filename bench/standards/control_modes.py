"""The COSEM disconnect control as a table: which request moves which state, by control mode.

Transitions a to h and the mode table: dual_standard_meter.md 3.1 (two public sources for a to h; mode 7 and its
transition i are uncertain). Written here a second time, from that page, for the bench alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class ControlState(IntEnum):
    """control_state of the disconnect control."""

    DISCONNECTED = 0
    CONNECTED = 1
    READY_FOR_RECONNECTION = 2


class Request(StrEnum):
    """Who asks for what."""

    REMOTE_DISCONNECT = "remote_disconnect"
    MANUAL_DISCONNECT = "manual_disconnect"
    LOCAL_DISCONNECT = "local_disconnect"
    REMOTE_RECONNECT = "remote_reconnect"
    MANUAL_RECONNECT = "manual_reconnect"
    LOCAL_RECONNECT = "local_reconnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One arrow of the state diagram."""

    name: str
    request: Request
    start: ControlState
    end: ControlState
    modes: frozenset[int]
    status: str


def _arrow(name: str, request: Request, start: int, end: int, modes: str, status: str = "V1") -> Transition:
    return Transition(
        name=name,
        request=request,
        start=ControlState(start),
        end=ControlState(end),
        modes=frozenset(int(mode) for mode in modes),
        status=status,
    )


TRANSITIONS = (
    _arrow("a", Request.REMOTE_RECONNECT, 0, 1, "247"),
    _arrow("b", Request.REMOTE_DISCONNECT, 1, 0, "1234567"),
    _arrow("c", Request.REMOTE_DISCONNECT, 2, 0, "1234567"),
    _arrow("d", Request.REMOTE_RECONNECT, 0, 2, "1356"),
    _arrow("e", Request.MANUAL_RECONNECT, 2, 1, "1234567"),
    _arrow("f", Request.MANUAL_DISCONNECT, 1, 2, "125"),
    _arrow("g", Request.LOCAL_DISCONNECT, 1, 2, "1234567"),
    _arrow("h", Request.LOCAL_RECONNECT, 2, 1, "567"),
    _arrow("i", Request.REMOTE_RECONNECT, 2, 1, "7", "U"),
)


def next_state(mode: int, state: ControlState, request: Request) -> ControlState:
    """Return the state a request leads to; one without arrow leaves the state as it is."""
    for arrow in TRANSITIONS:
        if arrow.request is request and arrow.start is state and mode in arrow.modes:
            return arrow.end
    return state


def reconnects_by_itself(mode: int) -> bool:
    """Return whether the meter itself may close from state 2 (transition h)."""
    return (
        next_state(mode, ControlState.READY_FOR_RECONNECTION, Request.LOCAL_RECONNECT)
        is ControlState.CONNECTED
    )
