"""Credit for a load, where the bench can tell how much there is."""

from __future__ import annotations

from bench.run.case_bench import CaseBench
from bench.run.prepayment import ensure_credit


def counts_kwh(bench: CaseBench) -> bool:
    """Return whether the declared credit register counts kWh one to one, so that the bench can read it as energy."""
    payment = bench.declaration.payment
    return payment is not None and payment.accounting == "kwh"


def credit_for(bench: CaseBench, needed_wh: float) -> None:
    """Buy what is missing to ``needed_wh``; a meter that accounts otherwise is left with what it has."""
    if counts_kwh(bench):
        ensure_credit(bench.position, needed_wh)
