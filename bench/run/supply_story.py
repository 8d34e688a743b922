"""Play supply stories: bring the meter to the beginning, do the steps, leave the meter as it was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.record.declaration import Declaration
from bench.run.broadcast import offers_broadcast
from bench.run.supply_desk import SupplyDesk
from bench.standards.control_modes import ControlState

#: Credit at the beginning of a story, in Wh.
BEGINNING_WH = 5000
#: A pseudo-step: press the button where the switch is ready for reconnection, so that the next step finds it closed.
CLOSE = "close"
PREPAYMENT = 2
ATTEMPTS = 4
#: A threshold that no direct-connected meter reaches.
NO_LIMIT_W = 1_000_000
#: Openings of a limiter count for this long, and what opens it.
COUNTED_S = 3600.0
LIMITER_ACTIONS = frozenset({"limit", "emergency_limit"})

Step = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One scenario: what is done, in order. ``needs``: what the declaration must offer for it."""

    id: str
    title: str
    steps: tuple[Step, ...]
    needs: frozenset[str] = frozenset()


def missing(declaration: Declaration, needs: frozenset[str]) -> str:
    """Return what a story needs that is not declared, or ""."""
    payment, supply, sts = declaration.payment, declaration.supply, declaration.sts
    events = declaration.events
    has = {
        "tokens": sts is not None and "gateway" in sts.carriers,
        "keypad": sts is not None and "keypad" in sts.carriers,
        "credit": payment is not None and (payment.credit_settable or _clears_credit(declaration)),
        "mode switch": payment is not None and payment.mode_switch is not None,
        "stored tokens": payment is not None and payment.tokens_in_credit_mode == "stored",
        "emergency credit": payment is not None and payment.emergency is not None,
        "friendly hours": payment is not None and payment.friendly is not None,
        "special days of friendly hours": payment is not None
        and payment.friendly is not None
        and payment.friendly.special_days is not None,
        "limiter": supply is not None and bool(supply.limiter and supply.limiter_hold_s),
        "schedule": supply is not None and None not in (supply.schedule, supply.scripts),
        "scripts": supply is not None and supply.scripts is not None,
        "tamper response": events is not None
        and bool(events.responses)
        and events.condition_named("cover") is not None
        and sts is not None
        and "clear-tamper" in (sts.supports or ()),
        "modules": declaration.modules is not None and bool(declaration.modules.names),
        "broadcast": offers_broadcast(declaration),
    }
    return ", ".join(sorted(need for need in needs if not has[need]))


def _clears_credit(declaration: Declaration) -> bool:
    return declaration.sts is not None and "clear-credit" in (declaration.sts.supports or ())


def prepare(desk: SupplyDesk, payment_mode: str = "prepayment") -> bool:
    """Bring the meter to connected, with credit, in a payment mode; return whether it got there."""
    look = desk.look()
    supply = desk.bench.declaration.supply
    for attempt in range(ATTEMPTS):
        if attempt == ATTEMPTS - 1 and supply is not None and supply.limiter_lockout_s is not None:
            look = desk.do("wait", s=supply.limiter_lockout_s)[
                "look"
            ]  # a limiter that holds by its longer time
        if look.get("credit_wh", BEGINNING_WH) < BEGINNING_WH or look.get("emergency_status", 0) > 1:
            look = desk.do("set_credit", wh=BEGINNING_WH)["look"]
        if look.get("payment_mode", PREPAYMENT) != PREPAYMENT:
            desk.do("payment_mode", mode="prepayment")
            look = desk.do("wait", s=_grace_s(desk))["look"]
        if look["control_state"] == ControlState.DISCONNECTED:
            look = desk.do("remote_reconnect")["look"]
        if look["control_state"] == ControlState.READY_FOR_RECONNECTION:
            look = desk.do("button")["look"]
        if look["control_state"] == ControlState.CONNECTED:
            break
    if payment_mode != "prepayment":
        desk.do("payment_mode", mode=payment_mode)
    return bool(look["live"])


def play(desk: SupplyDesk, steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Do the steps from where the meter stands; return them with what was seen."""
    if any(action in LIMITER_ACTIONS for action, _ in steps):
        forget_trips(desk)
    desk.begin()
    for action, with_what in steps:
        if action == CLOSE:
            close_switch(desk)
        else:
            desk.do(action, **with_what)
    return desk.steps


def close_switch(desk: SupplyDesk) -> None:
    """Press the button where the last look found the switch ready for reconnection."""
    if desk.steps[-1]["look"]["control_state"] == ControlState.READY_FOR_RECONNECTION:
        desk.do("button")


def _grace_s(desk: SupplyDesk) -> float:
    """Return how long a change into prepayment may hide what comes after it."""
    payment = desk.bench.declaration.payment
    return payment.grace_s or 0.0 if payment is not None else 0.0


def forget_trips(desk: SupplyDesk) -> None:
    """Wait until no opening of an earlier story counts towards a longer hold of the limiter."""
    shared, key = desk.bench.run.shared, f"limiter used at {desk.position.name}"
    last = shared.get(key)
    if isinstance(last, dict):
        left_s = last["time_s"] + COUNTED_S - desk.bench.clock.now()
        if left_s > 0:
            desk.do("wait", s=round(left_s, 1))
    shared[key] = {"time_s": desk.bench.clock.now() + COUNTED_S / 2}


#: What takes back what a story leaves behind, by the action that left it.
TAKEN_BACK: tuple[tuple[str, tuple[Step, ...]], ...] = (
    ("bridge", (("bridge", {"closed": False}),)),
    ("load", (("load", {"w": 0}),)),
    ("limit", (("limit", {"w": NO_LIMIT_W}),)),
    ("emergency_limit", (("emergency_limit", {"w": NO_LIMIT_W, "for_s": 0}),)),
    ("schedule", (("schedule", {}),)),
    ("friendly", (("friendly", {"on": False}),)),
    ("tamper", (("tamper", {"open": False}), ("clear_tamper", {}))),
    ("tamper_response", (("tamper_response", {"disconnects": False}),)),
)


def take_back(desk: SupplyDesk, steps: Sequence[Mapping[str, Any]]) -> None:
    """Undo what the steps of a story left behind; a limiter that holds is waited for."""
    used = {step["do"] for step in steps}
    for action, undoing in TAKEN_BACK:
        if action in used:
            for name, with_what in undoing:
                desk.do(name, **with_what)
    supply = desk.bench.declaration.supply
    if used & {"limit", "emergency_limit"} and supply is not None and supply.limiter_hold_s is not None:
        desk.do("wait", s=supply.limiter_hold_s)
