"""What is done of a score, trial by trial, so that an interrupted one goes on where it was."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.errors import PlanError

#: Whose source decides a score.
PACKAGES = ("bench", "instruments", "reference_meter", "reports", "suites")


def version() -> str:
    """Return which version is scored: its number, and a digest over its sources and data."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        found = importlib.util.find_spec(package)
        for root in (found.submodule_search_locations if found is not None else None) or ():
            for file in sorted(Path(root).rglob("*")):
                if file.suffix in {".py", ".csv", ".toml"}:
                    digest.update(file.relative_to(root).as_posix().encode())
                    digest.update(file.read_bytes())
    return f"meterbench {importlib.metadata.version('meterbench')}, sources {digest.hexdigest()[:12]}"


class State:
    """A file of one line per finished trial; its first line says what is scored."""

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        """Open or begin the file. Raises PlanError when it belongs to another score."""
        self._path = path
        self.done: dict[str, Mapping[str, Any]] = {}
        if not path.exists() or not path.stat().st_size:
            path.write_text(_line({"settings": settings}), encoding="utf-8")
            return
        first, *lines = path.read_text(encoding="utf-8").splitlines()
        begun = _read(first)
        if begun is None or begun.get("settings") != json.loads(json.dumps(settings)):
            raise PlanError(
                f"{path} is the state of another score (other sources, rows or seeds).",
                remedy="Name another state file, or remove this one to begin again.",
            )
        for line in lines:
            if (found := _read(line)) is not None:  # the last line of a killed score is cut short
                self.done[found["trial"]] = found
        whole = "".join(_line(item) for item in ({"settings": settings}, *self.done.values()))
        path.write_text(whole, encoding="utf-8")

    def keep(self, trial: str, result: Mapping[str, Any]) -> None:
        """Write one finished trial, through to the disk."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line({"trial": trial, **result}))
            file.flush()
            os.fsync(file.fileno())


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _read(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
