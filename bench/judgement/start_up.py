"""Judge the return of the supply under load: registering again within five seconds, and no pulse for nothing.

Observation kind ``start-up``, data: ``power_w`` (as the standard read it), ``functional_s`` (the time allowed),
``pulses_at_s`` and ``pulses_then`` (how many pulses had come when a meter that is functional in time must have given
one), ``window_s`` and ``pulses`` (of the whole window), ``pulses_without_current`` (after the supply came back without
load), ``pulse_path_proven``, optionally ``pulse_period_s`` (how often this meter's pulses came at this load before).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.judgement.fields import count, positive, truth
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: Functional this long after voltage is applied (IEC 62053-21, recall).
FUNCTIONAL_S = 5.0
#: A fraction of a pulse may have been there before the supply went.
PULSES_MORE = 1


@judge("accuracy.start-up", version=1)
def start_up(observations: Sequence[Observation], _requirement: Requirement, context: Context) -> Judgement:
    """Judge by counting: at least one pulse in time, and no more pulses than energy."""
    data, plate = observations[0].data, context.declaration.nameplate
    power_w, window_s = positive(data, "power_w"), positive(data, "window_s")
    pulses, then = count(data, "pulses"), count(data, "pulses_then")
    rate_hz = power_w * plate.meter_constant_imp_per_kwh / 3.6e6
    if positive(data, "pulses_at_s") < FUNCTIONAL_S + 2 / rate_hz:
        return Judgement(
            outcome=Outcome.ERROR,
            reason=f"the first count came {data['pulses_at_s']:.2f} s after the supply; "
            f"a meter may need {FUNCTIONAL_S:g} s and two pulse times",
        )
    if not truth(data, "pulse_path_proven"):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason="nothing proves that a pulse would have been seen"
        )
    without = count(data, "pulses_without_current")
    class_share = limit_at(context.declaration, "In", "1").pct / 100
    seen_hz = 1 / positive(data, "pulse_period_s") if data.get("pulse_period_s") is not None else 0.0
    # a meter that always counts too much has an error, which other cases judge; here only what is more than usual
    most = math.floor(max(rate_hz, seen_hz) * window_s * (1 + class_share)) + PULSES_MORE
    what = (
        f"{then} pulses {data['pulses_at_s']:.1f} s after the supply came back, {pulses} in {window_s:.1f} s"
    )
    if then == 0:
        outcome, reason, measured, limit = (
            Outcome.FAILED,
            f"{what}: not functional within {FUNCTIONAL_S:g} s",
            float(then),
            1.0,
        )
    elif without > PULSES_MORE:
        outcome, measured, limit = Outcome.FAILED, float(without), float(PULSES_MORE)
        reason = f"{without} pulses when the supply came back without current: pulses for nothing"
    elif pulses > most:
        outcome, measured, limit = Outcome.FAILED, float(pulses), float(most)
        reason = f"{what}; the energy is worth {rate_hz * window_s:.1f}: pulses for nothing"
    else:
        outcome, measured, limit = Outcome.PASSED, float(pulses), float(most)
        reason = f"{what}; the energy is worth at most {rate_hz * window_s:.1f}"
    return Judgement(
        outcome=outcome, reason=reason, measured=measured, limit=limit, unit="pulses", decision_rule="count"
    )
