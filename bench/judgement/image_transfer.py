"""Judge an image transfer that must not succeed: its block arithmetic, and that no unsound image is activated.

The image is made of octets that mean nothing, so whatever a maker's image looks like, this is none (dlms.md 6.7).
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import MalformedObservation, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

VERIFIED, ACTIVATED = 3, 6
REFUSED, DONE, EITHER = "refused", "done", "either"


@judge("dlms.image", version=1)
def judge_image(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Compare what each step of the transfer was due with what came of it."""
    data = observations[0].data
    faults = []
    for step in data["steps"]:
        due, came = text(step, "due"), text(step, "came")
        if step["link_fault"]:
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{step['name']}: the link layer broke")
        if due in {REFUSED, DONE} and came != due:
            why = f" ({step['why']})" if step["why"] else ""
            faults.append(f"{step['name']} was {came}{why}, {due} was due")
    faults += [
        f"after {item['after']} the first block not transferred reads {item['read']}, {item['due']} was due"
        for item in data["first_missing"]
        if item["read"] != item["due"]
    ]
    if data["status"] in {VERIFIED, ACTIVATED}:
        faults.append(f"image_transfer_status reads {data['status']} for an image of random octets")
    if not data["steps"]:
        raise MalformedObservation("nothing was transferred")
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    reason = f"{len(data['steps'])} steps as due; image_transfer_status {data['status']}"
    return Judgement(outcome=Outcome.PASSED, reason=reason)


@judge("dlms.image-downgrade", version=1)
def judge_downgrade(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """A sound image of an older version does not replace what runs: some step of it is refused."""
    data = observations[0].data
    before, after, older = text(data, "before"), text(data, "after"), text(data, "older")
    refused = {step: answer for step, answer in data["steps"].items() if answer != "success"}
    if not data["steps"]:
        raise MalformedObservation("nothing was transferred")
    if after != before:
        reason = f"the meter ran {before}, took the image {older} and now says {after}"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    if not refused:
        reason = f"every step of the older image {older} succeeded, though the meter still says {after}"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    told = "; ".join(f"{step}: {answer}" for step, answer in refused.items())
    return Judgement(outcome=Outcome.PASSED, reason=f"{after} stays ({told})")
