"""Judge the values of the extended token set that a meter's display shows against those that tokens wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import count
from bench.judgement.looks import Wanted, judge_looks
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Requirement

#: The index of the flags; the lowest bit of a value written there is the state of the flag (sts.md 1.3).
FLAGS_INDEX = 63
#: The one flag that a read token can ask for.
FLAG_ASKED_FOR = 0
_NUMBER = re.compile(r"\d+")


@judge("sts.extended-values", version=2)
def judge_extended_values(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """PASSED when the display shows each value as it was written. A read token that is refused shows nothing."""
    return judge_looks(observations, context, _wanted, number=_NUMBER, noun="value")


def _wanted(look: Mapping[str, Any]) -> Wanted:
    index, value = count(look, "index"), count(look, "value")
    due, named = (value & 1, FLAG_ASKED_FOR) if index == FLAGS_INDEX else (value, index)
    return Wanted(
        words=f"{due} was written to index {index}",
        among=lambda numbers: any(int(number) == due for number in numbers),
        name=str(named),
    )
