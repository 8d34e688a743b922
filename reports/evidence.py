"""Evidence of a verdict, as text: the octets on the line and the raw observations."""

from __future__ import annotations

import json
from collections.abc import Iterable

from bench.record.exchange import Direction, Exchange
from bench.record.model import Observation, to_json

_OCTETS_PER_LINE = 24
_INDENT = " " * 33


def frames_text(frames: Iterable[Exchange]) -> str:
    """Return one block per exchange: id, bench time, direction, octets in hex.

    Octets of a secret are never shown, whatever the record holds in their place; its name stands there.
    """
    lines = []
    for frame in frames:
        arrow = "→ meter" if frame.direction is Direction.SENT else "← meter"
        rows = _rows(frame)
        lines.append(f"{frame.id:<7}{frame.t_s:>13.6f} s  {arrow}  {rows[0]}")
        lines.extend(f"{_INDENT}{row}" for row in rows[1:])
        lines.extend(
            f"{_INDENT}[{span.length} octets from {span.offset}: {span.name}, not shown]"
            for span in frame.secrets
        )
    return "\n".join(lines)


def observation_json(observation: Observation) -> str:
    """Return an observation as indented JSON, as it stands in the record."""
    return json.dumps(to_json(observation), ensure_ascii=False, indent=2)


def _rows(frame: Exchange) -> list[str]:
    text = frame.octets.hex(" ").upper()
    for span in frame.secrets:
        hidden = range(span.offset, min(span.offset + span.length, len(frame.octets)))
        if hidden:
            shown = " ".join("··" for _ in hidden)
            text = text[: 3 * hidden.start] + shown + text[3 * hidden.start + len(shown) :]
    width = 3 * _OCTETS_PER_LINE
    rows = [text[first : first + width].rstrip() for first in range(0, len(text), width)]
    return rows or ["(no octets)"]
