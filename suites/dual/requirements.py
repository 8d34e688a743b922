"""Requirements on the supply switch. Rules A1 to A8 are project rules that the declaration states."""

from __future__ import annotations

from bench.judgement.project_rules import project_rule
from bench.record.model import Kind, Requirement, Topic

MODE_TABLE = Requirement(
    document="DLMS UA 1000-1 Blue Book",
    edition="uncertain",
    clause="Disconnect control, class 70 (BB 4.5.8)",
    topic=Topic.SUPPLY,
    kind=Kind.STANDARD,
    status="V1",
)


def supply_requirement(clause: str, topic: Topic = Topic.SUPPLY) -> Requirement:
    """Return a project rule on the switch; no standard speaks where two masters meet."""
    return project_rule(clause, topic)
