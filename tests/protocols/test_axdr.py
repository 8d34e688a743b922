"""A-XDR: values on the line, refusals at the right octet."""

from __future__ import annotations

import pytest

from bench.protocols import axdr
from bench.protocols.axdr import CompactArray, Data, DataType, DecodeError, TypeDescription

# Expected octets by the rules of IEC 61334-6 and the tags of the Data CHOICE (dlms.md 6.5 and vectors).
VALUES = [
    (axdr.null_data(), "00"),
    (axdr.array(axdr.unsigned(1), axdr.unsigned(2)), "010211011102"),
    (axdr.structure(axdr.integer(-1), axdr.enum(30)), "02020fff161e"),
    (axdr.boolean(True), "0301"),
    (axdr.boolean(False), "0300"),
    (axdr.bit_string("101"), "0403a0"),
    (axdr.bit_string("111111110"), "0409ff00"),
    (axdr.bit_string(""), "0400"),
    (axdr.double_long(-2), "05fffffffe"),
    (axdr.double_long_unsigned(0xFFFFFFFF), "06ffffffff"),
    (axdr.octet_string(bytes.fromhex("0000010000ff")), "09060000010000ff"),
    (axdr.octet_string(bytes(128)), "098180" + "00" * 128),
    (axdr.octet_string(bytes(256)), "09820100" + "00" * 256),
    (axdr.visible_string("ISK"), "0a0349534b"),
    (axdr.utf8_string("é"), "0c02c3a9"),
    (Data(DataType.BCD, 0x12), "0d12"),
    (axdr.integer(-60), "0fc4"),
    (axdr.long(120), "100078"),
    (axdr.unsigned(255), "11ff"),
    (axdr.long_unsigned(0x0902), "120902"),
    (axdr.long64(-1), "14ffffffffffffffff"),
    (axdr.long64_unsigned(1), "150000000000000001"),
    (Data(DataType.FLOAT32, 1.0), "173f800000"),
    (Data(DataType.FLOAT64, -2.0), "18c000000000000000"),
    (Data(DataType.DATE_TIME, bytes.fromhex("07e50603040e091700ffc400")), "1907e50603040e091700ffc400"),
    (Data(DataType.DATE, bytes.fromhex("07e5060304")), "1a07e5060304"),
    (Data(DataType.TIME, bytes.fromhex("0e091700")), "1b0e091700"),
    (Data(DataType.DELTA_INTEGER, -3), "1cfd"),
    (Data(DataType.DONT_CARE, None), "ff"),
    (
        Data(
            DataType.COMPACT_ARRAY,
            CompactArray(
                TypeDescription(
                    DataType.STRUCTURE,
                    (TypeDescription(DataType.UNSIGNED), TypeDescription(DataType.LONG_UNSIGNED)),
                ),
                bytes.fromhex("010002030004"),
            ),
        ),
        "130202111206010002030004",
    ),
    (
        Data(
            DataType.COMPACT_ARRAY,
            CompactArray(
                TypeDescription(DataType.ARRAY, (TypeDescription(DataType.UNSIGNED),), 2), b"\x01\x02"
            ),
        ),
        "13010002110" + "20102",
    ),
]


@pytest.mark.parametrize(("data", "octets"), VALUES, ids=[octets[:12] for _, octets in VALUES])
def test_value_on_the_line(data: Data, octets: str) -> None:
    assert axdr.encode(data).hex() == octets
    assert axdr.decode_all(bytes.fromhex(octets)) == data


def test_decoding_goes_on_behind_a_value() -> None:
    assert axdr.decode(bytes.fromhex("ff11050f01"), 1) == (axdr.unsigned(5), 3)


@pytest.mark.parametrize(
    ("octets", "offset", "rule"),
    [
        ("", 0, "truncated"),
        ("12", 1, "truncated"),
        ("1201", 2, "truncated"),
        ("0904010203", 5, "truncated"),
        ("0203110511", 5, "truncated"),
        ("08", 0, "axdr.tag"),
        ("01020b", 2, "truncated"),
        ("010208", 3, "truncated"),
        ("0201fe", 2, "axdr.tag"),
        ("0980", 1, "length.indefinite"),
        ("098500000000" + "01", 1, "length.too-large"),
        ("0403a1", 2, "axdr.unused-bits"),
        ("0a0241ff", 3, "axdr.visible-string"),
        ("0c02c328", 2, "axdr.utf8"),
        ("13fe00", 1, "axdr.type-description"),
        ("1105" + "00", 2, "trailing"),
        ("0101" * 40 + "00", 65, "axdr.nesting"),
    ],
)
def test_refusal_names_octet_and_rule(octets: str, offset: int, rule: str) -> None:
    with pytest.raises(DecodeError) as caught:
        axdr.decode_all(bytes.fromhex(octets))

    found = (caught.value.offset, caught.value.rule)
    if rule == "truncated":
        assert found[1] == rule
    else:
        assert found == (offset, rule)


@pytest.mark.parametrize("octets", ["09810141", "03fe", "17ff800001"])
def test_what_is_only_unusual_is_decoded_and_reported(octets: str) -> None:
    data, deviations = axdr.examine(bytes.fromhex(octets))

    assert data is not None
    assert [deviation.offset for deviation in deviations] == [1]
    assert axdr.decode_all(bytes.fromhex(octets)).type is data.type


@pytest.mark.parametrize(
    "data",
    [
        axdr.unsigned(256),
        axdr.unsigned(-1),
        axdr.integer(128),
        Data(DataType.DATE_TIME, bytes(11)),
        Data(DataType.UNSIGNED, "5"),
        Data(DataType.BIT_STRING, "12"),
        Data(DataType.STRUCTURE, None),
    ],
)
def test_a_value_that_its_type_cannot_hold_is_refused(data: Data) -> None:
    with pytest.raises(ValueError, match=data.type.name):
        axdr.encode(data)


def test_any_octets_can_be_written() -> None:
    malformed = axdr.structure(axdr.unsigned(1), axdr.verbatim(bytes.fromhex("12ab")))

    assert axdr.encode(malformed).hex() == "0202110112ab"
    with pytest.raises(DecodeError):
        axdr.decode_all(axdr.encode(malformed))
