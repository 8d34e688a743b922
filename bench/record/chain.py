"""The chain of a run folder's lines: each carries the SHA-256 of the line before it.

A line is the UTF-8 octets of one JSON object without its newline; its last key is ``prev``. The first line
of every file points at the octets of session.json. Anyone can check it with sha256sum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

#: The files of a run folder that are chained, by what they hold.
FILES = {
    "events": "events.jsonl",
    "traffic": "traffic.jsonl",
    "observations": "observations.jsonl",
    "verdicts": "verdicts.jsonl",
}

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def digest(octets: bytes) -> str:
    """Return the SHA-256 of octets as hex."""
    return hashlib.sha256(octets).hexdigest()


def chained_line(record: Mapping[str, Any], previous: str) -> bytes:
    """Return the octets of one line, without newline, that follows the line whose digest is ``previous``.

    Raises ValueError for numbers JSON cannot hold (NaN, infinity) and TypeError for objects it cannot.
    """
    return _ENCODER.encode({**record, "prev": previous}).encode()
