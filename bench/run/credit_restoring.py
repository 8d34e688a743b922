"""Bring a meter's credit back to what it was before a case that moved a lot of it."""

from __future__ import annotations

from bench.errors import BenchFault
from bench.meter.dlms_client import Refused
from bench.meter.vending import NEXT_TID
from bench.protocols.data import double_long
from bench.protocols.sts.fields import ClearCredit
from bench.run.prepayment import CREDIT, Credit
from bench.run.switch import bring_to
from bench.run.token_desk import TokenDesk
from bench.standards.control_modes import ControlState

SET_AMOUNT_TO_VALUE = 2
WH_PER_LEAST_UNIT = 100
#: Above this an amount may be rounded up by its coding (sts.md 2.3).
EXACT_LEAST_UNITS = 16_383


def can_restore(desk: TokenDesk) -> bool:
    """Return whether credit can be taken away again: by ClearCredit, or in a laboratory by the Credit object."""
    return "clear-credit" in (desk.sts.supports or ()) or desk.laboratory


def restore_credit(desk: TokenDesk, before: Credit | None) -> None:
    """Bring the credit back to ``before``: exactly, or by tokens to the 0.1 kWh below, as far as one token goes.

    What is left different is told in the ledger. Raises BenchFault where the meter refuses.
    """
    now = desk.credit_now()
    if before is None or now is None or now == before:
        return
    if "clear-credit" in (desk.sts.supports or ()):
        desk.enter(
            desk.vending.issue(ClearCredit(tid=NEXT_TID)), "clears the credit", what="takes the credit back"
        )
        units = min(int(before.amount_wh // WH_PER_LEAST_UNIT), EXACT_LEAST_UNITS)
        if units > 0:
            desk.enter(desk.credit(units), "good credit", what="gives back the credit there was")
    else:
        _set(desk, round(before.amount_wh / before.resolution_wh))
    supply = desk.bench.declaration.supply
    if desk.live_at_start and supply is not None:
        # zero credit opened the switch, and not every control mode closes it by itself again
        desk.hang_up()
        bring_to(desk.bench, ControlState.CONNECTED, supply.control_mode)
        desk.forget_credit()
    after = desk.credit_now()
    if after is not None and after != before:
        desk.position.ledger.note_change(
            f"credit {after.amount_wh:g} Wh, before a case that altered it {before.amount_wh:g} Wh"
        )


def _set(desk: TokenDesk, amount: int) -> None:
    try:
        desk.client.invoke(*CREDIT, SET_AMOUNT_TO_VALUE, double_long(amount))
    except Refused as refusal:
        raise BenchFault(
            f"The credit could not be set back: {refusal}.", remedy="Load or clear the meter by tokens."
        ) from refusal
    desk.forget_credit()
