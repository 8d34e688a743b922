"""Elements of a compact-array: types from the description, values without tags."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import decode_all, long_unsigned, structure, unsigned
from bench.protocols.compact import elements
from bench.protocols.data import CompactArray, Data, DataType
from bench.protocols.deviation import DecodeError


def compact(octets: str) -> CompactArray:
    value = decode_all(bytes.fromhex(octets)).value
    assert isinstance(value, CompactArray)
    return value


def test_structures_stand_one_after_the_other() -> None:
    value = compact("13020211 1206010002 030004".replace(" ", ""))
    assert elements(value) == (
        structure(unsigned(1), long_unsigned(2)),
        structure(unsigned(3), long_unsigned(4)),
    )


def test_arrays_have_the_described_number_of_elements() -> None:
    value = compact("13010002110401020304")
    assert [element.items() for element in elements(value)] == [
        (unsigned(1), unsigned(2)),
        (unsigned(3), unsigned(4)),
    ]


@pytest.mark.parametrize("octets", ["1302011100", "131203010203", "13000100"])
def test_contents_that_do_not_fit_are_refused(octets: str) -> None:
    value = compact(octets)
    if not value.contents:
        assert elements(value) == ()
        return
    with pytest.raises(DecodeError):
        elements(value)


def test_strings_carry_their_length() -> None:
    value = compact("1309050141024243")
    assert elements(value) == (Data(DataType.OCTET_STRING, b"A"), Data(DataType.OCTET_STRING, b"BC"))
