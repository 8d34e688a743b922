"""Judge a power limit set by token: the switch stays closed below it and opens above it, in the declared time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import number, part, positive, truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: How far from the limit a load has to be for the meter's own error not to matter (sts.md 1.3: the unit is 1 W).
CLEAR_OF_LIMIT = 0.1


@judge("sts.power-limit", version=1)
def judge_power_limit(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """PASSED when a load below the limit is carried and one above is cut within the declared trip time.

    ``balanced``, where it was drawn: a load that a limit of unbalance must carry.
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
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults), limit=limit_w, unit="W")
    reason = f"it carried {_load(below)} and opened at {_load(above)}; limit {limit_w:g} W"
    return Judgement(outcome=Outcome.PASSED, reason=reason, limit=limit_w, unit="W")


def _clear(load: Mapping[str, Any], limit_w: float, sign: int) -> bool:
    return sign * (number(load, "power_w") - limit_w) >= CLEAR_OF_LIMIT * limit_w


def _load(load: Mapping[str, Any]) -> str:
    return f"{number(load, 'power_w'):.0f} W"
