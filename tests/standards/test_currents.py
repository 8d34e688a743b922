"""Current words and power factor words."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from bench.standards.currents import Connection, Currents, UnknownCurrent
from bench.standards.power_factor import PowerFactor, demanded

DIRECT = Currents.of(connection=Connection.DIRECT, rated_a=5, maximum_a=60)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Ib", "5"),
        ("0.05 Ib", "0.25"),
        ("0.05Ib", "0.25"),
        ("0.004 Ib", "0.02"),
        ("2 Itr", "1"),
        ("Imin", "0.25"),
        ("0.5 Imax", "30"),
        ("In", "5"),
    ],
)
def test_words_of_a_direct_connected_meter(word: str, expected: str) -> None:
    assert DIRECT.resolve(word) == Fraction(expected)


def test_half_wave_current() -> None:
    assert float(DIRECT.resolve("Imax/sqrt(2)")) == pytest.approx(60 / math.sqrt(2), rel=1e-12)
    assert DIRECT.resolve("Imax/sqrt2") == DIRECT.resolve("Imax/sqrt(2)")


def test_transformer_meter_has_twenty_itr_in_in() -> None:
    currents = Currents.of(connection=Connection.CT, rated_a=5, maximum_a=10)
    assert currents.resolve("Itr") == Fraction("0.25")
    assert currents.resolve("Imin") == Fraction("0.1")  # 0.02 In


def test_stated_currents_win() -> None:
    currents = Currents.of(
        connection=Connection.DIRECT,
        rated_a=10,
        maximum_a=100,
        transitional_a=0.5,
        minimum_a=0.25,
        starting_a=0.02,
    )
    assert [currents.resolve(word) for word in ("Itr", "Imin", "Ist")] == [
        Fraction("0.5"),
        Fraction("0.25"),
        Fraction("0.02"),
    ]


@pytest.mark.parametrize("word", ["", "5", "0.1 Ix", "Imax/2", "-1 Ib"])
def test_unreadable_words(word: str) -> None:
    with pytest.raises(UnknownCurrent, match="is not a current word"):
        DIRECT.resolve(word)


def test_starting_current_must_be_stated_to_be_used() -> None:
    with pytest.raises(UnknownCurrent, match="Ist is not stated"):
        DIRECT.resolve("Ist")


@pytest.mark.parametrize(
    ("word", "lag_deg"), [("1", 0.0), ("0.5 ind", 60.0), ("0.8 cap", -36.8698976), ("sin 0.5 ind", 30.0)]
)
def test_lag_of_a_power_factor(word: str, lag_deg: float) -> None:
    assert PowerFactor.parse(word).lag_deg == pytest.approx(lag_deg)
    assert str(PowerFactor.parse(word)) == word


@pytest.mark.parametrize("word", ["0.5", "1 ind", "0.5 lag", "0", "1.2 ind", "x"])
def test_power_factor_without_sense_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="power factor"):
        PowerFactor.parse(word)


@pytest.mark.parametrize(
    ("cell", "word", "covered"),
    [
        ("0.5 ind / 0.8 cap", "0.8 cap", True),
        ("0.5 ind / 0.8 cap", "1", False),
        ("0.5 ind..0.8 cap", "1", True),
        ("0.5 ind..0.8 cap", "0.9 cap", True),
        ("0.5 ind..0.8 cap", "0.7 cap", False),
        ("0.5 ind..0.8 cap", "0.25 ind", False),
        ("sin 1", "1", False),
    ],
)
def test_cells_of_the_tables(cell: str, word: str, covered: bool) -> None:
    assert demanded(cell, PowerFactor.parse(word)) is covered
