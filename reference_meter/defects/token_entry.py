"""Defects of layer ST: entering tokens and telling what became of them."""

from __future__ import annotations

from bench.protocols.sts.number import DIGITS
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.front_panel.keypad import Keypad
from reference_meter.payment.lock_out import LockOut
from reference_meter.payment.token_application import TokenApplication
from reference_meter.payment.token_result import TokenResult

_PERMUTED = {
    TokenResult.USED_ERROR: TokenResult.CRC_ERROR,
    TokenResult.CRC_ERROR: TokenResult.USED_ERROR,
}


class NoLockOut(LockOut):
    """Never lock, however many tokens are wrong."""

    def active(self) -> bool:
        return False


class TwentiethDigit(Keypad):
    """Repeat the last of 19 digits, and lose what comes after 20."""

    def token_digits(self, digits: str) -> str:
        return (digits + digits[-1])[:DIGITS] if len(digits) >= DIGITS - 1 else digits


class ResultsPermuted(TokenApplication):
    """Call a used token one with a wrong checksum, and the other way round."""

    def reported(self, result: TokenResult) -> TokenResult:
        return super().reported(_PERMUTED.get(result, result))


DEFECTS = (
    SlotDefect(id="ST-30", title="No token-entry lockout", slot="lock_out", mixin=NoLockOut),
    SlotDefect(
        id="ST-32", title="Keypad drops/duplicates the 20th digit", slot="keypad", mixin=TwentiethDigit
    ),
    SlotDefect(id="ST-35", title="Result codes permuted", slot="token_application", mixin=ResultsPermuted),
)
