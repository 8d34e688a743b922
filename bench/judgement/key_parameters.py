"""Judge the key parameters a meter tells of itself against those of the key it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, count, part, text
from bench.judgement.looks import Told, Wanted, told
from bench.judgement.registry import Context, judge
from bench.record.declaration import StsDeclaration
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: A set of two tokens carries no supply group code; a meter may then show none (sts.md 7.4).
NO_SUPPLY_GROUP = 0
_NUMBER = re.compile(r"\d+")
#: Tests whose meaning or presence is uncertain (sts.md 1.4): what the display does not answer is not a fault.
UNCERTAIN_TESTS = frozenset({"supply_group_code", "key_expiry_number"})


@judge("sts.key-parameters", version=2)
def judge_key_parameters(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """PASSED when object and display tell the parameters of the key that the meter holds.

    A number that stood on the display before it was asked for says nothing. ``expected`` says them;
    ``supply_group_unknown`` that the last set brought no supply group code.
    """
    sts = context.declaration.sts
    if sts is None:
        raise MalformedObservation("the declaration has no [sts]")
    faults: list[str] = []
    looked = 0
    for seen in observations:
        expected, read, shown = (part(seen.data, name) for name in ("expected", "told", "shown"))
        when = str(seen.data.get("when", "")).strip()
        for name in expected:
            due = _due(expected, name, unknown_group=bool(seen.data.get("supply_group_unknown")))
            if name == "key_expiry_number" and "key-expiry" not in (sts.supports or ()):
                continue
            if name in read:
                looked += 1
                if count(read, name) not in due:
                    faults.append(_fault(name, due, f"the object says {read[name]}", when))
            if name in shown:
                look = part(shown, name)
                found = told(look, _wanted(due), _NUMBER)
                looked += found is not Told.STOOD
                if found is Told.ABSENT and not (name in UNCERTAIN_TESTS and _unanswered(look, sts)):
                    faults.append(_fault(name, due, f'the display shows "{look["after"]}"', when))
    if not looked:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the meter tells no key parameter")
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    return Judgement(outcome=Outcome.PASSED, reason=f"{looked} key parameters told as they are")


def _due(expected: Mapping[str, Any], name: str, *, unknown_group: bool) -> frozenset[int]:
    due = {count(expected, name)}
    if name == "supply_group_code" and unknown_group:
        due.add(NO_SUPPLY_GROUP)
    return frozenset(due)


def _fault(name: str, due: frozenset[int], said: str, when: str) -> str:
    wanted = " or ".join(str(value) for value in sorted(due))
    return f"{name.replace('_', ' ')} {wanted} was due{f' {when}' if when else ''}, {said}"


def _wanted(due: frozenset[int]) -> Wanted:
    def among(numbers: Iterable[str]) -> bool:
        return any(int(number) in due for number in numbers)

    return Wanted(words="", among=among)


def _unanswered(look: Mapping[str, Any], sts: StsDeclaration) -> bool:
    """Return whether a display refuses a test, or shows no number that was not there before."""
    after, refusal = text(look, "after"), sts.result_texts.get("FunctionError")
    if refusal and refusal in after:
        return True
    return not Counter(_NUMBER.findall(after)) - Counter(_NUMBER.findall(text(look, "before")))
