"""Judge whether pulse input and communication port of a position see the same meter.

Observation kind ``position-pairing``: every position was given another number of energy steps; ``pulses``,
``meter_constant_imp_per_kwh``, ``register_before_wh``, ``register_after_wh``, ``register_resolution_wh``, ``step_wh``.
Wrong wires are the bench's fault, never the meter's.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import count, number, positive
from bench.judgement.registry import Context, judge
from bench.metrology.percentage_error import registered_energy_wh
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: Two energies closer than this share of a step are of the same position.
SHARE_OF_STEP = 0.5


@judge("bench.position-pairing", version=1)
def position_pairing(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Compare the energy of the pulses with the advance of the register."""
    data = observations[0].data
    step_wh = positive(data, "step_wh")
    by_pulses = float(
        registered_energy_wh(count(data, "pulses"), positive(data, "meter_constant_imp_per_kwh"))
    )
    by_register = number(data, "register_after_wh") - number(data, "register_before_wh")
    said = f"the pulses say {by_pulses:g} Wh, the register {by_register:g} Wh, one step is {step_wh:g} Wh"
    if positive(data, "register_resolution_wh") > SHARE_OF_STEP * step_wh:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{said}: the register is too coarse")
    if abs(by_pulses - by_register) <= SHARE_OF_STEP * step_wh:
        return Judgement(outcome=Outcome.PASSED, reason=f"{said}: both see the same meter")
    return Judgement(
        outcome=Outcome.ERROR,
        reason=f"{said}: pulse input and communication port may belong to different meters; check the wiring",
    )
