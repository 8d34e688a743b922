"""Judge what the meter itself does in message security: its invocation counter, its system title."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bench.judgement.fields import text
from bench.judgement.registry import Context, judge
from bench.record.model import Judgement, Observation, Outcome, Requirement

FLAG_LETTERS = 3
#: Lengths that a challenge of high level security may have, in octets.
CHALLENGE_OCTETS = range(8, 65)
TITLE_OCTETS = 8


@judge("dlms.counters-grow", version=1)
def judge_counters(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Each protected answer has a higher invocation counter than the one before."""
    counters = observations[0].data["counters"]
    for before, after in pairwise(counters):
        if after <= before:
            reason = f"an answer with counter {after} came after one with {before}"
            return Judgement(outcome=Outcome.FAILED, reason=reason)
    if len(counters) < 2:
        return Judgement(outcome=Outcome.FAILED, reason="the answers were not protected")
    reason = f"{len(counters)} answers, counters {counters[0]} to {counters[-1]}"
    return Judgement(outcome=Outcome.PASSED, reason=reason)


@judge("dlms.challenges", version=1)
def judge_challenges(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """No challenge of the meter comes twice, before and after a power cut either, and each is long enough."""
    data = observations[0].data
    challenges = [bytes.fromhex(item) for item in (*data["before"], *data["after"])]
    if len(challenges) < 2:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="fewer than two challenges came")
    wrong = [len(item) for item in challenges if len(item) not in CHALLENGE_OCTETS]
    if wrong:
        return Judgement(
            outcome=Outcome.FAILED, reason=f"a challenge has {wrong[0]} octets, 8 to 64 are allowed"
        )
    twice = next((item for item in challenges if challenges.count(item) > 1), None)
    if twice is not None:
        where = (
            "after a power cut"
            if twice.hex() in data["before"] and twice.hex() in data["after"]
            else "at once"
        )
        return Judgement(outcome=Outcome.FAILED, reason=f"the challenge {twice.hex()} came again {where}")
    return Judgement(outcome=Outcome.PASSED, reason=f"{len(challenges)} challenges, none of them twice")


@judge("dlms.system-title", version=1)
def judge_title(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """The title has eight octets, begins with the FLAG ID, and is the declared one."""
    title = bytes.fromhex(text(observations[0].data, "title"))
    identity, declared = context.declaration.identity, context.declaration.security
    if len(title) != TITLE_OCTETS:
        return Judgement(outcome=Outcome.FAILED, reason=f"the system title has {len(title)} octets")
    letters = title[:FLAG_LETTERS].decode("latin-1")
    if letters != identity.flag_id:
        shown = (
            f'"{letters}"' if letters.isascii() and letters.isprintable() else title[:FLAG_LETTERS].hex(" ")
        )
        reason = f"the system title begins {shown}, the FLAG ID is {identity.flag_id}"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    if declared is not None and title != bytes.fromhex(declared.system_title):
        reason = f"the system title is {title.hex()}, {declared.system_title} is declared"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    return Judgement(outcome=Outcome.PASSED, reason=f"system title {title.hex()}")


@judge("dlms.raised-policy", version=1)
def judge_policy(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """The security setup shows the policy that was put in force, and its answer is protected by it."""
    data = observations[0].data
    asked, reads, control = int(data["asked"]), int(data["reads"]), data["control"]
    if reads != asked:
        reason = f"security_policy reads {reads:02X} after {asked:02X} was put in force"
        return Judgement(outcome=Outcome.FAILED, reason=reason)
    # Version 0: authentication 1, encryption 2, both ways; version 1: answers have bits of their own, 20 and 40.
    due = asked << 4 & 0x30 if data["version"] == 0 else asked >> 1 & 0x30
    missing = due & ~int(control or 0)
    if missing:
        came = "in clear text" if control is None else f"with security control {int(control):02X}"
        return Judgement(outcome=Outcome.FAILED, reason=f"under policy {asked:02X} an answer came {came}")
    return Judgement(
        outcome=Outcome.PASSED, reason=f"security_policy reads {reads:02X}, answers are so protected"
    )
