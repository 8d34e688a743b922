"""Judge the maximum demands of the tariffs beside the total: reached with it, and begun anew with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import number, part, text, truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: The total, among the demands by tariff.
TOTAL = "0"


@judge("dual.billing-demands", version=1)
def judge_demands(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A highest demand is that of the tariff in force too; the end of billing begins all of them anew.

    ``unloaded``, ``loaded`` and ``billed``: the demands in W by tariff before a load, after it, after the end of
    billing. ``rates``: the tariff in force before and after the load.
    """
    data = observations[0].data
    words, room = text(data, "what"), number(data, "resolution_w")
    unloaded, loaded, billed = (_demands(data, name) for name in ("unloaded", "loaded", "billed"))
    total_w = loaded[TOTAL]
    tariffs = {rate: power_w for rate, power_w in loaded.items() if rate != TOTAL}
    if total_w <= 0:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{words}: no demand was reached before")
    if not any(power_w > 0 for power_w in tariffs.values()):
        return _failed(f"{words}: the highest demand is {total_w:g} W, and no tariff has one")
    begun, ended = (str(rate) for rate in data["rates"])
    seen_w = tariffs.get(begun) if begun == ended and total_w > unloaded[TOTAL] else None
    if seen_w is not None and abs(seen_w - total_w) > room:
        return _failed(
            f"{words}: a demand of {total_w:g} W was reached in tariff {begun}, which has {seen_w:g} W"
        )
    if not truth(data, "resets"):
        return Judgement(outcome=Outcome.PASSED, reason=f"{words}: the tariffs have demands; none is reset")
    left = {rate: power_w for rate, power_w in billed.items() if rate != TOTAL and power_w > 0}
    if left:
        told = ", ".join(f"{power_w:g} W in tariff {rate}" for rate, power_w in sorted(left.items()))
        return _failed(f"{words}: the highest demand is still {told} after the end of the month")
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{words}: {len(tariffs)} tariffs, their demands begin anew"
    )


def _demands(data: Mapping[str, Any], name: str) -> dict[str, float]:
    told = part(data, name)
    return {rate: number(told, rate) for rate in told}


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)
