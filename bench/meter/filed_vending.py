"""A point of sale that holds no key: it hands out the tokens of a file that the vending side filled in."""

from __future__ import annotations

from collections import defaultdict, deque

from bench.errors import PlanError
from bench.meter.ledger import Ledger
from bench.meter.token_orders import TokenFile, describe
from bench.meter.vending import NEXT_TID, Sale, Vending, parameters
from bench.protocols.sts.fields import TokenFields
from bench.protocols.sts.keys import KeyParameters
from bench.protocols.sts.number import extract_class, value_of
from bench.record.declaration import StsDeclaration


class NotInFile(PlanError):
    """The token file has no such token (left): the case that asked for it cannot run."""


class FiledVending(Vending):
    """Sells what the file holds, in its order. It cannot tell a chance hit, nor make a token to measure."""

    holds_key = False

    def __init__(self, sts: StsDeclaration, file: TokenFile, *, ledger: Ledger | None = None) -> None:
        if file.meter_pan and file.meter_pan != sts.meter_pan:
            raise PlanError(
                f"The token file is for the meter {file.meter_pan}, the declaration says {sts.meter_pan}."
            )
        self._own, self._sts, self._ledger = parameters(sts, sts.meter_pan), sts, ledger
        self._last_tid = self._spent_to = None
        self._left: dict[str, deque[tuple[str, int | None]]] = defaultdict(deque)
        for token in file.token:
            if token.digits:
                self._left[token.order].append((token.digits, token.tid))

    def issue(
        self, fields: TokenFields, *, under: KeyParameters | None = None, crc: int | None = None
    ) -> Sale:
        """Hand out the next token of this kind. Raises NotInFile where there is none."""
        if under not in (None, self._own) or crc is not None or getattr(fields, "tid", None) != NEXT_TID:
            raise NotInFile(
                "This needs a token that only the holder of the vending key can make.",
                remedy="Give the test vending key, or leave the case to a meter with one.",
            )
        wanted = describe(fields)
        if not self._left[wanted]:
            raise NotInFile(
                f'The token file has no unused token "{wanted}" left.',
                remedy="Ask for more: `meterbench token wanted` prints them.",
            )
        digits, tid = self._left[wanted].popleft()
        if tid is not None:
            self._spend(tid)
        return Sale(digits=digits, fields=fields, tid=tid)

    def reserve(self, count: int) -> tuple[int, ...]:
        """Raise NotInFile: identifiers are the vending side's."""
        raise NotInFile(
            f"This needs {count} token identifiers of the bench's own choice.",
            remedy="Give the test vending key, or leave the case to a meter with one.",
        )

    def explains(self, token: str) -> bool:  # noqa: ARG002 - nothing can be said of any
        """Return False: without the key nobody here can tell; the desk marks such entries as undecided."""
        return False

    def token_class(self, token: str) -> int:
        """Return the class bits of a token; they are in clear."""
        return extract_class(value_of(token))[0]

    def key_change(
        self,
        new: KeyParameters,
        *,
        key_expiry_number: int = 255,
        with_supply_group: bool = False,
        roll_over: bool | None = None,
        under: KeyParameters | None = None,
    ) -> tuple[Sale, ...]:
        """Raise NotInFile: a key change that the bench could not take back is not made."""
        del new, key_expiry_number, with_supply_group, roll_over, under
        raise NotInFile("A key change needs the vending key, so that the bench can take it back.")
