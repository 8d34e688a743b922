"""Read a run folder back, and check that nobody touched it.

A run that was killed leaves a last line cut short: it is left out and reported, and the rest stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from bench.errors import PlanError
from bench.record.chain import FILES, digest
from bench.record.exchange import Exchange
from bench.record.model import Observation, Verdict

Record = Mapping[str, Any]
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File(Generic[Parsed]):
    """One file of lines: what could be read, its problems, and how it ends.

    ``unreadable``: the problems of lines that continue the chain and do not hold what they should.
    """

    items: tuple[Parsed, ...]
    problems: tuple[str, ...]
    unreadable: tuple[str, ...]
    lines: int
    last: str


class RunReader:
    """One run folder; each file is read whole when it is first asked for. Problems name file and line."""

    def __init__(self, path: Path) -> None:
        """Open the run folder ``path``. Raises PlanError when it holds no readable session.json."""
        self.path = path
        try:
            self._session_octets = (path / "session.json").read_bytes()
            session = json.loads(self._session_octets)
        except OSError as error:
            raise PlanError(
                f"{path} is not a run folder: session.json cannot be read ({error.strerror}).",
                remedy="Name the folder a run wrote (--run-dir).",
            ) from error
        except ValueError as error:
            raise PlanError(f"{path / 'session.json'} is damaged: {error}.") from error
        if not isinstance(session, dict):
            raise PlanError(f"{path / 'session.json'} is damaged: it holds no object.")
        self.session: Record = session
        self._read_so_far: dict[str, _File[Any]] = {}

    def observations(self) -> tuple[Observation, ...]:
        """Return the observations, in order."""
        return cast("_File[Observation]", self._file("observations")).items

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return the verdicts, in order."""
        return cast("_File[Verdict]", self._file("verdicts")).items

    def traffic(self) -> tuple[Exchange, ...]:
        """Return the octets on the meters' lines, in order; secrets masked."""
        return cast("_File[Exchange]", self._file("traffic")).items

    def events(self) -> tuple[Record, ...]:
        """Return the events, in order."""
        return cast("_File[Record]", self._file("events")).items

    def finished(self) -> Record | None:
        """Return the run-finished event, or None where the run was cut short."""
        return next(
            (event for event in reversed(self.events()) if event.get("event") == "run-finished"), None
        )

    def check_chain(self) -> list[str]:
        """Return what is wrong with the record: broken links, unreadable lines, missing ends."""
        files = {kind: self._file(kind) for kind in FILES}
        problems = [problem for file in files.values() for problem in file.problems]
        for kind in ("observations", "verdicts", "traffic"):
            problems.extend(files[kind].unreadable)
        finished = self.finished()
        if finished is None:
            problems.append("events.jsonl: there is no run-finished event; the run was cut short")
            return problems
        for name, head in dict(finished.get("heads", {})).items():
            ended = next((kind for kind, file_name in FILES.items() if file_name == name), None)
            if ended is None:
                continue
            file = files[ended]
            if file.lines != head.get("lines"):
                problems.append(f"{name}: {file.lines} lines, but the run wrote {head.get('lines')}")
            elif file.last != head.get("sha256"):
                problems.append(f"{name}: the last line is not the one the run wrote")
        return problems

    def _file(self, kind: str) -> _File[Any]:
        if kind not in self._read_so_far:
            self._read_so_far[kind] = self._read(FILES[kind], _MADE_OF[kind])
        return self._read_so_far[kind]

    def _read(self, name: str, made_of: Callable[[Record], Parsed]) -> _File[Parsed]:
        """Read one file; what a line held is let go as soon as it is made into something."""
        previous = digest(self._session_octets)
        problems: list[str] = []
        unreadable: dict[str, None] = {}
        items: list[Parsed] = []
        n_lines = n_records = 0
        try:
            with (self.path / name).open("rb") as file:
                for line in file:
                    if not line.endswith(b"\n"):
                        problems.append(f"{name}:{n_lines + 1}: the last line is cut short and was left out")
                        break
                    n_lines += 1
                    octets = line[:-1]
                    try:
                        record = json.loads(octets.decode())
                        pointer = record["prev"]
                    except (ValueError, TypeError, KeyError):
                        problems.append(f"{name}:{n_lines}: not a record")
                    else:
                        n_records += 1
                        try:
                            items.append(made_of(record))
                        except (KeyError, TypeError, ValueError) as error:
                            unreadable[f"{name}: record {n_records} is not whole: {error!r}"] = None
                        if pointer != previous:
                            before = f"line {n_lines - 1}" if n_lines > 1 else "session.json"
                            problems.append(
                                f"{name}:{n_lines}: the chain is broken: {before} is not what it was"
                            )
                    previous = digest(octets)
        except OSError as error:
            problems.append(f"{name}: cannot be read ({error.strerror})")
        return _File(
            items=tuple(items),
            problems=tuple(problems),
            unreadable=tuple(unreadable),
            lines=n_lines,
            last=previous,
        )


def _as_it_stands(record: Record) -> Record:
    return record


_MADE_OF: Mapping[str, Callable[[Record], Any]] = {
    "events": _as_it_stands,
    "traffic": Exchange.from_json,
    "observations": Observation.from_json,
    "verdicts": Verdict.from_json,
}
