"""Edges of the codecs that other tests walk past; found by mutants (docs/mutation.md)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bench.protocols import axdr
from bench.protocols.acse import decode_acse
from bench.protocols.ciphering import Keys, protect
from bench.protocols.cosem_time import DateTime, decode_date_time
from bench.protocols.data import Data, DataType
from bench.protocols.explain import explain
from bench.protocols.hdlc import Address, Control, Frame, decode_frame
from bench.protocols.hdlc_parameters import LinkParameters
from bench.protocols.hdlc_reader import FrameReader
from bench.protocols.values import UnexpectedData, as_elements, as_integer, as_octets
from bench.protocols.wrapper import WrapperFrame, WrapperReader
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.ciphered import ProtectedText
from bench.protocols.xdlms.conformance import Conformance

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


# -- what a decoder notes, and where


@pytest.mark.parametrize(
    ("octets", "rule", "offset", "detail"),
    [
        ("040405", "axdr.unused-bits", 2, "05"),  # four bits, and a one behind them
        ("040c fff8", "axdr.unused-bits", 3, "f8"),
        ("030200", "axdr.boolean", 1, "02"),
    ],
)
def test_what_is_noted_of_a_value(octets: str, rule: str, offset: int, detail: str) -> None:
    found = axdr.examine(bytes.fromhex(octets))[1]
    assert (found[0].rule, found[0].offset) == (rule, offset)
    assert detail in found[0].detail.lower()


def test_a_length_of_four_octets_is_read_and_one_of_five_is_not() -> None:
    value, (note,) = axdr.examine(bytes.fromhex("0984000000024142"))
    assert value == axdr.octet_string(b"AB")
    assert (note.rule, note.offset) == ("length.not-shortest", 1)
    assert [item.rule for item in axdr.examine(bytes.fromhex("098500000000024142"))[1]] == [
        "length.too-large"
    ]


def test_the_length_of_a_frame_fits_eleven_bits() -> None:
    frame = Frame(Address(1), Address(16), Control.UA)
    assert frame.to_bytes(length=0)[1:3] == b"\xa0\x00"
    assert frame.to_bytes(length=0x7FF)[1:3] == b"\xa7\xff"
    for length in (-1, 0x800):
        with pytest.raises(ValueError, match="11 bits"):
            frame.to_bytes(length=length)


@pytest.mark.parametrize(
    ("service", "rules"),
    [(0, ["xdlms.service-error"]), (1, []), (19, []), (20, ["xdlms.service-error"])],
)
def test_the_service_of_a_confirmed_service_error(service: int, rules: list[str]) -> None:
    _, deviations = decode_apdu(bytes([0x0E, service, 6, 1]))
    assert [item.rule for item in deviations] == rules


@pytest.mark.parametrize(
    ("error_type", "value", "sound"),
    # initiate 6, task 9 and other 10; change-scope 8 is not used
    [
        (6, 4, True),
        (6, 5, False),
        (8, 0, False),
        (9, 4, True),
        (9, 5, False),
        (10, 0, True),
        (10, 1, False),
        (11, 0, False),
    ],
)
def test_the_value_of_a_confirmed_service_error(error_type: int, value: int, sound: bool) -> None:
    _, deviations = decode_apdu(bytes([0x0E, 1, error_type, value]))
    assert [item.rule for item in deviations] == ([] if sound else ["xdlms.service-error"])


@pytest.mark.parametrize(
    ("state", "service", "rules"),
    [
        (1, 1, []),
        (2, 6, []),
        (0, 1, ["xdlms.exception"]),
        (3, 1, ["xdlms.exception"]),
        (1, 7, ["xdlms.exception"]),
    ],
)
def test_the_numbers_of_an_exception(state: int, service: int, rules: list[str]) -> None:
    _, deviations = decode_apdu(bytes([0xD8, state, service]))
    assert [item.rule for item in deviations] == rules


def test_names_of_services_are_their_bits_and_no_others() -> None:
    assert Conformance.from_names(()) == Conformance(0)
    assert Conformance.from_names(["get"]) == Conformance.GET
    assert Conformance.from_names(["set", "action"]) == Conformance.SET | Conformance.ACTION


@pytest.mark.parametrize("element", ["ac0480021122", "ac0481021122"])
def test_a_password_is_a_charstring(element: str) -> None:
    body = bytes.fromhex("a109060760857405080101" + "8a0207808b0760857405080201" + element)
    _, deviations = decode_acse(b"\x60" + bytes([len(body)]) + body)
    assert ("acse.authentication-choice" in [item.rule for item in deviations]) is element.startswith(
        "ac0481"
    )


def test_a_message_is_whole_only_when_it_begins_one() -> None:
    """The second half of a message may look like a whole one by itself."""
    inner = WrapperFrame(1, 16, bytes.fromhex("d80102")).to_bytes()
    whole = WrapperFrame(1, 16, b"\x00" + inner).to_bytes()
    reader = WrapperReader()
    assert reader.feed(whole[:9]) == []
    assert reader.feed(whole[9:]) == [whole]
    assert reader.feed(inner) == [inner]


@pytest.mark.parametrize(
    ("data", "number", "octets", "elements"),
    [
        (axdr.unsigned(5), 5, None, None),
        (axdr.enum(7), 7, None, None),
        (axdr.octet_string(b"AB"), None, b"AB", None),
        (axdr.structure(axdr.unsigned(5)), None, None, 1),
        (axdr.array(), None, None, 0),
        (axdr.null_data(), None, None, None),
    ],
)
def test_a_plain_value_is_taken_only_from_its_kind(
    data: Data, number: int | None, octets: bytes | None, elements: int | None
) -> None:
    readers = ((as_integer, number), (as_octets, octets), (as_elements, elements))
    for read, due in readers:
        if due is None:
            with pytest.raises(UnexpectedData, match=data.type.name):
                read(data)
        else:
            found = read(data)
            assert (len(found) if read is as_elements else found) == due  # type: ignore[arg-type]


@pytest.mark.parametrize(("control", "suite"), [(0x30, 0), (0x31, 1), (0x12, 2), (0xBF, 15)])
def test_the_suite_of_a_protected_text(control: int, suite: int) -> None:
    text = ProtectedText(security_control=control, invocation_counter=1, payload=b"")
    assert text.suite == suite
    assert text.to_bytes() == bytes([control, 0, 0, 0, 1])
