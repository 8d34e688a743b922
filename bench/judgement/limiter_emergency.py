"""Judge the emergency profile of a limiter: in force from its activation for its duration, and no longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import number, positive, text, truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("dual.limiter-emergency", version=1)
def judge_emergency(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Before, in and after the profile the object says which threshold is in force, and the switch follows it.

    ``looks``: emergency_profile_active and threshold_active, None where they cannot be read. ``draws``: loads between
    the emergency and the normal threshold, each for longer than it may last above a threshold.
    """
    data = observations[0].data
    refused = [answer for answer in data["answers"] if answer != "success"]
    if refused:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason=f"the emergency profile was not taken: {refused[0]}"
        )
    thresholds = {True: positive(data, "emergency_w"), False: positive(data, "normal_w")}
    faults = [fault for look in data["looks"] for fault in _look(look, thresholds)]
    faults += [fault for draw in data["draws"] for fault in _draw(draw)]
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    closed = [draw for draw in data["draws"] if truth(draw, "live_before")]
    if len(closed) < len(data["draws"]):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the switch was not closed before every load")
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"in force for its duration: {len(data['looks'])} looks, {len(closed)} loads",
    )


def _look(look: Mapping[str, Any], thresholds: Mapping[bool, float]) -> list[str]:
    due, faults = truth(look, "due"), []
    if look.get("active") is not None and truth(look, "active") is not due:
        faults.append(f"{text(look, 'what')} emergency_profile_active is {str(not due).lower()}")
    if look.get("threshold_w") is not None and number(look, "threshold_w") != thresholds[due]:
        shown_w = number(look, "threshold_w")
        faults.append(f"{text(look, 'what')} threshold_active is {shown_w:g}, {thresholds[due]:g} is due")
    return faults


def _draw(draw: Mapping[str, Any]) -> list[str]:
    if not truth(draw, "live_before"):
        return []
    live, held = truth(draw, "live"), truth(draw, "due_live")
    if live is held:
        return []
    word = "stayed closed" if live else "opened"
    return [f"{text(draw, 'what')} the switch {word} at {number(draw, 'load_w'):g} W"]
