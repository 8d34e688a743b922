"""A requirement as a report cites it, and the words that weaken a verdict on it."""

from __future__ import annotations

from bench.record.model import Kind, Outcome, Requirement, Verdict


def document_text(requirement: Requirement) -> str:
    """Return ``IEC 62053-21:2003+A1:2016``, or ``DLMS UA 1001-3 V5.0`` where the edition is no year."""
    if not requirement.edition:
        return requirement.document
    if requirement.edition == "uncertain":
        return f"{requirement.document} (edition uncertain)"
    return f"{requirement.document}{':' if requirement.edition[0].isdigit() else ' '}{requirement.edition}"


def clause_text(requirement: Requirement) -> str:
    """Return the clause, or "uncertain" where no public source gives it."""
    return requirement.clause or "uncertain"


def requirement_text(requirement: Requirement) -> str:
    """Return document, edition and clause."""
    clause = clause_text(requirement)
    said = "clause uncertain" if clause == "uncertain" else clause
    return f"{document_text(requirement)}, {said}"


def kind_note(verdict: Verdict) -> str:
    """Return what weakens a verdict: its kind when no standard asks, and "provisional" for a failure."""
    requirement = verdict.requirement
    words = [] if requirement.kind is Kind.STANDARD else [requirement.kind.value]
    if verdict.outcome is Outcome.FAILED and not requirement.confirmed:
        words.append("provisional")
    return ", ".join(words)
