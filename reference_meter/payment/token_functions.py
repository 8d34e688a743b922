"""What tokens do, once they are authentic and valid: one method for each kind (sts.md 1.3, 7.1 step 5 and 6).

A function first looks at everything that could speak against it, then acts and cancels the token in one atomic
write. A token that is refused leaves no trace, so it can be entered again later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench.protocols.sts.extended_set import readable
from bench.protocols.sts.fields import (
    ALL_REGISTERS,
    ClearCredit,
    ClearTamperCondition,
    Commodity,
    InitiateTest,
    KeyChangeFirst,
    KeyChangeFourth,
    KeyChangeSecond,
    KeyChangeSection,
    KeyChangeSupplyGroup,
    KeyChangeThird,
    ReadExtended,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    TransferCredit,
    TransferCurrency,
    WriteExtended,
)
from bench.protocols.sts.opener import OpenedToken
from reference_meter.payment.display_tests import perform
from reference_meter.payment.token_result import TokenResult
from reference_meter.payment.vend_limits import VendLimit, vend_limit

if TYPE_CHECKING:
    from reference_meter.meter import Meter

WH_PER_LEAST_UNIT = 100
_CURRENCY_REGISTER = 4
_REGISTERS = range(8)
"""Registers of ClearCredit: 0 to 3 the commodities, 4 to 7 their currency registers (sts.md 2.6)."""

Function = Callable[[OpenedToken, Any], TokenResult]


class TokenFunctions:
    """The functions of the token application, by the kind of token."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._functions: dict[type[Any], Function] = {
            TransferCredit: self.transfer_credit,
            TransferCurrency: self.transfer_currency,
            InitiateTest: self.initiate_test,
            SetMaximumPowerLimit: self.set_power_limit,
            ClearCredit: self.clear_credit,
            ClearTamperCondition: self.clear_tamper,
            SetMaximumPhasePowerUnbalanceLimit: self.set_unbalance_limit,
            WriteExtended: self.write_extended,
            ReadExtended: self.read_extended,
        }
        self._functions.update(
            dict.fromkeys(
                (KeyChangeFirst, KeyChangeSecond, KeyChangeSupplyGroup, KeyChangeThird, KeyChangeFourth),
                self.change_key,
            )
        )

    def execute(self, opened: OpenedToken, fields: Any) -> TokenResult:
        """Do what a token says; kinds without a function here are a FunctionError."""
        function = self._functions.get(type(fields))
        return TokenResult.FUNCTION_ERROR if function is None else function(opened, fields)

    def transfer_credit(self, opened: OpenedToken, fields: TransferCredit) -> TokenResult:
        """Add the energy bought and cancel the token, both or neither."""
        if not self.sells(fields):
            return TokenResult.FUNCTION_ERROR
        return self.book(fields.tid, self.credit_wh(opened, fields))

    def transfer_currency(self, opened: OpenedToken, fields: TransferCurrency) -> TokenResult:  # noqa: ARG002
        """Add the money paid (or take it, when the amount is negative) and cancel the token."""
        if not self.sells(fields):
            return TokenResult.FUNCTION_ERROR
        price_units = self.meter.product.payment.price_units_per_kwh
        return self.book(fields.tid, fields.least_units * 1000 / price_units)

    def sells(self, fields: TransferCredit | TransferCurrency) -> bool:
        """Return whether a credit token is for this commodity and this way of accounting."""
        money = isinstance(fields, TransferCurrency)
        return fields.commodity is Commodity.ELECTRICITY and money is self.meter.account.in_currency

    def book(self, tid: int, amount_wh: float) -> TokenResult:
        """Add credit and cancel the token; refuse what the credit register cannot hold."""
        if self.meter.account.overflows(amount_wh):
            return TokenResult.OVERFLOW_ERROR
        if self.too_much_at_once(amount_wh):
            return TokenResult.RANGE_ERROR
        with self.meter.memory.together():
            self.meter.account.add_wh(amount_wh)
            self.meter.tid_store.remember(tid)
        return TokenResult.ACCEPT

    def too_much_at_once(self, amount_wh: float) -> bool:
        """Tell whether a token buys more than may be bought at once."""
        return amount_wh > vend_limit(self.meter, VendLimit.VEND) * self.meter.account.wh_per_unit

    def credit_wh(self, opened: OpenedToken, fields: TransferCredit) -> int:  # noqa: ARG002 - for other decoders
        """Return the energy that a credit token buys."""
        return fields.least_units * WH_PER_LEAST_UNIT

    def initiate_test(self, opened: OpenedToken, fields: InitiateTest) -> TokenResult:  # noqa: ARG002 - as above
        """Test or show what a class 1 token asks for; such a token is never cancelled."""
        text = perform(self.meter, fields)
        if not text:
            return TokenResult.FUNCTION_ERROR
        self.meter.display.show_information(text)
        return TokenResult.ACCEPT

    def set_power_limit(self, opened: OpenedToken, fields: SetMaximumPowerLimit) -> TokenResult:  # noqa: ARG002
        """Set the maximum power limit. Zero, under which nothing could be used, is out of range."""
        if not fields.limit_w:
            return TokenResult.RANGE_ERROR
        with self.meter.memory.together():
            self.meter.power_limiter.set_maximum_power(fields.limit_w)
            self.meter.tid_store.remember(fields.tid)
        return TokenResult.ACCEPT

    def set_unbalance_limit(
        self,
        opened: OpenedToken,  # noqa: ARG002
        fields: SetMaximumPhasePowerUnbalanceLimit,
    ) -> TokenResult:
        """Set the largest difference of power between phases; a single-phase meter has none."""
        if self.meter.product.nameplate.elements == 1:
            return TokenResult.FUNCTION_ERROR
        if not fields.limit_w:
            return TokenResult.RANGE_ERROR
        with self.meter.memory.together():
            self.meter.power_limiter.set_unbalance(fields.limit_w)
            self.meter.tid_store.remember(fields.tid)
        return TokenResult.ACCEPT

    def clear_credit(self, opened: OpenedToken, fields: ClearCredit) -> TokenResult:  # noqa: ARG002
        """Set the credit register to zero if it is named; registers of other commodities are not there."""
        if fields.register != ALL_REGISTERS:
            if fields.register not in _REGISTERS:
                return TokenResult.RANGE_ERROR
            own = _CURRENCY_REGISTER if self.meter.account.in_currency else 0
            if fields.register != own:
                return TokenResult.FUNCTION_ERROR
        with self.meter.memory.together():
            self.meter.account.clear()
            self.meter.tid_store.remember(fields.tid)
        return TokenResult.ACCEPT

    def clear_tamper(self, opened: OpenedToken, fields: ClearTamperCondition) -> TokenResult:  # noqa: ARG002
        """Clear the tamper condition, whether there is one or not."""
        if fields.pad:
            return TokenResult.FORMAT_ERROR
        with self.meter.memory.together():
            self.meter.arbiter.clear_tamper()
            self.meter.tid_store.remember(fields.tid)
        return TokenResult.ACCEPT

    def write_extended(self, opened: OpenedToken, fields: WriteExtended) -> TokenResult:  # noqa: ARG002
        """Write a control value or flag of the extended token set, in a meter that has it."""
        if not self.meter.product.sts.extended_token_set:
            return TokenResult.FUNCTION_ERROR
        with self.meter.memory.together():
            self.meter.extended_set.write(fields)
            self.meter.tid_store.remember(fields.tid)
        return TokenResult.ACCEPT

    def read_extended(self, opened: OpenedToken, fields: ReadExtended) -> TokenResult:  # noqa: ARG002
        """Show a control value or flag 0; where a token names another flag is not known, so it is no function."""
        if not self.meter.product.sts.extended_token_set or not readable(fields):
            return TokenResult.FUNCTION_ERROR
        self.meter.display.show_information(self.meter.extended_set.text(fields))
        return TokenResult.ACCEPT

    def change_key(self, opened: OpenedToken, fields: KeyChangeSection) -> TokenResult:  # noqa: ARG002
        """Take a section of a key change set. The key itself cancels it: a used set no longer opens."""
        return self.meter.key_change.take(fields)
