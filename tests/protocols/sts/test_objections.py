"""Why a meter rejects a token (sts.md 1.2, 6.3.5): each range at its edges, and slips of typing found again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.protocols.sts import fields as kinds
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.diagnosis import slips, wrong_parameters
from bench.protocols.sts.explain import conditions, objections
from bench.protocols.sts.fields import TokenFields
from bench.protocols.sts.key_type import KeyType
from bench.protocols.sts.keys import KeyParameters, decoder_key
from bench.protocols.sts.maker import make_token
from bench.protocols.sts.opener import OpenedToken, open_token
from bench.protocols.sts.tid import BaseDate

NEVER = 255
CREDIT = kinds.TransferCredit(commodity=kinds.Commodity.ELECTRICITY, tid=1000, least_units=20)


def opened(fields: TokenFields | None, token_class: int = 2, *, crc_ok: bool = True) -> OpenedToken:
    return OpenedToken(token_class=token_class, subclass=0, fields=fields, crc_ok=crc_ok, block=0)


def first_section(krn: int = 1, key_type: int = 2) -> kinds.KeyChangeFirst:
    return kinds.KeyChangeFirst(
        ken_high=15,
        key_revision_number=krn,
        roll_over=False,
        third_section_follows=False,
        key_type=key_type,
        key_part=0,
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        *((kinds.ClearCredit(tid=1, register=register), "") for register in (0, 7, 0xFFFF)),
        (kinds.ClearCredit(tid=1, register=8), "RangeError"),
        (kinds.ClearTamperCondition(tid=1), ""),
        (kinds.ClearTamperCondition(tid=1, pad=1), "FormatError"),
        (first_section(0), "RangeError"),
        (first_section(1), ""),
        (first_section(9), ""),
        (first_section(10), "RangeError"),
        (kinds.KeyChangeSecond(ken_low=15, tariff_index=99, key_part=0), ""),
        (kinds.KeyChangeSecond(ken_low=15, tariff_index=100, key_part=0), "RangeError"),
        (kinds.KeyChangeSupplyGroup(supply_group_code=999_999), ""),
        (kinds.KeyChangeSupplyGroup(supply_group_code=1_000_000), "RangeError"),
        (kinds.InitiateTest(control=1), ""),
        (kinds.InitiateTest(control=1, manufacturer_code=7), "MfrCodeError"),
        (kinds.SetMaximumPowerLimit(tid=1, limit_w=1), ""),
        (None, "FunctionError"),
    ],
)
def test_a_value_outside_its_range(fields: TokenFields | None, code: str) -> None:
    found = objections(opened(fields), None, NEVER)
    assert [line.partition(":")[0] for line in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (opened(CREDIT, 3), "FormatError"),
        (opened(None, 1, crc_ok=False), "CRCError"),
        (opened(None, 0, crc_ok=False), "CRCError"),
    ],
)
def test_what_is_no_token(token: OpenedToken, code: str) -> None:
    (found,) = objections(token, None, NEVER)
    assert found.startswith(code)
    assert ("mistyped" in found) is (token.token_class == 1)


@pytest.mark.parametrize(
    ("memory", "code"),
    [
        ((), ""),
        ((1000, 900), "UsedError"),
        ((1001, 1002), "OldError"),
        ((1000,), "UsedError"),  # the oldest that is remembered is used, not old
        ((999, 1001), ""),
    ],
)
def test_what_a_meter_remembers(memory: tuple[int, ...], code: str) -> None:
    found = objections(opened(CREDIT, 0), None, NEVER, memory)
    assert [line.partition(":")[0] for line in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("held", "new", "code"),
    # the table of 6.5.2.4.2: what replaces what; 0 and 3 live on magnetic cards
    [
        (2, 2, ""),
        (2, 1, ""),
        (0, 1, ""),
        (0, 2, ""),
        (1, 2, ""),
        (2, 0, "KeyTypeError"),
        (2, 3, "KeyTypeError"),
        (3, 2, "KeyTypeError"),
        (1, 3, "KeyTypeError"),
        (0, 3, "KeyTypeError"),  # only on magnetic cards
        (3, 3, "KeyTypeError"),
    ],
)
def test_the_type_of_a_new_key(parameters: KeyParameters, held: int, new: int, code: str) -> None:
    holding = replace(parameters, key_type=KeyType(held))
    found = objections(opened(first_section(key_type=new)), holding, NEVER)
    assert [line.partition(":")[0] for line in found] == ([code] if code else [])


@pytest.mark.parametrize(("key_type", "code"), [(1, "DDTKError"), (2, ""), (3, ""), (0, "")])
def test_credit_under_a_default_key(parameters: KeyParameters, key_type: int, code: str) -> None:
    holding = replace(parameters, key_type=KeyType(key_type))
    money = kinds.TransferCurrency(commodity=kinds.Commodity.ELECTRICITY, tid=1000, least_units=5)
    for fields in (CREDIT, money):
        found = objections(opened(fields, 0), holding, NEVER)
        assert [line.partition(":")[0] for line in found] == ([code] if code else [])
    assert objections(opened(kinds.ClearCredit(tid=1, register=0)), holding, NEVER) == []


@pytest.mark.parametrize(
    ("tid", "expiry", "expired"),
    # the expiry number is compared with the eight high bits of the identifier; 255 never expires
    [
        (0x10FFFF, 0x10, False),
        (0x110000, 0x10, True),
        (0x0FFFFF, 0x10, False),
        (0xFFFFFF, 255, False),
        (0xFFFFFF, 254, True),
    ],
)
def test_a_key_that_has_expired(tid: int, expiry: int, expired: bool) -> None:
    found = objections(opened(replace(CREDIT, tid=tid), 0), None, expiry)
    assert [line.partition(":")[0] for line in found] == (["KeyExpiredError"] if expired else [])


@pytest.mark.parametrize(
    ("fields", "once"),
    [
        (CREDIT, True),
        (kinds.ClearCredit(tid=1, register=0), True),
        (kinds.WriteExtended(tid=1, index=1, value=1), True),
        (kinds.InitiateTest(control=1), False),
        (kinds.ReadExtended(index=1), False),
        (first_section(), False),
    ],
)
def test_what_else_decides(fields: TokenFields, once: bool) -> None:
    told = " ".join(conditions(opened(fields)))
    assert ("UsedError" in told) is once
    assert ("another commodity" in told) is isinstance(fields, kinds.TransferCredit)
    assert ("202-5" in told) is isinstance(fields, kinds.WriteExtended | kinds.ReadExtended)
    assert ("every token of its set" in told) is isinstance(fields, kinds.KeyChangeSection)
    assert conditions(opened(None)) == []


def spoiled(token: str, place: int) -> str:
    """Another digit at a place, from 1."""
    return token[: place - 1] + str((int(token[place - 1]) + 1) % 10) + token[place:]


def test_a_slip_of_typing_is_found_again(key: bytes) -> None:
    token = make_token(CREDIT, key, Algorithm.EA07)
    assert open_token(token, key, Algorithm.EA07).fields == CREDIT
    for place in (1, 2, 19, 20):
        wrong = spoiled(token, place)
        if int(wrong) < 2**66:
            assert f"digit {place} as {token[place - 1]}" in slips(wrong, key, Algorithm.EA07)
    pair = next(place for place in range(19) if token[place] != token[place + 1])
    exchanged = token[:pair] + token[pair + 1] + token[pair] + token[pair + 2 :]
    assert f"digits {pair + 1} and {pair + 2} exchanged" in slips(exchanged, key, Algorithm.EA07)
    last = token[:18] + token[19] + token[18]
    if last != token:
        assert "digits 19 and 20 exchanged" in slips(last, key, Algorithm.EA07)
    assert not [words for words in slips(token, key, Algorithm.EA07) if "exchanged" in words]


def test_without_a_key_only_a_test_token_can_be_guessed(key: bytes) -> None:
    test = make_token(kinds.InitiateTest(control=1), None, Algorithm.EA07)
    assert any(words.startswith("digit 20 as ") for words in slips(spoiled(test, 20), None, Algorithm.EA07))
    credit = spoiled(make_token(CREDIT, key, Algorithm.EA07), 20)
    for words in slips(credit, None, Algorithm.EA07):  # whatever is found would be of class 1
        place, digit = int(words.split()[1]), words.split()[-1]
        fixed = credit[: place - 1] + digit + credit[place:]
        assert open_token(fixed, None, Algorithm.EA07).token_class == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"key_revision_number": 9}, "key revision number 9"),
        ({"tariff_index": 0}, "tariff index 00"),
        ({"tariff_index": 99}, "tariff index 99"),
        ({"key_type": KeyType.COMMON}, "key type 3"),
        ({"base_date": BaseDate.Y1993}, "base date 1993"),
    ],
)
def test_one_wrong_parameter_is_found(
    parameters: KeyParameters, vending_key: bytes, changed: dict[str, Any], words: str
) -> None:
    made_with = replace(parameters, **changed)
    token = make_token(CREDIT, decoder_key(vending_key, made_with), made_with.algorithm)
    assert words in wrong_parameters(token, vending_key, parameters)
