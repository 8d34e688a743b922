"""Judge the meter constant: the test output and the register must tell the same energy.

Observation kind ``meter-constant``, data: ``pulses``, ``meter_constant_imp_per_kwh``, ``register_before_wh``,
``register_after_wh``, ``register_resolution_wh``, ``reference_energy_wh``, optionally ``pulse_path_proven``.
Kind ``shown-constant``: ``meter_constant_imp_per_kwh`` as the meter shows it, null where it shows none.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import count, number, positive, truth
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.judgement.zones import judgement_on_limit
from bench.metrology.budget import Budget, Contribution, Distribution
from bench.metrology.percentage_error import registered_energy_wh
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.currents import exact

#: Register and pulses agree within this share of the class limit (French order 2013-08-01; practice).
SHARE_OF_LIMIT = 10
#: A constant is shown with as many digits as it has.
SAME_CONSTANT = 1e-6


@judge("accuracy.meter-constant", version=1)
def meter_constant(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge the difference of the errors that register and pulses show against the same reference energy."""
    data = observations[0].data
    declared = context.declaration.nameplate.meter_constant_imp_per_kwh
    constant = positive(data, "meter_constant_imp_per_kwh")
    if constant != declared:
        return Judgement(
            outcome=Outcome.ERROR,
            reason=f"the meter constant used is {constant:g} imp/kWh, declared is {declared:g}",
        )
    reference = exact(positive(data, "reference_energy_wh"))
    resolution = positive(data, "register_resolution_wh")
    increment = exact(number(data, "register_after_wh")) - exact(number(data, "register_before_wh"))
    pulses = count(data, "pulses")
    if pulses == 0 and not truth(data, "pulse_path_proven"):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"no pulses in {float(reference):g} Wh, and nothing proves that a pulse would have been seen",
        )
    by_register = 100 * (increment - reference) / reference
    by_pulses = 100 * (registered_energy_wh(pulses, constant) - reference) / reference
    main_limit = limit_at(context.declaration, "In", "1")
    if increment <= 0 and pulses == 0:
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"neither register nor pulses moved in {float(reference):g} Wh",
            measured=-100.0,
            limit=main_limit.pct,
            unit="%",
        )
    percent_per_wh = float(100 / reference)
    budget = Budget(
        contributions=(
            Contribution(
                name="register, two readings",
                value=resolution,
                distribution=Distribution.TRIANGULAR,
                sensitivity=percent_per_wh,
            ),
            Contribution(
                name="pulses, first and last",
                value=float(registered_energy_wh(1, constant)),
                distribution=Distribution.TRIANGULAR,
                sensitivity=percent_per_wh,
            ),
        )
    )
    culprits = [
        name
        for name, error in (("register", by_register), ("pulses", by_pulses))
        if abs(error) > main_limit.percent
    ]
    remark = f"register {float(by_register):+.3f} %, pulses {float(by_pulses):+.3f} % against the reference"
    if culprits:
        remark += f"; the {' and the '.join(culprits)} deviate beyond the class"
    return judgement_on_limit(
        measured=float(by_register - by_pulses),
        limit=float(main_limit.percent / SHARE_OF_LIMIT),
        u95=budget.u95,
        unit="%",
        plan=context.plan,
        what="register minus pulses",
        remark=remark,
    )


@judge("accuracy.shown-constant", version=1)
def shown_constant(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge whether the constant that the meter shows is the declared one."""
    data = observations[0].data
    declared = context.declaration.nameplate.meter_constant_imp_per_kwh
    if data.get("meter_constant_imp_per_kwh") is None:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason="the meter shows no constant of active energy")
    shown = number(data, "meter_constant_imp_per_kwh")
    agrees = abs(shown - declared) <= SAME_CONSTANT * declared
    return Judgement(
        outcome=Outcome.PASSED if agrees else Outcome.FAILED,
        reason=f"the meter shows {shown:g} imp/kWh, declared is {declared:g}",
        measured=shown,
        limit=declared,
        unit="imp/kWh",
        decision_rule="equal",
    )
