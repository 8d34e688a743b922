"""The functions f of high level security; digests written out with hashlib, signatures checked by verifying."""

from __future__ import annotations

import hashlib

import pytest

from bench.protocols.acse_names import Mechanism
from bench.protocols.hls import (
    Proof,
    hashed,
    private_key,
    public_key,
    public_key_octets,
    signature_holds,
    signed,
)

PROOF = Proof(challenge=b"CHALLENG", own_challenge=b"OWNCHALL", own_title=b"OWNTITLE", peer_title=b"PEERTITL")
SECRET = b"secret"


def test_md5_and_sha1_hash_challenge_and_secret() -> None:
    text = b"CHALLENGsecret"
    assert hashed(Mechanism.HLS_MD5, PROOF, SECRET) == hashlib.md5(text, usedforsecurity=False).digest()
    assert hashed(Mechanism.HLS_SHA1, PROOF, SECRET) == hashlib.sha1(text, usedforsecurity=False).digest()


def test_sha256_hashes_the_titles_too() -> None:
    text = b"secretOWNTITLEPEERTITLCHALLENGOWNCHALL"
    assert hashed(Mechanism.HLS_SHA256, PROOF, SECRET) == hashlib.sha256(text).digest()


def test_other_mechanisms_have_no_hash() -> None:
    with pytest.raises(ValueError, match="no hash"):
        hashed(Mechanism.HLS_GMAC, PROOF, SECRET)


@pytest.mark.parametrize(("suite", "octets"), [(1, 64), (2, 96)])
def test_a_signature_holds_for_its_challenge_and_key_only(suite: int, octets: int) -> None:
    key = private_key(12345, suite=suite)
    public = public_key(public_key_octets(key.public_key(), suite=suite), suite=suite)
    answer = signed(PROOF, key, suite=suite)
    assert len(answer) == octets
    assert signature_holds(answer, PROOF, public, suite=suite)
    other = Proof(
        challenge=b"ANOTHER!", own_challenge=b"OWNCHALL", own_title=b"OWNTITLE", peer_title=b"PEERTITL"
    )
    assert not signature_holds(answer, other, public, suite=suite)
    assert not signature_holds(answer[1:], PROOF, public, suite=suite)
    assert not signature_holds(answer, PROOF, private_key(2, suite=suite).public_key(), suite=suite)
