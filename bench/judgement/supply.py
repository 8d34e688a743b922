"""Judge the supply switch between its two masters: credit on one side, the remote command on the other.

Rules A1 to A8: dual_standard_meter.md 3.4 (project rules, declared by the manufacturer). What a token may do
by itself depends on the control mode (``bench.standards.control_modes``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bench.judgement.fields import number, part, text, truth
from bench.judgement.registry import Context, judge
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.control_modes import ControlState, Request, next_state, reconnects_by_itself

SECONDS_PER_HOUR = 3600.0
#: A meter may measure so much less than was drawn before its count of credit is held against it.
ALLOWANCE = 0.05


@judge("dual.credit-exhausted-opens", version=3)
def judge_exhausted(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """The switch opens when the credit is used up, and says so. How exactly: see the credit at the opening.

    A meter that still counts credit has no reason to open: whether it counts right, that judge says too.
    """
    data = observations[0].data
    residual_wh = number(data, "credit_after_wh")
    say = partial(Judgement, measured=residual_wh, limit=number(data, "credit_resolution_wh"), unit="Wh")
    supply = part(data, "supply_after")
    if not truth(data, "live_before"):
        return say(
            outcome=Outcome.INCONCLUSIVE, reason="the switch was not closed before the credit was used up"
        )
    if truth(data, "load_side_live"):
        left = residual_wh > number(data, "credit_resolution_wh")
        words = "the meter still counts" if left else "the switch stays closed although the credit is"
        return say(
            outcome=Outcome.INCONCLUSIVE if left else Outcome.FAILED, reason=f"{words} {residual_wh:g} Wh"
        )
    if supply.get("output_state") or supply.get("control_state") == ControlState.CONNECTED:
        return say(
            outcome=Outcome.FAILED, reason=f"the switch is open, but the meter says {_said(supply)} (rule A8)"
        )
    return say(outcome=Outcome.PASSED, reason=f"opened at a credit of {residual_wh:g} Wh; {_said(supply)}")


@judge("dual.credit-at-opening", version=2)
def judge_credit_at_opening(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """The credit at which the switch opened is zero: not more, and not less than its actuation time explains.

    A switch that stays closed shows a wrong count where more was drawn than there was, and credit is still counted.
    """
    data = observations[0].data
    residual_wh = number(data, "credit_after_wh")
    resolution_wh = number(data, "credit_resolution_wh")
    overrun_wh = number(data, "power_w") * _actuation_s(context.declaration) / SECONDS_PER_HOUR
    lowest_wh = -(overrun_wh + resolution_wh)
    say = partial(Judgement, measured=residual_wh, limit=resolution_wh, unit="Wh")
    live = truth(data, "live_before") and truth(data, "load_side_live")
    if live and residual_wh > resolution_wh and "reference_energy_wh" in data:
        drawn_wh, before_wh = number(data, "reference_energy_wh"), number(data, "credit_before_wh")
        if drawn_wh > (1.0 + ALLOWANCE) * before_wh + resolution_wh:
            words = f"{drawn_wh:.0f} Wh were drawn of {before_wh:g} Wh, and the meter still counts {residual_wh:g} Wh"
            return say(outcome=Outcome.FAILED, reason=words)
    if not truth(data, "live_before") or truth(data, "load_side_live"):
        return say(outcome=Outcome.INCONCLUSIVE, reason="the switch did not open under load")
    words = f"the switch opened at a credit of {residual_wh:g} Wh; {lowest_wh:.1f} to {resolution_wh:g} Wh was due"
    outcome = Outcome.PASSED if lowest_wh <= residual_wh <= resolution_wh else Outcome.FAILED
    return say(outcome=outcome, reason=words)


@judge("dual.token-closes", version=2)
def judge_token_closes(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """After exhaustion a token closes the switch where the mode has a local reconnect, else it arms it."""
    data = observations[0].data
    mode = int(number(part(data, "supply_after"), "control_mode"))
    supply = part(data, "supply_after")
    closed = truth(data, "load_side_live")
    credit_wh = number(data, "credit_after_wh")
    if credit_wh <= 0:
        reason = f"the token did not bring the credit above zero: {credit_wh:g} Wh"
        # that a token adds its amount is a demand of its own; without credit nothing may close the switch
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if not reconnects_by_itself(mode):
        if closed or supply.get("control_state") != ControlState.READY_FOR_RECONNECTION:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"mode {mode} has no local reconnect; after the token: {_said(supply)}",
            )
        return Judgement(outcome=Outcome.PASSED, reason=f"armed, as mode {mode} demands; {_said(supply)}")
    if not closed:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"mode {mode}: credit {credit_wh:g} Wh, yet the switch stays open; {_said(supply)}",
        )
    if not supply.get("output_state") or supply.get("control_state") != ControlState.CONNECTED:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"the switch is closed, but the meter says {_said(supply)} (rule A8)",
        )
    return Judgement(
        outcome=Outcome.PASSED, reason=f"closed after the token; credit {credit_wh:g} Wh; {_said(supply)}"
    )


@judge("dual.remote-disconnect-holds", version=2)
def judge_remote_holds(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Rule A1: what a remote disconnect opened, no token closes; only remote_reconnect does, as the mode says."""
    data = observations[0].data
    opened, after_token = part(data, "after_disconnect"), part(data, "after_token")
    if data.get("disconnect_result") != "success" or truth(opened, "load_side_live"):
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"remote_disconnect ({data.get('disconnect_result')}) did not open the switch; "
            f"{_said(part(opened, 'supply'))}",
        )
    if number(after_token, "credit_wh") <= number(data, "credit_before_wh"):
        reason = "the token was not accepted, so it could not tempt the switch"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if truth(after_token, "load_side_live"):
        return Judgement(
            outcome=Outcome.FAILED,
            reason="a token closed the switch against a remote disconnect (rule A1); "
            f"{_said(part(after_token, 'supply'))}",
        )
    if part(after_token, "supply").get("control_state") != ControlState.DISCONNECTED:
        return Judgement(
            outcome=Outcome.FAILED,
            reason="a token changed the state of a remotely opened switch (rule A1); "
            f"{_said(part(after_token, 'supply'))}",
        )
    return _judge_reconnect(data, _said(part(after_token, "supply")))


