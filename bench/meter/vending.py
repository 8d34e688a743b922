"""Tokens for the meter under test, made from the vending key its declaration names.

Token identifiers rise with every token, from run to run, so no token of a run makes a later one old: the
ledger of the meter holds the highest, and each is on disk there before its token leaves the point of sale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from bench.errors import PlanError
from bench.meter.ledger import Ledger
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import InitiateTest, ReadExtended, TokenFields, TransferCredit
from bench.protocols.sts.key_change import key_change_sections, key_change_to
from bench.protocols.sts.keys import KeyParameters, decoder_key
from bench.protocols.sts.maker import make_token
from bench.protocols.sts.opener import OpenedToken, open_token
from bench.protocols.sts.tid import MAXIMUM_TID, is_reserved, tid_from
from bench.record.declaration import StsDeclaration

#: Placeholder in the fields of a token that is to get the next identifier.
NEXT_TID = -1
#: Identifiers that the ledger notes as spent in one write. What a run leaves of them is lost: minutes, not tokens.
SPENT_AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A token sold: its digits (a secret), what it says, and its identifier where it has one that is known."""

    digits: str = field(repr=False)
    fields: TokenFields = field(repr=False)
    tid: int | None = None

    def data(self) -> dict[str, Any]:
        """Return what may be recorded of it as JSON values: kind, amount or limit, identifier; never key parts."""
        said: dict[str, Any] = {"kind": type(self.fields).__name__, "tid": self.tid}
        for name in ("least_units", "limit_w", "register", "control", "manufacturer_code", "rate"):
            if hasattr(self.fields, name):
                said[name] = getattr(self.fields, name)
        return said


