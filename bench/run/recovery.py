"""Recover from an interrupted key change: ask the meter itself which key it holds, then finish or undo.

A token of identifier 0 is older than any the meter remembers, so a meter that can decrypt it rejects it as
invalid, and one that cannot rejects it as not authentic: the question costs nothing but two rejections.
"""

from __future__ import annotations

from enum import StrEnum

from bench.errors import BenchFault, PlanError
from bench.meter.ledger import KeyReference, PendingKeyChange
from bench.meter.vending import Vending, parameters
from bench.protocols.sts.fields import TransferCredit
from bench.record.declaration import StsDeclaration
from bench.run.position import Position
from bench.run.prepayment import enter_token

#: token_status codes (sts.md 9): the key opened the token, or it did not.
OPENED = frozenset({3, 6})
NOT_OPENED = 5
#: Format, authentication or validation failed: the section was not even held.
NOT_TAKEN = frozenset({4, 5, 6})
OLDEST_TID = 0
LEAST_UNITS = 1


class Holds(StrEnum):
    """Which key the meter turned out to hold."""

    OLD = "old"
    NEW = "new"


class Wish(StrEnum):
    """What to do when the meter still holds the old key."""

    UNDO = "undo"
    FINISH = "finish"


def which_key(position: Position, change: PendingKeyChange) -> Holds:
    """Ask the meter; it is left as it was. Raises BenchFault where it knows neither key.

    Two rejections at most, and none after the key is known: some meters lock at the third.
    """
    for holds, key in ((Holds.NEW, change.new), (Holds.OLD, change.old)):
        if _opens(position, key):
            return holds
    raise BenchFault(
        f"Meter {position.declaration.identity.serial_number} opens tokens of neither key.",
        remedy="Are the secrets those of this meter? Otherwise a key management centre must help.",
    )


def recover(position: Position, wish: Wish) -> str:
    """Bring meter and ledger together; return one sentence on what was done.

    A meter that holds the new key has finished the change. One that still holds the old key keeps it, or is
    given the tokens of the change again.
    """
    change = position.ledger.pending_key_change
    if change is None:
        return "nothing to recover"
    if which_key(position, change) is Holds.NEW:
        position.ledger.finish_key_change()
        return f"the meter holds the new key ({change.new}); the ledger says so now"
    if wish is Wish.UNDO:
        position.ledger.undo_key_change()
        return f"the meter still holds the old key ({change.old}); the change is forgotten"
    _enter_again(position, change)
    if not _opens(position, change.new):
        raise BenchFault("The meter took the key change tokens and still holds the old key.")
    position.ledger.finish_key_change()
    return f"the meter was given the new key ({change.new})"


def _enter_again(position: Position, change: PendingKeyChange) -> None:
    sts = _declared(position)
    new = parameters(change.new.declared_in(sts), sts.meter_pan)
    tokens = _vending(position, change.old).key_change(
        new,
        key_expiry_number=change.new.key_expiry_number,
        with_supply_group=change.new.supply_group_code != change.old.supply_group_code,
    )
    for number, token in enumerate(tokens, start=1):
        seen = enter_token(position, token.digits, what=f"key change token {number}", good=True)
        # a section that waits for the others has no status of its own in the standard; the key is proven afterwards
        if seen["status_code"] in NOT_TAKEN:
            raise BenchFault(
                f"The meter rejected key change token {number} of {len(tokens)} (status {seen['status_code']})."
            )


def _opens(position: Position, key: KeyReference) -> bool:
    probe = _vending(position, key).issue(TransferCredit(tid=OLDEST_TID, least_units=LEAST_UNITS))
    position.rejects_in_a_row = 0  # two questions stay below any lock-out
    code = enter_token(position, probe.digits, what="which key", good=False)["status_code"]
    if code not in OPENED and code != NOT_OPENED:
        raise BenchFault(
            f"The meter answers a token with status {code}: that does not tell its key.",
            remedy="Is it locked out? Wait, and try again.",
        )
    return code in OPENED


def _vending(position: Position, key: KeyReference) -> Vending:
    secret = position.find_secret(key.vending_key)
    if secret is None:
        raise PlanError(
            f'The vending key "{key.vending_key}" is not at hand.', remedy="Add it to the secrets file."
        )
    # without the ledger: identifier 0 and key change tokens spend nothing
    return Vending(
        key.declared_in(_declared(position)), secret, lambda: position.clock.utc().replace(tzinfo=None)
    )


def _declared(position: Position) -> StsDeclaration:
    if position.declaration.sts is None:
        raise PlanError("The declaration has no [sts].")
    return position.declaration.sts
