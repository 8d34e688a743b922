"""Judge what the COSEM token gateway tells of the last token: which it was, when and by which way it came.

Class 115 of the Blue Book through public sources (sts.md 9): token, token_time, token_delivery_method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bench.judgement.fields import MalformedObservation, text
from bench.judgement.registry import Context, judge
from bench.protocols.cosem_time import decode_date_time
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: Carrier -> delivery methods that name it: 0 remote and 1 local, both by communication, 2 manual.
DELIVERY_METHODS = {"gateway": frozenset({0, 1}), "keypad": frozenset({2})}
#: How far the time of a token just entered may be from the meter's clock: a clock that shows no seconds is legal.
LATEST = timedelta(seconds=60)
#: Zones lie whole steps apart, and none further from UTC than this (status R: civil zones run from -12 h to +14 h).
ZONE_STEP = timedelta(minutes=15)
WIDEST_ZONE = timedelta(hours=14)


@judge("sts.gateway-report", version=3)
def judge_gateway_report(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """PASSED when the gateway tells the token that was entered last, its time and its carrier, as far as it tells."""
    faults: list[str] = []
    looked = 0
    for seen in observations:
        reports = seen.data.get("reports")
        if not isinstance(reports, Sequence) or isinstance(reports, str):
            raise MalformedObservation("reports is not a list")
        for report in reports:
            found = list(_looks(report))
            looked += len(found)
            faults += [f"after a token by the {text(report, 'carrier')}, {fault}" for fault in found if fault]
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    if not looked:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the gateway tells nothing of its last token")
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{looked} statements of the gateway, all of the last token"
    )


def _looks(report: Mapping[str, Any]) -> Sequence[str]:
    """Return one item per statement that could be checked: what is wrong with it, or ""."""
    found = []
    if report.get("token_told") is not None:
        found.append("" if report["token_told"] else "the gateway shows another token")
    method = report.get("delivery_method")
    if method is not None:
        due = DELIVERY_METHODS[text(report, "carrier")]
        named = " or ".join(str(number) for number in sorted(due))
        found.append("" if method in due else f"the delivery method is {method}, {named} was due")
    apart = _apart(report)
    if apart is not None:
        found.append("" if apart <= LATEST else f"token_time is {apart.total_seconds():.0f} s from the clock")
    return found


def _apart(report: Mapping[str, Any]) -> timedelta | None:
    """Return how far the token's time is from the clock's; None where they cannot be compared.

    A deviation may be "not specified" (IEC 62056-6-2). Where only one of the two tells its deviation, the zone of the
    other is unknown, and zones differ by whole quarters of an hour: only the rest beyond these is known. Deviations of
    opposite signs are a fault of the clock (``dual.clock-set``): the local times tell.
    """
    moments: list[datetime] = []
    told: list[int | None] = []
    for name in ("token_time", "clock"):
        if not report.get(name):
            return None
        moment, _ = decode_date_time(bytes.fromhex(text(report, name)))
        if moment is None or moment.year is None:
            return None
        try:
            moments.append(moment.to_datetime())
        except ValueError:
            return None
        told.append(moment.deviation_min)
    apart = abs(moments[0] - moments[1])
    token, clock = told
    if token is not None and clock is not None and token == -clock:
        local = [at - timedelta(minutes=off) for at, off in zip(moments, (token, clock), strict=True)]
        return abs(local[0] - local[1])
    if (token is None) is (clock is None) or apart > WIDEST_ZONE + LATEST:
        return apart
    beyond = apart % ZONE_STEP
    return min(beyond, ZONE_STEP - beyond)
