"""Judge which key a meter holds after sections that do, or do not, make a set (sts.md 7.4)."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import MalformedObservation, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: What was entered -> keys that the meter may hold afterwards: its old one, or the new one of a whole set.
KEYS_ALLOWED: dict[str, frozenset[str]] = {
    "a whole set": frozenset({"new"}),
    "a whole set, one section twice": frozenset({"new"}),
    "a whole set within the declared time": frozenset({"new"}),
    "a whole set, then a power cut": frozenset({"new"}),
    "a whole set with a power cut between its sections": frozenset({"old", "new"}),
    "a set with a power cut at its last section": frozenset({"old", "new"}),
    "a set that takes longer than the declared time": frozenset({"old"}),
    "the first section alone": frozenset({"old"}),
    # the first set whole is one set; a key of two sets is none
    "sections of two sets": frozenset({"old", "new"}),
    "a set to a forbidden key type": frozenset({"old"}),
}


@judge("sts.key-held", version=1)
def judge_key_held(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """PASSED when the meter holds a key that what was entered allows; one that nobody knows is never allowed."""
    faults, said = [], []
    for seen in observations:
        entered, held = text(seen.data, "entered"), text(seen.data, "held")
        if entered not in KEYS_ALLOWED:
            raise MalformedObservation(f'there is no rule for "{entered}"')
        words = f"{entered}: the meter holds {_NAMES.get(held, held)}"
        said.append(words)
        if held not in KEYS_ALLOWED[entered]:
            due = " or ".join(_NAMES[name] for name in sorted(KEYS_ALLOWED[entered]))
            faults.append(f"{words}, {due} was due")
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    if not said:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no key change was tried")
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(dict.fromkeys(said)))


_NAMES = {
    "old": "the old key",
    "new": "the new key",
    "neither": "a key that takes tokens neither of the old nor of the new one",
}
