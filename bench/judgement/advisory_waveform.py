"""Judge the change of error under a waveform beyond the type tests: advisory, it never fails a meter.

Observation kind ``advisory-waveform``, data: ``name`` (of ``bench.standards.advisory_waveforms``), ``baseline`` and
``disturbed``: the data of two ``load-point`` observations, the second under the waveform.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.difference import measured_error
from bench.judgement.fields import MalformedObservation, part, text
from bench.judgement.influence import silent, violated
from bench.judgement.registry import Context, judge
from bench.judgement.zones import judgement_on_limit
from bench.metrology.difference_budget import difference_budget
from bench.record.model import Judgement, Kind, Observation, Outcome, Requirement, Topic
from bench.standards.advisory_waveforms import AdvisoryWaveform, advisory_waveform


def advisory_requirement(waveform: AdvisoryWaveform) -> Requirement:
    """Return the advice behind one waveform."""
    return Requirement(
        document=waveform.source,
        edition="",
        clause="",
        topic=Topic.INFLUENCE,
        kind=Kind.ADVISORY,
        status="advisory",
    )


@judge("accuracy.advisory-waveform", version=1)
def advisory(observations: Sequence[Observation], _requirement: Requirement, context: Context) -> Judgement:
    """Judge e(waveform) - e(sine) against the limit of the nearest test that has one."""
    data, declaration = observations[0].data, context.declaration
    try:
        waveform = advisory_waveform(text(data, "name"))
    except KeyError as error:
        raise MalformedObservation(str(error)) from error
    limit_pct = waveform.limit_pct.get(declaration.accuracy.accuracy_class)
    if limit_pct is None:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason="nothing to compare this class with")
    baseline, disturbed = part(data, "baseline"), part(data, "disturbed")
    for measured in (baseline, disturbed):
        invalid = violated(measured, declaration)
        if invalid is not None:
            return invalid
    first, second = measured_error(baseline), measured_error(disturbed)
    if first is None:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="no pulses at reference conditions")
    if second is None:
        return silent(disturbed, first[0], limit_pct, declaration)
    budget = difference_budget(second[1], first[1], correlation=0.0)
    return judgement_on_limit(
        measured=second[0] - first[0],
        limit=limit_pct,
        u95=budget.u95,
        unit="%",
        plan=context.plan,
        what=f"variation by {waveform.name}",
        remark=f"error {second[0]:+.4f} % against {first[0]:+.4f} % under a sine",
    )
