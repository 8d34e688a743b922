"""Judge the energy closure: reference, pulses, register and credit must tell the same energy.

Observation kind ``energy-closure``, data: ``reference_energy_wh``, ``pulses``, ``meter_constant_imp_per_kwh``,
``register_before_wh``, ``register_after_wh``, ``credit_before_wh``, ``credit_after_wh``,
``register_resolution_wh``, ``credit_resolution_wh``, optionally ``credit_added_wh`` (tokens entered between
the two readings) and ``pulse_path_proven``. All readings are taken while no energy flows.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bench.judgement.fields import count, number, positive, truth
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.judgement.zones import U95_DIGITS
from bench.metrology.budget import Budget, Contribution, Distribution
from bench.metrology.percentage_error import registered_energy_wh
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.currents import exact

#: Resolutions may be this share of the reference energy; with less energy nothing is said (own rule).
LARGEST_RESOLUTION_SHARE = Fraction(1, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One of the energies: what it says, and its resolution (0 for the reference), both in Wh."""

    name: str
    energy_wh: Fraction
    resolution_wh: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two energies held against each other. ``bound_wh``: the most a conforming meter can show."""

    first: Account
    second: Account
    bound_wh: Fraction
    u95_wh: float

    @property
    def difference_wh(self) -> Fraction:
        return self.first.energy_wh - self.second.energy_wh

    @property
    def closes(self) -> bool:
        return abs(self.difference_wh) <= self.bound_wh

    def __str__(self) -> str:
        return (
            f"{self.first.name} - {self.second.name} {float(self.difference_wh):+.3f} Wh "
            f"(bound {float(self.bound_wh):.3f})"
        )


@judge("dual.energy-closure", version=1)
def energy_closure(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge the six differences; each may be as large as the two resolutions make it, and no larger.

    The difference of two readings truncated to d lies strictly within one d, so the sum of the resolutions is
    a bound that a conforming meter cannot cross; pairs with the reference have the class limit on top.
    """
    data, declaration = observations[0].data, context.declaration
    if declaration.payment is None or declaration.payment.accounting != "kwh":
        return Judgement(
            outcome=Outcome.INAPPLICABLE,
            reason="the declaration does not say that one kWh of credit is one kWh",
        )
    if positive(data, "meter_constant_imp_per_kwh") != declaration.nameplate.meter_constant_imp_per_kwh:
        return Judgement(outcome=Outcome.ERROR, reason="the meter constant used is not the declared one")
    if count(data, "pulses") == 0 and not truth(data, "pulse_path_proven"):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason="no pulses, and nothing proves that one would have been seen"
        )
    accounts = accounts_of(data)
    reference = accounts[0]
    coarsest = max(account.resolution_wh for account in accounts)
    if 2 * coarsest > LARGEST_RESOLUTION_SHARE * reference.energy_wh:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"{float(reference.energy_wh):g} Wh is too little at a resolution of {float(coarsest):g} Wh",
        )
    pairs = pairs_of(accounts, declaration, data)
    worst = max(pairs, key=lambda pair: abs(pair.difference_wh) / pair.bound_wh)
    open_pairs = [pair for pair in pairs if not pair.closes]
    if open_pairs:
        outcome, reason = Outcome.FAILED, "does not close: " + "; ".join(map(str, open_pairs))
    else:
        outcome, reason = Outcome.PASSED, "closes: " + "; ".join(map(str, pairs))
    return Judgement(
        outcome=outcome,
        reason=reason,
        measured=float(worst.difference_wh),
        limit=float(worst.bound_wh),
        unit="Wh",
        u95=round(worst.u95_wh, U95_DIGITS),
        decision_rule="bound of resolutions",
    )


def accounts_of(data: Mapping[str, Any]) -> tuple[Account, Account, Account, Account]:
    """Return reference, pulses, register, credit."""
    pulse_wh = registered_energy_wh(1, positive(data, "meter_constant_imp_per_kwh"))
    added = number(data, "credit_added_wh") if "credit_added_wh" in data else 0.0
    spent = exact(number(data, "credit_before_wh")) + exact(added) - exact(number(data, "credit_after_wh"))
    return (
        Account(
            name="reference",
            energy_wh=exact(positive(data, "reference_energy_wh")),
            resolution_wh=Fraction(0),
        ),
        Account(name="pulses", energy_wh=count(data, "pulses") * pulse_wh, resolution_wh=pulse_wh),
        Account(
            name="register",
            energy_wh=exact(number(data, "register_after_wh")) - exact(number(data, "register_before_wh")),
            resolution_wh=exact(positive(data, "register_resolution_wh")),
        ),
        Account(
            name="credit",
            energy_wh=spent,
            resolution_wh=exact(positive(data, "credit_resolution_wh")),
        ),
    )


def pairs_of(accounts: Sequence[Account], declaration: Declaration, data: Mapping[str, Any]) -> list[Pair]:
    class_share = limit_at(declaration, "In", "1").percent / 100
    standard_pct = number(data, "reference_uncertainty_pct") if "reference_uncertainty_pct" in data else 0.0
    pairs = []
    for first, second in itertools.combinations(accounts, 2):
        bound = first.resolution_wh + second.resolution_wh
        lines = [
            Contribution(
                name=account.name, value=float(account.resolution_wh), distribution=Distribution.TRIANGULAR
            )
            for account in (first, second)
        ]
        if first.name == "reference":
            standard_wh = exact(standard_pct) / 100 * first.energy_wh
            bound += class_share * first.energy_wh + standard_wh
            lines.append(
                Contribution(name="standard", value=float(standard_wh), distribution=Distribution.EXPANDED)
            )
        pairs.append(
            Pair(
                first=first,
                second=second,
                bound_wh=bound,
                u95_wh=Budget(contributions=tuple(lines), unit="Wh").u95,
            )
        )
    return pairs
