"""One door to the two ciphers: 64-bit blocks in, 64-bit blocks out."""

from __future__ import annotations

from bench.protocols.sts import ea07, ea11
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.keys import check_decoder_key

_ENCRYPT = {Algorithm.EA07: ea07.encrypt, Algorithm.EA11: ea11.encrypt}
_DECRYPT = {Algorithm.EA07: ea07.decrypt, Algorithm.EA11: ea11.decrypt}


def encrypt(algorithm: Algorithm, key: bytes, block: int) -> int:
    """Return the encrypted block; raises `FieldError` for a key of the wrong length."""
    return _ENCRYPT[algorithm](check_decoder_key(key, algorithm), block)


def decrypt(algorithm: Algorithm, key: bytes, block: int) -> int:
    """Return the decrypted block; raises `FieldError` for a key of the wrong length."""
    return _DECRYPT[algorithm](check_decoder_key(key, algorithm), block)


def is_encrypted(token_class: int) -> bool:
    """Return whether tokens of this class are encrypted: all but class 1.

    Class 3 is reserved; it is treated like 0 and 2, so that a meter can be offered one.
    """
    return token_class != 1
