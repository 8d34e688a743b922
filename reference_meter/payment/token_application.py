"""Slot ``token_application``: one token from its digits to its effect, in the order of IEC 62055-41 (sts.md 7.1).

Format, class, decryption, authentication, validation, application, cancellation. A token refused on the way
leaves no trace in the TID store, so that it can be entered again later. Credit and TID reach the memory chip
in one atomic write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import Commodity, InitiateTest, TokenFields, TransferCredit
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.number import DIGITS, extract_class, value_of
from bench.protocols.sts.opener import OpenedToken, open_token, read_fields
from bench.protocols.sts.tid import key_expired
from reference_meter.payment.display_tests import display_text
from reference_meter.payment.token_result import TokenResult

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_RESERVED_CLASS = 3
_ANY_MANUFACTURER = 0

Refusal = TokenResult | None
"""Why a stage refuses the token, or None when it lets it pass."""


class TokenApplication:
    """Process tokens of every carrier alike: the carrier only names the actor in the log."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._functions: dict[type[Any], Callable[[OpenedToken, Any], TokenResult]] = {
            TransferCredit: self.transfer_credit,
            InitiateTest: self.initiate_test,
        }

    def enter(self, digits: str, carrier: str) -> TokenResult:
        """Process a token that came by ``carrier`` ("keypad", "gateway"); tell log, gateway and display."""
        with self.meter.memory.together():
            result = self.process(digits)
            event = "token-accepted" if result is TokenResult.ACCEPT else "token-rejected"
            self.meter.events.record(event, actor=carrier, result=result.display_text)
            self.meter.gateway.note(digits, carrier, result)
        self.meter.display.show_result(result.display_text)
        return result

    def process(self, digits: str) -> TokenResult:
        """Return what becomes of a token, and do it."""
        if not self.well_formed(digits):
            return TokenResult.FORMAT_ERROR
        key = self.meter.decoder_key
        opened = open_token(digits, key.key, key.algorithm)
        refusal = self.authenticate(opened)
        if refusal is not None:
            return refusal
        fields = read_fields(opened, key.algorithm)
        if fields is None:
            return TokenResult.FUNCTION_ERROR
        refusal = self.validate(fields)
        if refusal is not None:
            return refusal
        function = self._functions.get(type(fields))
        return TokenResult.FUNCTION_ERROR if function is None else function(opened, fields)

    def well_formed(self, digits: str) -> bool:
        """Return whether these are 20 digits, not above 2^66 - 1, of a class that exists."""
        if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
            return False
        try:
            token_class, _ = extract_class(value_of(digits))
        except FieldError:
            return False
        return token_class != _RESERVED_CLASS

    def authenticate(self, opened: OpenedToken) -> Refusal:
        """Check the checksum and, for class 1, the manufacturer code (IEC 62055-41 7.3.6)."""
        if not self.checksum_right(opened):
            return TokenResult.CRC_ERROR
        fields = read_fields(opened, self.meter.decoder_key.algorithm)
        if isinstance(fields, InitiateTest) and fields.manufacturer_code != _ANY_MANUFACTURER:
            return TokenResult.MFR_CODE_ERROR
        return None

    def checksum_right(self, opened: OpenedToken) -> bool:
        """Return whether the CRC fits; a token under another key looks as if it did not."""
        return opened.crc_ok

    def validate(self, fields: TokenFields) -> Refusal:
        """Check TID and key (IEC 62055-41 7.3.7); class 1 and key change tokens carry no TID."""
        tid: int | None = getattr(fields, "tid", None)
        if tid is None:
            return None
        store, key = self.meter.tid_store, self.meter.decoder_key
        if tid < store.oldest():
            return TokenResult.OLD_ERROR
        if store.contains(tid):
            return TokenResult.USED_ERROR
        if key_expired(tid, key.key_expiry_number):
            return TokenResult.KEY_EXPIRED_ERROR
        if isinstance(fields, TransferCredit) and not KeyType(key.key_type).allows_credit:
            return TokenResult.DDTK_ERROR
        return None

    def transfer_credit(self, opened: OpenedToken, fields: TransferCredit) -> TokenResult:
        """Add the energy bought and cancel the token, both or neither."""
        if fields.commodity is not Commodity.ELECTRICITY:
            return TokenResult.FUNCTION_ERROR
        amount_wh = self.credit_wh(opened, fields)
        if self.meter.account.overflows(amount_wh):
            return TokenResult.OVERFLOW_ERROR
        with self.meter.memory.together():
            self.meter.account.add_wh(amount_wh)
            self.meter.tid_store.remember(fields.tid)
        return TokenResult.ACCEPT

    def credit_wh(self, opened: OpenedToken, fields: TransferCredit) -> int:  # noqa: ARG002 - for other decoders
        """Return the energy that a credit token buys."""
        return fields.energy_wh

    def initiate_test(self, opened: OpenedToken, fields: InitiateTest) -> TokenResult:  # noqa: ARG002 - as above
        """Show what a class 1 token asks for; such a token is never cancelled."""
        text = display_text(self.meter, fields)
        if not text:
            return TokenResult.FUNCTION_ERROR
        self.meter.display.show_information(text)
        return TokenResult.ACCEPT
