"""Keys of general-ciphering, wrapped and agreed, and the whole APDU under them."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bench.protocols import hls
from bench.protocols.ciphering import Keys, open_apdu, protect
from bench.protocols.deviation import DecodeError
from bench.protocols.key_agreement import (
    agreed_key_info,
    derived_key,
    ephemeral_key,
    wrapped_key,
    wrapped_key_info,
)
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import GeneralCiphering, GeneralHead, KeyInfo

CLIENT, METER = b"CLI\x00\x00\x00\x00\x01", b"MTR\x00\x00\x00\x00\x02"
PLAIN = bytes.fromhex("c001c100080000010000ff0200")
HEAD = GeneralHead(transaction_id=b"\x01", originator_system_title=CLIENT, recipient_system_title=METER)


def key(number: int, suite: int) -> ec.EllipticCurvePrivateKey:
    return hls.private_key(number, suite=suite)


def sealed(keys: Keys, info: KeyInfo, suite: int) -> bytes:
    protected = protect(
        PLAIN,
        keys=keys,
        system_title=CLIENT,
        invocation_counter=5,
        security_control=0x30 | suite,
        head=HEAD.to_bytes(),
    )
    return GeneralCiphering(
        transaction_id=HEAD.transaction_id,
        originator_system_title=CLIENT,
        recipient_system_title=METER,
        key_info=info,
        protected=protected,
    ).to_bytes()


@pytest.mark.parametrize("suite", [1, 2])
def test_both_sides_derive_the_key_and_the_apdu_opens(suite: int) -> None:
    ephemeral, signing, static = key(11, suite), key(22, suite), key(33, suite)
    encryption = derived_key(ephemeral, static.public_key(), suite=suite, originator=CLIENT, recipient=METER)
    authentication = bytes(len(encryption))
    info = agreed_key_info(ephemeral, signing, suite=suite)
    octets = sealed(Keys(encryption=encryption, authentication=authentication), info, suite)

    apdu, deviations = decode_apdu(octets)

    assert not deviations
    assert isinstance(apdu, GeneralCiphering)
    assert apdu.to_bytes() == octets
    assert apdu.key_info is not None
    sender = ephemeral_key(apdu.key_info, signing.public_key(), suite=suite)
    again = derived_key(static, sender, suite=suite, originator=CLIENT, recipient=METER)
    assert again == encryption
    assert len(again) == (32 if suite == 2 else 16)
    assert open_apdu(apdu, keys=Keys(encryption=again, authentication=authentication)) == PLAIN


def test_the_derivation_hashes_counter_secret_algorithm_and_titles() -> None:
    own, other = key(11, 1), key(33, 1)
    secret = own.exchange(ec.ECDH(), other.public_key())
    text = b"\x00\x00\x00\x01" + secret + bytes.fromhex("60857405080300") + CLIENT + METER
    due = hashlib.sha256(text).digest()[:16]
    assert derived_key(own, other.public_key(), suite=1, originator=CLIENT, recipient=METER) == due


def test_what_stands_before_the_key_is_authenticated() -> None:
    keys = Keys(encryption=bytes(16), authentication=bytes(16))
    octets = bytearray(sealed(keys, KeyInfo(choice=0, parameters=b"\x00"), 1))
    octets[2] ^= 1  # the transaction id
    apdu, _ = decode_apdu(bytes(octets))
    assert isinstance(apdu, GeneralCiphering)
    with pytest.raises(DecodeError, match=r"security\.authentication"):
        open_apdu(apdu, keys=keys)


def test_a_signature_of_somebody_else_is_refused() -> None:
    info = agreed_key_info(key(11, 1), key(22, 1), suite=1)
    with pytest.raises(DecodeError, match=r"security\.authentication"):
        ephemeral_key(info, key(23, 1).public_key(), suite=1)


@pytest.mark.parametrize(
    "info",
    [
        KeyInfo(choice=2, parameters=b"\x02", data=bytes(128)),
        KeyInfo(choice=2, parameters=b"\x01", data=bytes(64)),
        KeyInfo(choice=0, parameters=b"\x00"),
    ],
)
def test_other_key_infos_are_refused(info: KeyInfo) -> None:
    with pytest.raises(DecodeError, match=r"security\.key-info"):
        ephemeral_key(info, key(22, 1).public_key(), suite=1)


def test_a_wrapped_key_comes_back_with_the_right_kek_only() -> None:
    info = wrapped_key_info(bytes(range(16)), kek=bytes(16))
    assert wrapped_key(info, kek=bytes(16)) == bytes(range(16))
    with pytest.raises(DecodeError):
        wrapped_key(info, kek=b"\x01" * 16)
    with pytest.raises(DecodeError):
        wrapped_key(KeyInfo(choice=1, parameters=b"\x00", data=b"short"), kek=bytes(16))
