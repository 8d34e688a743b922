"""Disconnect control (COSEM class 70): states, transitions and the modes that allow them.

Source: dual_standard_meter.md 3.1 (transitions a to h from a vendor's public manual, modes from the Gurux
enumeration). Transition i (mode 7) is inferred there and uncertain.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


class ControlState(IntEnum):
    """control_state of the disconnect control object."""

    DISCONNECTED = 0
    CONNECTED = 1
    READY_FOR_RECONNECTION = 2


class Trigger(Enum):
    """Who wants what of the switch."""

    REMOTE_DISCONNECT = "remote_disconnect"
    REMOTE_RECONNECT = "remote_reconnect"
    MANUAL_DISCONNECT = "manual_disconnect"
    MANUAL_RECONNECT = "manual_reconnect"
    LOCAL_DISCONNECT = "local_disconnect"
    LOCAL_RECONNECT = "local_reconnect"


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow of the state diagram."""

    trigger: Trigger
    start: ControlState
    end: ControlState


_OFF, _ON, _READY = ControlState.DISCONNECTED, ControlState.CONNECTED, ControlState.READY_FOR_RECONNECTION

TRANSITIONS = {
    "a": Transition(Trigger.REMOTE_RECONNECT, _OFF, _ON),
    "b": Transition(Trigger.REMOTE_DISCONNECT, _ON, _OFF),
    "c": Transition(Trigger.REMOTE_DISCONNECT, _READY, _OFF),
    "d": Transition(Trigger.REMOTE_RECONNECT, _OFF, _READY),
    "e": Transition(Trigger.MANUAL_RECONNECT, _READY, _ON),
    "f": Transition(Trigger.MANUAL_DISCONNECT, _ON, _READY),
    "g": Transition(Trigger.LOCAL_DISCONNECT, _ON, _READY),
    "h": Transition(Trigger.LOCAL_RECONNECT, _READY, _ON),
    "i": Transition(Trigger.REMOTE_RECONNECT, _READY, _ON),
}

MODES = {
    0: "",
    1: "bcfgde",
    2: "bcfgae",
    3: "bcgde",
    4: "bcgae",
    5: "bcfgdeh",
    6: "bcgdeh",
    7: "bcgaieh",
}
"""The transitions that each control mode allows."""


def transition(mode: int, trigger: Trigger, state: ControlState) -> Transition | None:
    """Return the arrow that ``trigger`` takes from ``state`` in ``mode``; None when nothing moves."""
    for letter in MODES[mode]:
        arrow = TRANSITIONS[letter]
        if arrow.trigger is trigger and arrow.start is state:
            return arrow
    return None


def allows(mode: int, trigger: Trigger) -> bool:
    """Return whether ``mode`` knows ``trigger`` at all."""
    return any(TRANSITIONS[letter].trigger is trigger for letter in MODES[mode])
