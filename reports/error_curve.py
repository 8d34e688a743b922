"""The error curve as a hand-written SVG: error against current, with limits and uncertainty.

The drawing uses presentation attributes only, so it looks the same inside a page, as an attachment and on
paper. Outcomes differ by shape as well as by colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from bench.record.model import Outcome
from reports.curve_points import CurvePoint, ErrorCurve
from reports.outcome_style import READING_ORDER, STYLES
from reports.quantities import decimals_for, signed

_WIDTH = 530
#: Room below the axis for one row of currents and the legend, and for each further row.
_FOOT, _ROW = 62.0, 28.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 520.0, 10.0, 226.0
_FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
_INK, _QUIET, _GRID = "#1a1a1a", "#555555", "#dddddd"
#: An error beyond this many times the widest limit is drawn at the edge with its value, so that one gross
#: error does not flatten the rest of the curve.
_CLIP = 2.5
_TICK_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axes:
    """Maps amperes (logarithmic) and per cent to drawing units."""

    low_a: float
    high_a: float
    top_pct: float

    def x(self, current_a: float) -> float:
        share = math.log(current_a / self.low_a) / math.log(self.high_a / self.low_a)
        return _LEFT + share * (_RIGHT - _LEFT)

    def y(self, error_pct: float) -> float:
        inside = max(-self.top_pct, min(self.top_pct, error_pct))
        return (_TOP + _BOTTOM) / 2 - inside / self.top_pct * (_BOTTOM - _TOP) / 2

    def beyond(self, error_pct: float) -> bool:
        return abs(error_pct) > self.top_pct


def error_curve_svg(curve: ErrorCurve, *, standalone: bool = True) -> str:
    """Draw ``curve``; ``standalone`` adds the name space a file of its own needs.

    Limits are those of the verdicts. Between two points the limit of the lower current holds, because
    the standards' ranges begin at their lower end. Bars are the expanded uncertainty U95.
    """
    axes = _axes(curve)
    placed = _rows_of_names(curve, axes)
    height = _BOTTOM + _FOOT + _ROW * max((row or 0 for _, row in placed), default=0)
    parts = [
        *_frame(axes),
        *_limits(curve, axes),
        *_trace(curve, axes),
        *(line for point in curve.points for line in _point(point, axes)),
        *_names(placed, axes),
        *_legend(curve, height - 9),
    ]
    space = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
    described = f"{curve.name}, position {curve.position}: {len(curve.points)} points"
    return (
        f'<svg{space} viewBox="0 0 {_WIDTH} {height:g}" role="img" font-family="{_FONT}" font-size="12">'
        f"<title>{escape(described)}</title>"
        f"<desc>{escape(_in_words(curve))}</desc>"
        f'<rect width="{_WIDTH}" height="{height:g}" fill="#ffffff"/>' + "".join(parts) + "</svg>\n"
    )


def _axes(curve: ErrorCurve) -> _Axes:
    currents = [point.current_a for point in curve.points]
    low_a, high_a = min(currents), max(currents)
    margin = 1.22 if high_a > low_a * 1.5 else 2.0
    widest = max((point.limit_pct or 0.0 for point in curve.points), default=0.0)
    reach = max(abs(point.error_pct) + (point.u95_pct or 0.0) for point in curve.points)
    if widest:
        reach = max(widest * 1.25, reach * 1.25)  # room for a label above the highest point
        reach = min(reach, widest * _CLIP)
    return _Axes(low_a=low_a / margin, high_a=high_a * margin, top_pct=max(reach, 0.05))


def _frame(axes: _Axes) -> Iterable[str]:
    yield (
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_RIGHT - _LEFT}" height="{_BOTTOM - _TOP}" '
        f'fill="none" stroke="{_QUIET}" stroke-width="0.8"/>'
    )
    step = next((step for step in _TICK_STEPS if axes.top_pct / step <= 4.5), 200.0)
    decimals = 2 if step in (0.05, 0.25) else 1 if axes.top_pct < 10 else 0
    for count in range(-int(axes.top_pct / step), int(axes.top_pct / step) + 1):
        value = count * step
        y = axes.y(value)
        colour, width = (_QUIET, 0.9) if count == 0 else (_GRID, 0.7)
        yield f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="{colour}" stroke-width="{width}"/>'
        yield _text(_LEFT - 6, y + 4, signed(value, decimals), anchor="end")
    middle = (_TOP + _BOTTOM) / 2
    yield (
        f'<text x="13" y="{middle}" text-anchor="middle" fill="{_INK}" '
        f'transform="rotate(-90 13 {middle})">error in %</text>'
    )


def _limits(curve: ErrorCurve, axes: _Axes) -> Iterable[str]:
    """Draw the stepped limits above and below zero, each step with its number."""
    steps = [(point.current_a, point.limit_pct) for point in curve.points if point.limit_pct is not None]
    if not steps:
        return
    for side in (1, -1):
        path = f"M{_LEFT} {axes.y(side * steps[0][1]):.1f}"
        for current_a, limit in steps[1:]:
            path += f"H{axes.x(current_a):.1f}V{axes.y(side * limit):.1f}"
        yield (
            f'<path class="limit" d="{path}H{_RIGHT}" fill="none" stroke="{_INK}" stroke-width="1.5" '
            f'stroke-dasharray="7 3"/>'
        )
    shown: float | None = None
    for index, (current_a, limit) in enumerate(steps):
        if limit != shown:
            x = axes.x(current_a) + 4 if index else _LEFT + 4
            y = axes.y(limit) - 5
            if any(_crosses(point, axes, x, y) for point in curve.points):
                y = axes.y(-limit) + 14
            yield _text(
                x, y, f"limit ±{limit:.1f} %" if limit * 10 % 1 == 0 else f"limit ±{limit:g} %", halo=True
            )
            shown = limit


def _crosses(point: CurvePoint, axes: _Axes, x: float, y: float) -> bool:
    """Return whether a point, or the value written at it, stands in the way of a limit's number at x, y."""
    across = x - 60 < axes.x(point.current_a) < x + 75
    return across and abs(axes.y(point.error_pct) - (y - 4)) < 18