def _judge_reconnect(data: Mapping[str, Any], held: str) -> Judgement:
    """After a good token nothing holds the switch but the remote disconnect: remote_reconnect ends it."""
    after = part(data, "after_reconnect")
    supply, live = part(after, "supply"), truth(after, "load_side_live")
    answer = data.get("reconnect_result")
    mode = int(number(supply, "control_mode"))
    due = {next_state(mode, ControlState.DISCONNECTED, Request.REMOTE_RECONNECT)}
    if ControlState.READY_FOR_RECONNECTION in due and reconnects_by_itself(mode):
        due = {ControlState.CONNECTED}
    words = f"the switch stays open after the token ({held}); remote_reconnect in mode {mode} ({answer})"
    if supply.get("control_state") not in due:
        state = " or ".join(str(int(item)) for item in due)
        return Judgement(
            outcome=Outcome.FAILED, reason=f"{words}: state {state} was due; {_said(supply)} (mode table)"
        )
    if live is not (ControlState.CONNECTED in due) or bool(supply.get("output_state")) is not live:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"{words}: load side {'live' if live else 'dead'}, yet {_said(supply)} (rule A8)",
        )
    return Judgement(outcome=Outcome.PASSED, reason=f"{words}: {_said(supply)}")


def _actuation_s(declaration: Declaration) -> float:
    return declaration.supply.actuation_time_s if declaration.supply is not None else 0.0


def _said(supply: Mapping[str, Any]) -> str:
    return f"output_state {supply.get('output_state')}, control_state {supply.get('control_state')}"


@judge("dual.control-mode", version=2)
def judge_control_mode(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """One cell of the mode table: the request moves the state as the table says, and the contact with it."""
    data = observations[0].data
    declared = context.declaration.supply
    before, after = part(data, "before"), part(data, "after")
    mode = int(number(part(before, "supply"), "control_mode"))
    wanted = int(number(data, "mode")) if "mode" in data else None
    if wanted is None and declared is not None:
        wanted = declared.control_mode
    if wanted is not None and mode != wanted:
        return Judgement(outcome=Outcome.FAILED, reason=f"control_mode reads {mode}, declared is {wanted}")
    start = ControlState(int(number(data, "state")))
    if part(before, "supply").get("control_state") != start:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"the switch could not be brought to state {int(start)}: {_said(part(before, 'supply'))}",
        )
    end = next_state(mode, start, Request(text(data, "request")))
    allowed = {end}
    if end is ControlState.READY_FOR_RECONNECTION and reconnects_by_itself(mode):
        allowed.add(ControlState.CONNECTED)
    seen = part(after, "supply").get("control_state")
    live = truth(after, "load_side_live")
    words = f"mode {mode}, state {int(start)}, {text(data, 'request')} ({text(data, 'answer')})"
    if seen not in allowed:
        due = " or ".join(str(int(state)) for state in sorted(allowed))
        return Judgement(
            outcome=Outcome.FAILED, reason=f"{words}: state {due} was due; {_said(part(after, 'supply'))}"
        )
    if (
        live is not (seen == ControlState.CONNECTED)
        or bool(part(after, "supply").get("output_state")) is not live
    ):
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"{words}: load side {'live' if live else 'dead'}, yet {_said(part(after, 'supply'))} (rule A8)",
        )
    return Judgement(outcome=Outcome.PASSED, reason=f"{words}: state {seen}")


@judge("dual.power-cut-keeps-state", version=1)
def judge_power_cut(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Rule A7: an open switch is open after a power cut, in the same state, and never closed on the way."""
    data = observations[0].data
    before, after = part(data, "before"), part(data, "after")
    if truth(before, "load_side_live"):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the switch was not open before the power cut")
    if truth(after, "load_side_live"):
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"the power cut closed the switch; {_said(part(after, 'supply'))} (rule A7)",
        )
    if truth(data, "closed_meanwhile"):
        return Judgement(outcome=Outcome.FAILED, reason="the switch closed for a while at power-up (rule A7)")
    was, is_now = (part(item, "supply").get("control_state") for item in (before, after))
    if was != is_now:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"the power cut changed control_state from {was} to {is_now} (rule A7)",
        )
    return Judgement(
        outcome=Outcome.PASSED, reason=f"still open after the power cut; {_said(part(after, 'supply'))}"
    )


@judge("dual.reconnect-without-credit", version=1)
def judge_reconnect(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Rule A2: without credit remote_reconnect may arm the switch, never close it."""
    data = observations[0].data
    after = part(data, "after")
    if data.get("disconnect_result") != "success":
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"remote_disconnect was refused: {data.get('disconnect_result')}",
        )
    words = f"remote_reconnect without credit ({data.get('reconnect_result')})"
    if truth(after, "load_side_live") or part(after, "supply").get("output_state"):
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"{words} closed the switch at a credit of {number(data, 'credit_wh'):g} Wh (rule A2)",
        )
    if part(after, "supply").get("control_state") == ControlState.CONNECTED:
        return Judgement(
            outcome=Outcome.FAILED, reason=f"{words}: open, yet {_said(part(after, 'supply'))} (rule A8)"
        )
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{words} leaves the switch open; {_said(part(after, 'supply'))}"
    )
