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
    """Return an observation as JSON, as it stands in the record: a line for each value of its data.

    Deeper values stay on their line: indenting them costs more than all else of a result file.
    """
    record = to_json(observation)
    data = ",\n".join(f"  {_dumped(name)}: {_dumped(value)}" for name, value in record.pop("data").items())
    lines = [f" {_dumped(name)}: {_dumped(value)}" for name, value in record.items()]
    return "{\n" + ",\n".join([*lines, f' "data": {{\n{data}\n }}']) + "\n}"


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _rows(frame: Exchange) -> list[str]:
    text = frame.octets.hex(" ").upper()
    for span in frame.secrets:
        hidden = range(span.offset, min(span.offset + span.length, len(frame.octets)))
        if hidden:
            shown = " ".join("··" for _ in hidden)
            text = text[: 3 * hidden.start] + shown + text[3 * hidden.start + len(shown) :]
    width = 3 * _OCTETS_PER_LINE
    if 0 < len(text) < width:
        return [text]
    rows = [text[first : first + width].rstrip() for first in range(0, len(text), width)]
    return rows or ["(no octets)"]
