"""Protection of APDUs; the values of suite 0 stand in the vectors, the rest in public documents."""

from __future__ import annotations

import pytest

from bench.protocols.ciphering import (
    Keys,
    gmac,
    open_apdu,
    protect,
    unprotect,
    unwrap_key,
    verify_gmac,
    wrap_key,
)
from bench.protocols.deviation import DecodeError
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import CipheredApdu, GeneralCipheredApdu, ProtectedText

TITLE = bytes.fromhex("4d4d4d0000bc614e")
KEYS = Keys(
    encryption=bytes.fromhex("000102030405060708090a0b0c0d0e0f"),
    authentication=bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"),
)
KEYS_256 = Keys(encryption=bytes(range(32)), authentication=bytes(range(32, 64)))
GET_CLOCK = bytes.fromhex("c0010000080000010000ff0200")


def seal(control: int, keys: Keys = KEYS) -> ProtectedText:
    return protect(
        GET_CLOCK, keys=keys, system_title=TITLE, invocation_counter=0x01234567, security_control=control
    )


def test_encryption_only_as_in_the_published_example() -> None:
    """Vector gb-glo-get-enc-only."""
    apdu = CipheredApdu(tag=0xC8, protected=seal(0x20))

    assert apdu.to_bytes().hex() == "c8122001234567411312ff935a47566827c467bc"
    assert open_apdu(apdu, keys=KEYS, system_title=TITLE) == GET_CLOCK


def test_authentication_only_leaves_the_text_plain() -> None:
    protected = seal(0x10)

    assert protected.payload[: len(GET_CLOCK)] == GET_CLOCK
    assert len(protected.payload) == len(GET_CLOCK) + 12
    assert unprotect(protected, keys=KEYS, system_title=TITLE) == GET_CLOCK


@pytest.mark.parametrize("control", [0x10, 0x20, 0x30, 0x11, 0x21, 0x31])
def test_what_is_protected_is_opened_again(control: int) -> None:
    assert unprotect(seal(control), keys=KEYS, system_title=TITLE) == GET_CLOCK


@pytest.mark.parametrize("control", [0x12, 0x22, 0x32])
def test_suite_2_takes_keys_of_32_octets(control: int) -> None:
    assert unprotect(seal(control, KEYS_256), keys=KEYS_256, system_title=TITLE) == GET_CLOCK
    with pytest.raises(ValueError, match="32 octets"):
        seal(control)


def test_nothing_changed_gets_through() -> None:
    good = seal(0x30)
    other_keys = Keys(encryption=KEYS.encryption, authentication=bytes(16))
    spoiled = ProtectedText(
        security_control=good.security_control,
        invocation_counter=good.invocation_counter,
        payload=bytes([good.payload[0] ^ 1]) + good.payload[1:],
    )
    replayed = ProtectedText(
        security_control=0x30, invocation_counter=good.invocation_counter + 1, payload=good.payload
    )

    for protected, keys, title in [
        (good, other_keys, TITLE),
        (good, KEYS, TITLE[::-1]),
        (spoiled, KEYS, TITLE),
        (replayed, KEYS, TITLE),
    ]:
        with pytest.raises(DecodeError) as caught:
            unprotect(protected, keys=keys, system_title=title)
        assert caught.value.rule == "security.authentication"


def test_a_short_tag_and_compression_are_named() -> None:
    short = ProtectedText(security_control=0x30, invocation_counter=1, payload=bytes(11))
    compressed = ProtectedText(security_control=0xB0, invocation_counter=1, payload=bytes(20))

    for protected, rule in [(short, "security.tag"), (compressed, "security.compression")]:
        with pytest.raises(DecodeError) as caught:
            unprotect(protected, keys=KEYS, system_title=TITLE)
        assert caught.value.rule == rule


def test_a_general_apdu_brings_its_own_title() -> None:
    apdu = GeneralCipheredApdu(system_title=TITLE, protected=seal(0x30))

    assert decode_apdu(apdu.to_bytes()) == (apdu, ())
    assert open_apdu(apdu, keys=KEYS) == GET_CLOCK


def test_gmac_is_verified_with_the_title_of_its_maker() -> None:
    """Vector gb-hls5-fstoc."""
    answer = bytes.fromhex("10000000011a52fe7dd3e72748973c1e28")
    title, challenge = bytes.fromhex("4d4d4d0000000001"), bytes.fromhex("503677524a323146")

    assert gmac(challenge, keys=KEYS, system_title=title, invocation_counter=1) == answer
    assert verify_gmac(answer, challenge, keys=KEYS, system_title=title)
    assert not verify_gmac(answer, challenge, keys=KEYS, system_title=TITLE)
    assert not verify_gmac(answer[:-1], challenge, keys=KEYS, system_title=title)


def test_key_wrap_of_256_bits() -> None:
    """RFC 3394 section 4.6."""
    kek = bytes(range(32))
    key = bytes.fromhex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f")
    wrapped = "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"

    assert wrap_key(key, kek=kek).hex() == wrapped
    assert unwrap_key(bytes.fromhex(wrapped), kek=kek) == key
    with pytest.raises(DecodeError):
        unwrap_key(bytes.fromhex(wrapped), kek=kek[::-1])


def test_keys_are_not_shown() -> None:
    assert repr(KEYS) == "Keys()"
