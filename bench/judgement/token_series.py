"""Judge a series of tokens: each by the situation it came in, on credit, display, result code and status.

One observation of kind "token-series" holds the entries in order, so that a meter that remembers the wrong
thing is caught wherever it shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, number, text
from bench.judgement.registry import Context, judge
from bench.judgement.token_reading import (
    MONEY,
    coded_results,
    gain_of,
    refused_at_once,
    said,
    shown_results,
    status_code,
    token_of,
)
from bench.judgement.token_situations import (
    ACCEPT,
    SITUATIONS,
    STATUS_CODES,
    Effect,
    Situation,
    amount_due_wh,
    money_due,
)
from bench.record.declaration import StsDeclaration
from bench.record.model import Judgement, Observation, Outcome, Requirement

EXECUTED = 3
_SHOWN_AT_MOST = 3


@judge("sts.token-series", version=1)
def judge_series(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """PASSED when every token of the series had the effect and a result that its situation allows.

    An accept that chance may explain, and that no key at hand decides, makes the series INCONCLUSIVE.
    """
    sts = context.declaration.sts
    if sts is None:
        raise MalformedObservation("the declaration has no [sts]")
    entries = [entry for seen in observations for entry in _entries(seen)]
    if not entries:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no token was entered")
    faults, chances = [], []
    for place, entry in enumerate(entries, start=1):
        fault = fault_of(entry, sts)
        if not fault:
            continue
        words = f"token {place} of {len(entries)}, {text(entry, 'what')} ({text(entry, 'carrier')}): {fault}"
        if situation_of(entry).chance and entry.get("explained") is None and _accepted(entry):
            chances.append(words)
        else:
            faults.append(words)
    if len(chances) > 1:
        # one may be chance, two of a run hardly ever are
        faults += chances
    if faults:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=_listed(faults),
            measured=float(len(faults)),
            limit=0.0,
            unit="tokens",
        )
    if chances:
        reason = f"{_listed(chances)}; a chance hit of the checksum (1 in 65536) unless the vending side decodes it"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    return Judgement(
        outcome=Outcome.PASSED, reason=_summary(entries, sts), measured=0.0, limit=0.0, unit="tokens"
    )


def situation_of(entry: Mapping[str, Any]) -> Situation:
    """Return the situation an entry names. Raises MalformedObservation for one that is not in the table."""
    name = text(entry, "situation")
    if name not in SITUATIONS:
        raise MalformedObservation(f'there is no situation "{name}"')
    return SITUATIONS[name]


def fault_of(entry: Mapping[str, Any], sts: StsDeclaration) -> str:
    """Return what is wrong with one entry, or ""."""
    situation = situation_of(entry)
    effect = _effect_fault(entry, situation)
    if effect:
        return f"{effect}; the meter said {said(entry, sts)}"
    allowed = situation.results
    if not allowed:
        return ""
    due = " or ".join(sorted(allowed))
    for readings in (shown_results(entry, sts), coded_results(entry, sts)):
        if readings is not None and not readings & allowed:
            return f"{due} was due, the meter said {said(entry, sts)}"
    code = status_code(entry)
    if code is None:
        return ""
    codes = frozenset().union(*(STATUS_CODES[name] for name in allowed))
    if code in codes or (refused_at_once(entry) and ACCEPT not in allowed and code not in range(4)):
        return ""
    return f"{due} was due, the meter said {said(entry, sts)}"


def _effect_fault(entry: Mapping[str, Any], situation: Situation) -> str:
    gain = gain_of(entry)
    if gain is None:
        return ""
    gained, unit, tolerance = gain.amount, gain.unit, gain.tolerance()
    if situation.effect is Effect.CLEARED:
        return "" if abs(gain.after) <= tolerance else f"a credit of {gain.after:g} {unit} is left, 0 was due"
    if situation.effect is Effect.UNCHANGED:
        return "" if abs(gained) <= tolerance else f"it changed the credit by {gained:g} {unit}"
    due = _due(entry, unit)
    tolerance = gain.tolerance(due)
    nothing = situation.effect is Effect.ALL_OR_NOTHING and abs(gained) <= tolerance
    if nothing and status_code(entry) == EXECUTED and abs(due) > tolerance:
        return f"it said executed, but the credit did not rise by {due:g} {unit}"
    if nothing or abs(gained - due) <= tolerance:
        return ""
    return f"it changed the credit by {gained:g} {unit}, {due:g} {unit} was due"


def _due(entry: Mapping[str, Any], unit: str) -> float:
    asked = int(number(token_of(entry), "least_units"))
    due = money_due(asked) if unit == MONEY else amount_due_wh(asked)
    if due is None:
        raise MalformedObservation("the amount of the token is none that the judge knows")
    return due


def taken_wrongly(entry: Mapping[str, Any]) -> bool:
    """Return whether a meter surely acted on a token that its situation does not let it accept."""
    return (
        ACCEPT not in situation_of(entry).results and bool(situation_of(entry).results) and _accepted(entry)
    )


def _accepted(entry: Mapping[str, Any]) -> bool:
    gain = gain_of(entry)
    return status_code(entry) == EXECUTED or (gain is not None and abs(gain.amount) > gain.tolerance())


def _entries(observation: Observation) -> Sequence[Mapping[str, Any]]:
    entries = observation.data.get("entries")
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise MalformedObservation("entries is not a list")
    return entries


def _listed(faults: Sequence[str]) -> str:
    more = f"; and {len(faults) - _SHOWN_AT_MOST} more" if len(faults) > _SHOWN_AT_MOST else ""
    return "; ".join(faults[:_SHOWN_AT_MOST]) + more


def _summary(entries: Sequence[Mapping[str, Any]], sts: StsDeclaration) -> str:
    by_answer = Counter((text(entry, "situation"), said(entry, sts)) for entry in entries)
    return "; ".join(f"{number} x {situation}: {answer}" for (situation, answer), number in by_answer.items())
