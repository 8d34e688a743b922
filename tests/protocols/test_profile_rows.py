"""Rows of a profile whose cells are told by null-data: told out by hand."""

from __future__ import annotations

from bench.protocols.axdr import double_long_unsigned, null_data, octet_string
from bench.protocols.data import Data
from bench.protocols.profile_rows import unfolded

NOTHING = null_data()


def clock(octets: str) -> Data:
    return octet_string(bytes.fromhex(octets))


def number(value: int) -> Data:
    return double_long_unsigned(value)


#: 2027-03-01 12:00:00 and 12:15:00, one hour east of UTC (deviation -60), hundredths not specified.
NOON, QUARTER = "07eb0301010c0000ffffc400", "07eb0301010c0f00ffffc400"


def test_null_data_is_what_the_row_before_holds() -> None:
    rows = [(clock(NOON), number(7)), (clock(QUARTER), NOTHING), (clock(QUARTER), number(9))]
    assert unfolded(rows) == ((rows[0]), (clock(QUARTER), number(7)), rows[2])


def test_a_clock_goes_on_by_the_capture_period() -> None:
    rows = [(clock(NOON), number(7)), (NOTHING, number(8))]
    assert unfolded(rows, 900)[1] == (clock(QUARTER), number(8))
    newest_first = [(clock(QUARTER), number(8)), (NOTHING, number(7))]
    assert unfolded(newest_first, -900)[1] == (clock(NOON), number(7))


def test_what_is_not_specified_stays_so() -> None:
    unsaid = "07eb0301ff0c0000ff8000ff"
    told = unfolded([(clock(unsaid),), (NOTHING,)], 900)[1][0].octets()
    assert told.hex() == "07eb0301010c0f00ff8000ff"


def test_the_first_row_and_rows_of_another_length_have_nothing_before_them() -> None:
    assert unfolded([(NOTHING, number(1))]) == ((NOTHING, number(1)),)
    rows = [(number(1), number(2)), (NOTHING,)]
    assert unfolded(rows)[1] == (NOTHING,)
