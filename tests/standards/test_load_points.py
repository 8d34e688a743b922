"""Load points, influence limits and reference conditions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bench.standards.currents import Connection, Currents
from bench.standards.influences import influence_limits
from bench.standards.limits import limit
from bench.standards.load_points import load_points
from bench.standards.reference_conditions import Culprit, reference_conditions

DIRECT = Currents.of(connection=Connection.DIRECT, rated_a=5, maximum_a=60)


def test_the_points_of_a_direct_connected_meter() -> None:
    points = load_points(
        "full", standard="IEC 62053-21", edition="2003+A1:2016", connection=Connection.DIRECT
    )
    assert [point.id for point in points] == [
        "0.05Ib-pf1",
        "0.1Ib-pf1",
        "0.1Ib-pf0.5ind",
        "0.2Ib-pf0.5ind",
        "0.2Ib-pf0.8cap",
        "Ib-pf1",
        "Ib-pf0.5ind",
        "0.5Imax-pf1",
        "Imax-pf1",
        "Imax-pf0.5ind",
        "Ib-pf0.8cap",
        "Imax-pf0.8cap",
    ]
    currents = [point.current_a(DIRECT) for point in points[:10]]
    assert currents == sorted(currents)
    assert points[2].lag_deg == pytest.approx(60)


@pytest.mark.parametrize(
    ("standard", "edition", "connection", "accuracy_class"),
    [
        ("IEC 62053-21", "2003", Connection.DIRECT, "1"),
        ("IEC 62053-21", "2003", Connection.CT, "1"),
        ("IEC 62053-21", "2020", Connection.DIRECT, "0.5"),
        ("IEC 62053-21", "2020", Connection.CT, "1"),
        ("EN 50470-3", "2006", Connection.DIRECT, "B"),
    ],
)
@pytest.mark.parametrize(("plan", "n"), [("full", 12), ("smoke", 3), ("factory", 10)])
def test_every_point_has_a_limit(
    plan: str, n: int, standard: str, edition: str, connection: Connection, accuracy_class: str
) -> None:
    currents = Currents.of(connection=connection, rated_a=5, maximum_a=60)
    points = load_points(plan, standard=standard, edition=edition, connection=connection)
    assert len({point.id for point in points}) == n
    for point in points:
        found = limit(
            standard=standard,
            edition=edition,
            accuracy_class=accuracy_class,
            currents=currents,
            current=point.current,
            pf=point.pf,
            load=point.load,
        )
        assert found.percent > 0


def test_unknown_plan() -> None:
    with pytest.raises(LookupError, match='"nightly"'):
        load_points("nightly", standard="IEC 62053-21", edition="2020", connection=Connection.DIRECT)


def test_influence_limits_by_class_and_connection() -> None:
    ask = {"standard": "IEC 62053-21", "edition": "2020", "connection": Connection.DIRECT}
    half = {(item.influence, item.pf): item for item in influence_limits(**ask, accuracy_class="0.5")}
    one = {(item.influence, item.pf): item for item in influence_limits(**ask, accuracy_class="1")}
    assert half["voltage +-10 %", "1"].percent == Fraction("0.2")
    assert half["voltage +-10 %", "1"].status == "U"
    assert one["voltage +-10 %", "1"].percent == Fraction("0.7")
    assert one["voltage +-10 %", "1"].status == "R"
    through_transformers = influence_limits(
        standard="IEC 62053-21", edition="2003+A1:2016", connection=Connection.CT, accuracy_class="1"
    )
    assert "DC and even harmonics (half-wave)" not in {item.influence for item in through_transformers}


def test_reference_conditions_of_class_1_and_2() -> None:
    ask = {"voltage_v": 230.0, "frequency_hz": 50.0, "current_a": 5.0}
    one = {item.quantity: item for item in reference_conditions(accuracy_class="1", **ask)}
    two = {item.quantity: item for item in reference_conditions(accuracy_class="2", **ask)}
    assert (one["voltage_v"].lowest, one["voltage_v"].highest) == pytest.approx((227.7, 232.3))
    assert (one["frequency_hz"].lowest, one["frequency_hz"].highest) == pytest.approx((49.85, 50.15))
    assert (two["frequency_hz"].lowest, two["frequency_hz"].highest) == pytest.approx((49.75, 50.25))
    assert (one["temperature_c"].lowest, one["temperature_c"].highest) == (21, 25)
    assert one["temperature_c"].culprit is Culprit.AMBIENT
