"""Judge whether display, Account and Credit object tell the same credit, before and after a token."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, number
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

WH_PER_KWH = 1000.0
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


@judge("sts.credit-told", version=1)
def judge_credit_told(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """PASSED when every place that tells the credit tells the same, within the last digit it shows.

    A display that did not show the credit before the token is not asked for it afterwards.
    """
    looks = observations[0].data.get("looks")
    if not isinstance(looks, Sequence) or not looks or isinstance(looks, str):
        raise MalformedObservation("looks is not a list")
    faults, places = [], []
    if all(look.get("available_wh") is not None for look in looks):
        places.append("the Account")
        for look in looks:
            told, there = number(look, "available_wh"), number(look, "credit_wh")
            # a credit that is used up may count as none that is available
            if abs(told - there) > number(look, "resolution_wh") and not (there <= 0 and told == 0):
                faults.append(f"the Account tells {told:g} Wh, the Credit object {there:g} Wh")
    shown = [_shown(look) for look in looks if look.get("display")]
    if shown and shown[0]:
        places.append("the display")
        faults += [
            f'the display shows "{look["display"]}", the credit is {number(look, "credit_wh"):g} Wh'
            for look, right in zip(looks, shown, strict=False)
            if not right
        ]
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    if not places:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason="neither an Account nor the display tells the credit"
        )
    return Judgement(outcome=Outcome.PASSED, reason=f"{' and '.join(places)} and the Credit object agree")


def _shown(look: Mapping[str, Any]) -> bool:
    """Return whether a number on the display is the credit, in kWh with the decimals it shows."""
    credit_kwh = number(look, "credit_wh") / WH_PER_KWH
    for written in _NUMBER.findall(str(look["display"])):
        _, _, decimals = written.replace(",", ".").partition(".")
        if abs(float(written.replace(",", ".")) - credit_kwh) < 1.0001 * 10.0 ** -len(decimals):
            return True
    return False
