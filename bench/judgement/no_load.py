"""Judge the no-load test: voltage without current must not make the meter count.

Observation kind ``no-load``, data: ``voltage_v`` (as the standard read it), ``duration_s`` from the moment
the voltage was stable, ``pulses``, ``edge_times_s``, ``pulse_path_proven`` (the head saw ``proof_pulses``
pulses of this meter under load), optionally ``current_a``.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import count, number, numbers, truth
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import no_load_test_of
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.limits import NoLimit

#: The test voltage is a reference voltage: within 1 %.
VOLTAGE_TOLERANCE = 0.01
#: Seconds differ by what floating point does to them.
SAME_TIME = 1e-9
#: More current than this share of Imax is not an open circuit (estimate: far below any starting current).
OPEN_CIRCUIT_SHARE = 1e-5


@judge("accuracy.no-load", version=1)
def no_load(observations: Sequence[Observation], _requirement: Requirement, context: Context) -> Judgement:
    """Judge by counting; two pulses fail at once, one is allowed. Unseen pulses are never a pass."""
    data = observations[0].data
    try:
        test = no_load_test_of(context.declaration)
    except NoLimit as error:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=str(error))
    pulses, duration_s, voltage_v = (
        count(data, "pulses"),
        number(data, "duration_s"),
        number(data, "voltage_v"),
    )
    if len(numbers(data, "edge_times_s")) != pulses:
        return Judgement(
            outcome=Outcome.ERROR,
            reason=f"{pulses} pulses were counted, but {len(data['edge_times_s'])} have a time",
        )
    if abs(voltage_v - test.voltage_v) > VOLTAGE_TOLERANCE * test.voltage_v:
        return Judgement(
            outcome=Outcome.ERROR,
            reason=f"the test voltage was {voltage_v:g} V instead of {test.voltage_v:g} V",
        )
    highest_a = OPEN_CIRCUIT_SHARE * context.declaration.nameplate.maximum_current_a
    if data.get("current_a") is not None and abs(number(data, "current_a")) > highest_a:
        return Judgement(
            outcome=Outcome.ERROR, reason=f"{data['current_a']:g} A flowed; the current circuit was not open"
        )
    what = f"{pulses} pulses in {duration_s:.1f} s at {voltage_v:.1f} V without current"
    if not truth(data, "pulse_path_proven") or count(data, "proof_pulses") < 1:
        outcome, reason = (
            Outcome.INCONCLUSIVE,
            f"{what}, and nothing proves that a pulse would have been seen",
        )
    elif pulses > test.max_pulses:
        outcome, reason = Outcome.FAILED, f"{what}; at most {test.max_pulses} is allowed: the meter creeps"
    elif duration_s < test.duration_s * (1 - SAME_TIME):
        outcome = Outcome.INCONCLUSIVE
        reason = f"{what}; the test must last {test.duration_s:.1f} s"
    else:
        outcome = Outcome.PASSED
        reason = f"{what}; at most {test.max_pulses} is allowed in {test.duration_s:.1f} s"
    return Judgement(
        outcome=outcome,
        reason=reason,
        measured=float(pulses),
        limit=float(test.max_pulses),
        unit="pulses",
        decision_rule="count",
    )
