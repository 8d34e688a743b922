"""Cipher EA07 (STA): 16 rounds of substitution and permutation on 64 bits.

A round replaces each nibble by one of two tables, chosen by one key bit per nibble, then permutes all
64 bits. Both steps act on each octet alone, so a round is eight look-ups, one per octet, in tables chosen by
the octets of the round key; the words found hold the permuted bits and are joined by or.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

_ROUNDS = 16
_CACHED_KEYS = 16
_MASK = (1 << 64) - 1
_OCTETS = range(8)

_SUB1 = (14, 10, 7, 9, 12, 3, 2, 5, 13, 0, 15, 1, 4, 8, 6, 11)
_SUB2 = (12, 8, 2, 13, 7, 6, 1, 3, 11, 5, 9, 15, 0, 4, 10, 14)
#: Destination bit of each source bit. The IEC text prints sample tables; the vectors prove these ones.
_PERM = (
    *(55, 42, 10, 18, 24, 21, 44, 35, 2, 22, 56, 43, 27, 58, 9, 50),
    *(6, 36, 12, 61, 37, 38, 53, 16, 62, 3, 7, 4, 32, 20, 63, 25),
    *(51, 52, 54, 33, 49, 19, 46, 29, 48, 31, 23, 30, 41, 28, 13, 5),
    *(40, 60, 39, 11, 15, 17, 1, 0, 57, 34, 59, 8, 47, 14, 45, 26),
)

#: Tables of one direction: [octet of the block][octet of the round key][value of the octet] -> 64 bits.
_Tables = Sequence[Sequence[Sequence[int]]]
#: The tables of one key: [round][octet of the block][value of the octet] -> 64 bits.
_Rounds = Sequence[Sequence[Sequence[int]]]


class StandardTransferAlgorithm:
    """The cipher with given tables: the real ones below, or the samples that the IEC text prints."""

    def __init__(self, sub1: Sequence[int], sub2: Sequence[int], perm: Sequence[int]) -> None:
        """Prepare the cipher; raises ValueError unless each table holds every number of its range once."""
        for table, size in ((sub1, 16), (sub2, 16), (perm, 64)):
            if sorted(table) != list(range(size)):
                raise ValueError(f"a table has to hold each number from 0 to {size - 1} once")
        inverse_perm = _inverse(perm)
        self._encrypting = _round_tables(sub1, sub2, perm, selector_bit=3)
        # Decryption runs with the key itself where encryption takes its complement, so the two inverse tables
        # change places. It also permutes before it substitutes; see `decrypt`.
        self._decrypting = _round_tables(_inverse(sub2), _inverse(sub1), inverse_perm, selector_bit=0)
        self._permute_first = _permutation_tables(inverse_perm)
        self._permute_last = _permutation_tables(perm)
        # A meter or a vending session uses one key again and again.
        self._encrypting_rounds = lru_cache(_CACHED_KEYS)(self._make_encrypting_rounds)
        self._decrypting_rounds = lru_cache(_CACHED_KEYS)(self._make_decrypting_rounds)

    def encrypt(self, key: bytes, block: int) -> int:
        """Return the encrypted 64-bit block under a key of 8 octets."""
        for t0, t1, t2, t3, t4, t5, t6, t7 in self._encrypting_rounds(key):
            b7, b6, b5, b4, b3, b2, b1, b0 = block.to_bytes(8, "big")
            block = t0[b0] | t1[b1] | t2[b2] | t3[b3] | t4[b4] | t5[b5] | t6[b6] | t7[b7]
        return block

    def decrypt(self, key: bytes, block: int) -> int:
        """Return the decrypted 64-bit block under a key of 8 octets.

        The standard permutes, then substitutes. The tables substitute, then permute; so one permutation more
        at the beginning and its inverse at the end give the same.
        """
        block = _permute(self._permute_first, block)
        for t0, t1, t2, t3, t4, t5, t6, t7 in self._decrypting_rounds(key):
            b7, b6, b5, b4, b3, b2, b1, b0 = block.to_bytes(8, "big")
            block = t0[b0] | t1[b1] | t2[b2] | t3[b3] | t4[b4] | t5[b5] | t6[b6] | t7[b7]
        return _permute(self._permute_last, block)

    def _make_encrypting_rounds(self, key: bytes) -> _Rounds:
        complement = int.from_bytes(key, "big") ^ _MASK
        start = (complement >> 12 | complement << 52) & _MASK
        return _rounds(self._encrypting, ((start << n | start >> 64 - n) & _MASK for n in range(_ROUNDS)))

    def _make_decrypting_rounds(self, key: bytes) -> _Rounds:
        start = int.from_bytes(key, "big")
        return _rounds(self._decrypting, ((start >> n | start << 64 - n) & _MASK for n in range(_ROUNDS)))


def _rounds(tables: _Tables, round_keys: Iterable[int]) -> _Rounds:
    t0, t1, t2, t3, t4, t5, t6, t7 = tables
    rounds = []
    for round_key in round_keys:
        k7, k6, k5, k4, k3, k2, k1, k0 = round_key.to_bytes(8, "big")
        rounds.append((t0[k0], t1[k1], t2[k2], t3[k3], t4[k4], t5[k5], t6[k6], t7[k7]))
    return rounds


def _inverse(table: Sequence[int]) -> tuple[int, ...]:
    return tuple(table.index(value) for value in range(len(table)))


def _round_tables(
    sub1: Sequence[int], sub2: Sequence[int], perm: Sequence[int], *, selector_bit: int
) -> _Tables:
    """Return the tables of one direction; bit ``selector_bit`` of a key nibble chooses sub2."""
    moved = _moved_nibbles(perm)
    tables = []
    for octet in _OCTETS:
        low_moved, high_moved = moved[2 * octet], moved[2 * octet + 1]
        # Four tables for the four values of the two selector bits, shared by all 256 values of the key octet.
        by_selectors = [
            [high_moved[high[value >> 4]] | low_moved[low[value & 0xF]] for value in range(256)]
            for high in (sub1, sub2)
            for low in (sub1, sub2)
        ]
        tables.append(
            [
                by_selectors[(key >> (4 + selector_bit) & 1) << 1 | key >> selector_bit & 1]
                for key in range(256)
            ]
        )
    return tables


def _moved_nibbles(perm: Sequence[int]) -> list[list[int]]:
    """Return, for each nibble of the block and each of its values, where the permutation puts its bits."""
    return [
        [sum(1 << perm[4 * nibble + bit] for bit in range(4) if value >> bit & 1) for value in range(16)]
        for nibble in range(16)
    ]


def _permutation_tables(perm: Sequence[int]) -> Sequence[Sequence[int]]:
    moved = _moved_nibbles(perm)
    return [
        [moved[2 * octet + 1][value >> 4] | moved[2 * octet][value & 0xF] for value in range(256)]
        for octet in _OCTETS
    ]


def _permute(tables: Sequence[Sequence[int]], block: int) -> int:
    t0, t1, t2, t3, t4, t5, t6, t7 = tables
    b7, b6, b5, b4, b3, b2, b1, b0 = block.to_bytes(8, "big")
    return t0[b0] | t1[b1] | t2[b2] | t3[b3] | t4[b4] | t5[b5] | t6[b6] | t7[b7]


STA = StandardTransferAlgorithm(_SUB1, _SUB2, _PERM)


def encrypt(key: bytes, block: int) -> int:
    """Return the encrypted 64-bit block under a key of 8 octets."""
    return STA.encrypt(key, block)


def decrypt(key: bytes, block: int) -> int:
    """Return the decrypted 64-bit block under a key of 8 octets."""
    return STA.decrypt(key, block)
