"""The options of a run, as `pytest` and `meterbench run` take them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: What is tested when nobody says otherwise: the reference meter in a laboratory of its own.
DEFAULT_METER = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the user asked for. Empty text and None mean "not given"."""

    meter: str = DEFAULT_METER
    rig: Path | None = None
    declare: Path | None = None
    secrets: Path | None = None
    tokens: Path | None = None
    plan: str = ""
    run_dir: Path | None = None
    state_dir: Path | None = None
    seed: int = 1
    live: bool = False
    command: tuple[str, ...] = ()
