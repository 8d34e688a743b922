"""Times that a meter wrote, as instants: by their own deviation where they have one, else by the rules of its clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bench.judgement.fields import number, part, truth
from bench.metrology.local_time import ClockRules
from bench.protocols.cosem_time import ClockStatus, DateTime


def rules_of(data: Mapping[str, Any]) -> ClockRules:
    """Return the rules of the clock as a case recorded them."""
    begin, end = data.get("begin"), data.get("end")
    return ClockRules(
        time_zone_min=int(number(data, "time_zone_min")),
        begin=DateTime.from_bytes(bytes.fromhex(begin)) if begin else None,
        end=DateTime.from_bytes(bytes.fromhex(end)) if end else None,
        shift_min=int(number(data, "shift_min")),
        enabled=truth(data, "enabled"),
    )


def rules_in(data: Mapping[str, Any]) -> ClockRules:
    """Return the rules under ``rules`` of an observation."""
    return rules_of(part(data, "rules"))


def shown(octets: str) -> DateTime:
    """Return the date-time of 12 octets in hex."""
    return DateTime.from_bytes(bytes.fromhex(octets))


def instant_of_row(moment: DateTime, rules: ClockRules, near: datetime | None = None) -> datetime:
    """Return the instant that a row is stamped with. Raise ValueError where it is not fully specified.

    A deviation of the opposite sign counts as none: that is judged where the clock is, and by its local time the row is
    what it should be.
    """
    if moment.deviation_min:
        told = moment.to_datetime() - timedelta(minutes=2 * moment.deviation_min)
        if moment.deviation_min == -rules.deviation_min(told):
            return told
    return instant(moment, rules, near=near)


def instant(moment: DateTime, rules: ClockRules, near: datetime | None = None) -> datetime:
    """Return the instant that a meter wrote. Raise ValueError where it is not fully specified.

    Without deviation it is local time; of an hour that comes twice the status tells which, else what is closer to
    ``near``.
    """
    if moment.deviation_min is not None:
        return moment.to_datetime()
    local = moment.to_datetime()
    first = rules.instant(local)
    second = local + timedelta(minutes=rules.time_zone_min)
    if first == second:
        return first
    if moment.status is not None and moment.status & ClockStatus.DAYLIGHT_SAVING_ACTIVE:
        return first
    if near is not None:
        return min((first, second), key=lambda candidate: abs(candidate - near))
    return first
