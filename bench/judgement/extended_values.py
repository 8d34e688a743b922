"""Judge the values of the extended token set that a meter's display shows against those that tokens wrote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, count, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: The index of the flags; the lowest bit of a value written there is the state of the flag (sts.md 1.3).
FLAGS_INDEX = 63
#: The one flag that a read token can ask for.
FLAG_ASKED_FOR = 0
_NUMBER = re.compile(r"\d+")


@judge("sts.extended-values", version=1)
def judge_extended_values(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """PASSED when the display shows each value as it was written. A read token that is refused shows nothing."""
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
        index, value = count(look, "index"), count(look, "value")
        due, named = (value & 1, FLAG_ASKED_FOR) if index == FLAGS_INDEX else (value, index)
        if not _shows(look, due, named):
            faults.append(f'{due} was written to index {index}, the display shows "{after}"')
    if not shown:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the display shows no value of the set")
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    return Judgement(outcome=Outcome.PASSED, reason=f"{shown} values shown as they were written")


def _shows(look: Mapping[str, Any], due: int, named: int) -> bool:
    """Return whether the value is among the new numbers; where there are several, one may name what is shown."""
    new = _numbers(text(look, "after")) - _numbers(text(look, "before"))
    if new.total() > 1:
        new -= Counter([named])
    return due in new


def _numbers(shown: str) -> Counter[int]:
    return Counter(int(number) for number in _NUMBER.findall(shown))
