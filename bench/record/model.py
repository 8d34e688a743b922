"""The records of a run: requirement, observation, judgement, verdict. Plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class Outcome(StrEnum):
    """What a verdict says, worst first when rolled up (see ``severity``)."""

    PASSED = "PASSED"
    CONDITIONAL_PASS = "CONDITIONAL_PASS"
    CONDITIONAL_FAIL = "CONDITIONAL_FAIL"
    FAILED = "FAILED"
    INCONCLUSIVE = "INCONCLUSIVE"
    INAPPLICABLE = "INAPPLICABLE"
    NOT_RUN = "NOT_RUN"
    ERROR = "ERROR"

    @property
    def severity(self) -> int:
        """Rank for roll-ups: FAILED outranks ERROR, ERROR outranks INCONCLUSIVE."""
        return _SEVERITY[self]


_SEVERITY = {
    Outcome.INAPPLICABLE: 0,
    Outcome.PASSED: 1,
    Outcome.CONDITIONAL_PASS: 2,
    Outcome.CONDITIONAL_FAIL: 3,
    Outcome.NOT_RUN: 4,
    Outcome.INCONCLUSIVE: 5,
    Outcome.ERROR: 6,
    Outcome.FAILED: 7,
}


class Topic(StrEnum):
    """The family a requirement belongs to."""

    ACCURACY = "accuracy"
    INFLUENCE = "influence"
    NO_LOAD = "no-load"
    START = "start"
    CONSTANT = "constant"
    REGISTER = "register"
    REACTIVE = "reactive"
    TOKEN = "token"
    CREDIT = "credit"
    KEY_CHANGE = "key-change"
    ENTRY = "entry"
    HDLC = "hdlc"
    WRAPPER = "wrapper"
    MODE_E = "mode-e"
    ASSOCIATION = "association"
    SERVICE = "service"
    OBJECT = "object"
    PROFILE = "profile"
    IMAGE = "image"
    PUSH = "push"
    SECURITY = "security"
    RIGHTS = "rights"
    SUPPLY = "supply"
    PAYMODE = "paymode"
    TARIFF = "tariff"
    EVENT = "event"
    CLOCK = "clock"
    BILLING = "billing"
    PERSISTENCE = "persistence"
    HMI = "hmi"
    MODULE = "module"
    CLOSURE = "closure"
    DECLARATION = "declaration"


class Kind(StrEnum):
    """Who asks for it: a standard, the manufacturer's declaration, this project, or nobody yet."""

    STANDARD = "standard"
    DECLARED = "declared"
    PROJECT = "project"
    ADVISORY = "advisory"


#: Status words of a number's source. V2, V1, V1R, V1x: read in public sources; the rest is reported as provisional.
CONFIRMED_STATUS = frozenset({"V2", "V1", "V1R", "V1x", "V"})
UNVERIFIED_STATUS = frozenset({"U"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What is demanded, by whom, and how sure we are of the number.

    ``clause`` is "uncertain" or "" where no public source gives it. ``status`` is the source status of the
    limit (V2, V1, V1R, V1x, R, U, E, K, C, "to be confirmed", "project rule").
    """

    document: str
    edition: str
    clause: str
    topic: Topic
    kind: Kind
    status: str

    @property
    def confirmed(self) -> bool:
        """Whether a FAILED verdict stands without the word "provisional"."""
        return self.status in CONFIRMED_STATUS or self.status == "project rule"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "topic": Topic(data["topic"]), "kind": Kind(data["kind"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was measured, raw: counts, times, octets. ``data`` holds JSON values only, units in the names."""

    id: str
    case: str
    position: str
    kind: str
    time_s: float
    utc: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a judge makes of observations; becomes a verdict when it is recorded."""

    outcome: Outcome
    reason: str
    measured: float | str | None = None
    limit: float | str | None = None
    unit: str = ""
    u95: float | None = None
    decision_rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One line of verdicts.jsonl."""

    case: str
    position: str
    outcome: Outcome
    requirement: Requirement
    judge: str
    measured: float | str | None
    limit: float | str | None
    unit: str
    u95: float | None
    decision_rule: str
    reason: str
    evidence: tuple[str, ...]
    mandatory: bool = True
    attempt: int = 1
    lot: str = ""
    serial_number: str = ""
    time_s: float = 0.0
    utc: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        known["outcome"] = Outcome(data["outcome"])
        known["requirement"] = Requirement.from_json(data["requirement"])
        known["evidence"] = tuple(data["evidence"])
        return cls(**known)


def to_json(record: Requirement | Observation | Judgement | Verdict) -> dict[str, Any]:
    """Return a record as JSON values; enums become their words. The data of an observation are shared, not copied."""
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    if isinstance(record, Verdict):
        values["requirement"] = to_json(record.requirement)
    return values
