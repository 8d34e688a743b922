"""Judge how a meter serves a client that can receive no more than 12 octets, and how many it takes itself.

Fewer than 12 are too few (dlms.md 1.4, APPL_OPEN_14), so 12 are enough. Derived by us: provisional.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.application_answer import read_answer
from bench.judgement.fields import number, text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

LEAST = 12
NO_LIMIT = 0


@judge("dlms.least-pdu", version=1)
def judge_least_pdu(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """The proposal is accepted, what is read fits into it, and the meter does not take less itself."""
    data = observations[0].data
    opened = read_answer({"received": text(data, "aare"), "answer": ""})
    size = number(data, "max_pdu")
    where = f"client-max-receive-pdu-size {size:g}"
    if opened.word != "accepted" or opened.granted is None:
        return Judgement(outcome=Outcome.FAILED, reason=f"{where}: accepted was due, {opened.text} came")
    own = opened.granted.max_pdu
    if NO_LIMIT < own < LEAST:
        reason = f"{where}: the meter takes {own} octets itself, no fewer than {LEAST} were due"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    octets = bytes.fromhex(text(data, "answer"))
    answer = read_answer({"received": octets.hex(), "answer": ""})
    if answer.word != "data":
        reason = f"{where}: the logical name was due, {answer.text} came"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    if len(octets) > size:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"{where}: an APDU of {len(octets)} octets came",
            measured=float(len(octets)),
            limit=size,
            unit="octets",
        )
    return Judgement(outcome=Outcome.PASSED, reason=f"{where}: accepted, and read with {len(octets)} octets")
