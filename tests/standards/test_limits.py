"""Limits of error: the boundaries of every range, as the tables of the standards draw them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bench.standards.currents import Connection, Currents
from bench.standards.limits import Load, NoLimit, classes, editions, limit
from bench.standards.tables import table

DIRECT = Currents.of(connection=Connection.DIRECT, rated_a=5, maximum_a=60)
CT = Currents.of(connection=Connection.CT, rated_a=5, maximum_a=6)
IEC_2003 = {"standard": "IEC 62053-21", "edition": "2003+A1:2016"}
IEC_2020 = {"standard": "IEC 62053-21", "edition": "2020"}


@pytest.mark.parametrize(
    ("current_a", "pf", "class_1", "class_2"),
    [
        (0.25, "1", "1.5", "2.5"),  # 0.05 Ib
        (0.4999, "1", "1.5", "2.5"),
        (0.5, "1", "1.0", "2.0"),  # exactly 0.1 Ib: the tighter limit applies
        (60.0, "1", "1.0", "2.0"),
        (0.5, "0.5 ind", "1.5", "2.5"),
        (0.9999, "0.5 ind", "1.5", "2.5"),
        (1.0, "0.5 ind", "1.0", "2.0"),  # 0.2 Ib
        (60.0, "0.5 ind", "1.0", "2.0"),
        (0.5, "0.8 cap", "1.5", None),
        (1.0, "0.8 cap", "1.0", None),
        (5.0, "0.25 ind", "3.5", None),
        (5.0, "0.5 cap", "2.5", None),
    ],
)
def test_boundaries_of_direct_connected_2003(
    current_a: float, pf: str, class_1: str, class_2: str | None
) -> None:
    for accuracy_class, expected in (("1", class_1), ("2", class_2)):
        ask = {"accuracy_class": accuracy_class, "currents": DIRECT, "current": current_a, "pf": pf}
        if expected is None:
            with pytest.raises(NoLimit):
                limit(**IEC_2003, **ask)
        else:
            assert limit(**IEC_2003, **ask).percent == Fraction(expected)


@pytest.mark.parametrize(
    ("current_a", "pf"),
    [(0.2499, "1"), (60.01, "1"), (0.499, "0.5 ind"), (5.01, "0.25 ind"), (5.0, "0.7 ind")],
)
def test_outside_the_ranges_nothing_is_demanded(current_a: float, pf: str) -> None:
    with pytest.raises(NoLimit, match=r"IEC 62053-21:2003\+A1:2016 class 1 states no limit"):
        limit(**IEC_2003, accuracy_class="1", currents=DIRECT, current=current_a, pf=pf)


@pytest.mark.parametrize(
    ("word", "pf", "expected"),
    [
        ("0.02 In", "1", "1.5"),
        ("0.049 In", "1", "1.5"),
        ("0.05 In", "1", "1.0"),
        ("0.05 In", "0.5 ind", "1.5"),
        ("0.1 In", "0.5 ind", "1.0"),
        ("Imax", "0.8 cap", "1.0"),
    ],
)
def test_boundaries_through_transformers(word: str, pf: str, expected: str) -> None:
    found = limit(**IEC_2003, accuracy_class="1", currents=CT, current=word, pf=pf)
    assert found.percent == Fraction(expected)


@pytest.mark.parametrize(
    ("word", "pf", "half", "one", "two"),
    [
        ("Imin", "1", "1.0", "1.5", "2.5"),
        ("0.99 Itr", "1", "1.0", "1.5", "2.5"),
        ("Itr", "1", "0.5", "1.0", "2.0"),
        ("Itr", "0.5 ind", "1.0", "1.5", "2.5"),
        ("1.99 Itr", "0.8 cap", "1.0", "1.5", None),
        ("2 Itr", "0.5 ind", "0.6", "1.0", "2.0"),
        ("Imax", "1", "0.5", "1.0", "2.0"),
    ],
)
def test_boundaries_of_2020(word: str, pf: str, half: str, one: str, two: str | None) -> None:
    for accuracy_class, expected in (("0.5", half), ("1", one), ("2", two)):
        if expected is not None:
            found = limit(**IEC_2020, accuracy_class=accuracy_class, currents=DIRECT, current=word, pf=pf)
            assert found.percent == Fraction(expected)


def test_same_number_by_word_and_by_ampere() -> None:
    by_word = limit(**IEC_2003, accuracy_class="1", currents=DIRECT, current="0.1 Ib", pf="1")
    by_ampere = limit(**IEC_2003, accuracy_class="1", currents=DIRECT, current=5 * 0.1, pf="1")
    assert by_word == by_ampere


def test_a_current_that_floating_point_misses_by_a_hair_is_the_boundary() -> None:
    currents = Currents.of(connection=Connection.DIRECT, rated_a=3, maximum_a=60)
    assert 3 * 0.1 > 0.3
    found = limit(**IEC_2003, accuracy_class="1", currents=currents, current=0.3 - 1e-15, pf="1")
    assert found.percent == 1


def test_single_phase_load_and_difference_have_their_own_limits() -> None:
    ask = {**IEC_2003, "accuracy_class": "1", "currents": DIRECT, "pf": "1"}
    assert limit(**ask, current="Ib", load=Load.SINGLE_PHASE).percent == 2
    assert limit(**ask, current="Ib", load=Load.DIFFERENCE).percent == Fraction("1.5")
    with pytest.raises(NoLimit):
        limit(**ask, current="0.5 Ib", load=Load.DIFFERENCE)


def test_limit_names_its_source_and_how_sure_it_is() -> None:
    read = limit(**IEC_2003, accuracy_class="1", currents=DIRECT, current="Ib", pf="1")
    assert (read.status, read.clause, read.current_range) == ("V1", "uncertain", "0.1 Ib <= I <= Imax")
    assert "GOST 31819.21" in read.source
    inferred = limit(**IEC_2020, accuracy_class="0.5", currents=DIRECT, current="2 Itr", pf="0.5 ind")
    assert inferred.status == "U"
    recalled = limit(**IEC_2003, accuracy_class="1", currents=DIRECT, current="Ib", pf="0.25 ind")
    assert recalled.status == "R"
    assert recalled.on_request


def test_first_edition_is_known_by_its_plain_year() -> None:
    found = limit(
        standard="IEC 62053-21", edition="2003", accuracy_class="1", currents=DIRECT, current="Ib", pf="1"
    )
    assert found.edition == "2003+A1:2016"


def test_composite_limit_depends_on_temperature() -> None:
    ask = {
        "standard": "MID 2014/32/EU Annex V (composite MPE)",
        "edition": "2014",
        "accuracy_class": "B",
        "currents": DIRECT,
        "current": "Imax",
        "pf": "1",
    }
    assert limit(**ask).percent == 2
    assert limit(**ask, temperature_c=-5).percent == Fraction("2.5")
    assert limit(**ask, temperature_c=60).percent == 4


def test_limit_below_imin_rises_as_the_current_falls() -> None:
    currents = Currents.of(connection=Connection.DIRECT, rated_a=5, maximum_a=60, starting_a=0.02)
    found = limit(
        standard="OIML R 46-1", edition="2012", accuracy_class="B", currents=currents, current=0.125, pf="1"
    )
    assert found.percent == 3  # 1.5 x Imin 0.25 A / 0.125 A


def test_class_half_exists_in_2020_only() -> None:
    assert classes("IEC 62053-21", "2003+A1:2016") == ("1", "2")
    assert classes("IEC 62053-21", "2020") == ("0.5", "1", "2")
    assert editions("IEC 62053-21") == ("2003+A1:2016", "2020")


def test_every_row_of_the_table_can_be_read() -> None:
    full = Currents.of(connection=Connection.DIRECT, rated_a=5, maximum_a=60, starting_a=0.02)
    rows = table("limits_active")
    assert len(rows) == 170
    for row in rows:
        assert full.resolve(row["i_from"]) <= full.resolve(row["i_to"].removeprefix("<"))
        assert row["status"]
        assert row["source"]
