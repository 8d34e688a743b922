"""Judge the energy of a load that is switched on and off, against the error under the same load standing.

Observation kind ``fast-load-variation``, data: ``influence``, ``patterns`` [{on_s, off_s, duration_s}],
``reference_energy_wh``, ``pulses``, ``meter_constant_imp_per_kwh``, ``pulse_path_proven``, ``baseline``: the data of a
``load-point`` observation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.difference import measured_error
from bench.judgement.fields import MalformedObservation, count, number, part, positive, text, truth
from bench.judgement.influence import violated
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import influences_of
from bench.judgement.zones import judgement_on_limit
from bench.metrology.budget import Budget, Contribution, Distribution
from bench.metrology.percentage_error import error_from_energy
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: What a standard may count wrong over so many changes of load, expanded, % (estimate).
SWITCHED_STANDARD_PCT = 0.05
DEMANDED_S = 4 * 3600.0


@judge("accuracy.fast-load-variation", version=1)
def fast_load_variation(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge e(switched) - e(standing) against the limit of the declared class."""
    data, declaration = observations[0].data, context.declaration
    name = text(data, "influence")
    limit = next(iter(influences_of(declaration, name)), None)
    if limit is None:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=f"no limit for {name}")
    baseline = part(data, "baseline")
    invalid = violated(baseline, declaration)
    if invalid is not None:
        return invalid
    standing = measured_error(baseline)
    if standing is None or not truth(data, "pulse_path_proven"):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no pulses at reference conditions")
    constant = positive(data, "meter_constant_imp_per_kwh")
    energy_wh, pulses = positive(data, "reference_energy_wh"), count(data, "pulses")
    switched_pct = float(error_from_energy(pulses, constant, energy_wh))
    budget = Budget(
        contributions=(
            *standing[1].contributions,
            Contribution(
                name="pulses, first and last",
                value=1000 / constant,
                distribution=Distribution.TRIANGULAR,
                sensitivity=100 / energy_wh,
            ),
            Contribution(
                name="reference standard, switched load",
                value=SWITCHED_STANDARD_PCT,
                distribution=Distribution.EXPANDED,
                source="estimate",
            ),
        )
    )
    lasted_s = sum(_duration_s(pattern) for pattern in _patterns(data))
    short = f"; {lasted_s / 60:.0f} min in all, the standard says four hours" if lasted_s < DEMANDED_S else ""
    return judgement_on_limit(
        measured=switched_pct - standing[0],
        limit=float(limit.percent),
        u95=budget.u95,
        unit="%",
        plan=context.plan,
        what=f"variation by {name}",
        remark=f"error {switched_pct:+.4f} % switched, {standing[0]:+.4f} % standing{short}",
    )


def _patterns(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = data.get("patterns")
    if not isinstance(found, Sequence) or not all(isinstance(item, Mapping) for item in found):
        raise MalformedObservation(f"patterns is {found!r}, not a list of patterns")
    return found


def _duration_s(pattern: Mapping[str, Any]) -> float:
    return number(pattern, "duration_s")
