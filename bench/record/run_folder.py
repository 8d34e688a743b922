"""The run folder as it is written: append-only, one chained line at a time, flushed at once."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.errors import BenchFault, PlanError
from bench.record.chain import FILES, chained_line, digest
from bench.record.exchange import Direction, Exchange, expand_ids
from bench.record.masking import mask
from bench.record.model import Observation, Outcome, Verdict, to_json
from bench.record.secrets import SecretStore, redact

#: The name a verdict carries as its judge when the bench itself wrote it, and what it may then say.
BENCH = "bench"
BENCH_OUTCOMES = frozenset({Outcome.ERROR, Outcome.NOT_RUN, Outcome.INAPPLICABLE, Outcome.INCONCLUSIVE})

FORMAT = 1


class RecordFault(BenchFault):
    """The record cannot be continued: nothing that is not written may be measured, so the run ends here."""


class RunFolder:
    """Writes one run. ``secrets`` holds the store of each position; its values never reach a file."""

    def __init__(self, path: Path, secrets: Mapping[str, SecretStore]) -> None:
        self.path = path
        self._secrets = dict(secrets)
        self._files: dict[str, FileIO] = {}
        self._previous: dict[str, str] = {}
        self._counts = dict.fromkeys(FILES, 0)
        self._ends = dict.fromkeys(FILES, 0)
        """How many octets of each file stand."""
        self._ids: set[str] = set()

    @classmethod
    def create(cls, path: Path, secrets: Mapping[str, SecretStore] | None = None) -> Self:
        """Make the folder ``path``, which must be absent or empty.

        Raises PlanError when it is not empty or cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise PlanError(
                    f"The run folder {path} is not empty.",
                    remedy="Name a new folder: a run is never overwritten.",
                )
            probe = path / ".probe"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise PlanError(
                f"The run folder {path} cannot be written: {error.strerror}.",
                remedy="Name a folder where you may write.",
            ) from error
        return cls(path, secrets or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add_secrets(self, position: str, store: SecretStore) -> None:
        """Take the secrets of one position into account from now on."""
        self._secrets[position] = store

    def write_session(self, session: Mapping[str, Any]) -> None:
        """Write session.json, once, before any line. ``format`` is added."""
        if self._previous:
            raise RuntimeError("session.json is written once")
        content = {"format": FORMAT, **mask(session, self._secrets.values())}
        octets = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode()
        try:
            (self.path / "session.json").write_bytes(octets)
            for kind, name in FILES.items():
                self._files[kind] = (self.path / name).open("xb", buffering=0)
        except OSError as error:
            raise BenchFault(f"The run folder {self.path} cannot be written: {error.strerror}.") from error
        self._previous = dict.fromkeys(FILES, digest(octets))

    def append_observation(
        self, *, case: str, position: str, kind: str, time_s: float, utc: str, data: Mapping[str, Any]
    ) -> Observation:
        """Record what was measured; returns it with its id, its data as the record will give it back."""
        observation = Observation(
            id=f"O{self._counts['observations'] + 1}",
            case=case,
            position=position,
            kind=kind,
            time_s=time_s,
            utc=utc,
            data=json.loads(json.dumps(data, allow_nan=False)),
        )
        self._append("observations", {**to_json(observation), "data": self._masked(observation.data)})
        self._ids.add(observation.id)
        return observation

    def append_exchange(
        self,
        *,
        position: str,
        case: str,
        time_s: float,
        direction: Direction | str,
        octets: bytes,
        port: str = "",
    ) -> Exchange:
        """Record octets on a line; secrets of the position are masked. Returns what was recorded.

        ``port``: the meter's further port, "" for its own line.
        """
        store = self._secrets.get(position)
        masked, spans = redact(octets, store) if store is not None else (octets, ())
        exchange = Exchange(
            id=f"T{self._counts['traffic'] + 1}",
            position=position,
            case=case,
            t_s=time_s,
            direction=Direction(direction),
            octets=masked,
            secrets=spans,
            port=port,
        )
        self._append("traffic", exchange.to_json())
        self._ids.add(exchange.id)
        return exchange

    def append_event(self, event: str, *, time_s: float, utc: str, **details: Any) -> None:
        """Record something that happened in the run.

        The last one is ``run-finished`` (exit_code, bench_time_s, wall_time_s, verdicts_given,
        verdicts_wanted); it also says how each of the other files ends, so that a missing tail shows.
        """
        record = {"t_s": time_s, "utc": utc, "event": event, **self._masked(details)}
        if event == "run-finished":
            record["heads"] = {
                FILES[kind]: {"lines": self._counts[kind], "sha256": self._previous[kind]}
                for kind in FILES
                if kind != "events"
            }
        self._append("events", record)

    def append_verdict(self, verdict: Verdict) -> None:
        """Record a verdict. One without evidence cannot be written, save what the bench says of itself."""
        if verdict.judge == BENCH:
            if verdict.outcome not in BENCH_OUTCOMES:
                raise ValueError(
                    f"{verdict.case}: the bench itself cannot say {verdict.outcome}; a judge must"
                )
        elif not verdict.evidence:
            raise ValueError(f"{verdict.case}: a verdict needs evidence")
        unknown = [name for name in expand_ids(verdict.evidence) if name not in self._ids]
        if unknown:
            raise ValueError(f"{verdict.case}: evidence {', '.join(unknown)} is not in the record")
        self._append("verdicts", self._masked(to_json(verdict)))

    def close(self) -> None:
        """Close the files; what was appended is already written."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _append(self, kind: str, record: Mapping[str, Any]) -> None:
        if kind not in self._files:
            raise RuntimeError("the run folder is closed, or has no session yet")
        line = chained_line(record, self._previous[kind])
        file = self._files[kind]
        left = line + b"\n"
        try:
            while left:
                left = left[file.write(left) :]
        except OSError as error:
            with contextlib.suppress(OSError):  # what stands is the record: a half line would break its chain
                file.truncate(self._ends[kind])
                file.seek(self._ends[kind])
            raise RecordFault(
                f"The run folder {self.path} cannot be written any more: {error.strerror}.",
                remedy="Is the disk full?",
            ) from error
        self._previous[kind] = digest(line)
        self._ends[kind] += len(line) + 1
        self._counts[kind] += 1

    def _masked(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Mask secrets that reach a text by another way than traffic."""
        return mask(values, self._secrets.values())
