"""What an explanation says where: each line beside the octets it speaks of, counted by hand."""

from __future__ import annotations

import pytest

from bench.protocols.acse import authentication_span, decode_acse
from bench.protocols.block_stream import BlockReceiver
from bench.protocols.cosem_time import decode_date_time
from bench.protocols.explain import explain
from bench.protocols.hdlc import (
    Address,
    Control,
    Frame,
    crc_octets,
    decode_frame,
    i_control,
    rr_control,
)
from bench.protocols.hdlc_parameters import LinkParameters
from bench.protocols.hdlc_reader import FrameReader
from bench.protocols.keyring import Keyring
from bench.protocols.wrapper import WrapperFrame
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer

METER, CLIENT = Address(1, 17), Address(16)
NAME = bytes.fromhex("0000280000ff")


def lines(octets: bytes) -> list[str]:
    return [row.numbered() for row in explain(octets).rows]


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        # C4 01 | C1 | 00 data | 02 02 structure | 12 0001 | 09 02 6162
        (
            "c401c100020212000109026162",
            [
                "     0  GetResponseNormal",
                "     2    invoke: C1",
                "     4    result: structure of 2",
                "     6      long-unsigned 1",
                '     9      octet-string 6162 "ab"',
            ],
        ),
        # C4 01 | C1 | 01 refused | 04
        (
            "c401c10104",
            ["     0  GetResponseNormal", "     2    invoke: C1", "     4    result: 4 object-undefined"],
        ),
        # D8 | state-error 1 | service-error 2
        (
            "d80102",
            ["     0  ExceptionResponse", "     1    state-error: 1", "     2    service-error: 2"],
        ),
        # 0E | service 1 | error type 6 | value 0
        (
            "0e010600",
            [
                "     0  ConfirmedServiceError",
                "     1    service: 1",
                "     2    error-type: 6",
                "     3    value: 0",
            ],
        ),
        # C1 | cut off in the middle of the attribute
        ("c001c1000f00", ["     0  no APDU: c001c1000f00"]),
        ("ee", ["     0  no APDU: ee"]),
    ],
)
def test_fields_stand_where_they_are_read(octets: str, told: list[str]) -> None:
    said = lines(bytes.fromhex(octets))
    assert said[0] == told[0]
    for wanted in told[1:]:
        assert any(line.startswith(wanted) for line in said), (wanted, said)


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (Frame(METER, CLIENT, Control.SNRM), "HDLC to 1/17 from 16, SNRM 93 P/F"),
        (Frame(CLIENT, METER, rr_control(3)), "HDLC to 16 from 1/17, RR 71 N(R)=3 P/F"),
        (Frame(CLIENT, METER, i_control(2, 5, poll=False), b"\x01", segmented=True),
         "HDLC to 16 from 1/17, I A4 N(S)=2 N(R)=5 segmented"),
        (Frame(CLIENT, METER, i_control(0, 1), b"\x01"), "HDLC to 16 from 1/17, I 30 N(S)=0 N(R)=1 P/F"),
    ],
)  # fmt: skip
def test_the_line_of_a_frame(frame: Frame, line: str) -> None:
    assert lines(frame.to_bytes())[0] == f"     0  {line}"


def test_the_parameters_of_a_connection_stand_behind_its_header() -> None:
    """7E, format, destination 1, source 1, control, HCS: the information begins at octet 8."""
    ua = Frame(CLIENT, Address(1), Control.UA, LinkParameters(max_info_transmit=64).to_bytes())
    said = lines(ua.to_bytes())
    assert said[1].startswith("     8    LinkParameters")
    assert any("max-info-transmit: 64" in line for line in said)


def test_information_that_is_no_message_is_shown_as_octets() -> None:
    (_, line) = lines(Frame(CLIENT, Address(1), i_control(0, 1), b"\x01\x02\x03").to_bytes())
    assert line == "     8    information 010203"
    (_, line) = lines(Frame(CLIENT, Address(1), rr_control(0), b"\x0a").to_bytes())
    assert line == "     8    information 0a"


