"""Decoder keys: the key of one meter, made from the vending key of its supply group (IEC 62055-41 6.5)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Self

from bench.protocols.sts.algorithm import Algorithm, Dkga
from bench.protocols.sts.errors import FieldError, check_digits, check_range
from bench.protocols.sts.identity import MeterPan
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.tid import BaseDate

_SUPPLY_GROUP_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyParameters:
    """Everything but the vending key that decides a decoder key. Public data.

    Building one checks every field and raises `FieldError`.
    """

    meter_pan: MeterPan
    supply_group_code: str
    tariff_index: int
    key_revision_number: int
    key_type: KeyType = KeyType.UNIQUE
    base_date: BaseDate = BaseDate.Y2014
    algorithm: Algorithm = Algorithm.EA07
    dkga: Dkga = Dkga.DKGA04

    def __post_init__(self) -> None:
        check_digits("supply group code", self.supply_group_code, _SUPPLY_GROUP_DIGITS)
        check_range("tariff index", self.tariff_index, 0, 99)
        check_range("key revision number", self.key_revision_number, 1, 9)
        if self.dkga is Dkga.DKGA02 and self.algorithm is not Algorithm.EA07:
            raise FieldError(
                "key generation algorithm", "DKGA02 makes 64-bit keys, so it goes with EA07 only"
            )

    @classmethod
    def parse(
        cls,
        *,
        meter_pan: str,
        supply_group_code: str,
        tariff_index: str | int,
        key_revision_number: str | int,
        key_type: str | int = 2,
        base_date: str | int = 2014,
        algorithm: str = "EA07",
        dkga: str = "DKGA04",
    ) -> Self:
        """Return the parameters as a declaration or a command line writes them; raises `FieldError`."""
        return cls(
            meter_pan=MeterPan.parse(meter_pan),
            supply_group_code=supply_group_code.strip(),
            tariff_index=whole_number("tariff index", tariff_index),
            key_revision_number=whole_number("key revision number", key_revision_number),
            key_type=KeyType.parse(key_type),
            base_date=BaseDate.parse(base_date),
            algorithm=Algorithm.parse(algorithm),
            dkga=Dkga.parse(dkga),
        )


def whole_number(field: str, text: str | int) -> int:
    """Return a whole number written in decimal digits or as 0x hexadecimal; raises `FieldError`."""
    try:
        return text if isinstance(text, int) else int(text.strip(), 0 if "x" in text.lower() else 10)
    except ValueError:
        raise FieldError(field, f"a whole number expected, '{text}' given") from None


def decoder_key(vending_key: bytes, parameters: KeyParameters) -> bytes:
    """Return the decoder key of a meter: 8 octets for EA07, 16 for EA11.

    Raises `FieldError` if the vending key has the wrong length for the key generation algorithm.
    """
    if parameters.dkga is Dkga.DKGA02:
        return decoder_key_dkga02(vending_key, parameters)
    return decoder_key_dkga04(vending_key, parameters)


def check_vending_key(vending_key: bytes, dkga: Dkga) -> bytes:
    """Return a vending key of the right length, else raise `FieldError` (which never shows the key)."""
    expected = dkga.vending_key_octets
    if len(vending_key) == expected:
        return vending_key
    hint = ""
    if dkga is Dkga.DKGA04 and len(vending_key) == expected + 1:
        hint = "; the compliance document prints one octet more, which is not part of the key"
    raise FieldError(
        "vending key", f"{dkga.value} takes {expected} octets, this key has {len(vending_key)}{hint}"
    )


def check_decoder_key(key: bytes, algorithm: Algorithm) -> bytes:
    """Return a decoder key of the right length, else raise `FieldError` (which never shows the key)."""
    if len(key) != algorithm.key_octets:
        raise FieldError(
            "decoder key", f"{algorithm.value} takes {algorithm.key_octets} octets, this key has {len(key)}"
        )
    return key


def pan_block(parameters: KeyParameters) -> int:
    """Return the 64-bit PANBlock of DKGA02: the end of the issuer number and the DRN, as BCD digits.

    For a common key (KT 3) the DRN is replaced by zeros; known from one public implementation,
    no vector.
    """
    pan = parameters.meter_pan
    drn = "0" * len(pan.drn) if parameters.key_type is KeyType.COMMON else pan.drn
    return int((pan.issuer + drn)[-16:], 16)


def control_block(parameters: KeyParameters) -> int:
    """Return the 64-bit CONTROLBlock of DKGA02: key type, supply group, tariff index, revision, padding."""
    p = parameters
    return int(
        f"{p.key_type:d}{p.supply_group_code}{p.tariff_index:02d}{p.key_revision_number:d}" + "F" * 6, 16
    )


def decoder_key_dkga02(vending_key: bytes, parameters: KeyParameters) -> bytes:
    """Return the 64-bit decoder key from a 64-bit vending key: DES(VK, X) xor X xor VK.

    X is PANBlock xor CONTROLBlock. Base date and token identifier do not enter.
    """
    # cryptography is slow to import, and only this old algorithm needs it. DES is triple DES with one key.
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    check_vending_key(vending_key, Dkga.DKGA02)
    x = pan_block(parameters) ^ control_block(parameters)
    # The algorithm encrypts one block, so a mode of operation has no part in it.
    encryptor = Cipher(TripleDES(vending_key * 3), modes.ECB()).encryptor()  # noqa: S305
    encrypted = int.from_bytes(encryptor.update(x.to_bytes(8, "big")), "big")
    return (encrypted ^ x ^ int.from_bytes(vending_key, "big")).to_bytes(8, "big")


def dkga04_data_block(parameters: KeyParameters) -> bytes:
    """Return the message that DKGA04 hashes: label, a zero octet, context, key length in bits."""
    p = parameters
    label = (Dkga.DKGA04.code, p.base_date.code, p.algorithm.code, f"{p.tariff_index:02d}")
    context = (p.supply_group_code, f"{p.key_type:d}", f"{p.key_revision_number:d}", p.meter_pan.digits)
    return _counted(label) + b"\x00" + _counted(context) + (p.algorithm.key_octets * 8).to_bytes(4, "big")


def dkga04_digest(vending_key: bytes, parameters: KeyParameters) -> bytes:
    """Return the 32 octets of HMAC-SHA-256 that begin with the decoder key."""
    check_vending_key(vending_key, Dkga.DKGA04)
    return hmac.digest(vending_key, dkga04_data_block(parameters), "sha256")


def decoder_key_dkga04(vending_key: bytes, parameters: KeyParameters) -> bytes:
    """Return the decoder key from a 160-bit vending key: KDF of SP 800-108 in feedback mode, one block."""
    return dkga04_digest(vending_key, parameters)[: parameters.algorithm.key_octets]


def _counted(fields: tuple[str, ...]) -> bytes:
    """Return the number of fields, then each field with its length in front."""
    return bytes([len(fields)]) + b"".join(bytes([len(text)]) + text.encode("ascii") for text in fields)
