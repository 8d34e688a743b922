"""Judge the supply switch between its two masters: credit on one side, the remote command on the other.

Rules A1 to A8: dual_standard_meter.md 3.4 (project rules, declared by the manufacturer). What a token may do
by itself depends on the control mode (``bench.standards.control_modes``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bench.judgement.fields import number, part, truth
from bench.judgement.registry import Context, judge
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.control_modes import ControlState, reconnects_by_itself

SECONDS_PER_HOUR = 3600.0


@judge("dual.credit-exhausted-opens", version=1)
def judge_exhausted(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """The switch opens when the credit reaches zero: not later than its actuation time, not earlier."""
    data = observations[0].data
    residual_wh = number(data, "credit_after_wh")
    resolution_wh = number(data, "credit_resolution_wh")
    overrun_wh = number(data, "power_w") * _actuation_s(context.declaration) / SECONDS_PER_HOUR
    lowest_wh = -(overrun_wh + resolution_wh)
    say = partial(Judgement, measured=residual_wh, limit=resolution_wh, unit="Wh")
    supply = part(data, "supply_after")
    if truth(data, "load_side_live"):
        return say(
            outcome=Outcome.FAILED,
            reason=f"the switch stays closed although the credit is {residual_wh:g} Wh",
        )
    if not lowest_wh <= residual_wh <= resolution_wh:
        return say(
            outcome=Outcome.FAILED,
            reason=f"the switch opened at a credit of {residual_wh:g} Wh; "
            f"{lowest_wh:.1f} to {resolution_wh:g} Wh was due",
        )
    if supply.get("output_state") or supply.get("control_state") == ControlState.CONNECTED:
        return say(
            outcome=Outcome.FAILED, reason=f"the switch is open, but the meter says {_said(supply)} (rule A8)"
        )
    return say(outcome=Outcome.PASSED, reason=f"opened at a credit of {residual_wh:g} Wh; {_said(supply)}")


@judge("dual.token-closes", version=1)
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
        return Judgement(outcome=Outcome.FAILED, reason=reason)
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


@judge("dual.remote-disconnect-holds", version=1)
def judge_remote_holds(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Rule A1: what a remote disconnect opened, no token closes; only remote_reconnect does."""
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
            reason=f"a token changed the state of a remotely opened switch: {_said(part(after_token, 'supply'))} (rule A1)",
        )
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"the switch stays open after the token; {_said(part(after_token, 'supply'))}",
    )


def _actuation_s(declaration: Declaration) -> float:
    return declaration.supply.actuation_time_s if declaration.supply is not None else 0.0


def _said(supply: Mapping[str, Any]) -> str:
    return f"output_state {supply.get('output_state')}, control_state {supply.get('control_state')}"
