"""Find the likely reason why a token does not open under a key: one wrong parameter or one slip of a finger.

Each guess has one chance in 65536 to be right by accident, so a find is "probably", not "certainly".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench.protocols.sts.algorithm import Algorithm, Dkga
from bench.protocols.sts.cipher import is_encrypted
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.keys import KeyParameters, decoder_key
from bench.protocols.sts.number import DIGITS, MAXIMUM_VALUE, extract_class
from bench.protocols.sts.opener import open_token
from bench.protocols.sts.tid import BaseDate


def wrong_parameters(digits: str, vending_key: bytes, parameters: KeyParameters) -> list[str]:
    """Return the single changes of key parameters under which a token opens, in words."""
    return [
        words
        for words, changed in _neighbours(parameters)
        if _opens(digits, decoder_key(vending_key, changed), changed.algorithm)
    ]


def slips(digits: str, key: bytes | None, algorithm: Algorithm) -> list[str]:
    """Return the slips of typing (one digit wrong, or two neighbours exchanged) that make a token open."""
    return [
        words
        for words, candidate in _typing_slips(digits)
        if int(candidate) <= MAXIMUM_VALUE and _opens(candidate, key, algorithm)
    ]


def _opens(digits: str, key: bytes | None, algorithm: Algorithm) -> bool:
    token_class, _ = extract_class(int(digits))
    if key is None and is_encrypted(token_class):
        return False
    return open_token(digits, key, algorithm).fields is not None


def _neighbours(parameters: KeyParameters) -> Iterator[tuple[str, KeyParameters]]:
    for number in range(1, 10):
        if number != parameters.key_revision_number:
            yield f"key revision number {number}", replace(parameters, key_revision_number=number)
    for index in range(100):
        if index != parameters.tariff_index:
            yield f"tariff index {index:02d}", replace(parameters, tariff_index=index)
    for key_type in KeyType:
        if key_type is not parameters.key_type:
            yield f"key type {key_type.value}", replace(parameters, key_type=key_type)
    if parameters.dkga is Dkga.DKGA02:
        # Neither base date nor cipher enters a DKGA02 key.
        return
    for base_date in BaseDate:
        if base_date is not parameters.base_date:
            yield f"base date {base_date.value}", replace(parameters, base_date=base_date)
    for algorithm in Algorithm:
        if algorithm is not parameters.algorithm:
            yield f"encryption algorithm {algorithm.value}", replace(parameters, algorithm=algorithm)


def _typing_slips(digits: str) -> Iterator[tuple[str, str]]:
    for place in range(DIGITS):
        for digit in "0123456789":
            if digit != digits[place]:
                yield f"digit {place + 1} as {digit}", digits[:place] + digit + digits[place + 1 :]
    for place in range(DIGITS - 1):
        pair = digits[place : place + 2]
        if pair[0] != pair[1]:
            exchanged = digits[:place] + pair[::-1] + digits[place + 2 :]
            yield f"digits {place + 1} and {place + 2} exchanged", exchanged
