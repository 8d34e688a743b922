"""A key change as the bench makes it: in the ledger first, then entered, proven by a token, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bench.errors import BenchFault
from bench.judgement.token_reading import coded_results, shown_results
from bench.judgement.token_situations import ACCEPT
from bench.meter.ledger import KeyReference
from bench.meter.vending import NEXT_TID, Sale
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.keys import KeyParameters
from bench.record.model import Observation
from bench.run.key_parameters import expected_parameters, read_parameters
from bench.run.token_desk import TokenDesk

#: Size of a set that carries the supply group code of a 64-bit key; sets for 128-bit keys always do.
WITH_SUPPLY_GROUP = 3
WITHOUT_SUPPLY_GROUP = 2


class Held(StrEnum):
    """Which key a token proved the meter to hold."""

    OLD = "old"
    NEW = "new"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterKey:
    """A decoder key as the bench makes it, with its expiry."""

    parameters: KeyParameters
    key_expiry_number: int

    def changed(self, *, key_expiry_number: int | None = None, **changes: Any) -> MeterKey:
        """Return the key with some parameters changed."""
        return MeterKey(
            parameters=replace(self.parameters, **changes),
            key_expiry_number=self.key_expiry_number if key_expiry_number is None else key_expiry_number,
        )


class KeyChangeDesk:
    """Changes keys at a token desk. ``current`` is the key the meter holds, as far as a token has proven."""

    def __init__(self, desk: TokenDesk) -> None:
        self.desk = desk
        self.original = MeterKey(parameters=desk.vending.own, key_expiry_number=desk.sts.key_expiry_number)
        self.current = self.original
        self.told: list[Observation] = []

    def tokens(
        self, new: MeterKey, size: int, *, roll_over: bool | None = None, under: MeterKey | None = None
    ) -> tuple[Sale, ...]:
        """Sell the set of ``size`` tokens that changes the key to ``new``, in order of its sections."""
        sections = self.desk.vending.key_change(
            new.parameters,
            key_expiry_number=new.key_expiry_number,
            with_supply_group=size == WITH_SUPPLY_GROUP,
            roll_over=roll_over,
            under=under.parameters if under is not None else None,
        )
        if len(sections) != size:
            raise BenchFault(f"A set of {len(sections)} tokens was made, {size} were wanted.")
        return sections

    def begin(self, new: MeterKey) -> None:
        """Write into the ledger what is about to be entered."""
        self.desk.position.ledger.begin_key_change(self._reference(self.current), self._reference(new))

    def enter_all(self, sections: Sequence[Sale], *, what: str, order: Sequence[int] | None = None) -> None:
        """Enter every section once, in ``order`` (of places from 0), the last one completing the set."""
        places = tuple(order) if order is not None else tuple(range(len(sections)))
        for number, place in enumerate(places, start=1):
            situation = "last section" if number == len(places) else "section"
            self.desk.enter(sections[place], situation, what=f"{what}, section {place + 1}")

    def settle(self, new: MeterKey, *, new_tid: int | None = None) -> Held:
        """Find out by small tokens which key the meter holds, and write it into the ledger.

        ``new_tid`` begins the count of identifiers under a new base date. The tokens are no part of the series.
        """
        vending, old_tid = self.desk.vending, self.desk.vending.last_tid
        held = Held.NEITHER
        for key, name, first in ((new, Held.NEW, new_tid), (self.current, Held.OLD, old_tid)):
            vending.adopt(key.parameters, last_tid=first)
            if self.opens(key):
                held = name
                break
        ledger = self.desk.position.ledger
        if held is Held.NEW:
            self.current = new
            ledger.finish_key_change()
        elif held is Held.OLD:
            ledger.undo_key_change()
        else:
            vending.adopt(self.current.parameters, last_tid=old_tid)
        self.desk.position.key_lost = held is Held.NEITHER
        return held

    def opens(self, key: MeterKey) -> bool:
        """Return whether the meter opens a small token under the vending's present key: takes it, or finds it late."""
        if not key.parameters.key_type.allows_credit:
            return self._opens_without_credit()
        self.desk.wait_out_lock()
        mark = len(self.desk.entries)
        seen = self.desk.enter(self.desk.credit(), "proves the key", what="a small token")
        del self.desk.entries[mark:]
        said = shown_results(seen, self.desk.sts) or coded_results(seen, self.desk.sts)
        return self.desk.accepted(seen) or said == frozenset({"KeyExpiredError"})

    def _opens_without_credit(self) -> bool:
        """Return whether the meter holds the vending's present default key: its object says so, or a DDTKError."""
        told = read_parameters(self.desk)
        if told is not None and "key_type" in told:
            return told["key_type"] == int(KeyType.DEFAULT)
        mark = len(self.desk.entries)
        seen = self.desk.enter(self.desk.credit(), "proves the key", what="a small token")
        del self.desk.entries[mark:]
        return bool((shown_results(seen, self.desk.sts) or frozenset()) & {"DDTKError", ACCEPT})

    def look(self, when: str, *, supply_group_unknown: bool) -> None:
        """Record the key parameters the meter tells, beside those of the key it holds."""
        told = read_parameters(self.desk)
        if told is not None:
            expected = expected_parameters(
                self.current.parameters, key_expiry_number=self.current.key_expiry_number
            )
            self.told.append(
                self.desk.bench.observe(
                    "key-parameters",
                    {
                        "when": when,
                        "expected": expected,
                        "told": told,
                        "supply_group_unknown": supply_group_unknown,
                    },
                )
            )

    def change(
        self,
        new: MeterKey,
        size: int,
        *,
        what: str,
        order: Sequence[int] | None = None,
        roll_over: bool | None = None,
        new_tid: int | None = None,
    ) -> Held:
        """Make a whole key change, find out what the meter holds, and look at what it tells."""
        sections = self.tokens(new, size, roll_over=roll_over)
        self.begin(new)
        self.enter_all(sections, what=what, order=order)
        held = self.settle(new, new_tid=new_tid)
        if held is Held.NEW:
            self.look(f"after {what}", supply_group_unknown=size == WITHOUT_SUPPLY_GROUP)
        return held

    def restore(self, size: int, *, last_tid: int | None = None) -> Held:
        """Bring the meter back to the key it had; what cannot be brought back stays told in the ledger."""
        if self.current == self.original or self.desk.position.key_lost:
            return Held.OLD
        sections = self.tokens(self.original, size)
        mark = len(self.desk.entries)
        self.begin(self.original)
        self.enter_all(sections, what="back to the first key")
        held = self.settle(self.original, new_tid=last_tid)
        if held is Held.NEW:
            del self.desk.entries[mark:]
        return held

    def _reference(self, key: MeterKey) -> KeyReference:
        own = key.parameters
        return KeyReference(
            vending_key=self.desk.sts.vending_key or "",
            supply_group_code=own.supply_group_code,
            tariff_index=own.tariff_index,
            key_revision_number=own.key_revision_number,
            key_type=int(own.key_type),
            key_expiry_number=key.key_expiry_number,
            base_date=own.base_date.value,
        )


def credit_under(desk: TokenDesk, key: MeterKey, *, tid: int = NEXT_TID) -> Sale:
    """Sell a small credit token under any key, one that the meter's own key does not open by chance."""
    return desk.vending.issue(desk.credit_fields(tid=tid), under=key.parameters)
