"""The count of wrong tokens in a row, as a meter may keep it: never up to its lock-out by accident.

A good token takes the count back. Under a plan that leaves meters as they were there is no good token, so only
what stays below the lock-out of the whole run can be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bench.judgement.token_reading import gain_of, shown_results
from bench.judgement.token_situations import ACCEPT, BLOCKED, SECTIONS, Effect, Situation
from bench.run.position import REJECTS_BELOW_LOCK_OUT, Position

if TYPE_CHECKING:
    from bench.record.declaration import StsDeclaration

#: token_status codes of the failures at each stage.
FAILURES = range(4, 8)


class CountIsFull(Exception):
    """One more wrong token could lock the entry, and nothing may take the count back."""


class WrongTokens:
    """Keeps the count of one position. ``reset`` enters a good token, ``pause`` lets time pass."""

    def __init__(
        self,
        position: Position,
        sts: StsDeclaration,
        *,
        may_reset: bool,
        reset: Callable[[], object],
        pause: Callable[[float], None],
    ) -> None:
        self._position, self._sts, self._may_reset = position, sts, may_reset
        self._reset, self._pause = reset, pause

    def make_room(self, row: Situation) -> None:
        """Stay below the lock-out with one more token in this situation. Raises CountIsFull."""
        # results left open count as a refusal; where a lock is wanted, its case keeps the count itself
        surely_taken = bool(row.results) and row.results <= {ACCEPT, *SECTIONS}
        if surely_taken or row.results & BLOCKED:
            return
        sts, position = self._sts, self._position
        highest = max(1, sts.lock_out_after - 1) if sts.lock_out_after else REJECTS_BELOW_LOCK_OUT
        if not self._may_reset:
            # the last place below the lock-out is kept for display tokens, which a meter may lack and refuse
            if position.rejects_in_a_row >= (highest if ACCEPT in row.results else max(1, highest - 1)):
                raise CountIsFull
            return
        if position.rejects_in_a_row < highest:
            return
        if sts.lock_out_after and not sts.lock_out_resets_on_good_token:
            self._pause(max(sts.lock_out_s, sts.lock_out_max_s))
            position.rejects_in_a_row = 0
            return
        self._reset()

    def count(self, row: Situation, seen: Mapping[str, Any]) -> None:
        """Count wrong tokens as a meter may: any that is not surely accepted; only a meter-specific one resets."""
        gain = gain_of(seen)
        if row.effect is Effect.ADDED and gain is not None and gain.amount == 0:
            # a good token was refused: if that locked the entry, it is no reason to refuse the next one
            self._position.rejects_in_a_row += 1
            self.wait_out_lock()
        elif row.effect in {Effect.ADDED, Effect.CLEARED} or row.words == "good management":
            self._position.rejects_in_a_row = 0
        elif ACCEPT not in row.results or self._refused(seen):
            self._position.rejects_in_a_row += 1

    def _refused(self, seen: Mapping[str, Any]) -> bool:
        shown = shown_results(seen, self._sts)
        return seen.get("status_code") in FAILURES or (shown is not None and not shown & {ACCEPT, *SECTIONS})

    def wait_out_lock(self) -> None:
        """Let a lock pass that refused tokens may have brought about; at once where there can be none."""
        sts = self._sts
        beyond = self._position.rejects_in_a_row - sts.lock_out_after
        if sts.lock_out_after and beyond >= 0:
            self._pause(min(sts.lock_out_s * 2.0**beyond, sts.lock_out_max_s or sts.lock_out_s))
