"""What is demanded of clock, tariffs, profiles and events: by the Blue Book, by the declaration, by project rule."""

from __future__ import annotations

from bench.record.model import Kind, Requirement, Topic


def blue_book(clause: str, topic: Topic, status: str = "V1") -> Requirement:
    """Return a demand of the COSEM interface classes."""
    return Requirement(
        document="IEC 62056-6-2 (COSEM interface classes)",
        edition="uncertain",
        clause=clause,
        topic=topic,
        kind=Kind.STANDARD,
        status=status,
    )


def project_rule(clause: str, topic: Topic) -> Requirement:
    """Return a rule of this project, where no standard speaks; the declaration carries its numbers."""
    return Requirement(
        document="meterbench project rules",
        edition="1",
        clause=clause,
        topic=topic,
        kind=Kind.PROJECT,
        status="project rule",
    )


def clock_standard(clause: str) -> Requirement:
    """Return a demand of the time-switch standard; its number is recalled (0.5 s a day at 23 degrees)."""
    return Requirement(
        document="IEC 62054-21",
        edition="uncertain",
        clause=clause,
        topic=Topic.CLOCK,
        kind=Kind.STANDARD,
        status="R",
    )
