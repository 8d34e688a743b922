"""Recompute every verdict of a run from its raw observations, and compare.

Nothing of the meter or the bench is needed, only the run folder (and the secrets, where octets were masked).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench.judgement.plan_rules import PlanRules
from bench.judgement.registry import Context, Judge, SecretMissing, judge_by_id
from bench.record.declaration import Declaration
from bench.record.exchange import Exchange, expand_ids
from bench.record.masking import expand, mask, masked_names
from bench.record.model import Judgement, Observation, Verdict, to_json
from bench.record.reader import RunReader
from bench.record.run_folder import BENCH, BENCH_OUTCOMES
from bench.record.secrets import SecretStore

#: The fields a judge decides; they must come out again exactly as recorded.
COMPARED = ("outcome", "measured", "limit", "unit", "u95", "decision_rule", "reason")


class Result(StrEnum):
    """What recomputing one verdict showed."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    NOT_RECOMPUTABLE = "not recomputable"
    BY_BENCH = "by the bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of a verdict that came out otherwise."""

    field: str
    recorded: Any
    recomputed: Any

    def __str__(self) -> str:
        return f"{self.field}: recorded {self.recorded!r}, recomputed {self.recomputed!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One verdict, recomputed. ``why`` says in a sentence what is wrong or missing; empty where it agrees."""

    line: int
    verdict: Verdict
    result: Result
    why: str = ""
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """All verdicts of a run, recomputed, and what is wrong with the record itself."""

    path: Path
    checks: tuple[Check, ...]
    chain_problems: tuple[str, ...]

    def of(self, result: Result) -> tuple[Check, ...]:
        """Return the checks with one result."""
        return tuple(check for check in self.checks if check.result is result)

    @property
    def agrees(self) -> bool:
        """Whether no verdict disagrees and the record is whole.

        Verdicts that need a secret nobody gave do not count against it; they are reported as they are.
        """
        return not self.of(Result.DISAGREES) and not self.chain_problems


def verify(run_path: Path, secrets: SecretStore | Mapping[str, SecretStore] | None = None) -> VerifyReport:
    """Recompute the verdicts of the run folder ``run_path``.

    ``secrets``: one store for all positions, or one for each. Raises PlanError when it is no run folder.
    """
    reader = RunReader(run_path)
    run = _Run(reader, secrets)
    return VerifyReport(
        path=run_path,
        checks=tuple(run.check(line, verdict) for line, verdict in enumerate(reader.verdicts(), start=1)),
        chain_problems=tuple(reader.check_chain()),
    )


class _Run:
    """A run folder while it is being verified."""

    def __init__(self, reader: RunReader, secrets: SecretStore | Mapping[str, SecretStore] | None) -> None:
        self._reader = reader
        self._secrets = secrets
        self._empty = SecretStore(environ={})
        self._observations = {observation.id: observation for observation in reader.observations()}
        self._traffic = {exchange.id: exchange for exchange in reader.traffic()}
        self._contexts: dict[str, Context | str] = {}

    def check(self, line: int, verdict: Verdict) -> Check:
        """Recompute one verdict."""
        if verdict.judge == BENCH:
            if verdict.outcome in BENCH_OUTCOMES:
                return Check(line=line, verdict=verdict, result=Result.BY_BENCH)
            return _disagrees(line, verdict, f"no judge stands behind this {verdict.outcome}")
        try:
            judge = judge_by_id(verdict.judge)
        except KeyError:
            return _disagrees(line, verdict, f"there is no judge {verdict.judge} here")
        wanted = expand_ids(verdict.evidence)
        missing = [name for name in wanted if name not in self._observations and name not in self._traffic]
        if missing or not wanted:
            return _disagrees(
                line, verdict, f"its evidence is missing: {', '.join(missing) or 'none is named'}"
            )
        observations = [self._observations[name] for name in wanted if name in self._observations]
        strangers = [item.id for item in observations if item.position not in {verdict.position, ""}]
        if strangers:
            return _disagrees(line, verdict, f"{', '.join(strangers)} was observed at another position")
        return self._recompute(line, verdict, judge, observations)

    def _recompute(self, line: int, verdict: Verdict, judge: Judge, observations: list[Observation]) -> Check:
        context = self._context(verdict.position)
        if isinstance(context, str):
            return _disagrees(line, verdict, context)
        store = self._store(verdict.position)
        whole = [replace(item, data=expand(item.data, store)) for item in observations]
        masked = masked_names([item.data for item in whole])
        if masked:
            return _not_recomputable(line, verdict, SecretMissing(masked))
        try:
            judgement = judge(whole, verdict.requirement, context)
        except SecretMissing as error:
            return _not_recomputable(line, verdict, error)
        return _compare(line, verdict, judgement, store)

    def _store(self, position: str) -> SecretStore:
        if isinstance(self._secrets, SecretStore):
            return self._secrets
        return (self._secrets or {}).get(position, self._empty)

    def _context(self, position: str) -> Context | str:
        """Return the context of a position, or what is wrong with the session."""
        if position not in self._contexts:
            self._contexts[position] = self._build_context(position)
        return self._contexts[position]

    def _build_context(self, position: str) -> Context | str:
        store = self._store(position)
        session = expand(self._reader.session, store)
        entry = next((item for item in session.get("positions", ()) if item.get("name") == position), None)
        if entry is None:
            return f'the session has no position "{position}"'
        try:
            declaration = Declaration.from_json(entry["declaration"])
        except (KeyError, ValidationError) as error:
            return f"the session's declaration cannot be read: {error}"
        try:
            plan = PlanRules.from_json(session.get("plan", {}))
        except ValueError as error:
            return f"the session's plan cannot be read: {error}"
        recorded = {
            name: exchange for name, exchange in self._traffic.items() if exchange.position == position
        }
        traffic = {name: _expanded(exchange, store) for name, exchange in recorded.items()}
        return Context(
            declaration=declaration, plan=plan, session=session, traffic=traffic, recorded=recorded
        )


def _expanded(exchange: Exchange, store: SecretStore) -> Exchange:
    octets = store.expand(exchange.octets, exchange.secrets)
    return exchange if octets is None else replace(exchange, octets=octets, secrets=())


def _compare(line: int, verdict: Verdict, judgement: Judgement, store: SecretStore) -> Check:
    recorded = json.loads(json.dumps(to_json(verdict)))
    recomputed = json.loads(json.dumps(mask(to_json(judgement), [store])))
    differences = tuple(
        Difference(field=name, recorded=recorded[name], recomputed=recomputed[name])
        for name in COMPARED
        if recorded[name] != recomputed[name]
    )
    if differences:
        return Check(
            line=line,
            verdict=verdict,
            result=Result.DISAGREES,
            why="the judge says otherwise",
            differences=differences,
        )
    return Check(line=line, verdict=verdict, result=Result.AGREES)


def _disagrees(line: int, verdict: Verdict, why: str) -> Check:
    return Check(line=line, verdict=verdict, result=Result.DISAGREES, why=why)


def _not_recomputable(line: int, verdict: Verdict, missing: SecretMissing) -> Check:
    return Check(line=line, verdict=verdict, result=Result.NOT_RECOMPUTABLE, why=str(missing))