def _trace(curve: ErrorCurve, axes: _Axes) -> Iterable[str]:
    corners = " ".join(f"{axes.x(p.current_a):.1f},{axes.y(p.error_pct):.1f}" for p in curve.points)
    yield f'<polyline points="{corners}" fill="none" stroke="#9a9a9a" stroke-width="1"/>'


def _point(point: CurvePoint, axes: _Axes) -> Iterable[str]:
    x, y = axes.x(point.current_a), axes.y(point.error_pct)
    colour = STYLES[point.outcome].colour
    near_right = x > _RIGHT - 120
    side, anchor = (-10, "end") if near_right else (10, "start")
    decimals = min(2, decimals_for(point.u95_pct))
    inward = 1 if point.error_pct > 0 else -1
    if axes.beyond(point.error_pct):
        yield f'<path d="M{x - 5:.1f} {y + 9 * inward:.1f}h10l-5 {-8 * inward}z" fill="{colour}"/>'
        y += 18 * inward
        value = f"{signed(point.error_pct, decimals)} %, off scale"
        yield _text(x + side, y + 4, value, colour=colour, anchor=anchor, halo=True, bold=True)
    else:
        if point.u95_pct:
            high, low = axes.y(point.error_pct + point.u95_pct), axes.y(point.error_pct - point.u95_pct)
            yield (
                f'<path class="u95" d="M{x - 4:.1f} {high:.1f}h8m-4 0V{low:.1f}m-4 0h8" '
                f'stroke="{colour}" stroke-width="1.1" fill="none"/>'
            )
        if point.outcome is not Outcome.PASSED:
            value = signed(point.error_pct, decimals)
            if point.limit_pct is not None and abs(point.error_pct) > point.limit_pct:
                inward = -inward
            yield _text(
                x + side, y + 4 + 9 * inward, value, colour=colour, anchor=anchor, halo=True, bold=True
            )
    yield _marker(point.outcome, x, y)


