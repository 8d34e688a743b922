"""Read a run folder back, and check that nobody touched it.

A run that was killed leaves a last line cut short: it is left out and reported, and the rest stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from bench.errors import PlanError
from bench.record.chain import FILES, digest
from bench.record.exchange import Exchange
from bench.record.model import Observation, Verdict

Record = Mapping[str, Any]
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One file of lines: what could be read, its problems, and how it ends."""

    records: tuple[Record, ...]
    problems: tuple[str, ...]
    lines: int
    last: str


class RunReader:
    """One run folder, read whole and kept. Problems are sentences that name file and line."""

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
        self._unreadable: dict[str, None] = {}

    def observations(self) -> tuple[Observation, ...]:
        """Return the observations, in order."""
        return self._observations

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return the verdicts, in order."""
        return self._verdicts

    def traffic(self) -> tuple[Exchange, ...]:
        """Return the octets on the meters' lines, in order; secrets masked."""
        return self._traffic

    def events(self) -> tuple[Record, ...]:
        """Return the events, in order."""
        return self._files["events"].records

    def finished(self) -> Record | None:
        """Return the run-finished event, or None where the run was cut short."""
        return next(
            (event for event in reversed(self.events()) if event.get("event") == "run-finished"), None
        )

    def check_chain(self) -> list[str]:
        """Return what is wrong with the record: broken links, unreadable lines, missing ends."""
        problems = [problem for file in self._files.values() for problem in file.problems]
        for read in (self.observations, self.verdicts, self.traffic):
            read()
        problems.extend(self._unreadable)
        finished = self.finished()
        if finished is None:
            problems.append("events.jsonl: there is no run-finished event; the run was cut short")
            return problems
        for name, head in dict(finished.get("heads", {})).items():
            kind = next((kind for kind, file_name in FILES.items() if file_name == name), None)
            if kind is None:
                continue
            file = self._files[kind]
            if file.lines != head.get("lines"):
                problems.append(f"{name}: {file.lines} lines, but the run wrote {head.get('lines')}")
            elif file.last != head.get("sha256"):
                problems.append(f"{name}: the last line is not the one the run wrote")
        return problems

    @cached_property
    def _files(self) -> Mapping[str, _File]:
        return {kind: self._read(name) for kind, name in FILES.items()}

    def _read(self, name: str) -> _File:
        previous = digest(self._session_octets)
        try:
            octets = (self.path / name).read_bytes()
        except OSError as error:
            return _File(
                records=(), problems=(f"{name}: cannot be read ({error.strerror})",), lines=0, last=previous
            )
        *lines, tail = octets.split(b"\n")
        problems: list[str] = []
        records: list[Record] = []
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
                pointer = record["prev"]
            except (ValueError, TypeError, KeyError):
                problems.append(f"{name}:{number}: not a record")
            else:
                records.append(record)
                if pointer != previous:
                    before = f"line {number - 1}" if number > 1 else "session.json"
                    problems.append(f"{name}:{number}: the chain is broken: {before} is not what it was")
            previous = digest(line)
        if tail:
            problems.append(f"{name}:{len(lines) + 1}: the last line is cut short and was left out")
        return _File(records=tuple(records), problems=tuple(problems), lines=len(lines), last=previous)

    @cached_property
    def _observations(self) -> tuple[Observation, ...]:
        return tuple(self._parsed("observations", Observation.from_json))

    @cached_property
    def _verdicts(self) -> tuple[Verdict, ...]:
        return tuple(self._parsed("verdicts", Verdict.from_json))

    @cached_property
    def _traffic(self) -> tuple[Exchange, ...]:
        return tuple(self._parsed("traffic", Exchange.from_json))

    def _parsed(self, kind: str, read: Callable[[Record], Parsed]) -> Iterator[Parsed]:
        for number, record in enumerate(self._files[kind].records, start=1):
            try:
                yield read(record)
            except (KeyError, TypeError, ValueError) as error:
                self._unreadable[f"{FILES[kind]}: record {number} is not whole: {error!r}"] = None
