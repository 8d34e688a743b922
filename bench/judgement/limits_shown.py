"""Judge the limits that a meter's display shows against those that tokens set."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, count, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: Limit asked for -> limit due, W: exact below 16 384; above, the verified roundings of the coding (sts.md 2.3).
LIMITS_DUE_W = {
    16_384: 16_384,
    20_000: 20_004,
    180_223: 180_224,
    1_818_623: 1_818_624,
    18_201_624: 18_201_624,
}
FIRST_ROUNDED_W = 16_384
#: A display may show kW, and cut digits off: within a hundredth it is the limit.
WATTS_PER_UNIT = (1.0, 1000.0)
NEAR = 0.01
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


@judge("sts.limits-shown", version=1)
def judge_limits_shown(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """PASSED when the display shows each limit, in W or kW. A display test that the meter lacks is not asked for."""
    looks = observations[0].data.get("looks")
    if not isinstance(looks, Sequence) or isinstance(looks, str):
        raise MalformedObservation("looks is not a list")
    sts = context.declaration.sts
    refusal = sts.result_texts.get("FunctionError", "") if sts is not None else ""
    faults, shown = [], 0
    for look in looks:
        after = text(look, "after")
        if refusal and refusal in after:
            continue
        shown += 1
        due = _due_w(count(look, "limit_w"))
        if not _shows(look, due):
            faults.append(f'the limit is {due} W, the display shows "{after}"')
    if not shown:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the display shows no limit")
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    return Judgement(outcome=Outcome.PASSED, reason=f"{shown} limits shown as they were set")


def _due_w(limit_w: int) -> int:
    due = limit_w if limit_w < FIRST_ROUNDED_W else LIMITS_DUE_W.get(limit_w)
    if due is None:
        raise MalformedObservation(f"limit_w is {limit_w}, a limit that the judge does not know")
    return due


def _shows(look: Mapping[str, Any], due_w: int) -> bool:
    new = _numbers(text(look, "after")) - _numbers(text(look, "before"))
    return any(abs(float(number) * unit - due_w) <= NEAR * due_w for number in new for unit in WATTS_PER_UNIT)


def _numbers(shown: str) -> Counter[str]:
    return Counter(number.replace(",", ".") for number in _NUMBER.findall(shown))
