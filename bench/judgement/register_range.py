"""Judge what the energy register does over a long dose, and over interruptions without load.

Observation kinds ``register-range``: ``register_before_wh``, ``register_after_wh``, ``register_resolution_wh``,
``reference_energy_wh``, optionally ``pulses`` and ``meter_constant_imp_per_kwh``; ``supply-dips``: the registers, and
``dips`` (what was done to the voltage).
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import count, number, positive
from bench.judgement.meter_constant import SHARE_OF_LIMIT
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: The dose must carry any register of sixteen bits in Wh over its end.
LEAST_DOSE_WH = 65_536.0
#: Without pulses to compare with, only so large a part of the dose is a matter of the register (own rule).
GROSS_SHARE = 0.1
#: Critical change value x = 1e-6 m Un Imax kWh (IEC 62052-11, recall), in Wh for one watt.
CRITICAL_WH_PER_W = 1e-3


@judge("accuracy.register-range", version=1)
def register_range(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Fail a register that loses or adds energy over a dose longer than sixteen bits of Wh.

    What register and pulses agree on is the meter's error, and other cases judge that; so is what the LED alone says.
    """
    data = observations[0].data
    reference_wh = positive(data, "reference_energy_wh")
    advance_wh = number(data, "register_after_wh") - number(data, "register_before_wh")
    if reference_wh < LEAST_DOSE_WH:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"a dose of {reference_wh:g} Wh does not reach the end of a short register",
        )
    resolution_wh = positive(data, "register_resolution_wh")
    class_wh = reference_wh * limit_at(context.declaration, "In", "1").pct / 100
    deviation_wh = advance_wh - reference_wh
    what = f"the register advanced by {advance_wh:.0f} Wh in {reference_wh:.0f} Wh"
    if data.get("pulses") is None:
        bound_wh = GROSS_SHARE * reference_wh + resolution_wh
        agrees = abs(deviation_wh) <= bound_wh
    else:
        pulse_wh = 1000 / positive(data, "meter_constant_imp_per_kwh")
        by_pulses_wh = count(data, "pulses") * pulse_wh
        what += f", the pulses say {by_pulses_wh:.0f} Wh"
        bound_wh = class_wh + resolution_wh
        agrees = (
            abs(deviation_wh) <= bound_wh
            or abs(advance_wh - by_pulses_wh) <= class_wh / SHARE_OF_LIMIT + resolution_wh + pulse_wh
        )
    return Judgement(
        outcome=Outcome.PASSED if agrees else Outcome.FAILED,
        reason=what + ("" if agrees else ": it wraps, stands or counts wrong"),
        measured=deviation_wh,
        limit=bound_wh,
        unit="Wh",
        decision_rule="class limit and resolution",
    )


@judge("accuracy.supply-dips", version=1)
def supply_dips(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Fail a register that changes by more than the critical change value while no current flows."""
    data, plate = observations[0].data, context.declaration.nameplate
    change_wh = number(data, "register_after_wh") - number(data, "register_before_wh")
    critical_wh = CRITICAL_WH_PER_W * plate.elements * plate.voltage_v * plate.maximum_current_a
    bound_wh = critical_wh + positive(data, "register_resolution_wh")
    outcome = Outcome.PASSED if abs(change_wh) <= bound_wh else Outcome.FAILED
    return Judgement(
        outcome=outcome,
        reason=f"the register changed by {change_wh:g} Wh over dips and interruptions without current; "
        f"the critical change value is {critical_wh:g} Wh",
        measured=change_wh,
        limit=bound_wh,
        unit="Wh",
        decision_rule="critical change value and resolution",
    )
