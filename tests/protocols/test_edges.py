"""Edges of the codecs that other tests walk past; found by mutants (docs/mutation.md)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bench.protocols import axdr
from bench.protocols.ciphering import Keys, protect
from bench.protocols.cosem_time import DateTime, decode_date_time
from bench.protocols.data import Data, DataType
from bench.protocols.explain import explain
from bench.protocols.hdlc import Address, Control, Frame, decode_frame
from bench.protocols.hdlc_parameters import LinkParameters
from bench.protocols.hdlc_reader import FrameReader

SNRM = Frame(Address(1), Address(16), Control.SNRM).to_bytes()


def rules(octets: bytes) -> list[str]:
    return [deviation.rule for deviation in decode_frame(octets).deviations]


# -- values


@pytest.mark.parametrize(
    "data",
    [
        Data(DataType.DATE, b"\x07\xea\x05\x04"),  # one octet short
        Data(DataType.OCTET_STRING, (axdr.unsigned(1),)),
        Data(DataType.UNSIGNED, (axdr.unsigned(1),)),
    ],
)
def test_content_of_another_kind_is_refused(data: Data) -> None:
    with pytest.raises(ValueError, match=data.type.name):
        axdr.encode(data)


def test_a_true_of_255_is_a_true_and_any_other_is_reported() -> None:
    assert axdr.examine(b"\x03\xff")[1] == ()
    assert [item.rule for item in axdr.examine(b"\x03\x02")[1]] == ["axdr.boolean"]
    assert axdr.examine(b"\x03\x01")[0] == axdr.boolean(True)


def test_bits_are_as_many_octets_as_they_need() -> None:
    for count in (1, 7, 8, 9, 16):
        bits = ("10" * 8)[:count]
        octets = axdr.encode(axdr.bit_string(bits))
        assert len(octets) == 2 + -(-count // 8)
        assert axdr.decode_all(octets) == axdr.bit_string(bits)


def test_a_plain_nan_is_a_value_without_a_note() -> None:
    plain, odd = bytes.fromhex("177fc00000"), bytes.fromhex("177f800001")  # quiet, signalling
    assert axdr.examine(plain)[1] == ()
    assert [item.rule for item in axdr.examine(odd)[1]] == ["axdr.nan"]
    assert axdr.examine(bytes.fromhex("173f800000"))[1] == ()


# -- keys and times


def test_a_key_counts_only_where_it_is_used() -> None:
    keys = Keys(encryption=bytes(16), authentication=b"short")
    title = b"MBR\x00\x00\x00\x00\x01"
    protect(b"x", keys=keys, system_title=title, security_control=0x20, invocation_counter=1)
    with pytest.raises(ValueError, match="authentication key of 16"):
        protect(b"x", keys=keys, system_title=title, security_control=0x30, invocation_counter=1)


@pytest.mark.parametrize(("deviation_min", "sound"), [(-720, True), (-721, False), (840, True), (841, False)])
def test_a_deviation_is_of_a_zone_that_exists(deviation_min: int, sound: bool) -> None:
    octets = bytes.fromhex("07ea0504010a000000") + deviation_min.to_bytes(2, "big", signed=True) + b"\x00"
    _, deviations = decode_date_time(octets)
    assert ([item.offset for item in deviations] == []) is sound


def test_a_time_without_seconds_begins_with_its_minute() -> None:
    moment = DateTime(
        year=2026, month=5, day=4, hour=10, minute=7, second=None, hundredths=None, deviation_min=None
    )
    assert moment.to_datetime() == datetime(2026, 5, 4, 10, 7, 0, tzinfo=UTC)


# -- frames


def test_what_stands_between_two_flags_is_too_short_or_has_no_end() -> None:
    for octets, rule, offset in (
        (b"\x7e\xa0\x7e", "hdlc.too-short", 1),
        (b"\x7e\xa0\x02\x7e", "hdlc.too-short", 3),
    ):
        (found,) = [item for item in decode_frame(octets).deviations if item.rule == rule]
        assert found.offset == offset


def test_a_header_check_without_information_is_wrong_by_its_own_rule() -> None:
    frame = Frame(Address(1), Address(16), Control.UA, b"\x81\x80\x00").to_bytes()
    broken = frame[:7] + bytes([frame[7] ^ 0x01]) + frame[8:]
    assert "hdlc.hcs" in rules(broken) or "hdlc.hcs" in rules(
        frame[:6] + bytes([frame[6] ^ 0x01]) + frame[7:]
    )
    stray = Frame(Address(1), Address(16), Control.UA).to_bytes(hcs=b"\x00")
    assert "hdlc.hcs" in rules(stray)


def test_a_width_holds_what_fits_in_it() -> None:
    assert (
        LinkParameters(max_info_octets=1, max_info_transmit=255).to_bytes()
        != LinkParameters(max_info_octets=2, max_info_transmit=255).to_bytes()
    )
    wide = LinkParameters(max_info_octets=1, max_info_transmit=256).to_bytes()
    assert bytes.fromhex("05020100") in wide


def test_a_reader_that_is_reset_begins_with_a_flag_of_its_own() -> None:
    reader = FrameReader()
    assert reader.feed(SNRM) == [SNRM]
    reader.reset()
    assert reader.feed(SNRM[1:]) == []
    assert reader.feed(SNRM) == [SNRM]


# -- words


def test_explaining_counts_octets_from_the_first() -> None:
    said = explain(SNRM[:-3] + b"\x00\x00\x7e")
    assert [item.offset for item in said.deviations] == [len(SNRM) - 3]
    twice = explain(SNRM + SNRM[:-3] + b"\x00\x00\x7e")
    assert [item.offset for item in twice.deviations] == [2 * len(SNRM) - 3]
    assert explain(SNRM).deviations == ()


def test_an_application_message_is_told_apart_by_its_direction() -> None:
    for llc, word in ((b"\xe6\xe6\x00", "LLC command"), (b"\xe6\xe7\x00", "LLC response")):
        frame = Frame(Address(1), Address(16), 0x10, llc + bytes.fromhex("c001c100010000010000ff0200"))
        said = explain(frame.to_bytes())
        assert any(word in line for line in said.lines), said.lines
