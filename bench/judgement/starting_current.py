"""Judge the starting-current test: at Ist and PF 1 the meter must start and go on registering.

Observation kind ``starting-current``, data: ``voltage_v``, ``current_a``, ``power_w`` (as the standard read
them), ``window_s``, ``edge_times_s`` from the start of the window, ``pulse_path_proven`` (the head saw pulses
of this meter before). A pulse in the window proves the path as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.judgement.fields import number, numbers, positive, truth
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import starting_current_of
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.limits import NoLimit
from bench.standards.starting_current import pulse_time_s, starting_window_s

VOLTAGE_TOLERANCE = 0.01
#: How far the current may be from Ist, and the power from U I (estimate: what sources hold at so low a current).
CURRENT_TOLERANCE = 0.05
#: Two pulses show an interval, so registering goes on.
PULSES_NEEDED = 2
#: Pulses closer than this share of a pulse time are one burst, not registered energy (estimate).
BURST_SHARE = 0.1
SAME_TIME = 1e-9


@judge("accuracy.starting-current", version=1)
def starting_current(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge by counting pulses in a window of three pulse times; the error there is information only."""
    data, nameplate = observations[0].data, context.declaration.nameplate
    try:
        start = starting_current_of(context.declaration)
    except NoLimit as error:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=str(error))
    voltage_v, current_a, power_w = (
        number(data, "voltage_v"),
        number(data, "current_a"),
        positive(data, "power_w"),
    )
    fault = ""
    if abs(voltage_v - nameplate.voltage_v) > VOLTAGE_TOLERANCE * nameplate.voltage_v:
        fault = f"the voltage was {voltage_v:g} V instead of {nameplate.voltage_v:g} V"
    elif abs(current_a - start.current_a) > CURRENT_TOLERANCE * start.current_a:
        fault = f"the current was {current_a:g} A instead of {start.current_a:g} A ({start.word})"
    apparent_va = voltage_v * current_a * nameplate.elements
    if not fault and abs(power_w - apparent_va) > CURRENT_TOLERANCE * apparent_va:
        fault = f"the standard read {power_w:g} W, voltage and current make {apparent_va:g} VA: not PF 1"
    if fault:
        return Judgement(outcome=Outcome.ERROR, reason=fault)
    constant = nameplate.meter_constant_imp_per_kwh
    window_s = positive(data, "window_s")
    needed_s = starting_window_s(
        meter_constant_imp_per_kwh=constant,
        voltage_v=nameplate.voltage_v,
        current_a=start.current,
        elements=nameplate.elements,
    )
    pulse_s = pulse_time_s(meter_constant_imp_per_kwh=constant, power_w=power_w)
    edges = [edge for edge in sorted(numbers(data, "edge_times_s")) if edge <= needed_s * (1 + SAME_TIME)]
    pulses = _apart(edges, BURST_SHARE * pulse_s)
    what = f"{len(pulses)} pulses in {min(window_s, needed_s):.1f} s at {start.word} = {start.current_a:g} A"
    if len(pulses) < len(edges):
        what += f" ({len(edges) - len(pulses)} more in bursts, not counted)"
    if len(pulses) >= PULSES_NEEDED:
        interval_s = (pulses[-1] - pulses[0]) / (len(pulses) - 1)
        outcome = Outcome.PASSED
        reason = f"{what}; error there {100 * (pulse_s / interval_s - 1):+.1f} %, for information"
    elif window_s < needed_s * (1 - SAME_TIME):
        outcome, reason = Outcome.INCONCLUSIVE, f"{what}; the window must last {needed_s:.1f} s"
    elif not pulses and not truth(data, "pulse_path_proven"):
        outcome, reason = (
            Outcome.INCONCLUSIVE,
            f"{what}, and nothing proves that a pulse would have been seen",
        )
    else:
        outcome = Outcome.FAILED
        reason = f"{what}; {PULSES_NEEDED} are needed (three pulse times): the meter does not start and go on"
    return Judgement(
        outcome=outcome,
        reason=reason,
        measured=float(len(pulses)),
        limit=float(PULSES_NEEDED),
        unit="pulses",
        decision_rule="count",
    )


def _apart(edges: Sequence[float], least_s: float) -> list[float]:
    """Return the first edge of every burst."""
    kept: list[float] = []
    last = None
    for edge in edges:
        if last is None or edge - last >= least_s:
            kept.append(edge)
        last = edge
    return kept
