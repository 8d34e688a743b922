"""Judge the short tests of a production line: identity, supply switch, and what stands for the long no-load test.

Observation kinds:

- ``line-identity``: ``logical_device_name``, ``serial_number``, ``meter_constant_imp_per_kwh``, each null where the
  meter does not show it;
- ``line-tokens``: ``credit_resolution_wh`` and ``entries``, each {what, good, amount_wh, credit_before_wh,
  credit_after_wh, drawn_wh (the most that the load standing meanwhile can have used), action_result, status_code};
- ``line-relay``: ``opened`` and ``closed``, each {load_side_live, supply {output_state, control_state, control_mode}};
- ``line-no-load``: ``voltage_v``, ``duration_s``, ``pulses``, ``active_power_w`` (as the meter shows it; null where
  it does not), ``pulse_path_proven``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.fields import count, number, part, positive, truth
from bench.judgement.meter_constant import SAME_CONSTANT
from bench.judgement.no_load import VOLTAGE_TOLERANCE
from bench.judgement.project_rules import project_rule
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import no_load_test_of
from bench.record.model import Judgement, Observation, Outcome, Requirement, Topic

#: The equivalence: so long without a pulse, while the meter says that it registers nothing.
EQUIVALENT_S = 45.0


def line_requirement(what: str, topic: Topic) -> Requirement:
    """Return our own demand on a meter at the end of its line."""
    return project_rule(f"production line: {what}", topic)


@judge("factory.identity", version=1)
def identity(observations: Sequence[Observation], _requirement: Requirement, context: Context) -> Judgement:
    """Judge whether the meter at this position is the declared one."""
    data, declared = observations[0].data, context.declaration
    wanted = {
        "logical_device_name": declared.identity.logical_device_name,
        "serial_number": declared.identity.serial_number,
    }
    compared, wrong = [], []
    for name, value in wanted.items():
        shown = data.get(name)
        if shown is None or not value:
            continue
        compared.append(f"{name} {shown}")
        if str(shown).strip() != value:
            wrong.append(f"{name} is {shown!r}, declared is {value!r}")
    constant = data.get("meter_constant_imp_per_kwh")
    if constant is not None:
        plate = declared.nameplate.meter_constant_imp_per_kwh
        compared.append(f"{constant:g} imp/kWh")
        if abs(number(data, "meter_constant_imp_per_kwh") - plate) > SAME_CONSTANT * plate:
            wrong.append(f"the meter constant shown is {constant:g} imp/kWh, declared is {plate:g}")
    if wrong:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(wrong))
    if not compared:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="the meter shows nothing that identifies it")
    return Judgement(outcome=Outcome.PASSED, reason="as declared: " + ", ".join(compared))


@judge("factory.tokens", version=1)
def tokens(observations: Sequence[Observation], _requirement: Requirement, _context: Context) -> Judgement:
    """Judge by the credit: a good token adds its amount, a used or foreign one adds nothing."""
    data = observations[0].data
    resolution_wh = positive(data, "credit_resolution_wh")
    wrong, seen = [], []
    for entry in data["entries"]:
        gained_wh = number(entry, "credit_after_wh") - number(entry, "credit_before_wh")
        due_wh = number(entry, "amount_wh") if truth(entry, "good") else 0.0
        words = f"{entry['what']}: {gained_wh:+g} Wh"
        least_wh = due_wh - number(entry, "drawn_wh") - resolution_wh
        if least_wh <= gained_wh <= due_wh + resolution_wh:
            seen.append(words)
        else:
            wrong.append(f"{words}, due is {due_wh:+g} Wh (status {entry['status_code']})")
    if wrong:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(wrong))
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(seen))


@judge("factory.relay", version=1)
def relay(observations: Sequence[Observation], _requirement: Requirement, _context: Context) -> Judgement:
    """Judge whether the switch opens and closes, and says so."""
    data = observations[0].data
    wrong = [
        *_disagreement(part(data, "opened"), "opened", live=False),
        *_disagreement(part(data, "closed"), "closed", live=True),
    ]
    if wrong:
        return Judgement(outcome=Outcome.FAILED, reason="; ".join(wrong))
    return Judgement(outcome=Outcome.PASSED, reason="the contact opened and closed, and the meter said so")


def _disagreement(look: Mapping[str, Any], word: str, *, live: bool) -> list[str]:
    contact, said = truth(look, "load_side_live"), truth(part(look, "supply"), "output_state")
    found = []
    if contact is not live:
        found.append(f"after it was {word}, the load side was {'live' if contact else 'dead'}")
    if said is not live:
        found.append(f"after it was {word}, output_state said {said}")
    return found


@judge("factory.no-load-equivalence", version=1)
def no_load_equivalence(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Judge the short stand-in of the no-load test: no pulse, and no power registered, at the test's voltage."""
    data, test = observations[0].data, no_load_test_of(context.declaration)
    voltage_v, duration_s, pulses = (
        number(data, "voltage_v"),
        positive(data, "duration_s"),
        count(data, "pulses"),
    )
    if abs(voltage_v - test.voltage_v) > VOLTAGE_TOLERANCE * test.voltage_v:
        return Judgement(
            outcome=Outcome.ERROR,
            reason=f"the test voltage was {voltage_v:g} V instead of {test.voltage_v:g} V",
        )
    what = f"{pulses} pulses in {duration_s:.0f} s at {voltage_v:.1f} V without current"
    power_w = data.get("active_power_w")
    if power_w is not None:
        what += f", active power shown {power_w:g} W"
    if pulses > test.max_pulses or (power_w is not None and number(data, "active_power_w") != 0.0):
        outcome, reason = Outcome.FAILED, f"{what}: the meter creeps"
    elif not truth(data, "pulse_path_proven"):
        outcome, reason = (
            Outcome.INCONCLUSIVE,
            f"{what}, and nothing proves that a pulse would have been seen",
        )
    elif duration_s < EQUIVALENT_S:
        outcome, reason = Outcome.INCONCLUSIVE, f"{what}; the stand-in lasts {EQUIVALENT_S:g} s"
    else:
        outcome = Outcome.PASSED
        reason = f"{what}; stands for {test.duration_s:.0f} s, which a sample gets in full"
    return Judgement(
        outcome=outcome,
        reason=reason,
        measured=float(pulses),
        limit=float(test.max_pulses),
        unit="pulses",
        decision_rule="count",
    )
