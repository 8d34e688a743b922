"""Judge the second opinion: the same attributes, read by our client and by gurux-dlms, over the same line.

Where the two disagree nobody knows yet which one is wrong, so the verdict is INCONCLUSIVE and shows both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.judgement.fields import text
from bench.judgement.registry import Context, judge
from bench.protocols.axdr import examine
from bench.record.model import Judgement, Observation, Outcome, Requirement


@judge("dlms.second-opinion", version=1)
def judge_opinions(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Compare the readings, association by association."""
    doubts, n_agreed = [], 0
    for observation in observations:
        data = observation.data
        name = text(data, "association")
        if data["trouble"]:
            doubts.append(f"{name}: gurux-dlms cannot read ({data['trouble']}), we can")
            continue
        for row in data["rows"]:
            ours = _plain(row["ours"])
            if row["ours"] is None or ours != row["theirs"]:
                doubts.append(f"{name}, {row['target']}: we read {ours}, gurux-dlms reads {row['theirs']}")
            else:
                n_agreed += 1
    if doubts:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="; ".join(doubts[:5]))
    if not n_agreed:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="there was nothing both could read")
    return Judgement(outcome=Outcome.PASSED, reason=f"{n_agreed} readings agree")


def _plain(octets: str | None) -> Any:
    """Return our reading as the adapter gives theirs: numbers as they are, octets as hex, text as text."""
    if octets is None:
        return None
    value, _ = examine(bytes.fromhex(octets))
    if value is None:
        return octets
    return value.value.hex() if isinstance(value.value, bytes) else value.value
