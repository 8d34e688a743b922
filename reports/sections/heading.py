"""The head of the report: whose meter, what kind of statement this is, and the result in two lines."""

from __future__ import annotations

from collections.abc import Sequence

from bench.record.model import Kind, Outcome
from bench.record.reader import Record
from reports.markup import Markup, badge, join, tag, text
from reports.operating import Characteristic
from reports.outcome_style import READING_ORDER
from reports.quantities import utc_text
from reports.run_view import RunView
from reports.sections.could_catch import caught_sentence
from reports.summary import Summary

PRE_RUN = "Pre-run, not a certificate."
DRAFTED = "Nobody declared this meter: the bench drafted its declaration from what the meter shows."
VIRTUAL = "Virtual laboratory: not a statement about a physical meter."


def alarm(view: RunView) -> str:
    """Return the words that come before everything else when the record is not a whole run."""
    return "INCOMPLETE RUN. " if view.incomplete else "DAMAGED RECORD. " if view.damaged else ""


def caveat(view: RunView) -> str:
    """Return what every page of the report must say about itself."""
    return alarm(view) + (f"{VIRTUAL} {PRE_RUN}" if view.virtual else PRE_RUN)


def meter_title(view: RunView) -> str:
    """Return manufacturer, type and serial number of the meter, or how many meters there are."""
    if not view.positions:
        return "Meter not recorded"
    first = view.positions[0]
    identity = _identity(first)
    kind = " ".join(str(identity[name]) for name in ("manufacturer", "type") if identity.get(name))
    serials = [str(position.get("serial_number", "")) for position in view.positions]
    if len(serials) > 1:
        return f"{kind or 'Meters'}, {len(serials)} positions"
    return ", ".join(
        part for part in (kind or "Meter", f"serial number {serials[0]}" if serials[0] else "") if part
    )


def heading(view: RunView, summary: Summary, found: Sequence[Characteristic]) -> Markup:
    rig = view.section("rig")
    run = join(
        [
            tag("span", "Run ", tag("b", view.run_id)),
            tag("span", "started ", tag("b", utc_text(view.session.get("started_utc", "not recorded")))),
            tag("span", "bench ", tag("b", str(rig.get("name", "not recorded")))),
            tag("span", "plan ", tag("b", str(view.section("plan").get("name", "not recorded")))),
        ]
    )
    return tag(
        "header",
        tag("p", "Test report of an electricity meter", css="kicker"),
        tag("h1", meter_title(view)),
        tag("p", run, css="facts"),
        _notice(view, summary),
        _result(summary),
        caught_sentence(found),
    )


def _notice(view: RunView, summary: Summary) -> Markup:
    notices = []
    if view.incomplete or view.damaged:
        title = "Incomplete run." if view.incomplete else "Damaged record."
        what = (
            f"The run was interrupted: {len(summary.unanswered)} of the verdicts wanted have no record. "
            "A verdict that is missing is not a pass."
            if view.incomplete
            else "The record is not what the run wrote, so this report proves nothing."
        )
        listed = "; ".join(view.problems[:6])
        more = f"; {len(view.problems) - 6} more" if len(view.problems) > 6 else ""
        notices.append(
            tag("p", tag("b", title), f" {what} ", tag("small", f"{listed}{more}."), css="notice alarm")
        )
    if any(position.get("drafted") for position in view.positions):
        notices.append(
            tag("p", tag("b", DRAFTED), " Its nameplate and class are placeholders.", css="notice")
        )
    if view.virtual:
        notices.append(tag("p", tag("b", VIRTUAL), f" {PRE_RUN}", css="notice"))
    else:
        notices.append(tag("p", tag("b", PRE_RUN), css="notice"))
    return join(notices)


def _result(summary: Summary) -> Markup:
    counts = join(
        tag("li", badge(outcome), " ", tag("b", summary.count(outcome)))
        for outcome in READING_ORDER
        if summary.count(outcome)
    )
    advisory = summary.count(Outcome.FAILED, Kind.ADVISORY)
    aside = f" Advisory, shown apart and not counted: {advisory} FAILED." if advisory else ""
    return tag(
        "div",
        tag("p", tag("b", summary.statement), text(aside), css="statement"),
        tag("p", tag("b", summary.coverage), css="coverage"),
        tag("ul", counts, css="counts"),
        css="result" + (" bad" if summary.n_failed else ""),
    )


def _identity(position: Record) -> Record:
    declaration = position.get("declaration") or {}
    identity = declaration.get("identity") or {}
    return identity if isinstance(identity, dict) else {}
