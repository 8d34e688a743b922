"""Tell what the link layer did from what an APDU was answered with, and judge a case that lost its meter.

Where the link layer broke its own rules, nobody knows what the layer above would have said: the cases of that layer
are INCONCLUSIVE, and the HDLC and wrapper cases, with the monitor, judge the link.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import text, truth
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: Words for what only the link layer can have done (see ``bench.meter.session.answer_word``).
LINK_FAULTS = frozenset(
    {"broken frame", "garbage", "I out of sequence", "no LLC header", "endless answer", "frame not taken"}
)
#: Words for answers that came and are none of the service's; the cases of that service, and the monitor, judge them.
BAD_ANSWERS = frozenset({"bad answer", "not opened"})


@judge("dlms.lost-link", version=1)
def judge_lost_link(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Decide on a case that ended because no answer came: the meter's doing, the link layer's, or ours."""
    data = observations[0].data
    trouble, word = text(data, "trouble"), text(data, "word")
    # Octets that are nobody's frame prove no meter: a wrong baud rate and another box on the line say such, too.
    if word in LINK_FAULTS and (truth(data, "alive") or word != "garbage"):
        reason = f"the link layer broke ({word}), so the case could not be decided: {trouble}"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if word in BAD_ANSWERS:
        reason = f"what the case builds on was not answered properly: {trouble}"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if not truth(data, "alive") and truth(data, "signed_on"):
        reason = (
            f"the meter signs on by mode E, and no HDLC follows, so the case could not be decided: {trouble}"
        )
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    if not truth(data, "alive"):
        return Judgement(
            outcome=Outcome.ERROR, reason=f"{trouble} The meter cannot be reached now; power the meter."
        )
    came = "the meter closed the line" if word == "closed" else f"{word} came"
    return Judgement(outcome=Outcome.FAILED, reason=f"an answer was due, {came}: {trouble}")
