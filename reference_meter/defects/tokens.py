"""Defects of layer ST: STS tokens and the credit they buy."""

from __future__ import annotations

import math

from bench.protocols.sts.fields import TransferCredit
from bench.protocols.sts.opener import OpenedToken
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.meter import Meter
from reference_meter.metering.registers import SECONDS_PER_HOUR
from reference_meter.payment.account import Account
from reference_meter.payment.tid_store import TidStore
from reference_meter.payment.token_application import TokenApplication

_CLEAR_CLASS = 1
_MANTISSA_BITS = 14
_WH_PER_LEAST_UNIT = 100


class NoTidStore(TidStore):
    """Remember nothing: no token is used, none is old."""

    def contains(self, tid: int) -> bool:  # noqa: ARG002
        return False

    def oldest(self) -> int:
        return 0

    def remember(self, tid: int) -> None:
        """Forget it."""


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


class ExponentBaseIgnored(TokenApplication):
    """Decode the amount as 10^e * m, without the sum that begins each exponent's range."""

    def credit_wh(self, opened: OpenedToken, fields: TransferCredit) -> int:  # noqa: ARG002
        field = opened.payload48 & 0xFFFF
        exponent, mantissa = field >> _MANTISSA_BITS, field & ((1 << _MANTISSA_BITS) - 1)
        scale: int = 10**exponent
        return scale * mantissa * _WH_PER_LEAST_UNIT


class MinuteTruncation(Account):
    """Charge once a minute, whole hundredths of a kWh only; the rest of each minute is lost.

    Power is constant between settlements, so all minutes since the last one are charged in one calculation.
    """

    slot_s = 60.0
    unit_wh = 10.0
    _slack = 1e-9

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._mark_s = self.board.now()
        self._slot_end_s = self._mark_s + self.slot_s
        self._slot_wh = 0.0

    def charged_wh(self) -> float:
        return 0.0 if self.payment_mode != "prepayment" else self._advance()[0]

    def settle(self) -> None:
        charged_wh, slot_wh, slot_end_s = self._advance()
        if self.payment_mode == "prepayment":
            self._base_wh -= charged_wh
        self._slot_wh, self._slot_end_s = slot_wh, slot_end_s
        self._mark_s = self.board.now()
        self._mark_wh = self.meter.registers.energy_wh()

    def exhaustion_s(self) -> float | None:
        power_w = self.meter.registers.import_power_w()
        missing_wh = self._base_wh - self.cut_off_wh()
        first_wh = self._slot_wh + power_w * (self._slot_end_s - self.board.now()) / SECONDS_PER_HOUR
        missing_wh -= self._whole_units(first_wh)
        if missing_wh <= 0:
            return self._slot_end_s
        per_slot_wh = self._whole_units(power_w * self.slot_s / SECONDS_PER_HOUR)
        if per_slot_wh == 0.0:
            return None
        return self._slot_end_s + self.slot_s * math.ceil(missing_wh / per_slot_wh - self._slack)

    def _advance(self) -> tuple[float, float, float]:
        """Return what is charged since the mark, the energy in the running minute, and when that ends."""
        now_s = self.board.now()
        energy_wh = self.meter.registers.energy_wh() - self._mark_wh
        if now_s < self._slot_end_s - self._slack:
            return 0.0, self._slot_wh + energy_wh, self._slot_end_s
        elapsed_s = now_s - self._mark_s
        power_wh_per_s = energy_wh / elapsed_s if elapsed_s > 0 else 0.0
        first_wh = self._slot_wh + power_wh_per_s * (self._slot_end_s - self._mark_s)
        full_slots = math.floor((now_s - self._slot_end_s) / self.slot_s + self._slack)
        charged_wh = self._whole_units(first_wh) + full_slots * self._whole_units(
            power_wh_per_s * self.slot_s
        )
        slot_start_s = self._slot_end_s + full_slots * self.slot_s
        return charged_wh, power_wh_per_s * max(0.0, now_s - slot_start_s), slot_start_s + self.slot_s

    def _whole_units(self, energy_wh: float) -> float:
        return math.floor(energy_wh / self.unit_wh + self._slack) * self.unit_wh


DEFECTS = (
    SlotDefect(id="ST-01", title="No TID store", slot="tid_store", mixin=NoTidStore),
    SlotDefect(id="ST-02", title="Only the last TID remembered", slot="tid_store", mixin=OnlyLastTid),
    SlotDefect(id="ST-03", title="TID store kept in RAM", slot="tid_store", mixin=TidStoreInRam),
    SlotDefect(
        id="ST-09",
        title="CRC of decrypted token not verified",
        slot="token_application",
        mixin=CrcNotVerified,
    ),
    SlotDefect(
        id="ST-10",
        title="Amount decode ignores the exponent base term",
        slot="token_application",
        mixin=ExponentBaseIgnored,
    ),
    SlotDefect(
        id="ST-38",
        title="Credit decrement truncates per 1-min slot",
        slot="account",
        mixin=MinuteTruncation,
    ),
)
