"""Judge the change of error that one influence quantity makes: e(disturbed) - e(reference), measured side by side.

Observation kind ``influence``, data: ``influence`` (as the table names it), ``pf``, ``baseline`` and ``disturbed``:
the data of two ``load-point`` observations; the disturbed one's ``point`` says what was asked for, and
``distorted`` whether its waveform is no sine. Where the ``ranges`` of the standard differ, its errors are taken to be
independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.judgement.accuracy import errors_of
from bench.judgement.conditions import violation
from bench.judgement.difference import measured_error
from bench.judgement.fields import MalformedObservation, count, number, part, positive, text, truth
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import influences_of
from bench.judgement.zones import judgement_on_limit
from bench.metrology.difference_budget import SAME_CONDITIONS, difference_budget
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.influences import voltage_factor

#: At least an hour, and until the change within twenty minutes is no more than this (AS 62053.21:2018).
LEAST_S, STABLE_WITHIN_S, STABLE_PCT = 3600.0, 1200.0, 0.2

#: How the tables begin the name of this quantity.
VOLTAGE = "voltage +-10 %"
_NOT_CERTIFIED = "the certificate of the standard says nothing of distorted waveforms"
_CONDITIONAL = {
    Outcome.PASSED: Outcome.CONDITIONAL_PASS,
    Outcome.FAILED: Outcome.CONDITIONAL_FAIL,
}


@judge("accuracy.influence", version=1)
def influence(observations: Sequence[Observation], _requirement: Requirement, context: Context) -> Judgement:
    """Judge the variation against the limit of the declared class; a distorted wave needs its certificate line."""
    data, declaration = observations[0].data, context.declaration
    name, pf = text(data, "influence"), text(data, "pf")
    limit = next((row for row in influences_of(declaration, name) if row.pf == pf), None)
    if limit is None:
        return Judgement(
            outcome=Outcome.INAPPLICABLE, reason=f"no limit for {name} at PF {pf} for this class and edition"
        )
    baseline, disturbed = part(data, "baseline"), part(data, "disturbed")
    for measured in (baseline, disturbed):
        invalid = violated(measured, declaration)
        if invalid is not None:
            return invalid
    limit_pct = float(limit.percent) * _widening(name, disturbed, declaration)
    first, second = measured_error(baseline), measured_error(disturbed)
    if first is None:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no pulses at reference conditions")
    if second is None:
        return silent(disturbed, first[0], limit_pct, declaration)
    distorted = truth(part(disturbed, "point"), "distorted")
    (e_reference, budget_reference), (e_disturbed, budget_disturbed) = first, second
    alike = not distorted and all(baseline.get(key) == disturbed.get(key) for key in ("ranges", "method"))
    budget = difference_budget(
        budget_disturbed, budget_reference, correlation=SAME_CONDITIONS if alike else 0.0
    )
    judgement = judgement_on_limit(
        measured=e_disturbed - e_reference,
        limit=limit_pct,
        u95=budget.u95,
        unit="%",
        plan=context.plan,
        what=f"variation by {name}",
        remark=f"error {e_disturbed:+.4f} % against {e_reference:+.4f} % at reference conditions",
    )
    if distorted and part(disturbed, "standard").get("distorted_uncertainty_pct") is None:
        return replace(
            judgement,
            outcome=_CONDITIONAL.get(judgement.outcome, judgement.outcome),
            reason=f"{judgement.reason}; {_NOT_CERTIFIED}",
        )
    return judgement


@judge("accuracy.self-heating", version=1)
def self_heating(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge the largest change of error after the current came on; observations in the order of time."""
    first, last = observations[0].data, observations[-1].data
    name, pf = text(first, "influence"), text(first, "pf")
    limit = next((row for row in influences_of(context.declaration, name) if row.pf == pf), None)
    if limit is None:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=f"no limit for {name} at PF {pf}")
    measured = [measured_error(part(observation.data, "load_point")) for observation in observations]
    if len(observations) < 2 or any(item is None for item in measured):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="a reading of the series is missing")
    found = [item for item in measured if item is not None]
    start, worst = found[0], max(found, key=lambda item: abs(item[0] - found[0][0]))
    end_s = number(last, "since_current_s")
    late = [
        item[0]
        for item, observation in zip(found, observations, strict=True)
        if number(observation.data, "since_current_s") >= end_s - STABLE_WITHIN_S
    ]
    if end_s < LEAST_S or max(late) - min(late) > STABLE_PCT:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"after {end_s / 60:.0f} min the error still changed by {max(late) - min(late):.3f} % in 20 min",
        )
    budget = difference_budget(worst[1], start[1], correlation=SAME_CONDITIONS)
    return judgement_on_limit(
        measured=worst[0] - start[0],
        limit=float(limit.percent),
        u95=budget.u95,
        unit="%",
        plan=context.plan,
        what=f"change by {name}",
        remark=f"{len(found)} readings in {number(last, 'since_current_s') / 60:.0f} min",
    )


def _widening(name: str, disturbed: Mapping[str, Any], declaration: Declaration) -> int:
    """Return how many times the table's limit holds here: more in the extended voltage range."""
    if not name.startswith(VOLTAGE):
        return 1
    share = positive(part(disturbed, "point"), "voltage_v") / declaration.nameplate.voltage_v
    try:
        return voltage_factor(share)
    except ValueError as error:
        raise MalformedObservation(str(error)) from error


def violated(data: Mapping[str, Any], declaration: Declaration) -> Judgement | None:
    """Return why a measurement is invalid; the disturbed quantity must be what was asked for."""
    point = part(data, "point")
    return violation(
        part(data, "conditions"),
        accuracy_class=declaration.accuracy.accuracy_class,
        voltage_v=positive(point, "voltage_v"),
        frequency_hz=positive(point, "frequency_hz"),
        current_a=positive(point, "current_a"),
    )


def silent(
    disturbed: Mapping[str, Any], e_reference: float, limit_pct: float, declaration: Declaration
) -> Judgement:
    """Judge a meter that pulsed at reference conditions and not under the disturbance."""
    waited = part(disturbed, "no_pulses")
    edges, energy_wh = count(waited, "edges"), number(waited, "reference_energy_wh")
    registered_wh = (edges + 1) * 1000 / declaration.nameplate.meter_constant_imp_per_kwh
    highest = 100 * (registered_wh - energy_wh) / energy_wh if energy_wh > 0 else 0.0
    if highest - e_reference >= -limit_pct or errors_of(disturbed):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="too few pulses under the disturbance")
    return Judgement(
        outcome=Outcome.FAILED,
        reason=f"only {edges} pulses in {number(waited, 'waited_s'):g} s under the disturbance: "
        f"the error is below {highest:+.2f} %",
        measured=highest - e_reference,
        limit=limit_pct,
        unit="%",
    )