def test_a_message_in_one_frame_and_in_three() -> None:
    apdu = bytes.fromhex("c401c10009060000280000ff")
    whole = Frame(CLIENT, Address(1), i_control(0, 1), b"\xe6\xe7\x00" + apdu).to_bytes()
    said = lines(whole)
    assert said[1] == "     8    LLC response"
    assert said[2] == "    11    GetResponseNormal"
    parts = [b"\xe6\xe7\x00" + apdu[:2], apdu[2:6], apdu[6:]]
    frames = [
        Frame(CLIENT, Address(1), i_control(n, 1), part, segmented=n < 2).to_bytes()
        for n, part in enumerate(parts)
    ]
    said = lines(b"".join(frames))
    second, third = len(frames[0]) + 8, len(frames[0]) + len(frames[1]) + 8
    assert "     8    LLC response, first segment: c401" in said
    assert f"{second:>6}    segment: c1000906" in said
    assert f"{third:>6}    last segment; the APDU has 12 octets" in said
    assert any(line.startswith("    +0") and "GetResponseNormal" in line for line in said)
    command = Frame(Address(1), CLIENT, i_control(0, 0), b"\xe6\xe6\x00\xc0").to_bytes()
    assert lines(command)[1] == "     8    LLC command"


def test_frames_that_share_a_flag_and_what_is_left_over() -> None:
    one = Frame(CLIENT, Address(1), rr_control(0)).to_bytes()
    said = lines(one[:-1] + one)
    assert [line[:6] for line in said] == ["     0", f"{len(one) - 1:>6}"]
    cut = lines(one + one[1:4])
    assert cut[1].strip().startswith(str(len(one) - 1))


def test_wrapped_messages_and_what_is_none() -> None:
    one = WrapperFrame(16, 1, bytes.fromhex("d80102")).to_bytes()
    assert lines(one)[0] == "     0  wrapper version 1 from 16 to 1"
    assert lines(one)[1] == "     8    ExceptionResponse"
    said = lines(one + one[:9])
    assert f"{len(one):>6}  wrapper version 1 from 16 to 1" in said
    assert lines(one[:7]) == [f"     0  no wrapped APDU: {one[:7].hex()}"]
    empty = WrapperFrame(16, 1, b"").to_bytes()
    assert lines(empty) == ["     0  wrapper version 1 from 16 to 1"]


def test_user_information_stands_where_it_is() -> None:
    aare = bytes.fromhex(
        "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f0400001e1d04c80007"
    )
    said = lines(aare)
    at = aare.index(bytes.fromhex("0800065f1f"))
    assert f"{at:>6}  user-information holds" in said
    assert f"{at:>6}    InitiateResponse" in said
    assert any("max-pdu: 1224" in line for line in said)  # 04C8
    assert not any(line.strip().startswith("user-information:") for line in said)


def test_an_unknown_and_a_repeated_element_do_not_hide_those_behind() -> None:
    """An element 9F and a second result stand before the diagnostic; it is still read."""
    body = bytes.fromhex("a1090607608574050801019f0100a203020101a203020100a305a103020102")
    apdu, deviations = decode_acse(b"\x61" + bytes([len(body)]) + body)
    assert apdu is not None
    assert (apdu.result, apdu.diagnostic.code) == (1, 2)  # type: ignore[union-attr]
    rules = [deviation.rule for deviation in deviations]
    assert "acse.element-unknown" in rules
    assert "acse.element-repeated" in rules


