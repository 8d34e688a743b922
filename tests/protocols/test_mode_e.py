"""Mode E sign-on messages; the examples follow the forms of IEC 62056-21."""

from __future__ import annotations

import pytest

from bench.protocols.deviation import DecodeError
from bench.protocols.mode_e import (
    Acknowledgement,
    Identification,
    SignOnRequest,
    decode_acknowledgement,
    decode_identification,
    decode_request,
)


def test_the_request_may_name_a_meter() -> None:
    assert SignOnRequest().to_bytes() == b"/?!\r\n"
    assert decode_request(b"/?12345678!\r\n") == SignOnRequest(address="12345678")


def test_the_identification_offers_a_rate_and_hdlc() -> None:
    assert decode_identification(b"/MBR5\\2DDS722\r\n") == Identification(
        flag_id="MBR", baud_character="5", text="DDS722"
    )
    assert decode_identification(b"/MBR5DDS722\r\n").mode == ""
    assert Identification(flag_id="MBR", baud_character="5", text="X").to_bytes() == b"/MBR5\\2X\r\n"
    assert Identification(flag_id="MBR", baud_character="6").baud == 19200


def test_the_acknowledgement_chooses() -> None:
    assert Acknowledgement(baud_character="5").to_bytes() == bytes.fromhex("063235320d0a")
    assert decode_acknowledgement(bytes.fromhex("063035300d0a")) == Acknowledgement(
        baud_character="5", protocol="0", mode="0"
    )


@pytest.mark.parametrize("octets", [b"", b"/?!", b"?!\r\n", b"/?1*!\r\n", b"/MBR5\\2\x80\r\n"])
def test_other_octets_are_none_of_them(octets: bytes) -> None:
    for decode in (decode_request, decode_identification, decode_acknowledgement):
        with pytest.raises(DecodeError):
            decode(octets)
