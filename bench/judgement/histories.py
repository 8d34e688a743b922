"""Judge the histories of a meter: one row for each thing that happened, at its time; and no token in any of them.

Derived by us from what the histories are for (dlms.md 7: power failure log with time and duration, token transfer log)
and from R-064: a log tells amount, identifier or hash of a token, never the token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bench.judgement.fields import MalformedObservation, number, text
from bench.judgement.registry import Context, judge
from bench.protocols.cosem_time import DateTime
from bench.protocols.deviation import DecodeError
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: Between a cut and its notice, a start-up and its record; clocks tell whole seconds.
TOLERANCE_S = 10.0


@judge("dlms.history-row", version=1)
def judge_row(observations: Sequence[Observation], _requirement: Requirement, _context: Context) -> Judgement:
    """One new row, at a time between begin and end as the meter's own clock showed them, with the right duration."""
    data = observations[0].data
    rows, place = data["rows"], data["clock_column"]
    if len(rows) != 1:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"{text(data, 'what')}: {len(rows)} new rows, 1 was due",
            measured=float(len(rows)),
            limit=1.0,
            unit="rows",
        )
    notes = ["one new row"]
    if place is not None:
        begun, ended = _wall(data["begun"]), _wall(data["ended"])
        if begun is None or ended is None:
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the clock of the meter shows no time")
        at, slack = _wall(rows[0][place]), timedelta(seconds=TOLERANCE_S)
        if at is None or not begun - slack <= at <= ended + slack:
            reason = f"{text(data, 'what')}: the row carries {at}, it happened from {begun} to {ended}"
            return Judgement(outcome=Outcome.FAILED, reason=reason)
        notes.append(f"at {at}")
    column = data.get("duration_column")
    if column is not None:
        due_s, shown_s = number(data, "duration_s"), rows[0][column]
        if isinstance(shown_s, bool) or not isinstance(shown_s, int):
            raise MalformedObservation("the duration is no number")
        if abs(shown_s - due_s) > TOLERANCE_S:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"{text(data, 'what')}: the row tells {shown_s} s, it lasted {due_s:g} s",
                measured=float(shown_s),
                limit=due_s,
                unit="s",
            )
        notes.append(f"of {shown_s} s")
    return Judgement(outcome=Outcome.PASSED, reason=f"{text(data, 'what')}: {', '.join(notes)}")


def _wall(octets: str) -> datetime | None:
    """Return what a clock showed, whatever its zone; None where that is no time."""
    try:
        moment = DateTime.from_bytes(bytes.fromhex(octets))
        return replace(moment, deviation_min=0).to_datetime()
    except (DecodeError, ValueError, TypeError, AttributeError):
        return None


@judge("dlms.tokens-hidden", version=1)
def judge_hidden(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """No profile that a client may read holds a token that was entered just before."""
    looked = [row for observation in observations for row in observation.data["profiles"]]
    holding = list(dict.fromkeys(str(row["obis"]) for row in looked if row["holds_token"]))
    if holding:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"the token that was entered can be read in {', '.join(holding)}",
            measured=float(len(holding)),
            limit=0.0,
            unit="profiles",
        )
    if not looked:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no profile could be read")
    n = len({row["obis"] for row in looked})
    return Judgement(outcome=Outcome.PASSED, reason=f"{n} profiles were read, none holds the token")
