"""A defect from a file of its own: each position of a rack treats tokens wrong in a way that no catalogue lists."""

from __future__ import annotations

import re
from dataclasses import replace

from bench.protocols.sts.fields import ALL_REGISTERS, ClearCredit, InitiateTest, TokenFields, WriteExtended
from bench.protocols.sts.opener import OpenedToken
from reference_meter.front_panel.display import Display
from reference_meter.front_panel.keypad import BACKSPACE, Keypad
from reference_meter.payment.extended_set import ExtendedSet
from reference_meter.payment.gateway import Gateway
from reference_meter.payment.switch_test import RECORD, SwitchTest
from reference_meter.payment.token_application import Refusal, TokenApplication
from reference_meter.payment.token_result import TokenResult
from reference_meter.supply.power_limiter import PowerLimiter
from tests.suites.kept_rack import Kept, rack


class MantissaOnly(PowerLimiter):
    """Take the mantissa of a power limit for the limit."""

    def set_maximum_power(self, limit_w: int) -> None:
        super().set_maximum_power(limit_w % 16_384)


class ClearsWhatever(TokenApplication):
    """Clear the credit, whichever register a token names."""

    def clear_credit(self, opened: OpenedToken, fields: ClearCredit) -> TokenResult:
        return super().clear_credit(opened, replace(fields, register=ALL_REGISTERS))


class AnyDisplayToken(TokenApplication):
    """Obey display tokens without a look at their checksum."""

    def checksum_right(self, opened: OpenedToken) -> bool:
        return opened.token_class == 1 or super().checksum_right(opened)


class StaysOpen(SwitchTest):
    """Open the switch for its test, and leave it open."""

    def _finish(self) -> None:
        self.meter.memory.put(RECORD, value=False)


class OneWay(Gateway):
    """Call every token one that came by communication."""

    def note(self, digits: str, carrier: str, result: TokenResult) -> None:
        super().note(digits, "gateway", result)


class FrozenCredit(Display):
    """Go on showing the credit there was when the display was cleared first."""

    _frozen = ""

    def clear(self) -> None:
        self._frozen = self._frozen or super().credit_text()
        super().clear()

    def credit_text(self) -> str:
        return self._frozen or super().credit_text()


class NoCorrection(Keypad):
    """Know no key that takes a digit back."""

    def press(self, keys: str) -> None:
        super().press(keys.replace(BACKSPACE, ""))


class EndsLock(TokenApplication):
    """Let a display token end a lock of the entry."""

    def initiate_test(self, opened: OpenedToken, fields: InitiateTest) -> TokenResult:
        self.meter.lock_out._until_s = float("-inf")
        return super().initiate_test(opened, fields)


class ShortGroup(Display):
    """Show the last four digits of a supply group code: the field has no room for more."""

    def show_information(self, text: str) -> None:
        super().show_information(re.sub(r"SGC \d\d", "SGC ", text))


class OctetOfValue(ExtendedSet):
    """Keep eight of the ten bits of a control value."""

    def write(self, fields: WriteExtended) -> None:
        super().write(replace(fields, value=fields.value & 0xFF))


class NeverUsedUp(TokenApplication):
    """Take a token that writes a control value as often as it is entered."""

    def validate(self, fields: TokenFields) -> Refusal:
        refusal = super().validate(fields)
        again = isinstance(fields, WriteExtended) and refusal is TokenResult.USED_ERROR
        return None if again else refusal


KEPT = (
    Kept("power_limiter", MantissaOnly, "sts/limits_shown", "test_power_limit.py::test_limits_shown"),
    Kept("token_application", ClearsWhatever, "sts/clear_credit", "test_management.py::test_clear_credit"),
    Kept(
        "token_application",
        AnyDisplayToken,
        "sts/damaged_display_token",
        "test_class_1.py::test_damaged_display_token",
    ),
    Kept("switch_test", StaysOpen, "sts/switch_test", "test_switch_test.py::test_switch_test"),
    Kept("gateway", OneWay, "sts/gateway_report", "test_gateway_report.py::test_gateway_report"),
    Kept("display", FrozenCredit, "sts/credit_told", "test_gateway_report.py::test_credit_told"),
    Kept("keypad", NoCorrection, "sts/correction_key", "test_token_format.py::test_correction_key"),
    Kept("token_application", EndsLock, "sts/lock_out", "test_lock_out.py::test_lock_out"),
    Kept("display", ShortGroup, "sts/key_parameters_shown", "test_class_1.py::test_key_parameters_shown"),
)
RACK = rack("TOKENS", KEPT)

#: Meters that take the extended token set.
EXTENDED_TEST = "test_extended_set.py::test_extended_token_set"
EXTENDED = (
    Kept("extended_set", OctetOfValue, "sts/extended_token_set/shown", EXTENDED_TEST),
    Kept("token_application", NeverUsedUp, "sts/extended_token_set", EXTENDED_TEST),
)
EXTENDED_RACK = rack("EXTENDED", EXTENDED)
