"""Judge the limits that a meter's display shows against those that tokens set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, count
from bench.judgement.looks import Wanted, judge_looks
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Requirement

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


@judge("sts.limits-shown", version=2)
def judge_limits_shown(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """PASSED when the display shows each limit, in W or kW. A display test that the meter lacks is not asked for."""
    return judge_looks(observations, context, _wanted, number=_NUMBER, noun="limit")


def _wanted(look: Mapping[str, Any]) -> Wanted:
    due_w = _due_w(count(look, "limit_w"))
    return Wanted(words=f"the limit is {due_w} W", among=lambda numbers: _near(numbers, due_w))


def _due_w(limit_w: int) -> int:
    due = limit_w if limit_w < FIRST_ROUNDED_W else LIMITS_DUE_W.get(limit_w)
    if due is None:
        raise MalformedObservation(f"limit_w is {limit_w}, a limit that the judge does not know")
    return due


def _near(numbers: Iterable[str], due_w: int) -> bool:
    return any(
        abs(float(number.replace(",", ".")) * unit - due_w) <= NEAR * due_w
        for number in numbers
        for unit in WATTS_PER_UNIT
    )
