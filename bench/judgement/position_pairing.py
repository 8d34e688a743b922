"""Judge whether pulse input and communication port of a position see the same meter.

Observation kind ``position-pairing``: under one load every position was given another number of energy steps, for its
supply was cut after its own ``step`` (1, 2, ...). Data: ``step``, ``step_wh``, ``register_before_wh``,
``register_after_wh``, ``register_resolution_wh``, ``meter_constant_imp_per_kwh``, ``pulses_before_step`` and
``pulses_at_cut`` (counted when the own last step began, and when the own supply was cut), ``pulses`` (in all), and
``others`` [{position, step, energy_wh (of the register), pulses}] where pulses and register tell two energies.

Two ways lead to the answer. Pulses and register tell the same energy; or, where they do not, because the meter constant
or a register is wrong, which other cases judge, the pulses come until this position loses its supply and no longer, and
its register tells the steps it was given. Wrong wires are the bench's fault, never the meter's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from bench.judgement.fields import MalformedObservation, count, number, part, positive, text
from bench.judgement.registry import Context, judge
from bench.metrology.percentage_error import registered_energy_wh
from bench.record.model import Judgement, Observation, Outcome, Requirement

#: Two energies closer than this share of a step are of the same position.
SHARE_OF_STEP = 0.5
#: So many pulses must come within the last step of a position before they say anything of the order of events.
FEWEST_IN_STEP = 2


def energy_by_pulses_wh(data: Mapping[str, Any]) -> float:
    """Return what the pulses of a position-pairing observation tell by the declared constant."""
    constant = positive(data, "meter_constant_imp_per_kwh")
    return float(registered_energy_wh(count(data, "pulses"), constant))


def energy_by_register_wh(data: Mapping[str, Any]) -> float:
    """Return by how much the register of a position-pairing observation advanced."""
    return number(data, "register_after_wh") - number(data, "register_before_wh")


def agree(data: Mapping[str, Any]) -> bool:
    """Return whether pulses and register of a position tell the same energy."""
    near_wh = SHARE_OF_STEP * positive(data, "step_wh")
    return abs(energy_by_pulses_wh(data) - energy_by_register_wh(data)) <= near_wh


def pulses_stop_with_supply(data: Mapping[str, Any]) -> bool | None:
    """Return whether the pulses came until this position's supply was cut and no longer; None for too few pulses."""
    before, at_cut, every = (count(data, name) for name in ("pulses_before_step", "pulses_at_cut", "pulses"))
    in_step, after = at_cut - before, every - at_cut
    if every < FEWEST_IN_STEP or (0 < in_step < FEWEST_IN_STEP and after < FEWEST_IN_STEP):
        return None
    return in_step >= FEWEST_IN_STEP and after <= SHARE_OF_STEP * in_step


@judge("bench.position-pairing", version=2)
def position_pairing(
    observations: Sequence[Observation], _requirement: Requirement, _context: Context
) -> Judgement:
    """Compare the energies of pulses and register; where they differ, the order of events and the steps of the rack."""
    data = observations[0].data
    step_wh = positive(data, "step_wh")
    by_pulses, by_register = energy_by_pulses_wh(data), energy_by_register_wh(data)
    said = f"the pulses say {by_pulses:g} Wh, the register {by_register:g} Wh, one step is {step_wh:g} Wh"
    if positive(data, "register_resolution_wh") > SHARE_OF_STEP * step_wh:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{said}: the register is too coarse")
    stops = pulses_stop_with_supply(data)
    if stops is False:
        return _wrong(
            f"{said}; the pulses do not come until the supply of this position is cut, and no longer: "
            "pulse input or supply contactor leads to another meter"
        )
    if agree(data):
        return Judgement(outcome=Outcome.PASSED, reason=f"{said}: both see the same meter")
    if stops is None:
        return _wrong(f"{said}: pulse input and communication port may belong to different meters")
    own, another = _steps_of_register(data, by_register, step_wh)
    if own:
        return Judgement(
            outcome=Outcome.PASSED,
            reason=f"{said}; the pulses end with the supply of this position, and its register tells the "
            f"{count(data, 'step')} steps it was given: both see the same meter, the meter constant is another matter",
        )
    if another:
        return _wrong(f"{said}; the register tells what position {another} was given")
    return Judgement(
        outcome=Outcome.INCONCLUSIVE,
        reason=f"{said}; the pulses end with the supply of this position, but the register tells what no position "
        "was given: whose it is cannot be said from its energy",
    )


def _wrong(reason: str) -> Judgement:
    return Judgement(outcome=Outcome.ERROR, reason=f"{reason}; check the wiring")


def _steps_of_register(data: Mapping[str, Any], by_register: float, step_wh: float) -> tuple[bool, str]:
    """Return whether the register tells the steps of its own position, and else whose they are ("" for nobody's).

    What the load gave to all alike, before the first step, is taken from the positions where pulses and register
    agree, or else from all.
    """
    own_step, near_wh = count(data, "step"), SHARE_OF_STEP * step_wh
    others = _others(data)
    offsets = {name: energy - step * step_wh for name, step, energy, _ in others}
    sound = [offsets[name] for name, _, energy, by_pulses in others if abs(energy - by_pulses) <= near_wh]
    own_offset = by_register - own_step * step_wh
    common = median(sound or [*offsets.values(), own_offset])
    if abs(own_offset - common) <= near_wh:
        return True, ""
    told = (by_register - common) / step_wh
    return False, next((name for name, step, _, _ in others if abs(told - step) <= SHARE_OF_STEP), "")


def _others(data: Mapping[str, Any]) -> list[tuple[str, int, float, float]]:
    """Return position, step, energy of the register and of the pulses of each other position."""
    listed = data.get("others")
    if not isinstance(listed, Sequence) or not listed:
        raise MalformedObservation("others is missing where pulses and register disagree")
    found = []
    for entry in listed:
        other = part({"other": entry}, "other")
        constant = positive(data, "meter_constant_imp_per_kwh")
        by_pulses = float(registered_energy_wh(count(other, "pulses"), constant))
        found.append((text(other, "position"), count(other, "step"), number(other, "energy_wh"), by_pulses))
    return found
