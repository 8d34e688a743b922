"""Judge who may invoke what: ACTION of what is listed as not allowed, or not listed at all, is refused.

Any refusal will do: that the object is not there for this client, that the right is missing, or the whole service.
A method that stands in one list as allowed and as not allowed has no right that could be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.access_rights import invocable
from bench.judgement.fields import text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

DONE = 0
TOLD = 12


@judge("dlms.rights-of-methods", version=2)
def judge_invoking(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Nothing is done that the object list does not let this client invoke, and it says of each method one thing."""
    data = observations[0].data
    rows: Sequence[Mapping[str, Any]] = data["invoked"]
    name = text(data, "association")
    both = _both_ways(data.get("listed_again", []))  # records of version 1 have none
    if both:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"association {name}: listed both as allowed and as not allowed: {_some(both)}",
            measured=float(len(both)),
            limit=0.0,
            unit="methods",
        )
    done = [row["target"] for row in rows if row["result"] == DONE]
    if done:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"association {name}: done, though not listed as allowed: {_some(done)}",
            measured=float(len(done)),
            limit=0.0,
            unit="methods",
        )
    lost = [row["target"] for row in rows if row["result"] is None]
    if lost:
        # What an answer must look like is judged elsewhere; none of these shows a right that is not there.
        reason = f"association {name}: no proper answer to the ACTION of {_some(lost)}"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if not rows:
        reason = f"association {name}: there was nothing to try"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    told = ", ".join(sorted({str(row["result"]) for row in rows}))
    reason = f"association {name}: {len(rows)} methods are refused ({told})"
    return Judgement(outcome=Outcome.PASSED, reason=reason)


def _both_ways(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the methods of which rows of one list say different things."""
    rights: dict[str, set[bool]] = {}
    for row in rows:
        rights.setdefault(text(row, "target"), set()).add(invocable(row))
    return [target for target, said in rights.items() if len(said) > 1]


def _some(targets: Sequence[str]) -> str:
    more = f" and {len(targets) - TOLD} more" if len(targets) > TOLD else ""
    return ", ".join(targets[:TOLD]) + more
