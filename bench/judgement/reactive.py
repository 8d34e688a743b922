"""Judge reactive energy by the register: its advance against reactive power and time.

Observation kind ``reactive-register``, data: ``point`` {id, current, current_a, voltage_v, frequency_hz, pf (the word
for sin phi), lag_deg, load}, ``method`` "register", ``register_before_varh``, ``register_after_varh``,
``register_resolution_varh``, ``other_before_varh`` and ``other_after_varh`` (the register of the other sign),
``duration_s`` between the two readings, ``reading_s`` (how long the slower of the readings took),
``reactive_power_var`` (what the standard read, signed), ``standard``, ``conditions`` as of a load point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.conditions import violation_at_nominal
from bench.judgement.fields import MalformedObservation, number, part, positive, text
from bench.judgement.registry import Context, judge
from bench.judgement.zones import judgement_on_limit
from bench.metrology.budget import Budget, Contribution, Distribution
from bench.metrology.load_point_budget import load_point_budget
from bench.metrology.series import series
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Kind, Observation, Outcome, Requirement, Topic
from bench.standards.currents import exact
from bench.standards.limits import Limit, NoLimit, limit
from bench.standards.power_factor import PowerFactor

#: Scatter of one reading of a register, beside its last digit, % (estimate).
PRIOR_S_PCT = 0.02
_STATUS = "R"


def reactive_limit(declaration: Declaration, current: str, sin: str) -> Limit:
    """Return the limit of percentage error of reactive energy. Raises NoLimit, also without a declared class."""
    accuracy = declaration.accuracy
    if not accuracy.reactive_class:
        raise NoLimit("the declaration claims no class of reactive energy")
    return limit(
        standard=accuracy.reactive_standard,
        edition=accuracy.reactive_edition,
        accuracy_class=accuracy.reactive_class,
        currents=declaration.nameplate.currents,
        current=current,
        pf=sin,
    )


def reactive_requirement(declaration: Declaration, current: str = "In", sin: str = "sin 1") -> Requirement:
    """Return the demand on the error of reactive energy at one load."""
    try:
        found = reactive_limit(declaration, current, sin)
        status, clause = found.status, found.clause
    except NoLimit:
        status, clause = _STATUS, "uncertain"
    return Requirement(
        document=declaration.accuracy.reactive_standard,
        edition=declaration.accuracy.reactive_edition,
        clause=clause,
        topic=Topic.REACTIVE,
        kind=Kind.STANDARD,
        status=status,
    )


@judge("accuracy.reactive-register", version=1)
def reactive_register(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge the error of the register, and that the register of the other sign stood still."""
    data, declaration = observations[0].data, context.declaration
    point = part(data, "point")
    current, sin = text(point, "current"), text(point, "pf")
    try:
        bound = reactive_limit(declaration, current, sin)
    except NoLimit as error:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=str(error))
    violated = violation_at_nominal(data, declaration)
    if violated is not None:
        return violated
    duration_s, powers = positive(data, "duration_s"), _powers(data)
    reference_varh = abs(sum(powers)) / len(powers) * duration_s / 3600
    if reference_varh <= 0:
        return Judgement(outcome=Outcome.ERROR, reason="the standard read no reactive power")
    advance = number(data, "register_after_varh") - number(data, "register_before_varh")
    other = number(data, "other_after_varh") - number(data, "other_before_varh")
    resolution = positive(data, "register_resolution_varh")
    if abs(other) > resolution and abs(other) > bound.pct / 100 * reference_varh:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"the register of the other sign advanced by {other:g} varh, the standard has "
            f"{reference_varh:.1f} varh of this one ({advance:g} varh registered)",
            measured=other,
            limit=resolution,
            unit="varh",
            decision_rule="the other register stands still",
        )
    error_pct = 100 * (advance - reference_varh) / reference_varh
    budget = _budget(data, PowerFactor.parse(sin), error_pct, reference_varh, resolution)
    return judgement_on_limit(
        measured=error_pct,
        limit=bound.pct,
        u95=budget.u95,
        unit="%",
        plan=context.plan,
        what="reactive error",
        remark=f"{advance:g} varh registered in {duration_s:.0f} s, reference {reference_varh:.2f} varh",
    )


def _budget(
    data: Mapping[str, Any], sin: PowerFactor, error_pct: float, reference_varh: float, resolution: float
) -> Budget:
    standard, duration_s = part(data, "standard"), positive(data, "duration_s")
    try:
        base = load_point_budget(
            standard_class_pct=_optional(standard, "class_pct"),
            standard_uncertainty_pct=_optional(standard, "uncertainty_pct"),
            power_factor=sin.value,
            frequency_hz=positive(part(data, "point"), "frequency_hz"),
            duration_s=duration_s,
            reference_counts=None,
            readings=series([exact(error_pct)]),
            prior_s_pct=PRIOR_S_PCT,
        )
    except ValueError as error:
        raise MalformedObservation(str(error)) from error
    return Budget(
        contributions=(
            *base.contributions,
            Contribution(
                name="register, two readings",
                value=resolution,
                distribution=Distribution.TRIANGULAR,
                sensitivity=100 / reference_varh,
                source="last digit",
            ),
            Contribution(
                name="moment of the readings",
                value=number(data, "reading_s"),
                distribution=Distribution.TRIANGULAR,
                sensitivity=100 / duration_s,
                source="duration of the slower reading",
            ),
        )
    )


def _powers(data: Mapping[str, Any]) -> Sequence[float]:
    powers = data.get("reactive_power_var")
    if not isinstance(powers, Sequence) or not powers or not all(isinstance(x, int | float) for x in powers):
        raise MalformedObservation(f"reactive_power_var is {powers!r}, not a list of readings")
    return powers


def _optional(data: Mapping[str, Any], name: str) -> float | None:
    return None if data.get(name) is None else positive(data, name)
