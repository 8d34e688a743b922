"""What a run would have caught: the smallest size of each error that its plan and uncertainty would have FAILED.

A pure function of the run folder. Of every deciding verdict the size is searched at which its judge would have said
FAILED with a probability of 97.5 %, given the limit, the expanded uncertainty, the times, energies and counts that
this very run recorded; of several that see the same error the sharpest counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bench.judgement.plan_rules import PlanRules
from bench.metrology.decision import DecisionRule
from bench.metrology.operating import (
    CAUGHT,
    p_creep_failed,
    p_failed,
    p_scatter_failed,
    smallest_caught,
)
from bench.record.model import Kind, Outcome, Verdict
from reports.run_view import RunView

#: Outcomes of a verdict that measured: with another meter it could have been FAILED.
DECIDED = frozenset({Outcome.PASSED, Outcome.CONDITIONAL_PASS, Outcome.CONDITIONAL_FAIL, Outcome.FAILED})
#: A requirement whose number has this source status never makes a meter FAILED.
UNVERIFIED = "U"
_WATT_SECONDS = 3.6e6


@dataclass(frozen=True, kw_only=True)
class Characteristic:
    """One error a meter can have: ``p(size)`` is the probability that this run says FAILED to it.

    ``start``: a size of the right magnitude, of an error that no meter may have at all (its limit is 0).
    """

    position: str
    quantity: str
    unit: str
    limit: float
    p: Callable[[float], float]
    case: str
    start: float = 0.0

    @property
    def p_at_limit(self) -> float:
        """The probability that a meter exactly at its limit would have been FAILED."""
        return self.p(self.limit)

    @cached_property
    def caught_from(self) -> float:
        """The size from which on the run says FAILED with a probability of 97.5 %."""
        return smallest_caught(self.p, self.limit or self.start)


def characteristics(view: RunView) -> list[Characteristic]:
    """Return what the run would have caught at each position, of each quantity the sharpest case."""
    sharpest: dict[tuple[str, str], Characteristic] = {}
    rules = PlanRules.from_json(view.section("plan"))
    declarations = {str(item.get("name", "")): item.get("declaration") or {} for item in view.positions}
    for verdict in view.verdicts:
        if (
            verdict.outcome not in DECIDED
            or verdict.requirement.status == UNVERIFIED
            or verdict.requirement.kind is Kind.ADVISORY
        ):
            continue
        observations = view.observations_of(verdict)
        reader = _READERS.get(verdict.judge.partition("/")[0])
        if reader is None or not observations:
            continue
        try:
            found = list(reader(verdict, observations[0].data, declarations[verdict.position], rules))
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            continue  # an older or damaged record: nothing is claimed of it
        for item in found:
            key = (item.position, item.quantity)
            rival = sharpest.get(key)
            if item.limit <= 0.0 and item.start <= 0.0:
                continue
            if rival is None or item.p(rival.caught_from) >= CAUGHT:
                sharpest[key] = item
    return list(sharpest.values())


Reader = Callable[[Verdict, Mapping[str, Any], Mapping[str, Any], PlanRules], Iterator[Characteristic]]


def _made(
    verdict: Verdict, quantity: str, unit: str, limit: float, p: Callable[[float], float]
) -> Characteristic:
    return Characteristic(
        position=verdict.position,
        quantity=quantity,
        unit=unit,
        limit=limit,
        p=p,
        case=verdict.case,
    )


def _on_limit(
    verdict: Verdict, rules: PlanRules, error_of: Callable[[float], float]
) -> Callable[[float], float]:
    """Return the probability of FAILED against a size that makes the measured value ``error_of(size)``."""
    limit, u95 = float(verdict.limit or 0.0), float(verdict.u95 or 0.0)
    return lambda size: p_failed(
        error_of(size),
        limit,
        u95,
        rules.decision_rule,
        guard_band=rules.guard_band,
        uncertainty_share=rules.uncertainty_share,
    )


def _load_point(
    verdict: Verdict, data: Mapping[str, Any], declared: Mapping[str, Any], rules: PlanRules
) -> Iterator[Characteristic]:
    point = data["point"]
    if verdict.u95 is None or point["load"] != "balanced":
        return
    limit = float(verdict.limit or 0.0)
    yield _made(verdict, "gain error", "%", limit, _on_limit(verdict, rules, lambda size: size))
    lag = math.radians(point["lag_deg"])
    factor = math.cos(lag)
    if point["lag_deg"] > 0.0:

        def by_phase(size_deg: float) -> float:
            return 100.0 * (1.0 - math.cos(min(math.pi, lag + math.radians(size_deg))) / factor)

        at_limit = math.degrees(math.acos(factor * (1.0 - limit / 100.0))) - point["lag_deg"]
        yield _made(verdict, "phase error", "°", at_limit, _on_limit(verdict, rules, by_phase))
    power_w = declared["nameplate"].get("elements", 1) * point["voltage_v"] * point["current_a"] * factor
    yield _made(
        verdict,
        "constant offset",
        "W",
        limit * power_w / 100.0,
        _on_limit(verdict, rules, lambda size_w: 100.0 * size_w / power_w),
    )


def _influence(
    verdict: Verdict, data: Mapping[str, Any], _declared: Mapping[str, Any], rules: PlanRules
) -> Iterator[Characteristic]:
    if verdict.u95 is None or "certificate" in verdict.reason:
        return  # a distorted wave without a certificate is never FAILED
    name = f"change by {data['influence']}"
    yield _made(verdict, name, "%", float(verdict.limit or 0.0), _on_limit(verdict, rules, lambda size: size))


def _difference(
    verdict: Verdict, _data: Mapping[str, Any], _declared: Mapping[str, Any], rules: PlanRules
) -> Iterator[Characteristic]:
    words = {
        "accuracy.difference": "difference between one element and all",
        "accuracy.meter-constant": "disagreement of pulses and register",
    }
    if verdict.u95 is not None:
        name = words[verdict.judge.partition("/")[0]]
        yield _made(
            verdict, name, "%", float(verdict.limit or 0.0), _on_limit(verdict, rules, lambda size: size)
        )


def _coefficient(
    verdict: Verdict, _data: Mapping[str, Any], _declared: Mapping[str, Any], rules: PlanRules
) -> Iterator[Characteristic]:
    if verdict.u95 is not None:
        limit = float(verdict.limit or 0.0)
        name = "mean temperature coefficient"
        yield _made(verdict, name, "%/K", limit, _on_limit(verdict, rules, lambda size: size))


def _drift(
    verdict: Verdict, _data: Mapping[str, Any], _declared: Mapping[str, Any], rules: PlanRules
) -> Iterator[Characteristic]:
    if verdict.u95 is not None:
        limit = float(verdict.limit or 0.0)
        yield _made(verdict, "clock drift", "s/d", limit, _on_limit(verdict, rules, lambda size: size))


def _scatter(
    verdict: Verdict, data: Mapping[str, Any], _declared: Mapping[str, Any], _rules: PlanRules
) -> Iterator[Characteristic]:
    limit, readings = float(verdict.limit or 0.0), len(data["readings"])
    yield _made(
        verdict, "scatter of readings", "%", limit, lambda size: p_scatter_failed(size, limit, readings)
    )


def _creep(
    verdict: Verdict, data: Mapping[str, Any], declared: Mapping[str, Any], _rules: PlanRules
) -> Iterator[Characteristic]:
    per_watt = data["duration_s"] * declared["nameplate"]["meter_constant_imp_per_kwh"] / _WATT_SECONDS
    allowed = int(float(verdict.limit or 0.0))
    yield _made(
        verdict, "creep", "W", allowed / per_watt, lambda size_w: p_creep_failed(size_w * per_watt, allowed)
    )


def _start(
    verdict: Verdict, data: Mapping[str, Any], _declared: Mapping[str, Any], _rules: PlanRules
) -> Iterator[Characteristic]:
    current_a = float(data["current_a"])
    yield _made(verdict, "starting current above", "A", current_a, lambda size_a: float(size_a > current_a))


def _start_up(
    verdict: Verdict, data: Mapping[str, Any], declared: Mapping[str, Any], _rules: PlanRules
) -> Iterator[Characteristic]:
    rate_hz = data["power_w"] * declared["nameplate"]["meter_constant_imp_per_kwh"] / _WATT_SECONDS
    counted_s = float(data["pulses_at_s"])
    # alive after t, it has given a pulse by then with the chance that the energy since t fills the fraction left
    yield _made(
        verdict,
        "start-up after",
        "s",
        counted_s - 1.0 / rate_hz,
        lambda size_s: 1.0 - min(1.0, max(0.0, (counted_s - size_s) * rate_hz)),
    )


def _late_switch(
    verdict: Verdict, data: Mapping[str, Any], declared: Mapping[str, Any], _rules: PlanRules
) -> Iterator[Characteristic]:
    per_second_wh, resolution_wh = data["power_w"] / 3600.0, float(data["credit_resolution_wh"])
    allowed_wh = per_second_wh * declared["supply"]["actuation_time_s"] + resolution_wh
    yield _made(
        verdict,
        "switch that opens late by",
        "s",
        allowed_wh / per_second_wh,
        lambda late_s: min(1.0, max(0.0, (late_s * per_second_wh - allowed_wh) / resolution_wh)),
    )


def _closure(
    verdict: Verdict, data: Mapping[str, Any], _declared: Mapping[str, Any], _rules: PlanRules
) -> Iterator[Characteristic]:
    """The bound of a pair of accounts is what it may truly differ by and what truncated readings add to that."""
    digits_wh = [float(data[f"{name}_resolution_wh"]) for name in ("register", "credit")]
    # a difference of two truncated readings is a triangle of one digit
    yield Characteristic(
        position=verdict.position,
        quantity="credit lost by rounding",
        unit="Wh",
        limit=0.0,
        p=_beyond(sum(digits_wh), 2.0 * math.hypot(*digits_wh) / math.sqrt(6.0)),
        case=verdict.case,
        start=sum(digits_wh),
    )
    if verdict.u95 is not None:
        bound_wh = float(verdict.limit or 0.0)
        widest_wh = max(1000.0 / data["meter_constant_imp_per_kwh"], *digits_wh)
        yield _made(
            verdict,
            "energy accounts apart",
            "Wh",
            bound_wh - widest_wh,
            _beyond(bound_wh, float(verdict.u95)),
        )


def _beyond(bound: float, u95: float) -> Callable[[float], float]:
    """Return the probability of FAILED where a value beyond a bound fails at once, without a guard band."""
    return lambda size: p_failed(size, bound, u95, DecisionRule.SIMPLE, uncertainty_share=math.inf)


_READERS: dict[str, Reader] = {
    "accuracy.load-point": _load_point,
    "accuracy.influence": _influence,
    "accuracy.self-heating": _influence,
    "accuracy.fast-load-variation": _influence,
    "accuracy.temperature-coefficient": _coefficient,
    "accuracy.difference": _difference,
    "accuracy.meter-constant": _difference,
    "accuracy.repeatability": _scatter,
    "accuracy.no-load": _creep,
    "accuracy.starting-current": _start,
    "accuracy.start-up": _start_up,
    "dual.credit-exhausted-opens": _late_switch,
    "dual.energy-closure": _closure,
    "dual.clock-drift": _drift,
}
