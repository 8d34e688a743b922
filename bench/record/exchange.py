"""One string of octets on a meter's line, as traffic.jsonl keeps it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from bench.record.secrets import SecretSpan


class Direction(StrEnum):
    """Seen from the bench."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Octets sent or received; ``octets`` holds zeros where ``secrets`` says a secret stood.

    ``port``: the further port of the meter that they went over; "" for the one that it is tested at.
    """

    id: str
    position: str
    case: str
    t_s: float
    direction: Direction
    octets: bytes
    secrets: tuple[SecretSpan, ...] = ()
    port: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the line of traffic.jsonl, without its chain field."""
        return {
            "id": self.id,
            "position": self.position,
            "case": self.case,
            "t_s": self.t_s,
            "direction": str(self.direction),
            "octets": self.octets.hex(),
            "secrets": [asdict(span) for span in self.secrets] if self.secrets else [],
            **({"port": self.port} if self.port else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a line of traffic.jsonl; raises KeyError, TypeError or ValueError when it is not one."""
        return cls(
            id=data["id"],
            position=sys.intern(data["position"]),  # a run has many exchanges and few cases
            case=sys.intern(data["case"]),
            t_s=data["t_s"],
            direction=Direction(data["direction"]),
            octets=bytes.fromhex(data["octets"]),
            secrets=tuple(SecretSpan(**span) for span in data.get("secrets", ())),
            port=sys.intern(data.get("port", "")),
        )


def expand_ids(evidence: tuple[str, ...]) -> tuple[str, ...]:
    """Return evidence ids with ranges written out: ``T17-T20`` is T17, T18, T19, T20."""
    ids: list[str] = []
    for name in evidence:
        first, dash, last = name.partition("-")
        if dash and first[:1] == last[:1] and first[1:].isdigit() and last[1:].isdigit():
            ids.extend(f"{first[0]}{number}" for number in range(int(first[1:]), int(last[1:]) + 1))
        else:
            ids.append(name)
    return tuple(ids)
