"""Judge the money of a supply story: every Wh that left the credit went through the meter, and every token came in.

Credit and emergency credit together fall by the energy registered while the mode is prepayment, rise by what tokens
say, and stand still in credit mode. Readings are truncated, so a story may be off by their last digits, no more.
Emergency credit is there once until it is repaid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.judgement.fields import number, part, text
from bench.judgement.registry import Context, judge
from bench.judgement.supply_model import PREPAYMENT, SUCCESS
from bench.judgement.supply_story import steps_of, told
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: A balance is off by less than two digits of the credit, itself and the emergency credit being truncated at both
#: ends, and one of the register.
DIGITS = 3.0
CREDITS = 2.0
SELECTABLE, USED_UP = 1, 4
IN_USE = frozenset({2, 3})
RACE_WH = 200.0


@judge("dual.credit-story", version=3)
def judge_credit(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """The balance of a story closes at every step."""
    payment = context.declaration.payment
    if payment is None or payment.accounting != "kwh":
        reason = "the declaration does not say that one kWh of credit is one kWh"
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=reason)
    steps = steps_of(observations)
    found = first_open_balance(steps, context.declaration)
    bound_wh = _bound_wh(context.declaration, steps)
    if found is None:
        reason = f"credit, tokens and register agree over {len(steps) - 1} steps"
        return Judgement(outcome=Outcome.PASSED, reason=reason, limit=bound_wh, unit="Wh")
    side = "below" if found.off_wh < 0 else "above"
    return Judgement(
        outcome=Outcome.FAILED,
        reason=f"the credit is {abs(found.off_wh):.0f} Wh {side} what use and tokens leave, "
        f"after {told(steps[: found.index + 1])}",
        measured=found.off_wh,
        limit=bound_wh,
        unit="Wh",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBalance:
    """The first step at which credit, tokens and register disagree, and by how much credit is above."""

    index: int
    off_wh: float


class BalanceFollower:
    """Follows the balance of a story as it goes on, and stays where it does not close."""

    def __init__(self, declaration: Declaration) -> None:
        payment = declaration.payment
        self._applies = payment is not None and payment.accounting == "kwh"
        self._declaration = declaration
        self._bound_wh = 0.0
        self._due_wh = self._unsure_wh = 0.0
        self._followed = 0
        self.open: OpenBalance | None = None

    def follow(self, steps: Sequence[Mapping[str, Any]]) -> OpenBalance | None:
        """Take the steps that have come since the last call; return where the balance opened, None nowhere."""
        if not self._applies:
            return None
        if self._followed == 0:
            self._bound_wh = _bound_wh(self._declaration, steps)
            self._begin(part(steps[0], "look"))
        while self.open is None and self._followed < len(steps):
            index = self._followed
            step, before = steps[index], part(steps[index - 1], "look")
            after = part(step, "look")
            if text(step, "do") == "set_credit":
                self._begin(after)
            else:
                self._take(step, before, after)
                off_wh = _total_wh(after) - self._due_wh
                room_wh = self._bound_wh + _used_while_read_wh(step)
                if not -room_wh - self._unsure_wh <= off_wh <= room_wh:
                    self.open = OpenBalance(index=index, off_wh=off_wh)
            self._followed = index + 1
        return self.open

    def _begin(self, look: Mapping[str, Any]) -> None:
        self._due_wh, self._unsure_wh = _total_wh(look), 0.0
        self._followed = max(self._followed, 1)

    def _take(self, step: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        energy_wh = number(after, "register_wh") - number(before, "register_wh")
        prepaid = [look.get("payment_mode") == PREPAYMENT for look in (before, after)]
        if all(prepaid):
            self._due_wh -= energy_wh
        elif any(prepaid):
            self._unsure_wh += energy_wh
        self._due_wh += _bought_wh(step)


def _used_while_read_wh(step: Mapping[str, Any]) -> float:
    """Return what the load uses between the readings of credit and register, where these were not read at once."""
    return number(step, "load_w") * float(part(step, "look").get("read_s", 0.0)) / 3600


def first_open_balance(steps: Sequence[Mapping[str, Any]], declaration: Declaration) -> OpenBalance | None:
    """Return where the balance of a story does not close, None where it always does."""
    return BalanceFollower(declaration).follow(steps)


def _bound_wh(declaration: Declaration, steps: Sequence[Mapping[str, Any]]) -> float:
    """Return how far a balance may be off by truncated readings."""
    payment = declaration.payment
    credit_wh = payment.credit_resolution_wh if payment is not None else 1.0
    register_wh = float(part(steps[0], "look").get("register_digit_wh", 1.0))
    return CREDITS * max(credit_wh, 1.0) + max(register_wh, 1.0)


@judge("dual.emergency-story", version=2)
def judge_emergency(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Emergency credit can be drawn where it is offered, wholly, and not again before it is repaid."""
    payment = context.declaration.payment
    if payment is None or payment.emergency is None:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason="no emergency credit is declared")
    steps = steps_of(observations)
    whole_wh = payment.emergency.amount_wh
    for index, step in enumerate(steps[1:], start=1):
        before, after = part(steps[index - 1], "look"), part(step, "look")
        left_wh, was_wh = number(after, "emergency_wh"), number(before, "emergency_wh")
        if left_wh > was_wh + DIGITS and _bought_wh(step) == 0 and text(step, "do") != "set_credit":
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"the emergency credit rose from {was_wh:g} to {left_wh:g} Wh without a token, "
                f"after {told(steps[: index + 1])}",
            )
        # what a token repays of it later is not to be drawn before all of it is repaid
        ended = before.get("emergency_status") in IN_USE and after.get("emergency_status") == USED_UP
        if ended and left_wh > DIGITS and _bought_wh(step) == 0 and text(step, "do") != "set_credit":
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"the emergency credit is told as used up with {left_wh:g} of {whole_wh:g} Wh left, "
                f"after {told(steps[: index + 1])}",
            )
        if text(step, "do") != "emergency":
            continue
        drawn = was_wh < whole_wh - DIGITS
        if text(step, "answer") == SUCCESS and drawn:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"emergency credit was drawn again before it was repaid, after {told(steps[: index + 1])}",
            )
        offered = before.get("emergency_status") == SELECTABLE
        if text(step, "answer") != SUCCESS and offered:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"emergency credit is selectable, yet refused ({step.get('answer')}), "
                f"after {told(steps[: index + 1])}",
            )
    return Judgement(outcome=Outcome.PASSED, reason="emergency credit once, until it was repaid")


def _bought_wh(step: Mapping[str, Any]) -> float:
    action = text(step, "do")
    if action in {"token", "reconnect_and_token"}:
        return round(float(part(step, "with").get("wh", 1000)) / 100) * 100.0
    return RACE_WH if action == "race" else 0.0


def _total_wh(look: Mapping[str, Any]) -> float:
    emergency = number(look, "emergency_wh") if "emergency_wh" in look else 0.0
    return number(look, "credit_wh") + emergency
