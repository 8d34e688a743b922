"""Every verdict a reader must look at, FAILED first, each with what supports it."""

from __future__ import annotations

from collections.abc import Iterable

from bench.record.model import Kind, Outcome, Verdict
from bench.record.run_folder import BENCH
from reports.citation import kind_note, requirement_text
from reports.curve_points import load_point_name
from reports.evidence import frames_text
from reports.markup import Markup, badge, folded, join, pairs, section, tag, tree
from reports.outcome_style import DEVIATIONS, STYLES
from reports.quantities import limit_text, measured_text, u95_text, utc_text
from reports.run_view import RunView
from reports.source_status import source_status

#: A page shows this many frames of one verdict; the record has them all.
_MAX_FRAMES = 60
_KIND_ORDER = (Kind.STANDARD, Kind.DECLARED, Kind.PROJECT, Kind.ADVISORY)


def deviations(view: RunView) -> Markup:
    found = [verdict for verdict in view.verdicts if verdict.outcome in DEVIATIONS]
    found.sort(key=_rank)
    if not found:
        return section("deviations", "Deviations", tag("p", "None among the verdicts given."))
    groups = []
    for outcome in DEVIATIONS:
        those = [verdict for verdict in found if verdict.outcome is outcome]
        if those:
            groups.append(tag("h3", badge(outcome), f" {len(those)}"))
            groups.extend(_told(view, outcome, those))
    return section("deviations", "Deviations", *groups)


def _told(view: RunView, outcome: Outcome, those: list[Verdict]) -> Iterable[Markup]:
    """Tell each verdict; errors of the bench that have one reason, and nothing else to show, are told once."""
    together: dict[str, list[Verdict]] = {}
    for verdict in those:
        alone = outcome is not Outcome.ERROR or bool(view.observations_of(verdict))
        together.setdefault(verdict.case + verdict.position if alone else verdict.reason, []).append(verdict)
    for alike in together.values():
        yield _deviation(view, alike[0]) if len(alike) == 1 else _of_one_reason(view, outcome, alike)


def _of_one_reason(view: RunView, outcome: Outcome, alike: list[Verdict]) -> Markup:
    style = STYLES[outcome]
    cases = ", ".join(
        verdict.case + (f" at {verdict.position}" if view.several_positions else "") for verdict in alike
    )
    head = tag(
        "h4", tag("span", style.mark, css=f"o o-{style.css}"), f" {len(alike)} verdicts for one reason"
    )
    body = tag("div", tag("p", alike[0].reason, css="reason"), tag("p", cases, css="cases"))
    return tag("article", head, body, css=f"deviation {style.css}")


def _rank(verdict: Verdict) -> tuple[int, int, bool]:
    requirement = verdict.requirement
    return (
        DEVIATIONS.index(verdict.outcome),
        _KIND_ORDER.index(requirement.kind),
        not requirement.confirmed,
    )


def _deviation(view: RunView, verdict: Verdict) -> Markup:
    requirement = verdict.requirement
    where = f", position {verdict.position}" if view.several_positions else ""
    point = load_point_name(view, verdict)
    status = source_status(requirement.status)
    head = tag(
        "h4",
        tag("span", STYLES[verdict.outcome].mark, css=f"o o-{STYLES[verdict.outcome].css}"),
        " ",
        point or verdict.case,
        tag("small", f" {verdict.case}{where}" if point else where),
        tag("span", kind_note(verdict), css="note"),
    )
    numbers = pairs(
        [
            ("Measured", tag("b", measured_text(verdict)) if verdict.measured is not None else None),
            ("Limit", tag("b", limit_text(verdict)) if verdict.limit is not None else None),
            ("U95", u95_text(verdict)),
        ],
        css="flow",
    )
    has_numbers = verdict.measured is not None or verdict.limit is not None
    facts = pairs(
        [
            ("Requirement", requirement_text(requirement)),
            ("Source", f"{status.word}: {status.meaning}"),
            ("Decided by", _decided(verdict)),
        ]
    )
    return tag(
        "article",
        head,
        tag(
            "div",
            tag("p", verdict.reason, css="reason"),
            numbers if has_numbers else "",
        ),
        tag("div", facts, css="cited"),
        _evidence(view, verdict),
        css=f"deviation {STYLES[verdict.outcome].css}",
    )


def _evidence(view: RunView, verdict: Verdict) -> Markup:
    observations = view.observations_of(verdict)
    frames = view.frames_of(verdict)
    if not observations and not frames:
        named = ", ".join(verdict.evidence)
        words = f"Evidence: {named}. Not in the record." if named else "Evidence: none."
        return tag("p", words, css="fine")
    content: list[Markup] = [
        join([tag("h5", f"Observation {seen.id}, {seen.kind}, {utc_text(seen.utc)}"), tree(seen.data)])
        for seen in observations
    ]
    if frames:
        content.append(tag("h5", f"On the line, {len(frames)} records"))
        content.append(tag("pre", frames_text(frames[:_MAX_FRAMES])))
        if len(frames) > _MAX_FRAMES:
            content.append(tag("p", f"{len(frames) - _MAX_FRAMES} more in traffic.jsonl.", css="fine"))
    return folded(f"Evidence: {_listed(verdict.evidence)}", *content)


def _decided(verdict: Verdict) -> str:
    judge = "the bench itself" if verdict.judge == BENCH else f"judge {verdict.judge}"
    moment = utc_text(verdict.utc) if verdict.utc else ""
    return ", ".join(filter(None, (verdict.decision_rule, judge, moment)))


def _listed(evidence: Iterable[str]) -> str:
    names = list(evidence)
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
