"""Slot ``lock_out``: no more tokens for a while after several rejected ones in a row (sts.md 7.5).

Only meter-specific tokens (class 0 and 2) count and are locked out; tests and displays go on working. The
count belongs to the token application, so all carriers share it. It lives in RAM: a power cycle ends a lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_meter.payment.token_result import TokenResult

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_NOT_COUNTED = {TokenResult.LOCKOUT_ACTIVE, TokenResult.NOT_READY}


class LockOut:
    """Count rejected tokens; the first lock lasts as the product says, each further one twice as long."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._rejected = 0
        self._locks = 0
        self._until_s = float("-inf")

    def active(self) -> bool:
        """Return whether meter-specific tokens are refused now."""
        return self.meter.board.now() < self._until_s

    def count(self, result: TokenResult) -> None:
        """Take note of what became of a meter-specific token."""
        if result in _NOT_COUNTED:
            return
        if result.accepted:
            self._rejected = self._locks = 0
            return
        self._rejected += 1
        sts = self.meter.product.sts
        if sts.lock_out_after and self._rejected >= sts.lock_out_after:
            self._until_s = self.meter.board.now() + min(
                sts.lock_out_s * 2.0**self._locks, sts.lock_out_max_s
            )
            self._locks = min(self._locks + 1, 64)
