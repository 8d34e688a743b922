"""What a supply switch may do, step by step: the latches as far as a story proves them, and the states they leave.

The rules are those of dual_standard_meter.md 3.1 (control modes) and 3.4 (A1 to A8), with what the declaration says of
limiter, grace and actuation. Credit, control mode and payment mode are taken as the meter shows them; what cannot be
known at a moment (a limit just exceeded, a grace just ending, a last Wh) allows both outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.judgement.fields import number, part, text, truth
from bench.judgement.limiter_model import LimiterModel
from bench.record.declaration import Declaration
from bench.standards.control_modes import ControlState, Request, next_state, reconnects_by_itself

OFF, ON, READY = ControlState.DISCONNECTED, ControlState.CONNECTED, ControlState.READY_FOR_RECONNECTION
#: Times are certain to this, beside the actuation time.
SURE_S = 2.5
SECONDS_PER_HOUR = 3600.0
PREPAYMENT = 2
INVOKED = frozenset({2, 3})
SUCCESS = "success"
#: An order to all stations to open the switch; it has no answer.
BROADCAST = "broadcast_disconnect"
#: The rule that a switch breaks which nobody holds and which is elsewhere than it should be, by what was done.
_FREE = {
    "token": "transition h",
    "set_credit": "transition h",
    "friendly": "A3",
    "emergency": "A3",
    "payment_mode": "payment mode (3.6)",
    "clear_tamper": "A5",
    "power_cut": "A7",
    "disconnect_and_cut": "A7",
    "race": "A6",
}
_DISCONNECTS = frozenset(
    {
        "remote_disconnect",
        "script_disconnect",
        BROADCAST,
        "disconnect_and_cut",
        "race",
        "reconnect_and_disconnect",
    }
)
_RECONNECTS = frozenset({"remote_reconnect", "script_reconnect", "reconnect_and_token"})
#: Steps that only prepare something, and nothing where the meter refuses them.
_SETTINGS = frozenset({"schedule", "tamper_response", "friendly", "limit", "emergency_limit", "control_mode"})
#: Rules that a switch breaks which does not do what it is told just now; A1 is about what comes after.
_ORDERED = {
    "remote_disconnect": "mode table",
    "script_disconnect": "mode table",
    BROADCAST: "mode table",
    "reconnect_and_disconnect": "A6",
    "race": "A6",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The states a step may leave, whose latch says so, and which rule a deviation breaks."""

    states: frozenset[ControlState]
    rule: str
    why: str


