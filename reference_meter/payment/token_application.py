"""Slot ``token_application``: one token from its digits to its effect, in the order of IEC 62055-41 (sts.md 7.1).

Format, class, lock-out, decryption, authentication, validation, application, cancellation. Effect, TID, log
entry and the gateway's report reach the memory chip in one atomic write.

A token takes time: decryption and the writing of its records, then its effect all at once, then the report.
Until the report, another token by whatever carrier is refused as not ready.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import InitiateTest, TokenFields, TransferCredit, TransferCurrency
from bench.protocols.sts.identity import MeterPan
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.number import DIGITS, extract_class, value_of
from bench.protocols.sts.opener import OpenedToken, open_token, read_fields
from bench.protocols.sts.tid import key_expired
from reference_meter.payment.gateway import DELIVERY
from reference_meter.payment.token_functions import TokenFunctions
from reference_meter.payment.token_result import TokenResult

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_CLEAR_CLASS = 1
_RESERVED_CLASS = 3
_ANY_MANUFACTURER = 0
_RECORDS = 5
"""Records written for a token: account, registers, TID store, log, gateway."""

Refusal = TokenResult | None
"""Why a stage refuses the token, or None when it lets it pass."""


class TokenApplication(TokenFunctions):
    """Process tokens of every carrier alike: the carrier only names the actor in the log."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self.carrier = ""
        self.busy = False
        self._silent = False

    def receive(self, digits: str, carrier: str) -> bool:
        """Take a token from ``carrier`` ("keypad", "gateway") and process it in the time that it needs.

        Return False, without touching the token, while another one is being processed.
        """
        if self.busy:
            return False
        self.busy = True
        sts, board = self.meter.product.sts, self.meter.board
        self.meter.gateway.begin(digits, carrier)
        effect_s = board.now() + sts.decryption_time_s + _RECORDS * sts.record_write_time_s
        board.at(effect_s, lambda: self._effect(digits, carrier))
        return True

    def refuse_not_ready(self) -> None:
        """Tell a person at the keypad that another token is being processed."""
        self._silent = True
        self._show(TokenResult.NOT_READY)

    def enter(self, digits: str, carrier: str) -> TokenResult:
        """Process a token at once; tell lock-out, log, gateway and display."""
        result = self.process_and_record(digits, carrier)
        self.report(result)
        return result

    def process_and_record(self, digits: str, carrier: str) -> TokenResult:
        """Return what becomes of a token, do it, and write everything about it together."""
        self.carrier = carrier
        with self.meter.memory.together():
            credit = self.meter.account.token_reading()
            result = self.process(digits)
            shown = self.reported(result)
            event = "token-accepted" if result.accepted else "token-rejected"
            self.meter.events.record(
                event,
                actor=carrier,
                result=shown.display_text,
                code=int(shown.status_code),
                number=self.meter.product.sts.result_codes[shown.display_text],
                delivery=int(DELIVERY[carrier]),
            )
            self.meter.account.record_change(credit, actor=carrier)
            self.meter.gateway.note(digits, carrier, shown)
        return shown

    def reported(self, result: TokenResult) -> TokenResult:
        """Return the result as display, log and gateway tell it."""
        return result

    def report(self, result: TokenResult) -> None:
        """Be ready for the next token, and show the result of this one."""
        self.busy = False
        self.meter.gateway.finish()
        if not self._silent:
            self._show(result)
        self._silent = False

    def process(self, digits: str) -> TokenResult:
        """Return what becomes of a token, and do it."""
        token_class = self.token_class(digits)
        if token_class is None or token_class == _RESERVED_CLASS:
            return TokenResult.FORMAT_ERROR
        if token_class == _CLEAR_CLASS:
            return self.process_well_formed(digits)
        if self.meter.lock_out.active():
            return TokenResult.LOCKOUT_ACTIVE
        result = self.process_well_formed(digits)
        self.meter.lock_out.count(result)
        return result

    def token_class(self, digits: str) -> int | None:
        """Return the class of 20 digits, or None when they are no token: too few, too many, above 2^66 - 1."""
        if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
            return None
        try:
            token_class, _ = extract_class(value_of(digits))
        except FieldError:
            return None
        return token_class

    def process_well_formed(self, digits: str) -> TokenResult:
        """Open, authenticate, validate and execute a token."""
        key = self.meter.decoder_key
        opened = open_token(digits, key.key, key.algorithm)
        refusal = self.authenticate(opened)
        if refusal is not None:
            return refusal
        fields = read_fields(opened, key.algorithm)
        if fields is None:
            return TokenResult.FUNCTION_ERROR
        refusal = self.validate(fields)
        return self.execute(opened, fields) if refusal is None else refusal

    def authenticate(self, opened: OpenedToken) -> Refusal:
        """Check the checksum and, for class 1, the manufacturer code (IEC 62055-41 7.3.6)."""
        if not self.checksum_right(opened):
            return TokenResult.CRC_ERROR
        fields = read_fields(opened, self.meter.decoder_key.algorithm)
        if isinstance(fields, InitiateTest) and not self.manufacturer_right(fields):
            return TokenResult.MFR_CODE_ERROR
        return None

    def checksum_right(self, opened: OpenedToken) -> bool:
        """Return whether the CRC fits; a token under another key looks as if it did not."""
        return opened.crc_ok

    def manufacturer_right(self, fields: InitiateTest) -> bool:
        """Return whether a class 1 token is for every manufacturer, or for ours (which coding is uncertain)."""
        own = MeterPan(self.meter.decoder_key.pan).manufacturer_code
        is_own = (fields.manufacturer_code, fields.manufacturer_digits) == (int(own), len(own))
        return is_own or fields.manufacturer_code == _ANY_MANUFACTURER

    def validate(self, fields: TokenFields) -> Refusal:
        """Check TID and key (IEC 62055-41 7.3.7); class 1 and key change tokens carry no TID."""
        tid: int | None = getattr(fields, "tid", None)
        if tid is None:
            return None
        refusal = self.replayed(fields, tid)
        if refusal is not None:
            return refusal
        key = self.meter.decoder_key
        if self.expired(tid):
            return TokenResult.KEY_EXPIRED_ERROR
        is_credit = isinstance(fields, TransferCredit | TransferCurrency)
        if is_credit and not self.credit_allowed(KeyType(key.key_type)):
            return TokenResult.DDTK_ERROR
        return None

    def replayed(self, fields: TokenFields, tid: int) -> Refusal:  # noqa: ARG002 - for meters that tell kinds apart
        """Return OldError or UsedError for a TID that may have been seen before."""
        if tid < self.meter.tid_store.oldest():
            return TokenResult.OLD_ERROR
        return TokenResult.USED_ERROR if self.meter.tid_store.contains(tid) else None

    def expired(self, tid: int) -> bool:
        """Return whether the key has expired for a token of this TID, in a meter that looks at it."""
        return self.meter.product.sts.key_expiry and key_expired(
            tid, self.meter.decoder_key.key_expiry_number
        )

    def credit_allowed(self, key_type: KeyType) -> bool:
        """Return whether credit tokens may be used under a key of this type."""
        return key_type.allows_credit

    def _show(self, result: TokenResult) -> None:
        word = result.display_text
        if result is not TokenResult.ACCEPT:
            self.meter.display.forget_information()
        self.meter.display.show_result(self.meter.product.sts.result_texts.get(word, word))

    def _effect(self, digits: str, carrier: str) -> None:
        result = self.process_and_record(digits, carrier)
        sts, board = self.meter.product.sts, self.meter.board
        effect_time_s = sts.decryption_time_s + _RECORDS * sts.record_write_time_s
        board.at(board.now() + max(0.0, sts.processing_time_s - effect_time_s), lambda: self.report(result))
