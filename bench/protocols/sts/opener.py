"""Take a token apart, as a meter does: digits, class, decryption, checksum, fields."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.cipher import decrypt, is_encrypted
from bench.protocols.sts.crc import block_crc, uses_crc_c
from bench.protocols.sts.fields import TokenFields
from bench.protocols.sts.layouts import read_payload
from bench.protocols.sts.number import extract_class, value_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedToken:
    """A token taken apart. ``block`` is the 64-bit block in clear, ``fields`` what it says.

    ``fields`` is None when the checksum is wrong (the contents are noise) and when the subclass is reserved
    or proprietary. `read_fields` gives them whatever the checksum says.
    """

    token_class: int
    subclass: int
    fields: TokenFields | None
    crc_ok: bool
    block: int = field(repr=False)

    @property
    def payload48(self) -> int:
        """The 48 bits above the checksum."""
        return self.block >> 16


def open_token(digits: str, decoder_key: bytes | None, algorithm: Algorithm) -> OpenedToken:
    """Return the contents of a token of 20 digits under a decoder key.

    A class 1 token is not encrypted, so ``decoder_key`` may be None for it. Raises `FieldError` if the digits
    are no token, or the key is missing or of the wrong length.
    """
    token_class, block = extract_class(value_of(digits))
    if is_encrypted(token_class):
        block = decrypt(algorithm, decoder_key or b"", block)
    return read_block(token_class, block, algorithm)


def read_block(token_class: int, block: int, algorithm: Algorithm) -> OpenedToken:
    """Return the contents of a 64-bit block in clear."""
    subclass = block >> 60
    currency = uses_crc_c(token_class, subclass)
    crc_ok = block & 0xFFFF == block_crc(token_class, block >> 16, currency=currency)
    return OpenedToken(
        token_class=token_class,
        subclass=subclass,
        fields=read_payload(token_class, block >> 16, algorithm) if crc_ok else None,
        crc_ok=crc_ok,
        block=block,
    )


def read_fields(opened: OpenedToken, algorithm: Algorithm) -> TokenFields | None:
    """Return the fields of an opened token even if its checksum is wrong; None for a reserved subclass."""
    return read_payload(opened.token_class, opened.payload48, algorithm)