def _marker(outcome: Outcome, x: float, y: float) -> str:
    """Return the mark of an outcome, by shape: disc, diamond (open, full), cross, triangle."""
    colour = STYLES[outcome].colour
    diamond = f"M{x:.1f} {y - 6.5:.1f}l6.5 6.5l-6.5 6.5l-6.5 -6.5z"
    triangle = f"M{x:.1f} {y - 6:.1f}l6 11h-12z"
    match outcome:
        case Outcome.PASSED:
            shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6" fill="{colour}"/>'
        case Outcome.CONDITIONAL_PASS:
            shape = f'<path d="{diamond}" fill="#ffffff" stroke="{colour}" stroke-width="1.8"/>'
        case Outcome.CONDITIONAL_FAIL:
            shape = f'<path d="{diamond}" fill="{colour}" stroke="{colour}" stroke-width="1.8"/>'
        case Outcome.FAILED:
            cross = f"M{x - 5.5:.1f} {y - 5.5:.1f}l11 11m0 -11l-11 11"
            shape = (
                f'<path d="{cross}" stroke="#ffffff" stroke-width="5.5"/>'
                f'<path d="{cross}" stroke="{colour}" stroke-width="2.8"/>'
            )
        case Outcome.ERROR:
            shape = f'<path d="{triangle}" fill="{colour}"/>'
        case _:
            shape = f'<path d="{triangle}" fill="#ffffff" stroke="{colour}" stroke-width="1.6"/>'
    return f'<g class="point {STYLES[outcome].css}">{shape}</g>'


def _rows_of_names(curve: ErrorCurve, axes: _Axes) -> list[tuple[CurvePoint, int | None]]:
    """Return one point per current with the row its name goes into: the next one down where it is crowded.

    None: there is no room in either row, and the current keeps its tick only.
    """
    ends = [-math.inf, -math.inf]
    placed: list[tuple[CurvePoint, int | None]] = []
    for point in {point.current_a: point for point in curve.points}.values():
        x, half = axes.x(point.current_a), 3.3 * max(len(point.token), 6)
        row = next((row for row, end in enumerate(ends) if x - half > end + 3), None)
        if row is not None:
            ends[row] = x + half
        placed.append((point, row))
    return placed


def _names(placed: list[tuple[CurvePoint, int | None]], axes: _Axes) -> Iterable[str]:
    """Write each current as the standard names it and in amperes."""
    for point, row in placed:
        x = axes.x(point.current_a)
        tick = 5 + (_ROW * row if row else 0)
        yield f'<path d="M{x:.1f} {_BOTTOM}v{tick}" stroke="{_QUIET if not row else _GRID}" stroke-width="0.9"/>'
        if row is not None:
            y = _BOTTOM + 17 + _ROW * row
            yield _text(x, y, point.token, anchor="middle")
            yield _text(x, y + 13, f"{point.current_a:.4g} A", anchor="middle", colour=_QUIET, size=11)


def _legend(curve: ErrorCurve, y: float) -> Iterable[str]:
    present = {point.outcome for point in curve.points}
    x = _LEFT + 6
    for outcome in (outcome for outcome in READING_ORDER if outcome in present):
        word = STYLES[outcome].word.lower()
        yield _marker(outcome, x, y - 4)
        yield _text(x + 11, y, word, size=11)
        x += 28 + 5.3 * len(word)
    yield (
        f'<path d="M{x - 4:.1f} {y - 10}h8M{x:.1f} {y - 10}v12M{x - 4:.1f} {y + 2}h8" '
        f'stroke="{_INK}" stroke-width="1.1" fill="none"/>'
    )
    yield _text(x + 11, y, "U95", size=11)


def _text(
    x: float,
    y: float,
    text: str,
    *,
    colour: str = _INK,
    anchor: str = "start",
    size: int = 0,
    halo: bool = False,
    bold: bool = False,
) -> str:
    """Return a text; ``halo`` keeps it legible on lines, ``size`` 0 is the drawing's own."""
    extra = f' font-size="{size}"' if size else ""
    extra += ' font-weight="bold"' if bold else ""
    extra += ' stroke="#ffffff" stroke-width="3" paint-order="stroke" stroke-linejoin="round"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{extra}>{escape(text)}</text>'
    )


def _in_words(curve: ErrorCurve) -> str:
    """Say the curve in a sentence per point, for readers who cannot see it."""
    said = []
    for point in curve.points:
        limit = "" if point.limit_pct is None else f", limit ±{point.limit_pct:g} %"
        error = signed(point.error_pct, decimals_for(point.u95_pct))
        said.append(f"{point.token}: {error} %{limit}, {STYLES[point.outcome].word.lower()}")
    return "; ".join(said) + "."
