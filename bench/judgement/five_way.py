"""Judge the five-way closure: reference, pulses, register, profile and credit tell the same energy, pair by pair.

As the energy closure (``closure``), with the sum of the rows of the load profile as the fifth account, and over
switches of the tariff, power cuts and a swap of the module. A meter that keeps no profile, or no credit in kWh, is
judged on the accounts it has; the reason says how many. The ten pairs make two verdicts: whether the pulses are those
of the register, the profile and the credit is a matter of the meter constant, all other pairs are the closure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.closure import Account, Pair, accounts_of, pairs_of
from bench.judgement.fields import number, positive, text, truth
from bench.judgement.registry import Context, judge
from bench.judgement.zones import U95_DIGITS
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.currents import exact


@judge("dual.five-way-closure", version=2)
def judge_five_way(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Each pair may differ by its two resolutions; with the reference by the class limit on top."""
    return _judge(observations[0].data, context, pulses=False)


@judge("dual.five-way-pulses", version=1)
def judge_pulses(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """The pulses are those of most of register, profile and credit; one of these that stands alone is at fault.

    So are they all where the reference sides with the pulses.
    """
    return _judge(observations[0].data, context, pulses=True)


def _of_pulses(pair: Pair) -> bool:
    """Return whether a pair holds the pulses against another account of the meter itself."""
    names = {pair.first.name, pair.second.name}
    return "pulses" in names and "reference" not in names


def _reference_sides_with_pulses(pairs: Sequence[Pair]) -> bool:
    """Return whether the pulses close with the reference and the register does not."""
    closes = {pair.second.name: pair.closes for pair in pairs if pair.first.name == "reference"}
    return closes["pulses"] and not closes["register"]


def _judge(data: Mapping[str, Any], context: Context, *, pulses: bool) -> Judgement:
    if not truth(data, "pulse_path_proven"):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason="the pulse path has not shown that it sees pulses"
        )
    accounts = _accounts(data)
    every = pairs_of(accounts, context.declaration, data)
    pairs = [pair for pair in every if _of_pulses(pair) is pulses]
    worst = max(pairs, key=lambda pair: abs(pair.difference_wh) / pair.bound_wh)
    open_pairs = [pair for pair in pairs if not pair.closes]
    if pulses and _reference_sides_with_pulses(every):
        open_pairs = []
    elif pulses:
        # what is open against a third account too is that account's fault, and told by the other verdict
        apart = {
            account.name
            for pair in every
            if not pair.closes and "pulses" not in (pair.first.name, pair.second.name)
            for account in (pair.first, pair.second)
        }
        open_pairs = [pair for pair in open_pairs if not {pair.first.name, pair.second.name} & apart]
    outcome = Outcome.FAILED if open_pairs else Outcome.PASSED
    closed = (
        f"the pulses agree with those of {len(pairs)} accounts that agree with each other"
        if pulses
        else f"{len(pairs)} pairs close"
    )
    words = "does not close" if open_pairs else closed
    told = "; ".join(map(str, open_pairs or [worst]))
    return Judgement(
        outcome=outcome,
        reason=f"{words} over {text(data, 'story')}: {told}",
        measured=float(worst.difference_wh),
        limit=float(worst.bound_wh),
        unit="Wh",
        u95=round(worst.u95_wh, U95_DIGITS),
        decision_rule="bound of resolutions",
    )


def _accounts(data: Mapping[str, Any]) -> tuple[Account, ...]:
    known = data if "credit_before_wh" in data else {**data, **_NO_CREDIT}
    accounts = list(accounts_of(known))
    if "credit_before_wh" not in data:
        accounts = [account for account in accounts if account.name != "credit"]
    if "profile_wh" in data:
        accounts.append(
            Account(
                name="profile",
                energy_wh=exact(number(data, "profile_wh")),
                resolution_wh=exact(positive(data, "profile_resolution_wh")),
            )
        )
    return tuple(accounts)


_NO_CREDIT = {"credit_before_wh": 0.0, "credit_after_wh": 0.0, "credit_resolution_wh": 1.0}
