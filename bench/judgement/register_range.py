"""Judge what the energy register does over a long dose, and over interruptions without load.

Observation kinds ``register-range``: ``register_before_wh``, ``register_after_wh``, ``register_resolution_wh``,
``reference_energy_wh``; ``supply-dips``: the registers, and ``dips`` (what was done to the voltage).
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import number, positive
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: The dose must carry any register of sixteen bits in Wh over its end.
LEAST_DOSE_WH = 65_536.0
#: Critical change value x = 1e-6 m Un Imax kWh (IEC 62052-11, recall), in Wh for one watt.
CRITICAL_WH_PER_W = 1e-3


@judge("accuracy.register-range", version=1)
def register_range(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Fail a register whose advance is not the energy of a dose longer than sixteen bits of Wh."""
    data = observations[0].data
    reference_wh = positive(data, "reference_energy_wh")
    advance_wh = number(data, "register_after_wh") - number(data, "register_before_wh")
    if reference_wh < LEAST_DOSE_WH:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"a dose of {reference_wh:g} Wh does not reach the end of a short register",
        )
    bound_wh = reference_wh * limit_at(context.declaration, "In", "1").pct / 100 + positive(
        data, "register_resolution_wh"
    )
    agrees = abs(advance_wh - reference_wh) <= bound_wh
    return Judgement(
        outcome=Outcome.PASSED if agrees else Outcome.FAILED,
        reason=f"the register advanced by {advance_wh:.0f} Wh in {reference_wh:.0f} Wh"
        + ("" if agrees else ": it wraps, stands or counts wrong"),
        measured=advance_wh - reference_wh,
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
