"""Defects of layer ST: what a token is worth, how credit is counted, which limits tokens set."""

from __future__ import annotations

import math
from dataclasses import replace

from bench.protocols.sts.fields import TransferCredit, TransferCurrency
from bench.protocols.sts.identity import MeterPan
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.opener import OpenedToken
from reference_meter.blueprint import Blueprint
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.meter import Meter
from reference_meter.metering.registers import SECONDS_PER_HOUR
from reference_meter.payment.account import Account
from reference_meter.payment.token_application import TokenApplication
from reference_meter.supply.power_limiter import PowerLimiter

_MANTISSA_BITS = 14
_WH_PER_LEAST_UNIT = 100
_REGISTER_BITS = 32
_FOUR_DIGIT_MANUFACTURER = "0100"


class ExponentBaseIgnored(TokenApplication):
    """Decode the amount as 10^e * m, without the sum that begins each exponent's range."""

    def credit_wh(self, opened: OpenedToken, fields: TransferCredit) -> int:  # noqa: ARG002
        field = opened.payload48 & 0xFFFF
        exponent, mantissa = field >> _MANTISSA_BITS, field & ((1 << _MANTISSA_BITS) - 1)
        scale: int = 10**exponent
        return scale * mantissa * _WH_PER_LEAST_UNIT


class RegisterWraps(Account):
    """Let the credit register run over into the negative."""

    def overflows(self, amount_wh: float) -> bool:  # noqa: ARG002
        return False

    def add_wh(self, amount_wh: float) -> None:
        half = 1 << _REGISTER_BITS - 1
        units = (self.balance_wh() + amount_wh) / self.wh_per_unit
        wrapped = (units + half) % (1 << _REGISTER_BITS) - half
        super().add_wh(wrapped * self.wh_per_unit - self.balance_wh())


class CreditUnderDefaultKey(TokenApplication):
    """Take credit tokens under a key of every type."""

    def credit_allowed(self, key_type: KeyType) -> bool:  # noqa: ARG002
        return True


class KeyNeverExpires(TokenApplication):
    """Do not look at the key expiry number."""

    def expired(self, tid: int) -> bool:  # noqa: ARG002
        return False


class LimitNotEnforced(PowerLimiter):
    """Keep and show the maximum power limit, and let every load run."""

    def power_exceeded(self) -> bool:
        return False


class LimitScaled(PowerLimiter):
    """Act at a tenth of the limit."""

    def threshold_w(self) -> float | None:
        limit_w = super().threshold_w()
        return None if limit_w is None else limit_w / 10.0


class EveryCommodity(TokenApplication):
    """Credit water, gas and time as if they were energy."""

    def sells(self, fields: TransferCredit | TransferCurrency) -> bool:
        return isinstance(fields, TransferCurrency) is self.meter.account.in_currency


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
            self._total_wh += charged_wh
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


class WrongPanBlock:
    """Derive the decoder key from a PAN of the 11-digit family, in a meter whose DRN has 13 digits.

    The other family is not concerned, so a product of that family gets a 13-digit DRN first.
    """

    id = "ST-34"
    title = "PAN block built wrong for 4-digit manufacturer codes (13-digit DRN)"

    def apply(self, blueprint: Blueprint) -> None:
        """Change PAN and decoder key of the product."""
        sts = blueprint.product.sts
        pan = MeterPan(sts.meter_pan)
        serial = pan.drn[:-1][-8:]
        right = MeterPan.from_serial(_FOUR_DIGIT_MANUFACTURER, serial)
        wrong = MeterPan.from_serial(right.manufacturer_code[-2:], serial)
        blueprint.product = replace(
            blueprint.product, sts=replace(sts, meter_pan=str(right), key_pan=str(wrong))
        )


DEFECTS = (
    SlotDefect(
        id="ST-10",
        title="Amount decode ignores the exponent base term",
        slot="token_application",
        mixin=ExponentBaseIgnored,
    ),
    SlotDefect(
        id="ST-11", title="Credit register overflow wraps silently", slot="account", mixin=RegisterWraps
    ),
    SlotDefect(
        id="ST-13",
        title="Credit token accepted while the decoder still holds a DDTK-type key",
        slot="token_application",
        mixin=CreditUnderDefaultKey,
    ),
    SlotDefect(
        id="ST-22", title="Key expiry number ignored", slot="token_application", mixin=KeyNeverExpires
    ),
    SlotDefect(
        id="ST-25",
        title="Set-maximum-power-limit token accepted but threshold never enforced",
        slot="power_limiter",
        mixin=LimitNotEnforced,
    ),
    SlotDefect(id="ST-26", title="Maximum power limit scaled by 10", slot="power_limiter", mixin=LimitScaled),
    WrongPanBlock(),
    SlotDefect(
        id="ST-38",
        title="Credit decrement truncates per 1-min slot",
        slot="account",
        mixin=MinuteTruncation,
    ),
    SlotDefect(
        id="ST-40", title="Water/gas subclass credited as kWh", slot="token_application", mixin=EveryCommodity
    ),
)
