"""Judge a power limit set by token: the switch stays closed below it and opens above it, in the declared time.

The meter compares its limit with the power that it measures itself: an error of measuring is judged where accuracy is,
and is no wrong limit (sts.md 1.3 says what the token sets, not how exactly a meter must know its load).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import number, part, positive, truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: How far from the limit a load has to be for the meter's own error not to matter (sts.md 1.3: the unit is 1 W).
CLEAR_OF_LIMIT = 0.1


@judge("sts.power-limit", version=2)
def judge_power_limit(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """PASSED when a load below the limit is carried and one above is cut within the declared trip time.

    ``balanced``, where it was drawn: a load that a limit of unbalance must carry. ``own_w`` of a load, where it was
    read: the power that the meter itself told. A switch that is wrong by the load and right by that is not judged.
    """
    data = observations[0].data
    limit_w = positive(data, "limit_w")
    below, above = part(data, "below"), part(data, "above")
    if not _clear(below, limit_w, -1) or not _clear(above, limit_w, +1):
        reason = f"the loads were not clear of the limit of {limit_w:g} W: {_load(below)} and {_load(above)}"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    faults = []
    balanced = part(data, "balanced")
    if balanced and not truth(balanced, "load_side_live"):
        faults.append(f"it opened at {_load(balanced)} in balance, which the limit is not about")
    if not truth(below, "load_side_live"):
        faults.append(f"it opened at {_load(below)}, below the limit of {limit_w:g} W")
    if truth(above, "load_side_live"):
        waited_s = number(above, "waited_s")
        faults.append(f"it carried {_load(above)} for {waited_s:.0f} s, above the limit of {limit_w:g} W")
    if faults and (words := _excused(below, above, limit_w)):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{'; '.join(faults)}; {words}")
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults), limit=limit_w, unit="W")
    reason = f"it carried {_load(below)} and opened at {_load(above)}; limit {limit_w:g} W"
    return Judgement(outcome=Outcome.PASSED, reason=reason, limit=limit_w, unit="W")


def _excused(below: Mapping[str, Any], above: Mapping[str, Any], limit_w: float) -> str:
    """Return how the meter's own power accounts for every load that was not treated as it should, or ""."""
    words = []
    kept = (below, truth(below, "load_side_live"), True), (above, not truth(above, "load_side_live"), False)
    for load, right, high in kept:
        if right:
            continue
        own_w = load.get("own_w")
        if own_w is None or (number(load, "own_w") > limit_w) is not high:
            return ""
        words.append(f"the meter itself measures {_load(load)} as {own_w:g} W")
    return "; ".join(words)


def _clear(load: Mapping[str, Any], limit_w: float, sign: int) -> bool:
    return sign * (number(load, "power_w") - limit_w) >= CLEAR_OF_LIMIT * limit_w


def _load(load: Mapping[str, Any]) -> str:
    return f"{number(load, 'power_w'):.0f} W"
