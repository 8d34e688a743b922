"""The scenarios S1 to S18 of dual_standard_meter.md 3.4, as stories: what happens to one switch with two masters.

Powers are shares of the meter's largest load; ``bench.run.supply_story`` plays them, the rules judge them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.record.declaration import Declaration
from bench.run.supply_story import CLOSE, Step, Story

#: Share of the largest load that is drawn.
LOAD = 0.4
SECONDS_PER_HOUR = 3600.0
SMALL_WH = 40
#: How long the limiter is told to let a load pass: long beside the time that a source takes to settle.
TRIP_S = 60.0
#: Waits beyond a computed instant.
MORE_S = 8.0

Make = Callable[[Declaration], Story]


def load_w(declaration: Declaration) -> int:
    """Return the load that stories draw."""
    plate = declaration.nameplate
    return int(LOAD * plate.voltage_v * plate.maximum_current_a * plate.elements)


def _burn(declaration: Declaration, energy_wh: float) -> tuple[Step, ...]:
    """Draw a certain energy, or as much as there is credit for."""
    power_w = load_w(declaration)
    used_s = energy_wh * SECONDS_PER_HOUR / power_w + MORE_S
    return (do("load", w=power_w), do("wait", s=round(used_s, 1)), do("load", w=0))


def do(action: str, **with_what: Any) -> Step:
    """Return a step."""
    return (action, with_what)


def stories(declaration: Declaration) -> tuple[Story, ...]:
    """Return all scenarios, with loads and waits for this meter."""
    payment, supply = declaration.payment, declaration.supply
    trip_s = TRIP_S
    hold_s = supply.limiter_hold_s or 60.0 if supply is not None else 60.0
    actuation_s = supply.actuation_time_s if supply is not None else 1.0
    grace_s = payment.grace_s or 0.0 if payment is not None else 0.0
    emergency_wh = payment.emergency.amount_wh if payment is not None and payment.emergency else 0.0
    power_w = load_w(declaration)
    limit = do("limit", w=power_w // 2, over_s=round(trip_s))
    over = (limit, do("load", w=power_w), do("wait", s=trip_s + 2 * actuation_s + MORE_S))
    disconnect, reconnect, close = do("remote_disconnect"), do("remote_reconnect"), do(CLOSE)
    token, empty = do("token", wh=1000), do("set_credit", wh=0)
    cut = do("power_cut")
    takes_tokens = declaration.sts is not None and "gateway" in declaration.sts.carriers
    on_its_way = (disconnect, do("reconnect_and_token", wh=1000), close) if takes_tokens else ()
    has_keypad = declaration.sts is not None and "keypad" in declaration.sts.carriers
    keyed_in = (do("token", wh=1000, carrier="keypad"),) if has_keypad else ()
    return (
        _story("S1", "zero credit at load", "credit tokens", do("set_credit", wh=SMALL_WH),
               *_burn(declaration, SMALL_WH), token, close, do("button"), close),
        _story("S2", "token in state 0", "tokens", disconnect, token, do("button"),
               *keyed_in, reconnect, close),
        _story("S3", "remote_reconnect at zero credit", "credit tokens", empty, disconnect, reconnect,
               do("button"), reconnect, token, close),
        _story("S4", "remote_disconnect in friendly hours", "credit friendly", do("friendly", on=True), empty,
               disconnect, do("button"), do("friendly", on=False), do("friendly", on=True), reconnect, close,
               do("friendly", on=False), do("set_credit", wh=1000),
               close),
        _story("S5", "token and remote_disconnect within a second", "tokens", do("race", token_first=True),
               reconnect, close, do("race", token_first=False), reconnect, close),
        _story("S6", "overload, token, and the end of the hold", "limiter tokens",
               limit, do("load", w=power_w), do("wait", s=trip_s / 3), do("load", w=power_w // 4), close,
               *over, token, do("load", w=0), do("button"),
               do("wait", s=hold_s + 2 * actuation_s), close),
        _story("S7", "tamper, zero credit, clear token", "tamper credit tokens",
               do("tamper_response", disconnects=True), do("tamper", open=True), do("clear_tamper"),
               token, do("tamper", open=False), empty, do("clear_tamper"), do("set_credit", wh=1000), close,
               do("tamper", open=True), do("tamper", open=False), disconnect, do("clear_tamper"), reconnect,
               close),
        _story("S8", "power cuts before and after the switch moved", "credit tamper limiter", disconnect, cut,
               reconnect, close, do("disconnect_and_cut", after_s=0.0), reconnect, close,
               do("disconnect_and_cut", after_s=0.05), reconnect, close, empty, cut, do("set_credit", wh=1000),
               cut, close, do("tamper_response", disconnects=True), do("tamper", open=True), cut,
               do("tamper", open=False), cut, do("clear_tamper"), close, *over, do("clear_tamper"), do("load", w=0),
               cut, do("wait", s=hold_s + 2 * actuation_s), close),
        _story("S9", "payment mode switched in each state", "mode credit", do("payment_mode", mode="credit"),
               *_burn(declaration, 3 * SMALL_WH), do("payment_mode", mode="prepayment"), empty,
               do("payment_mode", mode="credit"), close, do("set_credit", wh=100), empty, cut,
               do("payment_mode", mode="prepayment"), do("wait", s=grace_s + MORE_S), disconnect,
               do("payment_mode", mode="credit"), cut, do("payment_mode", mode="prepayment"), reconnect,
               do("set_credit", wh=1000), do("wait", s=grace_s + MORE_S), close),
        _story("S10", "scheduled disconnect", "schedule tokens", do("schedule", in_s=4), do("wait", s=MORE_S),
               token, do("button"), do("schedule"), reconnect, close),
        _story("S11", "welded contact", "", do("bridge", closed=True), disconnect, do("wait", s=MORE_S),
               do("bridge", closed=False), reconnect, close),
        _story("S12", "remote_disconnect, and a token, while the switch is on its way", "", disconnect,
               do("reconnect_and_disconnect"), cut, reconnect, close, *on_its_way),
        _story("S13", "emergency credit, remote disconnect, repayment", "emergency credit tokens", empty,
               do("emergency"), close, do("emergency"), *_burn(declaration, emergency_wh / 2), disconnect,
               do("token", wh=500), do("emergency"), reconnect, close, *_burn(declaration, emergency_wh), cut,
               do("emergency"), do("token", wh=500), do("token", wh=3000), close, empty, do("emergency"), close),
        _story("S14", "emergency profile of the limiter", "limiter", limit, do("load", w=power_w // 4),
               do("emergency_limit", w=power_w // 8, for_s=round(2 * trip_s)), do("wait", s=3 * trip_s),
               do("load", w=0), do("wait", s=2 * hold_s), close, do("load", w=power_w // 4),
               do("wait", s=2 * trip_s), do("load", w=0)),
        _story("S15", "script table operates the switch", "scripts tokens", do("script_disconnect"), token,
               do("button"), do("script_reconnect"), close),
        _story("S16", "broadcast disconnect", "broadcast tokens", do("broadcast_disconnect"), token, do("button"),
               cut, reconnect, close, empty, do("broadcast_disconnect"), do("set_credit", wh=1000), do("button"),
               reconnect, close),
        _story("S17", "module swapped while token and command race", "modules tokens",
               do("race", token_first=True, swap_module=True), reconnect, close,
               do("race", token_first=False, swap_module=True), do("module"), reconnect, close),
        _story("S18", "friendly hours end at zero credit", "friendly credit", do("friendly", on=True, for_s=30),
               empty, *_burn(declaration, SMALL_WH)[:1], do("wait", s=4.0), do("load", w=0), disconnect,
               reconnect, do("wait", s=30.0), do("button"), do("set_credit", wh=1000), close),
    )  # fmt: skip


_NEEDS = {
    "tokens": "tokens",
    "credit": "credit",
    "friendly": "friendly hours",
    "limiter": "limiter",
    "tamper": "tamper response",
    "mode": "mode switch",
    "schedule": "schedule",
    "scripts": "scripts",
    "emergency": "emergency credit",
    "modules": "modules",
    "broadcast": "broadcast",
}


def _story(name: str, title: str, needs: str, *steps: Step) -> Story:
    return Story(id=name, title=title, steps=steps, needs=frozenset(_NEEDS[word] for word in needs.split()))
