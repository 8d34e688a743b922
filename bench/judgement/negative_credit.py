"""Judge whether a credit below zero is told as one, by registers, profiles, histories and the display."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import number, positive, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

WH_PER_KWH = 1000.0
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
#: What separates the parts of a line.
_PART_ENDS = re.compile(r"[|\n]")


@judge("dual.negative-credit", version=1)
def judge_negative(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """No place tells a debt as a credit: each has one of the amounts that it may tell, and no display lost the sign.

    A display that tells a debt by another word, or nothing of it, tells it well enough.
    """
    data = observations[0].data
    due_wh, room_wh, credit_wh = number(data, "due_wh"), positive(data, "room_wh"), number(data, "credit_wh")
    if due_wh >= -room_wh:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason=f"the credit did not become negative: {due_wh:g} Wh"
        )
    if credit_wh > room_wh:
        reason = f"the Credit object tells {credit_wh:g} Wh, {due_wh:g} Wh is due after what was used"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    if credit_wh >= -room_wh:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the meter keeps no negative credit")
    faults = [fault for place in data["places"] for fault in _place(place, room_wh)]
    faults += [fault for shown in data["texts"] for fault in _text(shown, credit_wh)]
    if faults:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(faults))
    places = [text(place, "what") for place in (*data["places"], *data["texts"])]
    return Judgement(
        outcome=Outcome.PASSED,
        reason=f"{credit_wh:g} Wh is told by {', '.join(places) or 'the Credit object'}",
    )


def _place(place: Mapping[str, Any], room_wh: float) -> list[str]:
    told_wh, allowed = number(place, "told_wh"), [float(amount) for amount in place["allowed"]]
    if any(abs(told_wh - amount) <= room_wh for amount in allowed):
        return []
    due = " or ".join(f"{amount:g} Wh" for amount in allowed)
    return [f"{text(place, 'what')} tells {told_wh:g} Wh, {due} is due"]


def _text(shown: Mapping[str, Any], credit_wh: float) -> list[str]:
    """Return a fault where a debt stands on a display just as a credit of the same size would."""
    frames = [frame for frame, _ in _told(text(shown, "before"), number(shown, "credit_before_wh"))]
    found = [written for frame, written in _told(text(shown, "after"), -credit_wh) if frame in frames]
    if not found:
        return []
    return [f'{text(shown, "what")} shows "{found[0]}" as for a credit, it is {credit_wh:g} Wh']


def _told(line: str, amount_wh: float) -> list[tuple[tuple[str, str], str]]:
    """Return where a line tells an amount: what stands before and after it in its part of the line, and the number."""
    places = []
    for part in _PART_ENDS.split(line):
        for found in _NUMBER.finditer(part):
            written = found.group()
            _, _, decimals = written.replace(",", ".").partition(".")
            shown_kwh = float(written.replace(",", "."))
            if abs(shown_kwh - amount_wh / WH_PER_KWH) < 1.0001 * 10.0 ** -len(decimals) and shown_kwh > 0:
                frame = (part[: found.start()].strip(), part[found.end() :].strip())
                places.append((frame, written))
    return places
