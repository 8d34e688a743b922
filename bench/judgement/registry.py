"""The judges: pure functions from observations to a judgement, registered by id and version.

``@judge("accuracy.load-point", version=1)`` on ``f(observations, requirement, context) -> Judgement`` makes
the judge ``accuracy.load-point/1``. Whatever could change a verdict of old observations is a new version.
A judge sees only what is recorded, so that anyone can call it again: see ``verify``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bench.judgement
from bench.judgement.fields import MalformedObservation
from bench.judgement.plan_rules import PlanRules
from bench.judgement.status_rule import as_status_allows
from bench.record.declaration import Declaration
from bench.record.exchange import Exchange
from bench.record.model import Judgement, Observation, Outcome, Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a judge may know besides its observations: declaration, rules of the plan, the session's facts.

    ``traffic``: the exchanges a judge of octets may look up by id, secrets put back where they are known;
    ``recorded``: the same as they stand in the record, zeros in place of secrets.
    """

    declaration: Declaration
    plan: PlanRules
    session: Mapping[str, Any] = field(default_factory=dict)
    traffic: Mapping[str, Exchange] = field(default_factory=dict)
    recorded: Mapping[str, Exchange] = field(default_factory=dict)

    def octets(self, exchange_id: str) -> bytes:
        """Return the octets of an exchange.

        Raises MalformedObservation when there is none of that id, SecretMissing when one is masked in it.
        """
        exchange = self.traffic.get(exchange_id)
        if exchange is None:
            raise MalformedObservation(f"there is no exchange {exchange_id}")
        if exchange.secrets:
            raise SecretMissing(tuple(dict.fromkeys(span.name for span in exchange.secrets)))
        return exchange.octets


class SecretMissing(LookupError):
    """A judge needs octets that hold a secret nobody gave; the verdict is not recomputable."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"the secrets {', '.join(names)} are needed")
        self.names = names


JudgeFunction = Callable[[Sequence[Observation], Requirement, Context], Judgement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A registered judge; call it like its function."""

    name: str
    version: int
    function: JudgeFunction

    @property
    def id(self) -> str:
        """What a verdict carries: name and version."""
        return f"{self.name}/{self.version}"

    def __call__(
        self, observations: Sequence[Observation], requirement: Requirement, context: Context
    ) -> Judgement:
        """Judge. An observation that lacks what the judge needs is the bench's fault: ERROR, never a throw.

        A requirement whose number is not confirmed tempers FAILED (see ``status_rule``). Raises
        SecretMissing when a secret is needed that the context does not hold.
        """
        if not observations:
            return Judgement(outcome=Outcome.INCONCLUSIVE, reason="nothing was observed")
        try:
            judgement = self.function(observations, requirement, context)
        except MalformedObservation as error:
            return Judgement(outcome=Outcome.ERROR, reason=f"the observation cannot be judged: {error}")
        except (KeyError, IndexError, TypeError, ValueError, ArithmeticError) as error:
            what = f"{type(error).__name__}: {error}"
            return Judgement(outcome=Outcome.ERROR, reason=f"the observation cannot be judged: {what}")
        return as_status_allows(judgement, requirement)


_JUDGES: dict[str, Judge] = {}


def judge(name: str, *, version: int) -> Callable[[JudgeFunction], Judge]:
    """Register a function as a judge; the name then stands for the Judge."""

    def register(function: JudgeFunction) -> Judge:
        made = Judge(name=name, version=version, function=function)
        known = _JUDGES.get(made.id)
        if known is not None and known.function.__module__ != function.__module__:
            raise ValueError(f"judge {made.id} is registered twice")
        _JUDGES[made.id] = made
        return made

    return register


def judge_by_id(judge_id: str) -> Judge:
    """Return the judge ``name/version``. Raises KeyError where there is none."""
    if judge_id not in _JUDGES:
        load_judges()
    return _JUDGES[judge_id]


def latest(name: str) -> str:
    """Return the id of the newest version of the judge ``name``. Raises KeyError where there is none."""
    load_judges()
    versions = [made.version for made in _JUDGES.values() if made.name == name]
    if not versions:
        raise KeyError(name)
    return f"{name}/{max(versions)}"


def load_judges() -> tuple[str, ...]:
    """Import every module of this room, so that its judges are registered; return all ids."""
    for module in pkgutil.iter_modules(bench.judgement.__path__, "bench.judgement."):
        importlib.import_module(module.name)
    return tuple(sorted(_JUDGES))
