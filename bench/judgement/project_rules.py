"""Rules of this project, where no standard speaks; reports show them apart from standards."""

from __future__ import annotations

from bench.record.model import Kind, Requirement, Topic


def project_rule(clause: str, topic: Topic) -> Requirement:
    """Return a rule of this project; what is declared carries its numbers."""
    return Requirement(
        document="meterbench project rules",
        edition="1",
        clause=clause,
        topic=topic,
        kind=Kind.PROJECT,
        status="project rule",
    )
