"""The wrapper: header, deviations, and messages cut out of a TCP stream."""

from __future__ import annotations

import pytest

from bench.protocols.wrapper import WrapperFrame, WrapperReader, decode_wrapper

FRAME = WrapperFrame(16, 1, bytes.fromhex("c001c100080000010000ff0200"))
OCTETS = bytes.fromhex("000100100001000dc001c100080000010000ff0200")


def test_header_on_the_line() -> None:
    assert FRAME.to_bytes() == OCTETS
    assert decode_wrapper(OCTETS).frame == FRAME
    assert decode_wrapper(OCTETS).deviations == ()


@pytest.mark.parametrize(
    ("octets", "offset", "rule"),
    [
        (OCTETS[:7], 7, "truncated"),
        (b"\x00\x02" + OCTETS[2:], 0, "wrapper.version"),
        (FRAME.to_bytes(length=12), 6, "wrapper.length"),
        (FRAME.to_bytes(length=14), 6, "wrapper.length"),
        (OCTETS[:6] + b"\x00\x00", 8, "wrapper.empty"),
    ],
)
def test_a_deviation_is_reported_at_its_octet(octets: bytes, offset: int, rule: str) -> None:
    assert [(d.offset, d.rule) for d in decode_wrapper(octets).deviations] == [(offset, rule)]


def test_messages_come_out_whatever_the_pieces() -> None:
    reader = WrapperReader()
    stream = OCTETS + WrapperFrame(1, 16, b"\xd8\x01\x02").to_bytes() + OCTETS[:9]

    messages = [message for octet in stream for message in reader.feed(bytes([octet]))]

    assert messages == [OCTETS, bytes.fromhex("0001000100100003d80102")]
    assert reader.pending == OCTETS[:9]
    assert reader.reset() == OCTETS[:9]
    assert reader.feed(OCTETS) == [OCTETS]
