"""Tokens for the meter under test, made from the vending key its declaration names.

Token identifiers rise with every token of a run, so no token of a run makes the next one old.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bench.errors import PlanError
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import TransferCredit
from bench.protocols.sts.keys import KeyParameters, decoder_key
from bench.protocols.sts.maker import make_token
from bench.protocols.sts.opener import OpenedToken, open_token
from bench.protocols.sts.tid import tid_from
from bench.record.declaration import StsDeclaration


class Vending:
    """A point of sale for one meter. ``now`` gives the civil time tokens are issued at (naive, UTC)."""

    def __init__(self, sts: StsDeclaration, vending_key: bytes, now: Callable[[], datetime]) -> None:
        self._vending_key, self._now = vending_key, now
        try:
            self._own = parameters(sts, sts.meter_pan)
            decoder_key(vending_key, self._own)
        except FieldError as error:
            raise PlanError(f"The declaration's [sts] cannot make tokens: {error}.") from error
        self._sts = sts
        self._last_tid: int | None = None

    def credit(self, least_units: int, *, meter_pan: str = "") -> str:
        """Make a credit token of ``least_units`` x 0.1 kWh; another ``meter_pan`` makes it somebody else's."""
        to = parameters(self._sts, meter_pan) if meter_pan else self._own
        self._last_tid = tid_from(self._now(), to.base_date, last_tid=self._last_tid)
        fields = TransferCredit(tid=self._last_tid, least_units=least_units)
        return make_token(fields, decoder_key(self._vending_key, to), to.algorithm)

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
