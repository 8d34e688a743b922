"""Digits, 66-bit value and class bits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.number import (
    MAXIMUM_VALUE,
    digits_of,
    extract_class,
    grouped,
    insert_class,
    parse_digits,
    value_of,
)

quick = settings(derandomize=True, database=None, max_examples=200)


@pytest.mark.parametrize(
    "text",
    [
        "70630503470028726114",
        "7063 0503 4700 2872 6114",
        "7063-0503-4700-2872-6114",
        " 7063 050347002872 6114\n",
    ],
)
def test_groups_are_accepted(text: str) -> None:
    assert parse_digits(text) == "70630503470028726114"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("7063050347002872611a", "found 'a'"),
        ("7063050347002872611", "19 given"),
        ("706305034700287261145", "21 given"),
        ("73786976294838206464", "not an STS token"),
        ("99999999999999999999", "not an STS token"),
        ("", "0 given"),
        ("٧٠٦٣٠٥٠٣٤٧٠٠٢٨٧٢٦١١٤", "only digits"),  # decimal digits to Python, but not to a meter's keypad
    ],
)
def test_what_is_no_token_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(FieldError, match=complaint):
        value_of(text)


def test_the_largest_token() -> None:
    assert digits_of(MAXIMUM_VALUE) == "73786976294838206463"


def test_class_bits_of_the_published_example() -> None:
    # IEC 62055-41, sample tables: ciphertext and 66-bit value of a class 0 token.
    assert insert_class(0xC45ED1619406DF95, 0) == 0x2C45ED1618406DF95
    assert digits_of(0x2C45ED1618406DF95) == "51043465443420856213"


@quick
@given(st.integers(0, (1 << 64) - 1), st.integers(0, 3))
def test_class_bits_come_out_as_they_went_in(block: int, token_class: int) -> None:
    assert extract_class(insert_class(block, token_class)) == (token_class, block)


@quick
@given(st.integers(0, MAXIMUM_VALUE))
def test_digits_come_out_as_they_went_in(value: int) -> None:
    assert value_of(grouped(digits_of(value))) == value
