"""Defects of layer ST: whether a token is genuine, new, and used once."""

from __future__ import annotations

from bench.protocols.sts.fields import InitiateTest, TokenFields, TransferCredit, TransferCurrency
from bench.protocols.sts.opener import OpenedToken
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.payment.tid_store import TidStore
from reference_meter.payment.token_application import Refusal, TokenApplication
from reference_meter.payment.token_result import TokenResult

_CLEAR_CLASS = 1
_SMALL_STORE = 10
_CREDIT_DELAY_S = 0.035
"""From the TID in the memory chip to the credit: with the time before it, 50 ms after enter."""


class NoTidStore(TidStore):
    """Remember nothing: no token is used, none is old."""

    def contains(self, tid: int) -> bool:  # noqa: ARG002
        return False

    def oldest(self) -> int:
        return 0

    def remember(self, tid: int) -> None:
        """Forget it."""

    def clear(self) -> None:
        """Have nothing to clear."""


class OnlyLastTid(TidStore):
    """Keep the date of manufacture in every place but one, and the last TID there."""

    def remember(self, tid: int) -> None:
        self._tids = sorted([*self.as_manufactured()[1:], tid])
        self.save()


class TidStoreInRam(TidStore):
    """Begin each power-up with the store of a new meter."""

    def load(self) -> list[int]:
        return self.as_manufactured()

    def save(self) -> None:
        """Write nothing to the chip."""


class CrcNotVerified(TokenApplication):
    """Take every token that had to be decrypted for authentic."""

    def checksum_right(self, opened: OpenedToken) -> bool:
        return opened.token_class != _CLEAR_CLASS or super().checksum_right(opened)


class TidBeforeCredit(TokenApplication):
    """Write the TID, and only later the credit; a power cut in between loses the purchase."""

    def book(self, tid: int, amount_wh: float) -> TokenResult:
        if self.meter.account.overflows(amount_wh):
            return TokenResult.OVERFLOW_ERROR
        self.meter.tid_store.remember(tid)
        board = self.meter.board
        board.at(board.now() + _CREDIT_DELAY_S, lambda: self.meter.account.add_wh(amount_wh))
        return TokenResult.ACCEPT


class OldAccepted(TidStore):
    """Know used tokens, but not how old the oldest of them is."""

    def oldest(self) -> int:
        return 0


class SmallTidStore(TidStore):
    """Ten places instead of fifty."""

    def size(self) -> int:
        return _SMALL_STORE

    def load(self) -> list[int]:
        return super().load()[-_SMALL_STORE:]


class Class2NotCancelled(TokenApplication):
    """Check the TID of credit tokens only."""

    def replayed(self, fields: TokenFields, tid: int) -> Refusal:
        is_credit = isinstance(fields, TransferCredit | TransferCurrency)
        return super().replayed(fields, tid) if is_credit else None


class AnyManufacturer(TokenApplication):
    """Obey tests and displays of every manufacturer's code."""

    def manufacturer_right(self, fields: InitiateTest) -> bool:  # noqa: ARG002
        return True


class StorePerCarrier(TidStore):
    """Keep one store for each carrier."""

    def contains(self, tid: int) -> bool:
        self._change_store()
        return super().contains(tid)

    def oldest(self) -> int:
        self._change_store()
        return super().oldest()

    def remember(self, tid: int) -> None:
        self._change_store()
        super().remember(tid)

    def clear(self) -> None:
        for carrier in self.meter.product.sts.carriers:
            self.meter.memory.put(_store_of(carrier), [0] * self.size())

    def save(self) -> None:
        self.meter.memory.put(_store_of(self.meter.token_application.carrier), self._tids)

    def _change_store(self) -> None:
        saved = self.meter.memory.get(_store_of(self.meter.token_application.carrier))
        self._tids = sorted(saved or self.as_manufactured())


def _store_of(carrier: str) -> str:
    return f"tid_store.{carrier}"


DEFECTS = (
    SlotDefect(id="ST-01", title="No TID store", slot="tid_store", mixin=NoTidStore),
    SlotDefect(id="ST-02", title="Only the last TID remembered", slot="tid_store", mixin=OnlyLastTid),
    SlotDefect(id="ST-03", title="TID store kept in RAM", slot="tid_store", mixin=TidStoreInRam),
    SlotDefect(
        id="ST-04", title="TID written before credit", slot="token_application", mixin=TidBeforeCredit
    ),
    SlotDefect(id="ST-06", title="Old tokens accepted", slot="tid_store", mixin=OldAccepted),
    SlotDefect(
        id="ST-08",
        title="TID store of 10 entries instead of at least 50",
        slot="tid_store",
        mixin=SmallTidStore,
    ),
    SlotDefect(
        id="ST-09",
        title="CRC of decrypted token not verified",
        slot="token_application",
        mixin=CrcNotVerified,
    ),
    SlotDefect(
        id="ST-28",
        title="Class 2 tokens exempt from replay check",
        slot="token_application",
        mixin=Class2NotCancelled,
    ),
    SlotDefect(
        id="ST-29",
        title="Test/display token from another manufacturer code obeyed",
        slot="token_application",
        mixin=AnyManufacturer,
    ),
    SlotDefect(id="ST-36", title="Two TID stores", slot="tid_store", mixin=StorePerCarrier),
)
