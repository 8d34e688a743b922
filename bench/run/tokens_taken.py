"""Whether a meter takes tokens at all: asked before a token is the only way out of what a case brings about."""

from __future__ import annotations

from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh
from bench.run.prepayment import enter_token

LEAST = 1
EXECUTED = 3
NO_TOKENS = "the meter takes no token of this point of sale, so nothing could take back what this needs"


def takes_tokens(bench: CaseBench) -> bool:
    """Return whether a small good token by the gateway was credited, tried once a run; True where nobody can tell.

    A meter that may be locked by wrong tokens is given the time of its longest lock, and asked again.
    """
    position = bench.position
    if position.takes_tokens is None:
        bench.energise()
        position.takes_tokens = not _can_tell(bench) or _credited(bench) or _credited_after_lock(bench)
    return position.takes_tokens


def _can_tell(bench: CaseBench) -> bool:
    sts, payment = bench.declaration.sts, bench.declaration.payment
    return (
        sts is not None
        and "gateway" in sts.carriers
        and bench.position.find_secret(sts.vending_key) is not None
        and counts_kwh(bench)
        and payment is not None
        and payment.mode == "prepayment"
    )


def _credited(bench: CaseBench) -> bool:
    token = bench.position.vending.credit(LEAST)
    seen = enter_token(bench.position, token, what="whether the meter takes tokens", good=True)
    return bool(seen["credit_after_wh"] > seen["credit_before_wh"] or seen["status_code"] == EXECUTED)


def _credited_after_lock(bench: CaseBench) -> bool:
    sts = bench.declaration.sts
    if sts is None or not sts.lock_out_after:
        return False
    bench.clock.sleep(max(sts.lock_out_s, sts.lock_out_max_s))
    return _credited(bench)
