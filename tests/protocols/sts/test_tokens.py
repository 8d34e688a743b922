"""Tokens made and opened: published examples, every kind there and back, tokens a meter has to refuse.

METERBENCH_FUZZ=full opens a million random numbers and ten thousand drawn ones; a sample otherwise.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.protocols.sts import fields as kinds
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.amount import decode_amount
from bench.protocols.sts.crc import block_crc
from bench.protocols.sts.currency import decode_currency
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import TokenFields
from bench.protocols.sts.maker import make_block, make_token, seal_block
from bench.protocols.sts.meter_tests import METER_TESTS, request_test, requested_tests
from bench.protocols.sts.number import MAXIMUM_VALUE
from bench.protocols.sts.opener import open_token, read_fields

KEYS = {
    Algorithm.EA07: bytes.fromhex("87f3ecbb2e46b48f"),
    Algorithm.EA11: bytes.fromhex("929bd3a415c9420a05ec5ee9f3ce91c3"),
}

FULL = os.environ.get("METERBENCH_FUZZ") == "full"
DRAWN = 10_000 if FULL else 100
RANDOM_NUMBERS = 1_000_000 if FULL else 20_000

tids = st.integers(0, (1 << 24) - 1)
nibbles = st.integers(0, 15)
words = st.integers(0, 0xFFFF)
key_parts = st.integers(0, 0xFFFFFFFF)
amounts = words.map(decode_amount)
#: The field with sign and magnitude zero decodes to 0, which is encoded without the sign.
money = st.integers(0, (1 << 20) - 1).map(decode_currency)
commodities = st.sampled_from(kinds.Commodity)
managed = {"tid": tids, "rnd": nibbles}

any_cipher: st.SearchStrategy[TokenFields] = st.one_of(
    st.builds(kinds.TransferCredit, commodity=commodities, least_units=amounts, **managed),
    st.builds(kinds.TransferCurrency, commodity=commodities, least_units=money, tid=tids),
    st.builds(
        kinds.InitiateTest, control=st.integers(0, (1 << 36) - 1), manufacturer_code=st.integers(0, 255)
    ),
    st.builds(
        kinds.InitiateTest,
        control=st.integers(0, (1 << 28) - 1),
        manufacturer_code=words,
        manufacturer_digits=st.just(4),
    ),
    st.builds(kinds.ReadExtended, index=st.integers(0, 63), value=st.integers(0, (1 << 30) - 1)),
    st.builds(kinds.SetMaximumPowerLimit, limit_w=amounts, **managed),
    st.builds(kinds.ClearCredit, register=words, **managed),
    st.builds(kinds.SetTariffRate, rate=words, **managed),
    st.builds(
        kinds.KeyChangeFirst,
        ken_high=nibbles,
        key_revision_number=nibbles,
        roll_over=st.booleans(),
        third_section_follows=st.booleans(),
        key_type=st.integers(0, 3),
        key_part=key_parts,
    ),
    st.builds(kinds.KeyChangeSecond, ken_low=nibbles, tariff_index=st.integers(0, 255), key_part=key_parts),
    st.builds(kinds.ClearTamperCondition, pad=words, **managed),
    st.builds(kinds.SetMaximumPhasePowerUnbalanceLimit, limit_w=amounts, **managed),
    st.builds(kinds.SetWaterMeterFactor, factor=words, **managed),
    st.builds(kinds.WriteExtended, index=st.integers(0, 63), value=st.integers(0, 1023), **managed),
)
ea07_only: st.SearchStrategy[TokenFields] = st.builds(
    kinds.KeyChangeSupplyGroup,
    supply_group_code=st.integers(0, (1 << 24) - 1),
    pad=st.integers(0, (1 << 20) - 1),
)
ea11_only: st.SearchStrategy[TokenFields] = st.one_of(
    st.builds(kinds.KeyChangeThird, supply_group_low=st.integers(0, 0xFFF), key_part=key_parts),
    st.builds(kinds.KeyChangeFourth, supply_group_high=st.integers(0, 0xFFF), key_part=key_parts),
)
tokens = st.one_of(
    st.tuples(st.just(Algorithm.EA07), st.one_of(any_cipher, ea07_only)),
    st.tuples(st.just(Algorithm.EA11), st.one_of(any_cipher, ea11_only)),
)


@settings(derandomize=True, database=None, deadline=None, max_examples=500)
@given(tokens)
def test_every_token_opens_to_what_it_was_made_from(token: tuple[Algorithm, TokenFields]) -> None:
    algorithm, fields = token
    digits = make_token(fields, KEYS[algorithm], algorithm)
    opened = open_token(digits, KEYS[algorithm], algorithm)
    assert opened.crc_ok
    assert opened.fields == fields


@settings(derandomize=True, database=None, deadline=None, max_examples=DRAWN)
@given(st.text("0123456789", min_size=20, max_size=20), st.sampled_from(Algorithm))
def test_any_twenty_digits_open_or_are_refused(digits: str, algorithm: Algorithm) -> None:
    if int(digits) > MAXIMUM_VALUE:
        with pytest.raises(FieldError, match="token"):
            open_token(digits, KEYS[algorithm], algorithm)
        return
    opened = open_token(digits, KEYS[algorithm], algorithm)
    assert opened.crc_ok or opened.fields is None
    assert seal_block(opened.token_class, opened.block, KEYS[algorithm], algorithm) == digits


@pytest.mark.parametrize("algorithm", Algorithm)
def test_random_numbers_open_as_often_as_sixteen_bits_allow(algorithm: Algorithm) -> None:
    """A checksum of 16 bits lets one number in 65536 pass; many more, or none of a million, is a wrong checksum."""
    draw, key = random.Random(f"tokens for {algorithm}"), KEYS[algorithm]
    count = RANDOM_NUMBERS // 2
    passed = sum(
        open_token(f"{draw.randrange(MAXIMUM_VALUE + 1):020d}", key, algorithm).crc_ok for _ in range(count)
    )
    due = count / 65536
    assert abs(passed - due) <= 5 * due**0.5 + 1


@pytest.mark.parametrize(
    ("fields", "digits"),
    [
        # STS531-1 Ed 2.2 steps for PAN 600727000000000009, EA07.
        (kinds.TransferCredit(tid=85740, least_units=1), "70630503470028726114"),
        (kinds.TransferCredit(tid=5389950, least_units=256), "35564630509785701608"),
        (request_test(0), "56493153725450313471"),
        (request_test(0, manufacturer_digits=4), "02305843005052951967"),
    ],
)
def test_published_tokens(fields: TokenFields, digits: str) -> None:
    assert make_token(fields, KEYS[Algorithm.EA07], Algorithm.EA07) == digits


def test_a_class_1_token_needs_no_key() -> None:
    token = make_token(request_test(3), None, Algorithm.EA07)
    assert open_token(token, None, Algorithm.EA11).fields == request_test(3)


def test_each_test_has_its_control_bit() -> None:
    assert [test.number for test in METER_TESTS] == list(range(1, 19))
    assert [requested_tests(request_test(test.number)) for test in METER_TESTS] == [
        (test,) for test in METER_TESTS
    ]


@pytest.mark.parametrize("number", [-1, 19])
def test_other_tests_are_refused(number: int) -> None:
    with pytest.raises(FieldError, match="test"):
        request_test(number)


def test_a_currency_token_with_the_plain_checksum_is_wrong() -> None:
    fields = kinds.TransferCurrency(tid=5988192, least_units=100_000)
    token_class, block = make_block(fields)
    plain = block_crc(token_class, block >> 16)
    digits = make_token(fields, KEYS[Algorithm.EA07], Algorithm.EA07, crc=plain)
    opened = open_token(digits, KEYS[Algorithm.EA07], Algorithm.EA07)
    assert not opened.crc_ok
    assert opened.fields is None
    assert read_fields(opened, Algorithm.EA07) == kinds.TransferCurrency(tid=5988192, least_units=100_004)


@pytest.mark.parametrize(("token_class", "subclass"), [(0, 8), (1, 5), (2, 15), (3, 0)])
def test_reserved_tokens_have_a_right_checksum_but_no_meaning(token_class: int, subclass: int) -> None:
    raw = kinds.RawToken(token_class=token_class, subclass=subclass, payload44=0x123456789AB)
    opened = open_token(
        make_token(raw, KEYS[Algorithm.EA07], Algorithm.EA07), KEYS[Algorithm.EA07], Algorithm.EA07
    )
    assert (opened.token_class, opened.subclass) == (token_class, subclass)
    assert opened.crc_ok
    assert opened.fields is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (kinds.TransferCredit(tid=1 << 24, least_units=1), "TID"),
        (kinds.TransferCredit(tid=0, least_units=-1), "amount (least units)"),
        (kinds.TransferCredit(tid=0, least_units=1, rnd=16), "rnd"),
        (kinds.ClearCredit(tid=0, register=0x10000), "register"),
        (kinds.InitiateTest(control=1 << 28, manufacturer_digits=4), "control"),
        (kinds.InitiateTest(control=1, manufacturer_digits=3), "manufacturer digits"),
        (kinds.WriteExtended(tid=0, index=64, value=0), "index"),
        (kinds.WriteExtended(tid=0, index=0, value=1024), "value"),
        (kinds.RawToken(token_class=4, subclass=0, payload44=0), "token class"),
        (kinds.RawToken(token_class=0, subclass=16, payload44=0), "subclass"),
        (kinds.KeyChangeThird(supply_group_low=0, key_part=0), "encryption algorithm"),
    ],
)
def test_values_that_do_not_fit_are_named(fields: TokenFields, field: str) -> None:
    with pytest.raises(FieldError) as caught:
        make_token(fields, KEYS[Algorithm.EA07], Algorithm.EA07)
    assert caught.value.field == field


def test_key_parts_never_show() -> None:
    section = kinds.KeyChangeSecond(ken_low=15, tariff_index=2, key_part=0x20BE39B8)
    opened = open_token(
        make_token(section, KEYS[Algorithm.EA07], Algorithm.EA07), KEYS[Algorithm.EA07], Algorithm.EA07
    )
    assert str(0x20BE39B8) not in repr(opened)
    assert "block" not in repr(opened)
