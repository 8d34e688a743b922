"""Cipher EA11 against the MISTY1 of Botan 2 (Debian package libbotan-2-19), on random keys and blocks.

Skipped where that library is not installed.
"""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.protocols.sts import ea11

LIBRARY = "libbotan-2.so.19"
KEYS, BLOCKS = 200, 20


@contextmanager
def misty1(botan: ctypes.CDLL, key: bytes) -> Iterator[ctypes.c_void_p]:
    cipher = ctypes.c_void_p()
    assert botan.botan_block_cipher_init(ctypes.byref(cipher), b"MISTY1") == 0
    try:
        assert botan.botan_block_cipher_set_key(cipher, key, ctypes.c_size_t(len(key))) == 0
        yield cipher
    finally:
        botan.botan_block_cipher_destroy(cipher)


def test_misty1_agrees_with_botan() -> None:
    try:
        botan = ctypes.CDLL(LIBRARY)
    except OSError:
        pytest.skip(f"{LIBRARY} is not installed")
    draw = random.Random("MISTY1")
    answer = ctypes.create_string_buffer(8)
    for _ in range(KEYS):
        key = draw.randbytes(16)
        with misty1(botan, key) as cipher:
            for _ in range(BLOCKS):
                block = draw.randbytes(8)
                assert botan.botan_block_cipher_encrypt_blocks(cipher, block, answer, ctypes.c_size_t(1)) == 0
                assert ea11.encrypt(key, int.from_bytes(block)) == int.from_bytes(answer.raw)
                assert botan.botan_block_cipher_decrypt_blocks(cipher, block, answer, ctypes.c_size_t(1)) == 0
                assert ea11.decrypt(key, int.from_bytes(block)) == int.from_bytes(answer.raw)
