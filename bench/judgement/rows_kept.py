"""Judge that no interval that ended is without its row, whatever was done to the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.judgement.fields import number, text
from bench.judgement.load_profile import STAMP_S, row_times
from bench.judgement.meter_times import rules_in
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("dual.rows-kept", version=1)
def judge_rows(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Each end of an interval that the clock passed has a row, from its time on and within what the clock showed.

    ``dues``: ``what`` passed, and ``from`` and ``to`` as the clock showed it: an end that a change of the clock left
    out may be told at the change.
    """
    data = observations[0].data
    times = row_times(data["rows"], int(number(data, "clock_column")), rules_in(data))
    slack = timedelta(seconds=STAMP_S)
    for due in data["dues"]:
        first, last = (datetime.fromisoformat(text(due, name)) for name in ("from", "to"))
        if not any(first - slack <= at <= last + slack for at in times):
            listed = ", ".join(_clock(at) for at in times) or "none"
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"{text(data, 'profile')} profile, {text(due, 'what')}: no row of {_clock(first)}; "
                f"new rows: {listed}",
            )
    words = ", ".join(text(due, "what") for due in data["dues"])
    return Judgement(outcome=Outcome.PASSED, reason=f"{text(data, 'profile')} profile: a row each, {words}")


def _clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