class Vending:
    """A point of sale for one meter. ``now`` gives the civil time tokens are issued at (naive, UTC)."""

    #: Whether it can make any token, and tell a damaged one that opens by chance.
    holds_key = True

    def __init__(
        self,
        sts: StsDeclaration,
        vending_key: bytes,
        now: Callable[[], datetime],
        *,
        ledger: Ledger | None = None,
    ) -> None:
        self._vending_key, self._now, self._ledger = vending_key, now, ledger
        try:
            self._own = parameters(sts, sts.meter_pan)
            decoder_key(vending_key, self._own)
        except FieldError as error:
            raise PlanError(f"The declaration's [sts] cannot make tokens: {error}.") from error
        self._sts = sts
        self._last_tid: int | None = None
        self._spent_to: int | None = None
        if ledger is not None and ledger.record.tid_base_date in {None, sts.base_date}:
            self._last_tid = self._spent_to = ledger.highest_tid

    # -- what is sold

    def credit(self, least_units: int, *, meter_pan: str = "") -> str:
        """Make a credit token of ``least_units`` x 0.1 kWh; another ``meter_pan`` makes it somebody else's."""
        under = parameters(self._sts, meter_pan) if meter_pan else None
        return self.issue(TransferCredit(tid=NEXT_TID, least_units=least_units), under=under).digits

    def issue(
        self, fields: TokenFields, *, under: KeyParameters | None = None, crc: int | None = None
    ) -> Sale:
        """Make the token that ``fields`` describe, under the meter's key or the key of ``under``.

        A ``tid`` of NEXT_TID takes the next free identifier; any other is used as it stands. ``crc`` replaces
        the checksum.
        """
        tid: int | None = getattr(fields, "tid", None)
        if tid == NEXT_TID:
            tid = self.reserve(1)[0]
            fields = replace(cast("Any", fields), tid=tid)
        elif tid is not None:
            self._spend(tid)
        to = self._own if under is None else under
        digits = make_token(fields, decoder_key(self._vending_key, to), to.algorithm, crc=crc)
        return Sale(digits=digits, fields=fields, tid=tid)

    def reserve(self, count: int) -> tuple[int, ...]:
        """Take the next ``count`` free token identifiers, rising."""
        taken: list[int] = []
        while len(taken) < count:
            taken.append(self._next_tid())
            self._last_tid = taken[-1]
        self._spend(taken[-1])
        return tuple(taken)

    def _spend(self, tid: int) -> None:
        """Have the ledger hold ``tid``, and some more with it: a write to disk takes longer than a token."""
        if self._ledger is None or (self._spent_to is not None and tid <= self._spent_to):
            return
        self._spent_to = min(tid + SPENT_AT_ONCE - 1, MAXIMUM_TID)
        self._ledger.spend_tid(self._spent_to, base_date=self._own.base_date.value)

    def _next_tid(self) -> int:
        now, base_date = self._now(), self._own.base_date
        if self._last_tid is not None and now.date() < base_date.first_day:
            # a roll-over tried out before its day: the count goes on from where ``adopt`` began it
            return self._last_tid + (2 if is_reserved(self._last_tid + 1) else 1)
        try:
            return tid_from(now, base_date, last_tid=self._last_tid)
        except FieldError as error:
            raise PlanError(
                f"No token can be sold under base date {base_date.value}: {error}.",
                remedy="Roll the meter over to the next base date, and declare that one.",
            ) from error

    # -- keys

    @property
    def own(self) -> KeyParameters:
        """What the meter's present decoder key is made from."""
        return self._own

    def key_change(
        self,
        new: KeyParameters,
        *,
        key_expiry_number: int = 255,
        with_supply_group: bool = False,
        roll_over: bool | None = None,
        under: KeyParameters | None = None,
    ) -> tuple[Sale, ...]:
        """Make the set of tokens that changes the meter's key to ``new``, in order.

        ``roll_over`` overrides the RO bit, which otherwise follows the base date. ``under`` makes the set under
        another key than the present one.
        """
        current = self._own if under is None else under
        change = key_change_to(
            new,
            decoder_key(self._vending_key, new),
            current=current,
            key_expiry_number=key_expiry_number,
            with_supply_group=with_supply_group,
        )
        if roll_over is not None:
            change = replace(change, roll_over=roll_over)
        return tuple(
            self.issue(section, under=current) for section in key_change_sections(change, current.algorithm)
        )

    def adopt(self, new: KeyParameters, *, last_tid: int | None = None) -> None:
        """Sell under ``new`` from now on: the meter has taken it. ``last_tid`` begins the count of a new base date."""
        if new.base_date is not self._own.base_date:
            self._last_tid, self._spent_to = last_tid, None
        self._own = new

    # -- what the key knows

    @property
    def last_tid(self) -> int | None:
        """The highest token identifier spent so far."""
        return self._last_tid

    def explains(self, token: str) -> bool:
        """Return whether the meter's own key opens the token with a right CRC."""
        return self._opened(token).crc_ok

    def token_class(self, token: str) -> int:
        """Return the class bits of a token: 0 credit, 1 not meter-specific, 2 management, 3 reserved."""
        return self._opened(token).token_class

    def _opened(self, token: str) -> OpenedToken:
        return open_token(token, decoder_key(self._vending_key, self._own), self._own.algorithm)


def display_token(fields: InitiateTest | ReadExtended) -> Sale:
    """Make a class 1 token: it is not encrypted and the same for every meter, so it needs no key."""
    return Sale(digits=make_token(fields, None, Algorithm.EA07), fields=fields)


def parameters(sts: StsDeclaration, meter_pan: str) -> KeyParameters:
    """Return the key parameters a declaration states, for a meter's PAN."""
    return KeyParameters.parse(
        meter_pan=meter_pan,
        supply_group_code=sts.supply_group_code,
        tariff_index=sts.tariff_index,
        key_revision_number=sts.key_revision_number,
        key_type=sts.key_type,
        base_date=sts.base_date,
        algorithm=sts.encryption_algorithm,
        dkga=sts.dkga,
    )
