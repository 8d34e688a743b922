"""Make a token from its fields: layout, checksum, encryption, class bits, digits."""

from __future__ import annotations

from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.cipher import encrypt, is_encrypted
from bench.protocols.sts.crc import block_crc, uses_crc_c
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import TokenFields
from bench.protocols.sts.layouts import required_algorithm, write_payload
from bench.protocols.sts.number import digits_of, insert_class


def make_token(
    fields: TokenFields,
    decoder_key: bytes | None,
    algorithm: Algorithm,
    *,
    crc: int | None = None,
) -> str:
    """Return the 20 digits of a token for the meter with this decoder key.

    Class 1 tokens are not encrypted, so ``decoder_key`` may be None for them. ``crc`` replaces the checksum,
    to make a token that a meter has to refuse. Raises `FieldError` for a value that does not fit its field,
    for a key of the wrong length, and for a key change section that does not exist under the cipher.
    """
    required = required_algorithm(fields)
    if required not in (None, algorithm):
        raise FieldError("encryption algorithm", f"{type(fields).__name__} exists under {required} only")
    token_class, block = make_block(fields, crc=crc)
    return seal_block(token_class, block, decoder_key, algorithm)


def make_block(fields: TokenFields, *, crc: int | None = None) -> tuple[int, int]:
    """Return (class, 64-bit block in clear) of a token."""
    token_class, payload48 = write_payload(fields)
    if crc is None:
        crc = block_crc(token_class, payload48, currency=uses_crc_c(token_class, payload48 >> 44))
    return token_class, payload48 << 16 | crc


def seal_block(token_class: int, block: int, decoder_key: bytes | None, algorithm: Algorithm) -> str:
    """Return the 20 digits of a block in clear: encrypted if its class asks for it, with its class bits."""
    if is_encrypted(token_class):
        block = encrypt(algorithm, decoder_key or b"", block)
    return digits_of(insert_class(block, token_class))
