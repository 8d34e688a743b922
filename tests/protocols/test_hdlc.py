"""HDLC frames: what is right on the line, and what is reported where it is wrong."""

from __future__ import annotations

import pytest

from bench.protocols.deviation import DecodeError, Grade
from bench.protocols.hdlc import (
    Address,
    Control,
    ControlField,
    Frame,
    FrameKind,
    crc16_x25,
    decode_frame,
    i_control,
    parse_control,
    rnr_control,
    rr_control,
)

SNRM = Frame(Address(1), Address(16), Control.SNRM)
AARQ = bytes.fromhex("e6e600601da109060760857405080101be10040e01000000065f1f040000301dffff")


def rules(octets: bytes) -> list[tuple[int, str]]:
    return [(deviation.offset, deviation.rule) for deviation in decode_frame(octets).deviations]


def test_crc_has_the_check_value_of_crc_16_x25() -> None:
    assert crc16_x25(b"123456789") == 0x906E


@pytest.mark.parametrize(
    ("address", "octets"),
    [
        (Address(16), "21"),
        (Address(127), "ff"),
        (Address(1, 17), "0223"),
        (Address(1, 17, 4), "00020023"),
        (Address(1, 0x3FFF, 4), "0002feff"),
        (Address(0x3FFF, 0, 4), "fefe0001"),
    ],
)
def test_address_on_the_line(address: Address, octets: str) -> None:
    assert address.to_bytes().hex() == octets
    assert Address.from_bytes(bytes.fromhex(octets)) == address


@pytest.mark.parametrize("octets", ["", "20", "020223", "0202020223", "2121", "0221"[:2]])
def test_no_address_of_another_form(octets: str) -> None:
    with pytest.raises(DecodeError) as caught:
        Address.from_bytes(bytes.fromhex(octets))
    assert caught.value.rule == "hdlc.address-length"


@pytest.mark.parametrize(
    ("upper", "lower", "length"), [(128, None, 1), (1, None, 2), (1, 1, 1), (1, 128, 2), (0x4000, 0, 4)]
)
def test_an_address_that_no_octets_can_carry(upper: int, lower: int | None, length: int) -> None:
    with pytest.raises(ValueError, match="address"):
        Address(upper, lower, length)


@pytest.mark.parametrize(
    ("octet", "field"),
    [
        (0x93, ControlField(kind=FrameKind.SNRM, poll=True)),
        (0x73, ControlField(kind=FrameKind.UA, poll=True)),
        (0x53, ControlField(kind=FrameKind.DISC, poll=True)),
        (0x1F, ControlField(kind=FrameKind.DM, poll=True)),
        (0x97, ControlField(kind=FrameKind.FRMR, poll=True)),
        (0x03, ControlField(kind=FrameKind.UI, poll=False)),
        (0x13, ControlField(kind=FrameKind.UI, poll=True)),
        (0x11, ControlField(kind=FrameKind.RR, nr=0, poll=True)),
        (0xF1, ControlField(kind=FrameKind.RR, nr=7, poll=True)),
        (0x35, ControlField(kind=FrameKind.RNR, nr=1, poll=True)),
        (0x94, ControlField(kind=FrameKind.I, ns=2, nr=4, poll=True)),
        (0x10, ControlField(kind=FrameKind.I, ns=0, nr=0, poll=True)),
        (0xFF, ControlField(kind=FrameKind.UNKNOWN, poll=True)),
    ],
)
def test_control_octet(octet: int, field: ControlField) -> None:
    assert parse_control(octet) == field


def test_control_octets_are_built_from_their_numbers() -> None:
    assert i_control(2, 4) == 0x94
    assert i_control(9, 12, poll=False) == 0x82
    assert rr_control(1) == 0x31
    assert rr_control(3, poll=False) == 0x61
    assert rnr_control(1) == 0x35


