"""Key change sets of two, three and four tokens, joined in any order."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.key_change import KeyChange, join_sections, key_change_sections, key_change_to
from bench.protocols.sts.keys import KeyParameters, decoder_key
from bench.protocols.sts.maker import make_token
from bench.protocols.sts.tid import BaseDate


def test_the_published_set_of_three(parameters: KeyParameters, key: bytes, vending_key: bytes) -> None:
    # STS531-1 CTSA05 step 4: tariff index 01 to 02, with the supply group code.
    new = replace(parameters, tariff_index=2)
    change = key_change_to(new, decoder_key(vending_key, new), current=parameters, with_supply_group=True)
    assert [make_token(s, key, Algorithm.EA07) for s in key_change_sections(change, Algorithm.EA07)] == [
        "52506022850399603630",
        "22979178279997208272",
        "39620459059615037790",
    ]


def test_the_published_roll_over(parameters: KeyParameters, key: bytes, vending_key: bytes) -> None:
    # STS531-1 CTSA05 step 2: base date 2014 to 2035.
    new = replace(
        parameters,
        base_date=BaseDate.Y2035,
        supply_group_code="203557",
        tariff_index=2,
        key_revision_number=6,
    )
    change = key_change_to(new, decoder_key(vending_key, new), current=parameters)
    assert change.roll_over
    assert [make_token(s, key, Algorithm.EA07) for s in key_change_sections(change, Algorithm.EA07)] == [
        "65413070543688156280",
        "27469374567476953413",
    ]


@pytest.mark.parametrize(
    ("algorithm", "octets", "supply_group_code", "count"),
    [(Algorithm.EA07, 8, None, 2), (Algorithm.EA07, 8, "000457", 3), (Algorithm.EA11, 16, "201457", 4)],
)
def test_sections_join_in_any_order(
    algorithm: Algorithm, octets: int, supply_group_code: str | None, count: int
) -> None:
    change = KeyChange(
        new_key=bytes(range(octets)),
        key_type=1,
        key_revision_number=9,
        tariff_index=99,
        key_expiry_number=170,
        roll_over=True,
        supply_group_code=supply_group_code,
    )
    sections = key_change_sections(change, algorithm)
    assert len(sections) == count
    for order in permutations(sections):
        assert join_sections(order, algorithm) == change
        assert join_sections(order[:-1], algorithm) is None


def test_the_key_does_not_show(parameters: KeyParameters, key: bytes) -> None:
    change = key_change_to(parameters, key, current=parameters)
    assert key.hex() not in repr(change)
    assert repr(key) not in repr(change)


def test_a_set_for_a_long_key_carries_the_supply_group(parameters: KeyParameters, vending_key: bytes) -> None:
    long = replace(parameters, algorithm=Algorithm.EA11)
    change = key_change_to(long, decoder_key(vending_key, long), current=long)
    assert change.supply_group_code == "201457"
    with pytest.raises(FieldError, match="supply group code"):
        key_change_sections(replace(change, supply_group_code=None), Algorithm.EA11)


def test_the_cipher_cannot_change(parameters: KeyParameters, key: bytes) -> None:
    with pytest.raises(FieldError, match="cannot change the cipher"):
        key_change_to(replace(parameters, algorithm=Algorithm.EA11), key, current=parameters)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"new_key": b"short"}, "decoder key"),
        ({"key_expiry_number": 256}, "key expiry number"),
        ({"key_revision_number": 0}, "key revision number"),
        ({"tariff_index": 100}, "tariff index"),
        ({"supply_group_code": "12345"}, "supply group code"),
    ],
)
def test_values_out_of_range_are_named(change: dict[str, object], field: str) -> None:
    good = KeyChange(new_key=bytes(8), key_type=2, key_revision_number=1, tariff_index=1)
    with pytest.raises(FieldError) as caught:
        key_change_sections(replace(good, **change), Algorithm.EA07)  # type: ignore[arg-type]
    assert caught.value.field == field
