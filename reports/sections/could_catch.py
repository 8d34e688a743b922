"""What this very run would have caught: a sentence for page 1, and the table behind it."""

from __future__ import annotations

from collections.abc import Sequence

from reports.markup import Markup, join, section, table, tag, text
from reports.operating import Characteristic
from reports.run_view import RunView
from reports.tester_score import score_sentence

#: What page 1 names; the rest stands in the table.
_FIRST = ("gain error", "phase error", "constant offset", "creep", "starting current above", "start-up after")
_LATER = ("scatter of readings", "clock drift", "credit lost by rounding", "switch that opens late by")


def caught_sentence(found: Sequence[Characteristic]) -> Markup:
    """Return "this run would have caught: gain error from 1.06 %, ...", or nothing of a run that measured nothing."""
    if not found:
        return text("")
    names = [*_FIRST, *_LATER]
    weakest: dict[str, Characteristic] = {}
    for item in found:  # of several positions the least sharp: the sentence holds for all
        if item.quantity in names and (
            item.quantity not in weakest or item.caught_from > weakest[item.quantity].caught_from
        ):
            weakest[item.quantity] = item
    said = ", ".join(_said(weakest[name]) for name in names if name in weakest)
    if not said:
        return text("")
    return tag("p", tag("b", "This run would have caught: "), f"{said}.", css="notice")


def could_catch(view: RunView, found: Sequence[Characteristic]) -> Markup:
    """Return the operating characteristics of the run as a section."""
    if not found:
        return text("")
    head = ["Error", "Limit", "FAILED at the limit", "FAILED at 97.5 % from", "Seen by"]
    if view.several_positions:
        head.insert(0, "Position")
    explained = (
        "The probability of FAILED against the true size of an error, from the limits, uncertainties, times and "
        "counts this run recorded: of a meter exactly at its limit, and the size from which 97.5 % are FAILED. "
        "A value above 2.5 % at the limit is a rule of ours without a guard band."
    )
    return section(
        "caught",
        "What this run would have caught",
        table(head, (_row(item, view) for item in found)),
        tag("p", explained, css="fine"),
        tag("p", score_sentence(), css="fine"),
    )


def _row(item: Characteristic, view: RunView) -> Sequence[object]:
    cells: list[object] = [
        item.quantity,
        f"{_number(item.limit)} {item.unit}",
        _percent(item.p_at_limit),
        tag("b", f"{_number(item.caught_from)} {item.unit}"),
        tag("span", item.case, css="cases"),
    ]
    return [item.position, *cells] if view.several_positions else cells


def _said(item: Characteristic) -> str:
    size = f"{_number(item.caught_from)} {item.unit}"
    if item.quantity.endswith((" above", " after", " by")):
        return f"{item.quantity} {size}"
    return f"{item.quantity} from {size}"


def _number(value: float) -> str:
    """Return three significant figures, rounded up: a size that is said to be caught is."""
    if value <= 0.0:
        return "0"
    digits = 0
    scaled = value
    while scaled < 99.95:
        scaled *= 10.0
        digits += 1
    step = 10.0**-digits
    rounded = -(-value // step) * step if value % step > 1e-9 * value else value
    return f"{rounded:.{digits}f}"


def _percent(p: float) -> Markup:
    return join([f"{100.0 * p:.1f} %"])
