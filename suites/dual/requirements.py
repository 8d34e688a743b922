"""Requirements on the supply switch. Rules A1 to A8 are project rules that the declaration states."""

from __future__ import annotations

from bench.record.model import Kind, Requirement, Topic

MODE_TABLE = Requirement(
    document="IEC 62056-6-2 (COSEM interface classes)",
    edition="uncertain",
    clause="Disconnect control, class 70 (BB 4.5.8)",
    topic=Topic.SUPPLY,
    kind=Kind.STANDARD,
    status="V1",
)


def supply_requirement(clause: str, topic: Topic = Topic.SUPPLY) -> Requirement:
    """Return a project rule on the switch; no standard speaks where two masters meet."""
    return Requirement(
        document="meterbench project rules",
        edition="1",
        clause=clause,
        topic=topic,
        kind=Kind.PROJECT,
        status="project rule",
    )
