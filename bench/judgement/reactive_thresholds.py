"""Judge at which current reactive energy begins to count, and that without current none does: by the registers.

A register stands for the pulse output here: each of its last digits is taken for a pulse, so the rules of the standard
hold with the register's own constant (own rule; the standard speaks of pulses).

Observation kind ``reactive-start``: ``voltage_v``, ``current_a``, ``reactive_power_var`` (as the standard read them),
``window_s``, ``register_before_varh``, ``register_after_varh`` (of lagging currents), ``register_resolution_varh``.
Kind ``reactive-no-load``: ``voltage_v``, ``duration_s``, ``inductive_varh`` and ``capacitive_varh`` (each before and
after), ``register_resolution_varh``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.judgement.fields import MalformedObservation, number, numbers, positive
from bench.judgement.reactive import reactive_requirement
from bench.judgement.registry import Context, judge
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Observation, Outcome, Requirement, Topic
from bench.standards.limits import NoLimit
from bench.standards.no_load import NoLoadTest, no_load_test
from bench.standards.starting_current import StartingCurrent, starting_current, starting_window_s

VOLTAGE_TOLERANCE = 0.01
#: How far the current may be from Ist, and the reactive power from U I (estimate, as for active energy).
CURRENT_TOLERANCE = 0.05
#: Two more digits show an interval, so registering goes on.
DIGITS_NEEDED = 2
VARH_PER_KVARH = 1000.0
SAME_TIME = 1e-9
#: Registers are decimal numbers: what is left of a digit by floating point.
SAME_DIGIT = 1e-6


def reactive_start_of(declaration: Declaration) -> StartingCurrent:
    """Return the starting current of reactive energy. Raises NoLimit, also without a declared class."""
    accuracy = declaration.accuracy
    _require_class(declaration)
    return starting_current(
        standard=accuracy.reactive_standard,
        edition=accuracy.reactive_edition,
        accuracy_class=accuracy.reactive_class,
        currents=declaration.nameplate.currents,
    )


def reactive_start_window_s(declaration: Declaration, resolution_varh: float) -> float:
    """Return how long to look for two digits at the starting current, s."""
    plate = declaration.nameplate
    return starting_window_s(
        meter_constant_imp_per_kwh=VARH_PER_KVARH / resolution_varh,
        voltage_v=plate.voltage_v,
        current_a=reactive_start_of(declaration).current,
        elements=plate.elements,
    )


def reactive_no_load_of(declaration: Declaration, resolution_varh: float) -> NoLoadTest:
    """Return the no-load test of reactive energy. Raises NoLimit, also without a declared class."""
    accuracy, plate = declaration.accuracy, declaration.nameplate
    _require_class(declaration)
    return no_load_test(
        standard=accuracy.reactive_standard,
        edition=accuracy.reactive_edition,
        accuracy_class=accuracy.reactive_class,
        currents=plate.currents,
        voltage_v=plate.voltage_v,
        meter_constant_imp_per_kwh=VARH_PER_KVARH / resolution_varh,
        elements=plate.elements,
    )


def reactive_start_requirement(declaration: Declaration) -> Requirement:
    """Return the demand on the starting current of reactive energy."""
    found = replace(reactive_requirement(declaration), topic=Topic.START)
    try:
        rule = reactive_start_of(declaration)
    except NoLimit:
        return found
    return replace(found, status=rule.status, clause=rule.clause)


def reactive_no_load_requirement(declaration: Declaration) -> Requirement:
    """Return the demand on reactive energy without current."""
    found = replace(reactive_requirement(declaration), topic=Topic.NO_LOAD)
    try:
        rule = reactive_no_load_of(declaration, 1.0)
    except NoLimit:
        return found
    return replace(found, status=rule.status, clause=rule.clause)


@judge("accuracy.reactive-start", version=1)
def reactive_start(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """The register advances by two digits within the time of three."""
    data, declaration = observations[0].data, context.declaration
    resolution = positive(data, "register_resolution_varh")
    try:
        start = reactive_start_of(declaration)
    except NoLimit as error:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=str(error))
    plate = declaration.nameplate
    voltage_v, current_a = number(data, "voltage_v"), number(data, "current_a")
    apparent_va = voltage_v * current_a * plate.elements
    power_var = number(data, "reactive_power_var")
    fault = ""
    if abs(voltage_v - plate.voltage_v) > VOLTAGE_TOLERANCE * plate.voltage_v:
        fault = f"the voltage was {voltage_v:g} V instead of {plate.voltage_v:g} V"
    elif abs(current_a - start.current_a) > CURRENT_TOLERANCE * start.current_a:
        fault = f"the current was {current_a:g} A instead of {start.current_a:g} A ({start.word})"
    elif abs(power_var - apparent_va) > CURRENT_TOLERANCE * apparent_va:
        fault = (
            f"the standard read {power_var:g} var, voltage and current make {apparent_va:g} VA: not sin phi 1"
        )
    if fault:
        return Judgement(outcome=Outcome.ERROR, reason=fault)
    window_s, needed_s = positive(data, "window_s"), reactive_start_window_s(declaration, resolution)
    advance = number(data, "register_after_varh") - number(data, "register_before_varh")
    digits = advance / resolution
    what = (
        f"{advance:g} varh in {window_s:.0f} s at {start.word} = {start.current_a:g} A, sin phi 1, "
        f"the last digit is {resolution:g} varh"
    )
    if digits >= DIGITS_NEEDED - SAME_DIGIT:
        outcome, reason = Outcome.PASSED, what
    elif window_s < needed_s * (1 - SAME_TIME):
        outcome, reason = Outcome.INCONCLUSIVE, f"{what}; the window must last {needed_s:.0f} s"
    else:
        outcome = Outcome.FAILED
        reason = f"{what}; {DIGITS_NEEDED} digits are needed (three are due): it does not start and go on"
    return Judgement(
        outcome=outcome,
        reason=reason,
        measured=advance,
        limit=DIGITS_NEEDED * resolution,
        unit="varh",
        decision_rule="count",
    )


@judge("accuracy.reactive-no-load", version=1)
def reactive_no_load(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Neither register advances by more digits than the standard allows pulses."""
    data, declaration = observations[0].data, context.declaration
    resolution = positive(data, "register_resolution_varh")
    try:
        test = reactive_no_load_of(declaration, resolution)
    except NoLimit as error:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=str(error))
    voltage_v, duration_s = number(data, "voltage_v"), number(data, "duration_s")
    if abs(voltage_v - test.voltage_v) > VOLTAGE_TOLERANCE * test.voltage_v:
        return Judgement(
            outcome=Outcome.ERROR,
            reason=f"the test voltage was {voltage_v:g} V instead of {test.voltage_v:g} V",
        )
    advances = {}
    for name in ("inductive", "capacitive"):
        readings = numbers(data, f"{name}_varh")
        if len(readings) != 2:
            raise MalformedObservation(f"{name}_varh has {len(readings)} readings, not two")
        advances[name] = readings[1] - readings[0]
    worst = max(advances, key=lambda name: abs(advances[name]))
    allowed = test.max_pulses * resolution
    what = (
        f"the {worst} register advanced by {advances[worst]:g} varh in {duration_s:.0f} s at {voltage_v:.1f} V "
        f"without current; {allowed:g} varh is allowed"
    )
    if abs(advances[worst]) > allowed * (1 + SAME_DIGIT):
        outcome, reason = Outcome.FAILED, f"{what}: it creeps"
    elif duration_s < test.duration_s * (1 - SAME_TIME):
        outcome, reason = Outcome.INCONCLUSIVE, f"{what}; the test must last {test.duration_s:.0f} s"
    else:
        outcome, reason = Outcome.PASSED, what
    return Judgement(
        outcome=outcome,
        reason=reason,
        measured=advances[worst],
        limit=allowed,
        unit="varh",
        decision_rule="count",
    )


def _require_class(declaration: Declaration) -> None:
    if not declaration.accuracy.reactive_class:
        raise NoLimit("the declaration claims no class of reactive energy")
