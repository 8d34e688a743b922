"""What is demanded of clock, tariffs, profiles and events: by the Blue Book, by the declaration, by project rule."""

from __future__ import annotations

from bench.judgement.dlms_requirements import blue_book_requirement
from bench.record.model import Kind, Requirement, Topic


def blue_book(clause: str, topic: Topic) -> Requirement:
    """Return a demand of the COSEM interface classes that was read through one public source."""
    return blue_book_requirement(clause, topic, status="V1")


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
