"""Decoder keys by DKGA02 and DKGA04, their parameters, and the legacy algorithms that are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.protocols.sts.algorithm import Algorithm, Dkga
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.key_type import KeyType, key_type_change
from bench.protocols.sts.keys import (
    KeyParameters,
    control_block,
    decoder_key,
    decoder_key_dkga02,
    decoder_key_dkga04,
    dkga04_data_block,
    pan_block,
)

GOOD: dict[str, Any] = {
    "meter_pan": "600727000000000009",
    "supply_group_code": "201457",
    "tariff_index": "01",
    "key_revision_number": "1",
}


def test_dkga02_example() -> None:
    old = KeyParameters.parse(**GOOD | {"supply_group_code": "123456", "base_date": "1993", "dkga": "DKGA02"})
    assert pan_block(old) == 0x0072700000000000
    assert control_block(old) == 0x2123456011FFFFFF
    assert decoder_key_dkga02(bytes.fromhex("ab" * 8), old).hex() == "e653341f9d5bf36f"


def test_dkga02_pan_block_of_a_four_digit_manufacturer() -> None:
    old = KeyParameters.parse(**GOOD | {"meter_pan": "000001000000000082", "dkga": "DKGA02"})
    assert pan_block(old) == 0x0000100000000008


def test_dkga04_example(parameters: KeyParameters, vending_key: bytes) -> None:
    assert dkga04_data_block(parameters).hex() == (
        "04023034023134023037023031000406323031343537013201311236303037323730303030303030303030303900000040"
    )
    assert decoder_key_dkga04(vending_key, parameters).hex() == "87f3ecbb2e46b48f"
    long_key = replace(parameters, algorithm=Algorithm.EA11)
    assert decoder_key(vending_key, long_key).hex() == "929bd3a415c9420a05ec5ee9f3ce91c3"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"supply_group_code": "20145"}, "supply group code"),
        ({"supply_group_code": "20145a"}, "supply group code"),
        ({"tariff_index": "100"}, "tariff index"),
        ({"tariff_index": "x"}, "tariff index"),
        ({"key_revision_number": "0"}, "key revision number"),
        ({"key_revision_number": 10}, "key revision number"),
        ({"key_type": "4"}, "key type"),
        ({"base_date": "1994"}, "base date"),
        ({"algorithm": "EA09"}, "encryption algorithm"),
        ({"algorithm": "EA12"}, "encryption algorithm"),
        ({"dkga": "DKGA01"}, "key generation algorithm"),
        ({"dkga": "DKGA03"}, "key generation algorithm"),
        ({"dkga": "DKGA05"}, "key generation algorithm"),
        ({"dkga": "DKGA02", "algorithm": "EA11"}, "key generation algorithm"),
        ({"meter_pan": "600727000000000008"}, "meter PAN"),
    ],
)
def test_wrong_parameters_are_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldError) as caught:
        KeyParameters.parse(**GOOD | change)
    assert caught.value.field == field


@pytest.mark.parametrize("name", ["DKGA01", "3"])
def test_legacy_key_generation_says_what_to_use(name: str) -> None:
    with pytest.raises(FieldError, match="use DKGA02 or DKGA04"):
        Dkga.parse(name)


def test_the_extra_octet_that_the_document_prints_is_explained(
    parameters: KeyParameters, vending_key: bytes
) -> None:
    with pytest.raises(FieldError, match="one octet more, which is not part of the key"):
        decoder_key(vending_key + b"\x16", parameters)


def test_only_a_default_key_allows_no_credit() -> None:
    assert [kind.abbreviation for kind in KeyType if not kind.allows_credit] == ["DDTK"]


@pytest.mark.parametrize("current", [1, 2, 3])
def test_nothing_leads_to_an_initialisation_key_but_another(current: int) -> None:
    assert key_type_change(KeyType(current), KeyType.INITIALISATION) is None
    assert key_type_change(KeyType.UNIQUE, KeyType.COMMON) is None
    assert key_type_change(KeyType.UNIQUE, KeyType.DEFAULT) is not None
