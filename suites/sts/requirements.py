"""What the cases of this suite demand, and how sure we are of it.

Clauses of IEC 62055-41 as the public mirrors number them. Status V: proven by published vectors; V1: text of the
standard or of the STS Association seen through one public source; K: engineering knowledge.
"""

from __future__ import annotations

from bench.record.model import Kind, Requirement, Topic
from bench.run.case import Need

#: What every case that enters a token needs, by whichever carrier.
TOKEN_NEEDS = (Need.TOKEN_ENTRY, Need.VENDING_KEY)
GATEWAY_NEEDS = (*TOKEN_NEEDS, Need.MANAGEMENT, Need.TOKEN_GATEWAY)
KEYPAD_NEEDS = (*TOKEN_NEEDS, Need.HANDS)


def token_requirement(clause: str, topic: Topic = Topic.TOKEN, status: str = "V1") -> Requirement:
    """Return a requirement of IEC 62055-41."""
    return Requirement(
        document="IEC 62055-41", edition="2018", clause=clause, topic=topic, kind=Kind.STANDARD, status=status
    )


def carrier_requirement(clause: str, topic: Topic = Topic.ENTRY, status: str = "K") -> Requirement:
    """Return a requirement of IEC 62055-51, the numeric token carrier."""
    return Requirement(
        document="IEC 62055-51",
        edition="uncertain",
        clause=clause,
        topic=topic,
        kind=Kind.STANDARD,
        status=status,
    )


def declared_requirement(clause: str, topic: Topic, status: str = "K") -> Requirement:
    """Return a requirement on what the manufacturer declares of the meter."""
    return Requirement(
        document="declaration", edition="", clause=clause, topic=topic, kind=Kind.DECLARED, status=status
    )
