"""Error curves: every point where it belongs, told apart without colour, with limits and uncertainty."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.record.model import Outcome
from reports.curve_points import ErrorCurve, error_curves
from reports.error_curve import error_curve_svg
from reports.run_view import read_view

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn(run_path: Path) -> tuple[ErrorCurve, ...]:
    return error_curves(read_view(run_path))


def _texts(curve: ErrorCurve) -> list[str]:
    root = ElementTree.fromstring(error_curve_svg(curve))
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def _limits(curve: ErrorCurve) -> list[str]:
    root = ElementTree.fromstring(error_curve_svg(curve))
    return [path.attrib["d"] for path in root.iter(f"{SVG}path") if path.get("class") == "limit"]


def test_one_curve_per_power_factor_in_the_order_of_the_standard(drawn: tuple[ErrorCurve, ...]) -> None:
    assert [(curve.power_factor, len(curve.points)) for curve in drawn] == [
        ("1", 7),
        ("0.5 ind", 4),
        ("0.8 cap", 3),
    ]


def test_positions_have_curves_of_their_own(new_run: Callable[..., Any]) -> None:
    run = new_run(positions=("1", "2"))
    run.open([])
    for position in ("1", "2"):
        run.load_point("Ib", 5.0, "1", 0.1, 0.04, 1.0, Outcome.PASSED, position=position)
    curves = error_curves(read_view(run.finish()))
    assert [curve.position for curve in curves] == ["1", "2"]


def test_is_well_formed_xml_with_a_description(drawn: tuple[ErrorCurve, ...]) -> None:
    for curve in drawn:
        root = ElementTree.fromstring(error_curve_svg(curve))
        assert root.tag == f"{SVG}svg"
        assert root.find(f"{SVG}desc") is not None


def test_currents_are_named_as_the_standard_names_them(drawn: tuple[ErrorCurve, ...]) -> None:
    texts = _texts(drawn[0])
    for token, amperes in (("0.05 Ib", "0.25 A"), ("Ib", "5 A"), ("Imax", "60 A")):
        assert token in texts
        assert amperes in texts


def test_limits_step_where_the_verdicts_say(drawn: tuple[ErrorCurve, ...]) -> None:
    upper, lower = _limits(drawn[0])
    assert upper.count("V") == lower.count("V") == 6
    heights = {float(height) for height in re.findall(r"V([\d.]+)", upper)}
    assert len(heights) == 1  # after 0.05 Ib the limit is 1.0 % up to Imax
    assert "limit ±1.5 %" in _texts(drawn[0])
    assert "limit ±1.0 %" in _texts(drawn[0])


def test_outcomes_differ_by_shape_not_only_by_colour(drawn: tuple[ErrorCurve, ...]) -> None:
    shapes: dict[str, set[str]] = {}
    for curve in drawn:
        root = ElementTree.fromstring(error_curve_svg(curve))
        for group in root.iter(f"{SVG}g"):
            shape = "|".join(
                f"{element.tag.removeprefix(SVG)} {re.sub(r'[A-Z][^a-z]*', '', element.get('d', ''))} "
                f"{'open' if element.get('fill') == '#ffffff' else 'full'}"
                for element in group
            )
            shapes.setdefault(group.attrib["class"], set()).add(shape)
    assert all(len(drawn_as) == 1 for drawn_as in shapes.values())
    assert len({next(iter(drawn_as)) for drawn_as in shapes.values()}) == len(shapes) == 4


def test_each_point_on_the_scale_has_its_uncertainty(drawn: tuple[ErrorCurve, ...]) -> None:
    bars = [error_curve_svg(curve).count('class="u95"') for curve in drawn]
    assert bars == [7, 4, 2]  # the gross error of the third curve is off its scale


def test_a_gross_error_is_named_at_the_edge_and_does_not_flatten_the_limits(
    drawn: tuple[ErrorCurve, ...],
) -> None:
    curve = drawn[2]
    assert "+59.84 %, off scale" in _texts(curve)
    upper, lower = (float(path.split("H")[0].split(" ")[1]) for path in _limits(curve))
    assert lower - upper > 60  # of 216 drawing units


def test_what_is_not_a_clear_pass_shows_its_value(drawn: tuple[ErrorCurve, ...]) -> None:
    assert "−0.98" in _texts(drawn[0])
    assert {"+1.73", "+1.03"} <= set(_texts(drawn[1]))


def test_two_points_at_one_current_share_one_name(new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.open([])
    for error in (0.11, 0.13):
        run.load_point("Ib", 5.0, "1", error, 0.04, 1.0, Outcome.PASSED)
    (curve,) = error_curves(read_view(run.finish()))
    assert _texts(curve).count("Ib") == 1
    assert error_curve_svg(curve).count('class="point passed"') == 3  # two points, one in the legend


def test_crowded_currents_never_overprint(new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.open([])
    for index in range(30):
        run.load_point(f"{index + 10} %", 5.0 + index / 10, "1", 0.1, 0.04, 1.0, Outcome.PASSED)
    (curve,) = error_curves(read_view(run.finish()))
    root = ElementTree.fromstring(error_curve_svg(curve))
    rows: dict[float, list[float]] = {}
    for element in root.iter(f"{SVG}text"):
        if (element.text or "").endswith(" A"):
            rows.setdefault(float(element.attrib["y"]), []).append(float(element.attrib["x"]))
    assert rows
    for places in rows.values():
        assert all(right - left > 36 for left, right in itertools.pairwise(places))