@pytest.mark.parametrize(
    ("element", "broken"),
    [
        ("890760857405080201", True),  # a mechanism without the authentication unit 88
        ("88020780890760857405080201", False),
        ("aa0480021122", True),
        ("", False),
    ],
)
def test_an_answer_with_proof_names_the_authentication_unit(element: str, broken: bool) -> None:
    head, tail = bytes.fromhex("a109060760857405080101a203020100a305a103020100"), bytes.fromhex(element)
    body = head + tail
    _, deviations = decode_acse(b"\x61" + bytes([len(body)]) + body)
    assert ("acse.authentication-without-unit" in [item.rule for item in deviations]) is broken


def test_where_a_password_stands() -> None:
    body = bytes.fromhex("a1090607608574050801018a0207808b0760857405080201ac0580033132 33".replace(" ", ""))
    aarq = b"\x60" + bytes([len(body)]) + body
    assert authentication_span(aarq) == (len(aarq) - 3, 3)
    assert aarq[-3:] == b"123"
    assert authentication_span(b"\x61" + aarq[1:]) is None
    assert authentication_span(b"\x60\x02\xa1") is None


@pytest.mark.parametrize(
    ("day", "rules"),
    [
        ("07ea0c1f04", []),  # Thursday, the 31st of December 2026
        ("07ea0c1f05", ["time.weekday"]),
        ("07ea0b1f01", ["time.date"]),  # the 31st of November
        ("07ea021dff", ["time.date"]),  # the 29th of February 2026
        ("07ec021dff", []),  # of 2028
        ("07ea0c1e07", ["time.weekday"]),
    ],
)
def test_days_of_the_calendar(day: str, rules: list[str]) -> None:
    _, deviations = decode_date_time(bytes.fromhex(day) + bytes.fromhex("0c0000ff800000"))
    assert [deviation.rule for deviation in deviations] == rules


@pytest.mark.parametrize(
    ("behind_control", "rules"),
    [
        (b"\x01", ["hdlc.hcs"]),  # one octet between control and FCS
        (b"\x01\x02", ["hdlc.hcs", "hdlc.empty-information"]),
    ],
)
def test_a_header_check_without_information(behind_control: bytes, rules: list[str]) -> None:
    plain = Frame(CLIENT, Address(1), Control.UA).to_bytes()
    inner = bytearray(plain[1:-3] + behind_control)
    inner[1] = len(inner) + 2
    found = decode_frame(b"\x7e" + bytes(inner) + crc_octets(bytes(inner)) + b"\x7e")
    assert [deviation.rule for deviation in found.deviations] == rules


def test_a_reader_takes_frames_octet_by_octet_and_drops_what_is_none() -> None:
    one = Frame(CLIENT, Address(1), i_control(0, 1), bytes(300)).to_bytes()  # the length needs its high bits
    reader = FrameReader()
    seen = [raw for octet in b"\x55\x7e\x7e" + one for raw in reader.feed(bytes([octet]))]
    assert seen == [one]
    assert reader.garbage == b"\x55"
    assert reader.reset() == b"\x7e"
    assert reader.feed(b"\x7e" + bytes(6000)) == []
    assert len(reader.pending) < 6000, "what never ends is given up"


def test_blocks_are_confirmed_by_an_empty_block_that_is_not_the_last() -> None:
    receiver = BlockReceiver(longest=100)
    first = GeneralBlockTransfer(last=False, block_number=1, block_number_ack=0, data=b"ab")
    assert receiver.take(first)
    answer = receiver.acknowledgement()
    assert (answer.last, answer.block_number, answer.block_number_ack, answer.data) == (False, 0, 1, b"")


def test_a_keyring_learns_titles_and_hides_what_is_long_enough() -> None:
    ring = Keyring({"password": b"ABCDEFGH"})
    assert ring.holds_secrets
    assert not Keyring({}).holds_secrets
    assert ring.masked('4142434445464748 "ABCDEFGH"') == '<password> "<password>"'
    ring.learn_title(b"MBX00001")
    ring.learn_title(b"short")
    ring.learn_title(None)
    assert ring._titles[0] == b"MBX00001"
    ring.learn_title(b"MBX00001")
    assert ring._titles.count(b"MBX00001") == 1
