"""Judge what a display shows when it is asked for a value: the value among the new numbers, another one, or neither.

A look is what stood on a display before and after it was asked. A display that shows no new number but its name, and
has the value somewhere since before, tells nothing: that is neither proof nor fault.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from bench.judgement.fields import MalformedObservation, text
from bench.judgement.registry import Context
from bench.record.model import Judgement, Observation, Outcome


class Told(Enum):
    """What a look tells of a value: it is new on the display, it stood there before, or it is nowhere."""

    NEW = auto()
    STOOD = auto()
    ABSENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one look should show: in words, as a test of the numbers shown, and the number that may name it."""

    words: str
    among: Callable[[Iterable[str]], bool]
    name: str = ""


def told(look: Mapping[str, Any], wanted: Wanted, number: re.Pattern[str]) -> Told:
    """Compare the display before and after it was asked for a value."""
    shown = Counter(number.findall(text(look, "after")))
    new = shown - Counter(number.findall(text(look, "before")))
    named = Counter([wanted.name] if wanted.name else [])
    if wanted.among(
        new - named if new.total() > 1 else new
    ):  # where there are several, one may name the value
        return Told.NEW
    return Told.STOOD if not new - named and wanted.among(shown) else Told.ABSENT


def judge_looks(
    observations: Sequence[Observation],
    context: Context,
    wanted: Callable[[Mapping[str, Any]], Wanted],
    *,
    number: re.Pattern[str],
    noun: str,
) -> Judgement:
    """PASSED when each value is shown at one look at least and nothing else at any. A refused look shows nothing."""
    looks = observations[0].data.get("looks")
    if not isinstance(looks, Sequence) or isinstance(looks, str):
        raise MalformedObservation("looks is not a list")
    sts = context.declaration.sts
    refusal = sts.result_texts.get("FunctionError", "") if sts is not None else ""
    faults: list[str] = []
    new_of: dict[str, int] = {}
    for look in looks:
        after = text(look, "after")
        if refusal and refusal in after:
            continue
        due = wanted(look)
        found = told(look, due, number)
        new_of[due.words] = new_of.get(due.words, 0) + (found is Told.NEW)
        if found is Told.ABSENT:
            faults.append(f'{due.words}, the display shows "{after}"')
    if not new_of:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"the display shows no {noun}")
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    stood = [words for words, times in new_of.items() if not times]
    if stood:
        reason = f"{'; '.join(stood)}: that number stood on the display before it was asked for"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{len(new_of)} different {noun}s shown as they were written"
    )
