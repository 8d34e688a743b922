"""Judge charges: the standing charge over an outage and while disconnected, and the steps of the tariff.

Facts: dual_standard_meter.md 3.7 (three charging rules), R-032, R-039. Prices are what the meter was told: units of the
credit register for a kWh, or for a period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import number, part, positive, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: A credit reading is truncated at both ends of a difference, as is the register.
DIGITS = 3.0
WH_PER_KWH = 1000.0
#: At a price of one, credit and register move together within this.
SHARE = 0.02
#: A draw that its resolutions make no more certain than this says nothing of a price.
COARSEST_SHARE = 0.2


@judge("dual.standing-charge", version=1)
def judge_standing(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """The standing charge is taken once for each period that ends, or never, as declared and configured.

    ``time_s`` is how long it ran, of it ``without_supply_s`` without supply, ``excluded_s`` in a state in which it is
    not to be collected. What the register moved by meanwhile (``used_wh``) was taken for energy, not for the charge.
    """
    data = observations[0].data
    payment = context.declaration.payment
    charges = payment.charges if payment is not None else None
    if charges is None or charges.missed is None:
        return Judgement(
            outcome=Outcome.INAPPLICABLE, reason="what becomes of missed charges is not declared"
        )
    if refused := _refused(data, "configuration"):
        return refused
    unit, period_s = positive(data, "unit_wh"), positive(data, "period_s")
    time_s, without_s = number(data, "time_s"), number(data, "without_supply_s")
    counted_s = time_s - number(data, "excluded_s")
    if charges.missed == "waived":
        counted_s -= without_s
    taken_wh = number(data, "credit_before_wh") - number(data, "credit_after_wh")
    taken_wh -= number(data, "used_wh") if "used_wh" in data else 0.0
    # a stretch of time holds the end of a period once more or once less than its length says
    least, most = max(0, int(counted_s // period_s) - 1), int(counted_s // period_s) + 1
    if counted_s < period_s / 2:
        least = most = 0
    words = f"{text(data, 'what')}: {taken_wh:g} Wh were taken in {time_s:.0f} s"
    due = f"{least * unit:g} to {most * unit:g} Wh" if most else "nothing"
    outcome = Outcome.PASSED if least * unit - DIGITS <= taken_wh <= most * unit + DIGITS else Outcome.FAILED
    return Judgement(
        outcome=outcome,
        reason=f"{words}, {unit:g} Wh every {period_s:g} s; {due} was due",
        measured=taken_wh,
        limit=most * unit,
        unit="Wh",
    )


@judge("dual.unit-charge", version=1)
def judge_unit_charge(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """At one price, of as many units as a kWh has, credit falls by what the register counts."""
    data = observations[0].data
    if refused := _refused(data, "tariff"):
        return refused
    flat = part(data, "at_one_price")
    counted_wh, registered_wh = _fallen_wh(flat), _registered_wh(flat)
    if counted_wh == registered_wh == 0:
        reason = "neither register nor credit moved: the meter let no load through"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    digits_wh = _digits_wh(data, context)
    if digits_wh > COARSEST_SHARE * max(abs(counted_wh), registered_wh):
        reason = f"{registered_wh:g} Wh is too little for what register and credit resolve"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    bound_wh = digits_wh + SHARE * registered_wh
    wrong = abs(counted_wh - registered_wh) > bound_wh
    return Judgement(
        outcome=Outcome.FAILED if wrong else Outcome.PASSED,
        reason=f"at a price of one {registered_wh:.0f} Wh cost {counted_wh:.0f}",
        measured=counted_wh - registered_wh,
        limit=bound_wh,
        unit="Wh",
    )


@judge("dual.step-charge", version=2)
def judge_steps(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Every kWh costs what its step says: below and above the threshold, and from the first of a month anew."""
    data = observations[0].data
    if refused := _refused(data, "tariff"):
        return refused
    if "at_one_price" in data:
        flat = part(data, "at_one_price")
        counted_wh, registered_wh = _fallen_wh(flat), _registered_wh(flat)
        if abs(counted_wh - registered_wh) > _digits_wh(data, context) + SHARE * registered_wh:
            reason = (
                f"at one price {registered_wh:.0f} Wh cost {counted_wh:.0f}: what is wrong is not the steps"
            )
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if any(
        "register_after_wh" in draw and _fallen_wh(draw) == _registered_wh(draw) == 0
        for draw in data["draws"]
    ):
        reason = "neither register nor credit moved: the meter let no load through"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    prices = [positive(data, "first_price"), positive(data, "second_price")]
    threshold_wh = positive(data, "threshold_wh")
    faults, told = [], []
    for draw in data["draws"]:
        energy_wh, due_wh = _due(draw, threshold_wh, prices)
        taken_wh = _fallen_wh(draw)
        words = f"{text(draw, 'what')}: {energy_wh:.0f} Wh cost {taken_wh:.0f}, {due_wh:.0f} was due"
        told.append(words)
        # the register may stand anywhere within its last digit when the step begins
        if abs(taken_wh - due_wh) > DIGITS * max(prices) / WH_PER_KWH + DIGITS:
            faults.append(words)
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(told))


def _digits_wh(data: Mapping[str, Any], context: Context) -> float:
    """Return how far credit and register may be apart by their last digits alone."""
    payment = context.declaration.payment
    credit_wh = payment.credit_resolution_wh if payment is not None else 1.0
    register_wh = positive(data, "register_resolution_wh") if "register_resolution_wh" in data else 1.0
    return max(DIGITS, credit_wh + register_wh)


def _refused(data: Mapping[str, Any], what: str) -> Judgement | None:
    """Return what is to be said where the meter did not take what it was told; None where it did."""
    refused = [answer for answer in data.get("answers", ()) if answer != "success"]
    if not refused:
        return None
    reason = f"the meter refused the {what}: {', '.join(map(str, refused))}"
    return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)


def _due(draw: Mapping[str, Any], threshold_wh: float, prices: Sequence[float]) -> tuple[float, float]:
    """Return the energy of a draw and what it costs; ``month_before_wh`` is what the month had before it.

    ``at_one_price_wh`` is what the same draw took at a price of one for each kWh; without it the register tells.
    """
    energy_wh = number(draw, "at_one_price_wh") if "at_one_price_wh" in draw else _registered_wh(draw)
    left_wh = max(0.0, threshold_wh - number(draw, "month_before_wh"))
    first_wh = min(energy_wh, left_wh)
    return energy_wh, (first_wh * prices[0] + (energy_wh - first_wh) * prices[1]) / WH_PER_KWH


def _fallen_wh(draw: Mapping[str, Any]) -> float:
    return number(draw, "credit_before_wh") - number(draw, "credit_after_wh")


def _registered_wh(draw: Mapping[str, Any]) -> float:
    return number(draw, "register_after_wh") - number(draw, "register_before_wh")
