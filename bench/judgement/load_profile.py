"""Judge captured profiles: rows at the ends of their intervals, none missing, none twice, marked where they must be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bench.judgement.fields import number, positive, text
from bench.judgement.meter_times import instant_of_row, rules_in, shown
from bench.judgement.registry import Context, judge
from bench.metrology.local_time import ClockRules
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: A row is stamped with the full interval; a clock that writes seconds may be one off.
STAMP_S = 1.0


def row_times(rows: Sequence[Sequence[Any]], clock: int, rules: ClockRules) -> list[datetime]:
    """Return the instants of rows in their order; a time that comes twice is taken as going on."""
    times: list[datetime] = []
    for row in rows:
        near = times[-1] + timedelta(minutes=1) if times else None
        times.append(instant_of_row(shown(row[clock]), rules, near=near))
    return times


@judge("dual.profile-capture", version=2)
def judge_capture(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Rows stand at the full intervals of the clock, end with the last one passed, and add up to the register."""
    data = observations[0].data
    rows, rules = data["rows"], rules_in(data)
    period_s = positive(data, "period_s")
    first, last = (datetime.fromisoformat(text(data, name)) for name in ("first_due", "last_due"))
    due = [
        first + timedelta(seconds=period_s * step)
        for step in range(round((last - first).total_seconds() / period_s) + 1)
    ]
    times = row_times(rows, int(number(data, "clock_column")), rules)
    fault = _against(times, due)
    if fault:
        return _failed(fault)
    moved = number(data, "register_after_wh") - number(data, "register_before_wh")
    digit = positive(data, "resolution_wh")
    found = []
    if (column := data.get("interval_column")) is not None:
        total = sum(float(row[column]) for row in rows[1:]) * positive(data, "interval_unit_wh")
        found.append(("the intervals add up to", total))
    if (column := data.get("energy_column")) is not None:
        total = (float(rows[-1][column]) - float(rows[0][column])) * positive(data, "energy_unit_wh")
        found.append(("the rows go from first to last by", total))
    for words, total in found:
        if abs(total - moved) > digit:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"{words} {total:g} Wh over {len(rows) - 1} intervals, the register moved by {moved:g} Wh",
                measured=total - moved,
                limit=digit,
                unit="Wh",
            )
    told = "; ".join(f"{words} {total:g} Wh" for words, total in found) or "no energy in the profile"
    return Judgement(outcome=Outcome.PASSED, reason=f"{len(rows)} rows at their times; {told}")


def _against(times: Sequence[datetime], due: Sequence[datetime]) -> str:
    """Return how the times of rows differ from those due, or ""."""
    if len(times) != len(due):
        listed = ", ".join(_clock(moment) for moment in times)
        return f"{len(times)} rows ({listed}), {len(due)} were due from {_clock(due[0])} to {_clock(due[-1])}"
    for seen, wanted in zip(times, due, strict=True):
        if abs((seen - wanted).total_seconds()) > STAMP_S:
            return f"a row is stamped {_clock(seen)}, {_clock(wanted)} is due"
    return ""


