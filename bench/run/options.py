"""The options of a run, as `pytest` and `meterbench run` take them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the user asked for. Empty text and None mean "not given"."""

    meter: str = "reference"
    rig: Path | None = None
    declare: Path | None = None
    secrets: Path | None = None
    plan: str = ""
    run_dir: Path | None = None
    seed: int = 1
    command: tuple[str, ...] = ()
