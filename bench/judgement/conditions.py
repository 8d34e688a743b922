"""Check the reference conditions that were recorded while an error was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.judgement.fields import MalformedObservation, number, part, positive, truth
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Outcome
from bench.standards.reference_conditions import Culprit, reference_conditions

#: Without these a point is not known to have been measured at reference conditions.
NEEDED = ("voltage_v", "frequency_hz")


def violation(
    conditions: Mapping[str, Any],
    *,
    accuracy_class: str,
    voltage_v: float,
    frequency_hz: float,
    current_a: float,
) -> Judgement | None:
    """Return why a point is invalid, or None. An invalid point is neither a pass nor a fail.

    What the source did wrong is our ERROR; a room that is too warm leaves the point INCONCLUSIVE.
    ``conditions``: by quantity a number, a list of them by phase, or {min, mean, max}.
    """
    if truth(conditions, "overload"):
        return Judgement(outcome=Outcome.ERROR, reason="the reference standard was overloaded")
    if truth(conditions, "range_changed"):
        return Judgement(
            outcome=Outcome.ERROR, reason="the reference standard changed its range while the gate was open"
        )
    missing = [name for name in NEEDED if name not in conditions]
    if missing:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason=f"reference conditions not recorded: {', '.join(missing)}"
        )
    for condition in reference_conditions(
        accuracy_class=accuracy_class, voltage_v=voltage_v, frequency_hz=frequency_hz, current_a=current_a
    ):
        for value in _values(conditions.get(condition.quantity), condition.quantity):
            if not condition.lowest <= value <= condition.highest:
                return Judgement(
                    outcome=Outcome.ERROR if condition.culprit is Culprit.SOURCE else Outcome.INCONCLUSIVE,
                    reason=f"reference condition violated: {condition.quantity} was {value:g}, "
                    f"allowed is {condition.lowest:g} to {condition.highest:g}",
                )
    return None


def violation_at_nominal(data: Mapping[str, Any], declaration: Declaration) -> Judgement | None:
    """Return ``violation`` of a measurement at nominal voltage and frequency, by its conditions and its point."""
    return violation(
        part(data, "conditions"),
        accuracy_class=declaration.accuracy.accuracy_class,
        voltage_v=declaration.nameplate.voltage_v,
        frequency_hz=declaration.nameplate.frequency_hz,
        current_a=positive(part(data, "point"), "current_a"),
    )


def _values(recorded: Any, name: str) -> Iterator[float]:
    if recorded is None:
        return
    if isinstance(recorded, Mapping):
        for key in recorded:
            yield number(recorded, key)
    elif isinstance(recorded, Sequence) and not isinstance(recorded, str):
        for value in recorded:
            yield from _values(value, name)
    elif isinstance(recorded, bool) or not isinstance(recorded, int | float):
        raise MalformedObservation(f"{name} is {recorded!r}, not a number")
    else:
        yield recorded
