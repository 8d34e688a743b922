"""The error curves, each beside the table of its points."""

from __future__ import annotations

from collections.abc import Sequence

from reports.curve_points import ErrorCurve
from reports.error_curve import error_curve_svg
from reports.markup import Markup, badge, join, section, table, tag
from reports.quantities import limit_text, measured_text, u95_text
from reports.run_view import RunView


def curves(view: RunView, drawn: Sequence[ErrorCurve]) -> Markup:
    if not drawn:
        return section("curves", "Error curves", tag("p", "No load point was measured."))
    return section("curves", "Error curves", *(_figure(view, curve) for curve in drawn))


def _figure(view: RunView, curve: ErrorCurve) -> Markup:
    where = f", position {curve.position}" if view.several_positions else ""
    known = [clause for clause in curve.clauses if clause not in ("", "uncertain")]
    limits = f"Limits: {', '.join([curve.document, *known])}; source {', '.join(curve.statuses)}."
    missing = f" {curve.n_unmeasured} verdict(s) without a measured error." if curve.n_unmeasured else ""
    rows = (
        [
            join([point.token, tag("small", f" {point.current_a:.4g} A")]),
            measured_text(point.verdict),
            limit_text(point.verdict),
            u95_text(point.verdict),
            badge(point.outcome),
        ]
        for point in curve.points
    )
    caption = tag(
        "figcaption",
        tag("b", f"{curve.name}{where}"),
        f" {limits} Bars: expanded uncertainty U95 (k = 2).{missing}",
    )
    drawing = tag("div", Markup(error_curve_svg(curve, standalone=False)), css="drawing")
    points = table(["Current", "Error", "Limit", "U95", "Outcome"], rows, css="points")
    return tag("figure", caption, tag("div", drawing, points, css="curve"))