@dataclass(slots=True, kw_only=True)
class SupplyModel:
    """Latches of one story. ``None`` in place of a truth means: unknown."""

    declaration: Declaration
    remote: bool = False
    manual: bool = False
    tamper: bool = False
    cover_open: bool = False
    tamper_disconnects: bool = False
    friendly_until_s: float | None = None
    grace_until_s: float | None = None
    grace_used: bool = False
    scheduled_s: float | None = None
    exact: bool = False
    register_wh: float = 0.0
    limiter: LimiterModel = field(init=False)
    was_limited: bool | None = False

    def __post_init__(self) -> None:
        self.limiter = LimiterModel(
            declaration=self.declaration, slack_s=SURE_S + self.actuation_s(), sure_s=SURE_S
        )

    def begin(self, look: Mapping[str, Any]) -> None:
        """Take what the first look shows; an open switch without known latch was opened by somebody."""
        self.remote = look["control_state"] == OFF
        self.register_wh = number(look, "register_wh")
        self.manual = look["control_state"] == READY and not self.out_of_credit(look)

    # -- credit

    def out_of_credit(self, look: Mapping[str, Any]) -> bool | None:
        """Return whether the meter has no credit left to supply on; None where the last Wh decides."""
        if look.get("payment_mode") != PREPAYMENT:
            return False
        if look.get("emergency_status") in INVOKED:
            left = number(look, "emergency_wh") + max(0.0, number(look, "credit_wh"))
            return False if left > 0 else None
        credit_wh = number(look, "credit_wh")
        if credit_wh == 0 and not self.exact:
            return None
        return credit_wh <= 0

    def credit_latch(self, look: Mapping[str, Any]) -> bool | None:
        """Return whether want of credit holds the switch open now."""
        time_s = number(look, "time_s")
        grace = _runs(self.grace_until_s, time_s)
        masks = [_runs(self.friendly_until_s, time_s), grace if self.grace_used or not grace else None]
        if True in masks:
            return False
        exhausted = self.out_of_credit(look)
        return None if exhausted and None in masks else exhausted

    def _just_used_up(self, step: Mapping[str, Any], look: Mapping[str, Any]) -> bool:
        """Tell whether less was drawn beyond the credit than the load draws while the switch opens."""
        on_its_way_wh = number(step, "load_w") * self.actuation_s() / SECONDS_PER_HOUR
        return -number(look, "credit_wh") < on_its_way_wh

    # -- a step

    def take(self, step: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """Take what a step did to the latches."""
        action, with_what, after = text(step, "do"), part(step, "with"), part(step, "look")
        mode, answer = int(number(before, "control_mode")), text(step, "answer")
        self.was_limited = self.limiter.holds
        from_s, to_s = number(step, "from_s"), number(after, "time_s")
        if action == "set_credit":
            self.exact = True
        elif number(after, "register_wh") != self.register_wh:
            self.exact = False
        self.register_wh = number(after, "register_wh")
        # nobody answers an order to all stations: it came where the switch shows it, and that is judged apart
        told = answer == SUCCESS and action != BROADCAST
        if action in _DISCONNECTS and (told or after["control_state"] == OFF):
            self.remote = self.remote or mode != 0
        if action in _RECONNECTS and (answer == SUCCESS or after["control_state"] != OFF):
            self.remote = False
        if answer != SUCCESS and action in _SETTINGS:
            self.limiter.follow(step, before, after)
            return
        if action == "schedule":
            due_s = number(step, "due_s") if "due_s" in step else from_s + with_what.get("in_s", 0.0)
            self.scheduled_s = due_s if with_what.get("in_s") else None
        if action == "tamper_response":
            self.tamper_disconnects = bool(with_what["disconnects"])
        if action == "tamper":
            self.cover_open = bool(with_what["open"])
            self.tamper = self.tamper or (self.cover_open and self.tamper_disconnects)
        if action == "clear_tamper" and not self.cover_open:
            self.tamper = False
        if action == "friendly":
            self.friendly_until_s = None
            if with_what["on"]:
                self.friendly_until_s = from_s + (with_what.get("for_s") or float("inf"))
        if action == "payment_mode" and before.get("payment_mode") != after.get("payment_mode"):
            self._mode_switched(before, after, from_s)
        if action == "control_mode" and answer == SUCCESS:
            self.manual = False
        if self.scheduled_s is not None and to_s > self.scheduled_s + SURE_S + self.actuation_s():
            self.remote, self.scheduled_s = self.remote or mode != 0, None
        self.limiter.follow(step, before, after)

    def _mode_switched(self, before: Mapping[str, Any], after: Mapping[str, Any], from_s: float) -> None:
        payment = self.declaration.payment
        self.grace_until_s = None
        into = before.get("payment_mode") != PREPAYMENT and after.get("payment_mode") == PREPAYMENT
        if into and payment is not None and payment.grace_s:
            self.grace_until_s = from_s + payment.grace_s
            # credit that runs out later, within the grace, may end supply at once
            self.grace_used = self.out_of_credit(after) is True

    def actuation_s(self) -> float:
        """Return the declared time from command to settled contact."""
        supply = self.declaration.supply
        return supply.actuation_time_s if supply is not None else 0.0

    # -- what may be seen

    def expected(self, step: Mapping[str, Any], before: Mapping[str, Any]) -> Expected:
        """Return the states that the latches and the control mode leave after a step."""
        after, action = part(step, "look"), text(step, "do")
        mode = int(number(after, "control_mode"))
        if mode == 0:
            return Expected(states=frozenset({ON}), rule="I8", why="mode 0 never opens")
        at_power_up = action in {"power_cut", "disconnect_and_cut"}
        if self.scheduled_s is not None and number(after, "time_s") >= self.scheduled_s - SURE_S:
            return Expected(states=frozenset(ControlState), rule="mode table", why="a schedule is due")
        if self.remote:
            held_by = "A7" if at_power_up else _ORDERED.get(action, "A1")
            return Expected(states=frozenset({OFF}), rule=held_by, why="a remote disconnect is in force")
        credit = self.credit_latch(after)
        if credit and action != "set_credit" and truth(after, "live") and self._just_used_up(step, after):
            credit = None  # the contact may still be on its way
        limited = self.limiter.holds
        if limited is False and self.was_limited is not False and action in {"button", *_RECONNECTS}:
            limited = None  # the request came before the hold ended, or after
        latches = {"A2": credit, "A4": limited, "A5": self.tamper}
        words = {"A2": "there is no credit", "A4": "the limiter holds", "A5": "a tamper is not cleared"}
        for rule, latch in latches.items():
            if latch:
                at_fault = "A7" if at_power_up else rule
                return Expected(states=frozenset({READY}), rule=at_fault, why=words[rule])
        rule = _FREE.get(action, "mode table")
        if None in latches.values():
            return Expected(states=frozenset({ON, READY}), rule=rule, why="a latch may or may not be set")
        return self._free(step, before, mode, rule)

    def _free(self, step: Mapping[str, Any], before: Mapping[str, Any], mode: int, rule: str) -> Expected:
        """Return the states after a step that leaves no latch set."""
        action = text(step, "do")
        start = ControlState(int(number(before, "control_state")))
        why = f"nobody holds the switch, mode {mode}, state {int(start)}, {action}"
        request = {"button": Request.MANUAL_DISCONNECT if start is ON else Request.MANUAL_RECONNECT}.get(
            action
        )
        if action in _RECONNECTS:
            request = Request.REMOTE_RECONNECT
        if request is not None:
            end = next_state(mode, start, request)
        elif action == "race":
            end = start
        else:
            end = start if start is not OFF else READY
        states = {end}
        if reconnects_by_itself(mode):
            by_hand = self.manual or (action == "button" and end is READY)
            states = {ON, READY} if by_hand else {ON}
        elif self.manual and request is Request.REMOTE_RECONNECT:
            states |= {READY}
        return Expected(states=frozenset(states), rule=rule, why=why)

    def conclude(self, step: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """Take from the look what only the look can tell: whether a hand holds the switch open."""
        after = part(step, "look")
        if truth(after, "live"):
            self.manual = False
        elif text(step, "do") == "button" and before["control_state"] == ON:
            self.manual = True


def _runs(until_s: float | None, time_s: float) -> bool | None:
    """Return whether something still runs that was to end at ``until_s``; None when it is about to end."""
    if until_s is None or time_s > until_s + SURE_S:
        return False
    return True if time_s < until_s - SURE_S else None
