"""What a report sees of a run folder: the records as they stand, and what is wrong or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.record.exchange import Exchange, expand_ids
from bench.record.model import Observation, Verdict
from bench.record.reader import Record, RunReader


@dataclass(frozen=True, kw_only=True)
class RunView:
    """One run, read whole.

    ``finished`` is the last event, an empty mapping when the run was cut short. ``problems`` says in plain
    sentences what is wrong with the record: lines cut short, a broken chain, evidence that is missing.
    """

    path: Path
    session: Record
    finished: Record
    traffic: Mapping[str, Exchange]
    observations: Mapping[str, Observation]
    verdicts: tuple[Verdict, ...]
    problems: tuple[str, ...]

    @property
    def incomplete(self) -> bool:
        """Whether the run was cut short, so that its verdicts are not all there."""
        return not self.finished

    @property
    def damaged(self) -> bool:
        """Whether the record of a finished run is not what the run wrote."""
        return not self.incomplete and bool(self.problems)

    @property
    def run_id(self) -> str:
        return str(self.session.get("run_id", self.path.name))

    @property
    def virtual(self) -> bool:
        """Whether the rig is a laboratory in software; a rig that does not say so counts as virtual."""
        return bool(self.section("rig").get("virtual", True))

    @property
    def positions(self) -> tuple[Record, ...]:
        return tuple(self.session.get("positions", ()))

    @cached_property
    def several_positions(self) -> bool:
        return len(self.positions) > 1 or len({verdict.position for verdict in self.verdicts}) > 1

    def section(self, name: str) -> Record:
        """Return a table of the session (``rig``, ``plan``, ``software``), empty where it has none."""
        found = self.session.get(name)
        return found if isinstance(found, Mapping) else {}

    def observations_of(self, verdict: Verdict) -> tuple[Observation, ...]:
        """Return the observations among the verdict's evidence, in its order."""
        return tuple(self.observations[name] for name in verdict.evidence if name in self.observations)

    def frames_of(self, verdict: Verdict) -> tuple[Exchange, ...]:
        """Return the octets on the line among the verdict's evidence, in its order."""
        return tuple(self.traffic[name] for name in expand_ids(verdict.evidence) if name in self.traffic)


def read_view(path: Path) -> RunView:
    """Read the run folder ``path``, as far as a killed run left it.

    Raises PlanError when it holds no readable session.json: then it is not a run folder.
    """
    reader = RunReader(path)
    traffic = {exchange.id: exchange for exchange in reader.traffic()}
    observations = {seen.id: seen for seen in reader.observations()}
    verdicts = reader.verdicts()
    problems = reader.check_chain()
    cited = {name for verdict in verdicts for name in expand_ids(verdict.evidence)}
    lost = sorted(cited - observations.keys() - traffic.keys())
    if lost:
        shown = ", ".join(lost[:8]) + (", ..." if len(lost) > 8 else "")
        problems.append(f"{len(lost)} records named as evidence are missing: {shown}")
    return RunView(
        path=path,
        session=reader.session,
        finished=reader.finished() or {},
        traffic=traffic,
        observations=observations,
        verdicts=verdicts,
        problems=tuple(problems),
    )


def read_heading(path: Path) -> RunView:
    """Read of the run folder ``path`` only what names it: its session. Raises as ``read_view``."""
    return RunView(
        path=path,
        session=RunReader(path).session,
        finished={},
        traffic={},
        observations={},
        verdicts=(),
        problems=(),
    )
