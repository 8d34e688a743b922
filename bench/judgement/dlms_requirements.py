"""What the DLMS cases demand: the requirement of a public case name, of a procedure, of a rule of our own."""

from __future__ import annotations

from bench.record.model import Kind, Requirement, Topic
from bench.standards.dlms_cases import ATS_AL, PUBLIC_CASES

_TOPICS = (
    ("HDLC_", Topic.HDLC),
    ("APPL_DATA_", Topic.SERVICE),
    ("APPL_", Topic.ASSOCIATION),
    ("SYMSEC_", Topic.SECURITY),
)


def public_requirement(name: str) -> Requirement:
    """Return the requirement of a public case; its status says where the procedure comes from."""
    case = PUBLIC_CASES[name]
    topic = next(topic for prefix, topic in _TOPICS if name.startswith(prefix))
    return Requirement(
        document=case.plan.document,
        edition=case.plan.edition,
        clause=name,
        topic=topic,
        kind=Kind.STANDARD,
        status=case.provenance.status,
    )


def object_requirement(procedure: str, topic: Topic = Topic.OBJECT, status: str = "V1") -> Requirement:
    """Return the requirement of one of the procedures that the object test of the plans names."""
    return Requirement(
        document=ATS_AL.document,
        edition=ATS_AL.edition,
        clause=procedure,
        topic=topic,
        kind=Kind.STANDARD,
        status=status,
    )


def protocol_requirement(clause: str, topic: Topic, status: str = "R") -> Requirement:
    """Return a demand of the Green Book that no public case names. Clause numbers are not public: a title."""
    return Requirement(
        document="DLMS UA 1000-2 Green Book",
        edition="uncertain",
        clause=clause,
        topic=topic,
        kind=Kind.STANDARD,
        status=status,
    )


def blue_book_requirement(clause: str, topic: Topic, status: str = "R") -> Requirement:
    """Return a demand of the Blue Book that no public case names."""
    return Requirement(
        document="DLMS UA 1000-1 Blue Book",
        edition="uncertain",
        clause=clause,
        topic=topic,
        kind=Kind.STANDARD,
        status=status,
    )
