"""general-signing: who signed, and that nothing in front of the signature can be changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.protocols import hls
from bench.protocols.signing import sign_apdu, signature_holds
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import GeneralHead
from bench.protocols.xdlms.signed import GeneralSigning

HEAD = GeneralHead(
    transaction_id=b"\x01", originator_system_title=b"MTB00001", recipient_system_title=b"MBR00001"
)
GET = bytes.fromhex("c001c1000100002a0000ff0200")


def signed(suite: int) -> GeneralSigning:
    octets = sign_apdu(GET, HEAD, hls.private_key(4711, suite=suite), suite=suite)
    apdu, deviations = decode_apdu(octets)
    assert isinstance(apdu, GeneralSigning)
    assert deviations == ()
    assert apdu.to_bytes() == octets
    return apdu


@pytest.mark.parametrize("suite", [1, 2])
def test_the_signature_holds_for_the_key_that_made_it_alone(suite: int) -> None:
    apdu = signed(suite)
    assert signature_holds(apdu, hls.private_key(4711, suite=suite).public_key(), suite=suite)
    assert not signature_holds(apdu, hls.private_key(4712, suite=suite).public_key(), suite=suite)


@pytest.mark.parametrize(
    "change",
    [
        {"transaction_id": b"\x02"},
        {"originator_system_title": b"MTB00002"},
        {"content": GET[:-1] + b"\x01"},
        {"signature": b""},
        {"signature": bytes(64)},
    ],
)
def test_what_is_changed_is_no_longer_signed(change: dict[str, bytes]) -> None:
    public = hls.private_key(4711, suite=1).public_key()
    assert not signature_holds(replace(signed(1), **change), public, suite=1)