@judge("dual.profile-continuity", version=2)
def judge_continuity(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Over a turn of daylight saving every interval has its row, once."""
    data = observations[0].data
    first, last = (datetime.fromisoformat(text(data, name)) for name in ("first_due", "last_due"))
    period_s = positive(data, "period_s")
    due = [
        first + timedelta(seconds=period_s * step)
        for step in range(round((last - first).total_seconds() / period_s) + 1)
    ]
    times = row_times(data["rows"], int(number(data, "clock_column")), rules_in(data))
    fault = _against(times, due)
    if fault:
        return _failed(f"{text(data, 'what')}: {fault}")
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{text(data, 'what')}: {len(times)} intervals, each with its row"
    )


@judge("dual.profile-clock-back", version=1)
def judge_clock_back(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """After the clock was set back, a row that repeats a time, or the first one after, is marked."""
    data = observations[0].data
    clock = int(number(data, "clock_column"))
    status, bit = data.get("status_column"), data.get("clock_adjusted_bit")
    rows, later = data["rows_before"], data["rows_after"]
    if not later:
        return Judgement(outcome=Outcome.PASSED, reason="nothing was captured twice")
    earlier = {row[clock][:16] for row in rows}
    repeated = [row for row in later if row[clock][:16] in earlier]
    if status is None or bit is None:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no status of the rows is declared")
    if not any(int(row[status]) & int(bit) for row in later):
        told = f"{len(repeated)} times stand twice, " if repeated else ""
        return _failed(
            f"{told}and no row after the clock was set back is marked "
            f"(status {', '.join(str(row[status]) for row in later)}, bit {bit})"
        )
    return Judgement(
        outcome=Outcome.PASSED, reason=f"{len(later)} rows after the clock was set back, the change is marked"
    )


@judge("dual.profile-outage", version=3)
def judge_outage(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A gap in the supply is told by the status of a row in it or of the first one after, and by none later."""
    data = observations[0].data
    status, bit = data.get("status_column"), data.get("power_down_bit")
    if status is None or bit is None:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no status of the rows is declared")
    rules, clock = rules_in(data), int(number(data, "clock_column"))
    back = datetime.fromisoformat(text(data, "back_utc"))
    rows = data["rows"]
    if not rows:
        return _failed("nothing was captured after the supply came back")
    times = row_times(rows, clock, rules)
    after = [index for index, at in enumerate(times) if at > back]
    if not after:
        return _failed("nothing was captured after the supply came back")
    concerned = rows[: after[0] + 1]
    if not any(int(row[status]) & int(bit) for row in concerned):
        words = ", ".join(str(row[status]) for row in concerned)
        return _failed(f"the rows of the gap and the first one after it do not tell of it (status {words})")
    # the interval of the second row after the supply came back had supply from its begin to its end
    later = [row for row in rows[after[0] + 1 :] if int(row[status]) & int(bit)]
    if later:
        return _failed(f"{len(later)} rows of intervals with supply are marked as if it had been away")
    return Judgement(outcome=Outcome.PASSED, reason="the gap is marked")


@judge("dual.maximum-demand", version=2)
def judge_demand(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A load over half of two periods gives the average its window says, and the time of the end of the period."""
    data = observations[0].data
    before, after = number(data, "before_w"), number(data, "after_w")
    due, half = positive(data, "due_w"), positive(data, "tolerance_w")
    if "own_due_w" in data:  # by the energy that the meter registered: its error of measuring is in both
        due = min(due, positive(data, "own_due_w"), key=lambda power: abs(after - power))
    if before >= due - half:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"the highest demand was {before:g} W already, {due:.0f} W cannot be seen",
        )
    say = partial(Judgement, measured=after, limit=due, unit="W")
    if abs(after - due) > half:
        return say(
            outcome=Outcome.FAILED,
            reason=f"highest demand {after:g} W, {due:.0f} W is due of a {text(data, 'window')} window",
        )
    ends = [datetime.fromisoformat(end) for end in data["ends"]]
    seen = instant_of_row(shown(text(data, "capture_time")), rules_in(data), near=ends[0])
    if data["window"] == "block" and all(abs((seen - end).total_seconds()) > STAMP_S for end in ends):
        due_at = " or ".join(_clock(end) for end in ends)
        return say(outcome=Outcome.FAILED, reason=f"its time is {_clock(seen)}, the period ended at {due_at}")
    return say(outcome=Outcome.PASSED, reason=f"{after:g} W at {_clock(seen)}")


@judge("dual.billing", version=2)
def judge_billing(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """The end of a month, passed with or without supply, leaves one row with the registers, and resets the demand."""
    data = observations[0].data
    words, rows, rules = text(data, "what"), data["rows"], rules_in(data)
    if len(rows) != 1:
        return _failed(f"{words}: {len(rows)} rows were captured, one is due")
    at = row_times(rows, int(number(data, "clock_column")), rules)[0]
    due, now = (datetime.fromisoformat(text(data, name)) for name in ("due", "now"))
    slack = timedelta(seconds=STAMP_S)
    if not due - slack <= at <= now + slack:
        return _failed(
            f"{words}: the row is stamped {_clock(at)}, between {_clock(due)} and {_clock(now)} is due"
        )
    for column in data["columns"]:
        got, low, high = (float(column[name]) for name in ("value", "low", "high"))
        if not low <= got <= high:
            return _failed(f"{words}: {column['what']} is {got:g} in the row, {low:g} to {high:g} is due")
    if data.get("demand_after_w") is not None and number(data, "demand_after_w") > number(
        data, "demand_most_w"
    ):
        return _failed(
            f"{words}: the highest demand is still {number(data, 'demand_after_w'):g} W after the end of the month"
        )
    return Judgement(outcome=Outcome.PASSED, reason=f"{words}: one row, stamped {_clock(at)}")


def _clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _failed(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.FAILED, reason=reason)
