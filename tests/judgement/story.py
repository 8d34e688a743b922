"""Stories of one switch, told by hand: ten seconds a step, the look two seconds after it."""

from __future__ import annotations

from typing import Any

from tests.judgement.told import said

DISCONNECTED, CONNECTED, READY = 0, 1, 2


def look(state: int, **changes: Any) -> dict[str, Any]:
    base = {
        "live": state == CONNECTED,
        "output_state": state == CONNECTED,
        "control_state": state,
        "control_mode": 6,
        "credit_wh": 5000.0,
        "payment_mode": 2,
        "register_wh": 100.0,
    }
    return {**base, **changes}


def told(*steps: tuple[Any, ...], first: dict[str, Any] | None = None) -> dict[str, Any]:
    """Each step: action, with what, what is seen after it, further facts (seconds it took, answer, load)."""
    done = [step("begin", {}, first or look(CONNECTED), 0.0)]
    now_s = 10.0
    for action, with_what, after, *more in steps:
        facts = more[0] if more else {}
        done.append(step(action, with_what, after, now_s, **facts))
        now_s = done[-1]["look"]["time_s"] + 8.0
    return {"steps": done}


def step(action: str, with_what: Any, after: dict[str, Any], from_s: float, **facts: Any) -> dict[str, Any]:
    lasted_s = facts.pop("lasted_s", 2.0)
    base = {
        "do": action,
        "with": with_what,
        "answer": "success",
        "from_s": from_s,
        "load_w": 0.0,
        "bridged": False,
    }
    return {**base, **facts, "look": {**after, "time_s": from_s + lasted_s}}


SUPPLY = {
    "control_mode": 6,
    "actuation_time_s": 1.0,
    "limiter_trip_s": 10.0,
    "limiter_hold_s": 60.0,
    "limiter_closes_max": 5,
    "limiter_lockout_s": 1800.0,
}
EMERGENCY = {"grace_s": 60.0, "emergency": {"amount_wh": 2000, "threshold_wh": 1000}}


def story(name: str, data: dict[str, Any], **declared: Any) -> Any:
    return said(f"dual.{name}", data, supply={**SUPPLY, **declared}, payment=EMERGENCY)


ON, OFF, ARMED = look(CONNECTED), look(DISCONNECTED), look(READY)
BROKE, BROKE_ON = look(READY, credit_wh=0.0), look(CONNECTED, credit_wh=0.0)
DISCONNECT = ("remote_disconnect", {}, OFF)
EMPTY = ("set_credit", {"wh": 0}, BROKE)
WAIT = ("wait", {}, ON)
LIMIT = ("limit", {"w": 1000, "over_s": 10.0}, ON)
OVER = {"load_w": 2000.0}
OPENED = ("tamper_response", {"disconnects": True}, ON), ("tamper", {"open": True}, ARMED)
