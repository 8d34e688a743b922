"""A defect from a file of its own: each position of a rack carries a fault that stands next to one of the catalogue."""

from __future__ import annotations

from bench.protocols.sts.crc import block_crc, uses_crc_c
from bench.protocols.sts.fields import InitiateTest, TokenFields, TransferCredit, TransferCurrency
from bench.protocols.sts.identity import MeterPan
from bench.protocols.sts.key_change import KeyChange
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.opener import OpenedToken
from reference_meter.front_panel.keypad import Keypad
from reference_meter.payment.account import Account
from reference_meter.payment.decoder_key import DecoderKey
from reference_meter.payment.token_application import Refusal, TokenApplication
from reference_meter.payment.token_result import TokenResult
from reference_meter.supply.arbiter import Arbiter
from reference_meter.supply.power_limiter import PowerLimiter
from tests.suites.kept_rack import Kept, rack


class HalfTheChecksum(TokenApplication):
    """Compare the second octet of the checksum only."""

    def checksum_right(self, opened: OpenedToken) -> bool:
        currency = uses_crc_c(opened.token_class, opened.subclass)
        return (block_crc(opened.token_class, opened.payload48, currency=currency) ^ opened.block) & 0xFF == 0


class MakerOfOwnWidth(TokenApplication):
    """Look at the manufacturer only in the width of its own code."""

    def manufacturer_right(self, fields: InitiateTest) -> bool:
        own = MeterPan(self.meter.decoder_key.pan).manufacturer_code
        return fields.manufacturer_digits != len(own) or super().manufacturer_right(fields)


class LastTwenty(Keypad):
    """Hand over the last twenty digits, however many were typed."""

    def token_digits(self, digits: str) -> str:
        return digits[-20:]


class LimitInRam(PowerLimiter):
    """Forget a limit in a power cut."""

    def _save(self) -> None:
        """Write nothing to the chip."""


class KeyInRam(DecoderKey):
    """Forget a new key in a power cut."""

    def save(self) -> None:
        """Write nothing to the chip."""


class TariffIndexAsHex(DecoderKey):
    """Take the octet of the tariff index for two BCD digits."""

    def take_parameters(self, change: KeyChange) -> None:
        super().take_parameters(change)
        self.tariff_index = f"{change.tariff_index:02x}"


class RevisionOfThreeBits(DecoderKey):
    """Keep the key revision in three bits."""

    def take_parameters(self, change: KeyChange) -> None:
        super().take_parameters(change)
        self.key_revision_number &= 7


class ExpiredABlockEarly(TokenApplication):
    """Refuse the tokens of the last block before the expiry."""

    def expired(self, tid: int) -> bool:
        return super().expired(tid + (1 << 16))


class ExpiryOfCreditOnly(TokenApplication):
    """Refuse credit under an expired key, and nothing else."""

    def validate(self, fields: TokenFields) -> Refusal:
        refusal = super().validate(fields)
        if isinstance(fields, TransferCredit | TransferCurrency):
            return refusal
        return None if refusal is TokenResult.KEY_EXPIRED_ERROR else refusal


class NothingUnderDefaultKey(TokenApplication):
    """Refuse management under a default key as if it were credit."""

    def validate(self, fields: TokenFields) -> Refusal:
        refusal = super().validate(fields)
        manages = refusal is None and getattr(fields, "tid", None) is not None
        return (
            TokenResult.DDTK_ERROR
            if manages and self.meter.decoder_key.key_type == KeyType.DEFAULT
            else refusal
        )


class ClearForgetsIdentifiers(Account):
    """Empty the memory of identifiers together with the credit."""

    def clear(self) -> None:
        super().clear()
        self.meter.tid_store.clear()


class TamperStays(Arbiter):
    """Take ClearTamperCondition and do nothing."""

    def clear_tamper(self, *, actor: str = "token") -> None:
        """Leave everything as it is."""


#: The verdict of the case that has to find each of them.
KEPT = (
    Kept(
        "token_application",
        HalfTheChecksum,
        "sts/one_bit_of_checksum",
        "test_authentication.py::test_one_bit_of_checksum",
    ),
    Kept(
        "token_application",
        MakerOfOwnWidth,
        "sts/other_manufacturer",
        "test_class_1.py::test_other_manufacturer",
    ),
    Kept("keypad", LastTwenty, "sts/keypad_19_or_21_digits", "test_token_format.py::test_keypad_digits"),
    Kept(
        "power_limiter",
        LimitInRam,
        "sts/limits_shown/after-power-cut",
        "test_power_limit.py::test_limits_shown",
    ),
    Kept("decoder_key", KeyInRam, "sts/key_change_power_cuts/key", "test_key_change.py::test_power_cuts"),
    Kept(
        "decoder_key",
        TariffIndexAsHex,
        "sts/key_change_one_parameter/parameters",
        "test_key_change.py::test_one_parameter",
    ),
    Kept(
        "decoder_key",
        RevisionOfThreeBits,
        "sts/key_change_one_parameter/parameters",
        "test_key_change.py::test_one_parameter",
    ),
    Kept("token_application", ExpiredABlockEarly, "sts/key_expiry", "test_key_types.py::test_key_expiry"),
    Kept("token_application", ExpiryOfCreditOnly, "sts/key_expiry", "test_key_types.py::test_key_expiry"),
    Kept(
        "token_application",
        NothingUnderDefaultKey,
        "sts/default_key",
        "test_key_types.py::test_default_key",
    ),
    Kept("account", ClearForgetsIdentifiers, "sts/clear_credit", "test_management.py::test_clear_credit"),
    Kept(
        "arbiter",
        TamperStays,
        "sts/clear_tamper_condition",
        "test_tamper.py::test_clear_tamper_condition",
    ),
)
RACK = rack("NEIGHBOURS", KEPT)
