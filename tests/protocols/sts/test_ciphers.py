"""The two ciphers against published blocks, and there and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.cipher import decrypt, encrypt
from bench.protocols.sts.errors import FieldError

blocks = st.integers(0, (1 << 64) - 1)


@pytest.mark.parametrize(
    ("algorithm", "key", "clear", "encrypted"),
    [
        # RFC 2994, appendix.
        (Algorithm.EA11, "00112233445566778899aabbccddeeff", 0x0123456789ABCDEF, 0x8B1DA5F56AB3D07C),
        (Algorithm.EA11, "00112233445566778899aabbccddeeff", 0xFEDCBA9876543210, 0x04B68240B13BE95D),
        # STS531-1 CTSA01.1.
        (Algorithm.EA07, "87f3ecbb2e46b48f", 0x05014EEC00013188, 0xD431F4B09E0E9F62),
        (Algorithm.EA11, "929bd3a415c9420a05ec5ee9f3ce91c3", 0x05014EEC00013188, 0x2D98A5617B45BE2E),
    ],
)
def test_published_blocks(algorithm: Algorithm, key: str, clear: int, encrypted: int) -> None:
    assert encrypt(algorithm, bytes.fromhex(key), clear) == encrypted
    assert decrypt(algorithm, bytes.fromhex(key), encrypted) == clear


@settings(derandomize=True, database=None, deadline=None)
@given(st.sampled_from(Algorithm), st.binary(min_size=16, max_size=16), blocks)
def test_decryption_undoes_encryption(algorithm: Algorithm, key_octets: bytes, block: int) -> None:
    key = key_octets[: algorithm.key_octets]
    assert decrypt(algorithm, key, encrypt(algorithm, key, block)) == block


@pytest.mark.parametrize(
    ("algorithm", "octets"), [(Algorithm.EA07, 16), (Algorithm.EA11, 8), (Algorithm.EA07, 0)]
)
def test_a_key_of_the_wrong_length_is_refused_and_not_shown(algorithm: Algorithm, octets: int) -> None:
    key = b"\xab" * octets
    with pytest.raises(FieldError, match=f"this key has {octets}") as caught:
        encrypt(algorithm, key, 0)
    assert "ab" * 4 not in str(caught.value).lower()