def test_a_frame_with_information_has_a_header_check() -> None:
    frame = Frame(Address(1, 17, 4), Address(16), i_control(0, 0), AARQ)

    octets = frame.to_bytes()

    assert octets.hex() == (
        "7ea02e0002002321107ecbe6e600601da109060760857405080101be10040e01000000065f1f040000301dffffd4c57e"
    )
    decoded = decode_frame(octets)
    assert decoded.frame == frame
    assert decoded.clean
    assert octets[decoded.information_offset :].startswith(AARQ)


def test_the_longest_frame_has_2047_octets_between_its_flags() -> None:
    longest = Frame(Address(1), Address(16), i_control(0, 0), bytes(2047 - 9), segmented=True)

    assert longest.to_bytes()[1:3].hex() == "afff"
    assert decode_frame(longest.to_bytes()).frame == longest
    with pytest.raises(ValueError, match="11 bits"):
        Frame(Address(1), Address(16), i_control(0, 0), bytes(2047 - 8)).to_bytes()


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (SNRM.to_bytes(opening_flag=False), [(0, "hdlc.opening-flag")]),
        (SNRM.to_bytes(closing_flag=False), [(8, "hdlc.closing-flag")]),
        (SNRM.to_bytes(format_type=0b1011), [(1, "hdlc.format-type")]),
        (SNRM.to_bytes(length=8), [(1, "hdlc.length")]),
        (SNRM.to_bytes(length=6), [(1, "hdlc.length")]),
        (SNRM.to_bytes(fcs=0xFFFF), [(6, "hdlc.fcs")]),
        (SNRM.to_bytes(fcs=b""), [(3, "hdlc.too-short")]),
        (Frame(Address(1), Address(16), 0xFF).to_bytes(), [(5, "hdlc.control-unknown")]),
        (Frame(Address(1), Address(16), 0x53, b"x").to_bytes(), [(5, "hdlc.information-forbidden")]),
        (Frame(Address(1), Address(16), 0x93, b"x").to_bytes(hcs=0), [(6, "hdlc.hcs")]),
        (SNRM.to_bytes(hcs=crc16_x25(bytes.fromhex("a009032193"))), [(6, "hdlc.empty-information")]),
        (
            Frame(Address(1), Address(16), 0x93, segmented=True).to_bytes(),
            [(1, "hdlc.segmented-not-information")],
        ),
        (Frame(b"\x00\x20\x05", Address(16), 0x93).to_bytes(), [(3, "hdlc.address-length")]),
        (Frame(b"\x00\x02\x04\x06\x09", Address(16), 0x93).to_bytes(), [(3, "hdlc.address-length")]),
        (Frame(Address(1, 1), Address(16, 1), 0x93).to_bytes(), [(5, "hdlc.address-both-long")]),
        (b"", [(0, "hdlc.opening-flag"), (0, "hdlc.closing-flag"), (0, "hdlc.too-short")]),
        (b"\x7e\x7e", [(1, "hdlc.too-short")]),
    ],
)
def test_a_deviation_is_reported_at_its_octet(octets: bytes, expected: list[tuple[int, str]]) -> None:
    assert rules(octets) == expected


def test_the_published_three_octet_destination_is_reported() -> None:
    """HDLC_ADDRESS_N7 as Gurux sends it."""
    assert (3, "hdlc.address-length") in rules(bytes.fromhex("7EA0090002052193AFD07E"))


def test_every_octet_cut_from_an_snrm_is_noticed() -> None:
    whole = SNRM.to_bytes()

    for cut in range(1, len(whole) - 1):
        assert rules(whole[:cut] + whole[cut + 1 :]), f"octet {cut} missing"


def test_a_deviation_tells_its_rule() -> None:
    (deviation,) = decode_frame(SNRM.to_bytes(fcs=0)).deviations

    assert deviation.grade is Grade.VIOLATION
    assert str(deviation).startswith("octet 6: hdlc.fcs: The FCS must be the CRC-16/X.25")
