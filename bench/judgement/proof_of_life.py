"""What the proofs of life before and after a case let a judge say (design: silence)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.judgement.fields import number, part, truth
from bench.record.model import Judgement, Outcome


def dead(data: Mapping[str, Any]) -> Judgement | None:
    """Return ERROR for a meter that was dead from the start or cannot be reached again, else None."""
    if not truth(part(data, "before"), "alive"):
        return Judgement(outcome=Outcome.ERROR, reason="the meter did not answer before the case began")
    if not truth(part(data, "after"), "alive"):
        return Judgement(
            outcome=Outcome.ERROR, reason="the link could not be opened again after the case; power the meter"
        )
    return None


def killed(data: Mapping[str, Any]) -> str:
    """Return what the case did to the meter: "" or that it was away for some time."""
    after = part(data, "after")
    if not truth(after, "away"):
        return ""
    return f"the meter was away for {number(after, 'duration_s'):.1f} s after the case"


def reopened(data: Mapping[str, Any]) -> str:
    """Return the note that the meter had closed the line, or ""."""
    return "the meter closed the line; it was reopened" if truth(part(data, "after"), "closed") else ""
