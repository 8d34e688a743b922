"""Slot ``tid_store``: the token identifiers already used (sts.md 7.3).

The store is full from the first day, with the date of manufacture; each accepted token replaces the smallest
entry, so a window of the newest identifiers slides forward. A roll-over of the base date fills it with zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_meter.meter import Meter

RECORD = "tid_store"
MANUFACTURE_RECORD = "tid_of_manufacture"


class TidStore:
    """Non-volatile list of TIDs, sorted, smallest first."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._tids: list[int] = self.load()

    def load(self) -> list[int]:
        """Return the entries kept over the power cut."""
        saved = self.meter.memory.get(RECORD)
        return self.as_manufactured() if saved is None else sorted(saved)

    def size(self) -> int:
        """Return the number of places."""
        return self.meter.product.sts.tid_memory

    def as_manufactured(self) -> list[int]:
        """Return the entries of a new meter: the date of manufacture in every place."""
        manufactured: int = self.meter.memory.get(MANUFACTURE_RECORD) or 0
        return [manufactured] * self.size()

    def contains(self, tid: int) -> bool:
        """Return whether ``tid`` has been used."""
        return tid in self._tids

    def oldest(self) -> int:
        """Return the smallest entry; a token before it is too old to be known."""
        return self._tids[0]

    def remember(self, tid: int) -> None:
        """Put ``tid`` in the place of the smallest entry."""
        self._tids = sorted([*self._tids[1:], tid])
        self.save()

    def clear(self) -> None:
        """Fill every place with zero (roll-over)."""
        self._tids = [0] * self.size()
        self.save()

    def save(self) -> None:
        """Write the entries to the memory chip."""
        self.meter.memory.put(RECORD, self._tids)
