"""Judge who may write what: SET of what is listed as not writable, or not listed at all, and of what is listed.

Every value written is the one that was read before, so that a meter that takes it stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

DONE, READ_WRITE_DENIED = 0, 3
#: What the row says of the attribute: written by nobody here, or listed as writable.
REFUSED, ALLOWED = "refused", "allowed"
TOLD = 5


@judge("dlms.rights-of-writing", version=1)
def judge_writing(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Nothing is stored that the object list does not let this client write; what it lets is not denied.

    Another refusal than read-write-denied of what is listed as writable may have its reason in the value.
    """
    data = observations[0].data
    rows: Sequence[Mapping[str, Any]] = data["writes"]
    name = text(data, "association")
    if any(row["due"] not in {REFUSED, ALLOWED} for row in rows):
        raise MalformedObservation("a write is neither to be refused nor allowed")
    taken = [row["target"] for row in rows if row["due"] == REFUSED and row["result"] == DONE]
    denied = [row["target"] for row in rows if row["due"] == ALLOWED and row["result"] == READ_WRITE_DENIED]
    words = [f"written, though not listed as writable: {_some(taken)}"] if taken else []
    words += [f"listed as writable, denied: {_some(denied)}"] if denied else []
    if words:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"association {name}: {'; '.join(words)}",
            measured=float(len(taken) + len(denied)),
            limit=0.0,
            unit="attributes",
        )
    lost = [row["target"] for row in rows if row["result"] is None]
    if lost:
        # What an answer must look like is judged elsewhere; none of these shows a right that is not there.
        reason = f"association {name}: no proper answer to the SET of {_some(lost)}"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if not rows:
        reason = f"association {name}: nothing could be read that could be written back"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    n_allowed = sum(row["due"] == ALLOWED for row in rows)
    reason = f"association {name}: {len(rows) - n_allowed} attributes are not written"
    reason += f", {n_allowed} listed as writable are not denied" if n_allowed else ""
    return Judgement(outcome=Outcome.PASSED, reason=reason)


def _some(targets: Sequence[str]) -> str:
    more = f" and {len(targets) - TOLD} more" if len(targets) > TOLD else ""
    return ", ".join(targets[:TOLD]) + more
