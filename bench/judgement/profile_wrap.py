"""Judge a small profile that was filled by hand beyond its room: the oldest rows went, the newest came, in order.

Blue Book, Profile generic: a FIFO is read from its oldest row to its newest, a LIFO from its newest to its oldest.
What counts is the order of capture, never the times in the rows: a clock may have been set back between two of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import text
from bench.judgement.profile_generic import FIFO, LIFO, Rows, rows_of, value_of
from bench.judgement.registry import Context, judge
from bench.protocols.values import UnexpectedData, as_integer
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("dlms.profile-wrap", version=1)
def judge_wrap(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Find the rows of before where the new ones must have moved them, and as many rows as there is room for."""
    data = observations[0].data
    place = text(data, "obis")
    try:
        before, after = rows_of(data["before"]), rows_of(data["after"])
        in_use, room = as_integer(value_of(data["entries_in_use"])), as_integer(value_of(data["entries"]))
        method = as_integer(value_of(data["sort_method"]))
    except UnexpectedData as error:
        return Judgement(outcome=Outcome.FAILED, reason=f"{place}: {error}")
    captured = int(data["captured"])
    if len(before) + captured < room:
        reason = f"{place}: {len(before)} rows and {captured} captures do not fill {room} entries"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if in_use != room or len(after) != room:
        reason = f"{place}: full, yet {in_use} of {room} entries are in use, {len(after)} rows in the buffer"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    new = _new(before, after)
    if new < min(captured, room):
        reason = f"{place}: {captured} captures, {new} new rows in the buffer"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    if method in {FIFO, LIFO} and not _follows(before, after, new, newest_first=method == LIFO):
        first = "newest" if method == LIFO else "oldest"
        reason = f"{place}: after {captured} captures the rows are not in order, the {first} first"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    return Judgement(outcome=Outcome.PASSED, reason=f"{place}: {in_use} of {room} after {captured} captures")


def _new(before: Rows, after: Rows) -> int:
    """Return how many rows of ``after`` were not there before; the profile may have captured some by itself."""
    old = list(before)
    for row in after:
        if row in old:
            old.remove(row)
    return len(after) - (len(before) - len(old))


def _follows(before: Rows, after: Rows, new: int, *, newest_first: bool) -> bool:
    """Tell whether ``after`` is ``before`` with so many new rows behind it and the oldest gone."""
    if newest_first:
        before, after = before[::-1], after[::-1]
    kept = len(after) - new
    return after[:kept] == before[len(before) - kept :]
