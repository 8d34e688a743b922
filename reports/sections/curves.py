"""The error curves, each beside the table of its points."""

from __future__ import annotations

from collections.abc import Sequence

from reports.curve_points import CurvePoint, ErrorCurve
from reports.error_curve import error_curve_svg
from reports.markup import Markup, badge, join, section, table, tag
from reports.quantities import limit_text, measured_text, u95_text
from reports.run_view import RunView


def curves(view: RunView, drawn: Sequence[ErrorCurve]) -> Markup:
    if not drawn:
        return section("curves", "Error curves", tag("p", "No load point was measured."))
    lines = [curve for curve in drawn if len(curve.points) > 1]
    alone = [curve for curve in drawn if len(curve.points) == 1]
    figures = [_figure(view, curve) for curve in lines]
    return section("curves", "Error curves", *figures, *([_single_points(view, alone)] if alone else []))


def _single_points(view: RunView, alone: Sequence[ErrorCurve]) -> Markup:
    """One point makes no curve: all of them in one table."""
    rows = []
    for curve in alone:
        where = f", position {curve.position}" if view.several_positions else ""
        cells = _cells(curve.points[0])
        rows.append([curve.name.removeprefix("Error curve, ") + where, *cells, ", ".join(curve.statuses)])
    return tag(
        "figure",
        tag("figcaption", tag("b", "Points measured at one current"), " Source: how sure the limit is."),
        table(["Load", "Current", "Error", "Limit", "U95", "Outcome", "Source"], rows, css="points"),
    )


def _cells(point: CurvePoint) -> list[object]:
    return [
        join([point.token, tag("small", f" {point.current_a:.4g} A")]),
        measured_text(point.verdict),
        limit_text(point.verdict),
        u95_text(point.verdict),
        badge(point.outcome),
    ]


def _figure(view: RunView, curve: ErrorCurve) -> Markup:
    where = f", position {curve.position}" if view.several_positions else ""
    known = [clause for clause in curve.clauses if clause not in ("", "uncertain")]
    limits = f"Limits: {', '.join([curve.document, *known])}; source {', '.join(curve.statuses)}."
    missing = f" {curve.n_unmeasured} verdict(s) without a measured error." if curve.n_unmeasured else ""
    rows = (_cells(point) for point in curve.points)
    caption = tag(
        "figcaption",
        tag("b", f"{curve.name}{where}"),
        f" {limits} Bars: expanded uncertainty U95 (k = 2).{missing}",
    )
    drawing = tag("div", Markup(error_curve_svg(curve, standalone=False)), css="drawing")
    points = table(["Current", "Error", "Limit", "U95", "Outcome"], rows, css="points")
    return tag("figure", caption, tag("div", drawing, points, css="curve"))
