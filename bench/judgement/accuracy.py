"""Judge the error of indication at a load point.

Observation kind ``load-point``, data: ``point`` {id, current, current_a, voltage_v, frequency_hz, pf,
lag_deg, load}, ``method``, ``meter_constant_imp_per_kwh``, ``readings`` [{n_intervals, reference_energy_wh,
duration_s, reference_constant_imp_per_kwh | null, instrument_error_pct | null}] or, by the register, [{registered_wh,
register_resolution_wh, reference_energy_wh, duration_s}], ``standard``
{uncertainty_pct, class_pct, due}, ``conditions`` {voltage_v, frequency_hz, ...: number, list by phase, or
{min, mean, max}; overload, range_changed}, optionally ``pulse_grid_s``
and ``corrections`` (fields of ``bench.metrology.corrections``). Without readings ``no_pulses`` {waited_s,
edges, reference_energy_wh, pulse_path_proven} says how that came about.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from bench.judgement.conditions import violation_at_nominal
from bench.judgement.fields import MalformedObservation, count, number, part, positive, text, truth
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import limit_at
from bench.judgement.zones import judgement_on_limit
from bench.metrology.budget import COVERAGE, Budget, Contribution, Distribution
from bench.metrology.corrections import MINUTES_PER_DEGREE, Corrections
from bench.metrology.gate import FEWEST_INTERVALS
from bench.metrology.length import TwoStage
from bench.metrology.load_point_budget import PULSE_GRID_S, SINGLE_READING_PCT, load_point_budget
from bench.metrology.percentage_error import NotMeasured, error_from_energy
from bench.metrology.sequential import Sequential, Spending
from bench.metrology.series import Series, series, t_95
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Observation, Outcome, Requirement
from bench.standards.currents import exact
from bench.standards.limits import Limit, Load, NoLimit
from bench.standards.power_factor import PowerFactor

#: How far an instrument's own result may be from ours: its last digit, and what cutting two counts costs.
INSTRUMENT_DIGIT_PCT = 0.001
INSTRUMENT_COUNTS = 2
#: How far the current asked of the source may be from the one the point's word means.
SETTING_TOLERANCE = 0.001
#: Over what a reference standard averages one reading of power (estimate).
POWER_INTERVAL_S = 2.0
_RATIO_U, _PHASE_U = "transformer_uncertainty_pct", "transformer_phase_uncertainty_min"


@judge("accuracy.load-point", version=1)
def load_point(observations: Sequence[Observation], requirement: Requirement, context: Context) -> Judgement:
    """Judge the mean error of the readings against the limit of the declared class at this load."""
    data = observations[0].data
    point, declaration = part(data, "point"), context.declaration
    fault = _bench_fault(data, point, requirement, declaration)
    if fault:
        return Judgement(outcome=Outcome.ERROR, reason=fault)
    try:
        limit = limit_at(declaration, text(point, "current"), text(point, "pf"), Load(text(point, "load")))
    except NoLimit as error:
        return Judgement(outcome=Outcome.INAPPLICABLE, reason=str(error))
    violated = violation_at_nominal(data, declaration)
    if violated is not None:
        return violated
    readings = [reading for observation in observations for reading in _readings(observation.data)]
    if not readings:
        return _no_pulses(data, limit, declaration)
    return _error_judgement(readings, observations[0], limit, context)


def budget_of(data: Mapping[str, Any], readings: Sequence[Mapping[str, Any]], errors: Series) -> Budget:
    """Return the uncertainty budget of a load point's observation data; also for reports.

    Raises MalformedObservation when the uncertainty of the reference standard is unknown.
    """
    point, standard = part(data, "point"), part(data, "standard")
    counts = [
        positive(reading, "reference_energy_wh") * positive(reading, "reference_constant_imp_per_kwh") / 1000
        for reading in readings
        if reading.get("reference_constant_imp_per_kwh") is not None
    ]
    try:
        budget = load_point_budget(
            standard_class_pct=_optional(standard, "class_pct"),
            standard_uncertainty_pct=_optional(standard, "uncertainty_pct"),
            power_factor=PowerFactor.parse(text(point, "pf")).active,
            frequency_hz=positive(point, "frequency_hz"),
            duration_s=min(positive(reading, "duration_s") for reading in readings),
            reference_counts=min(counts, default=None),
            readings=errors,
            prior_s_pct=_prior(data),
            pulse_grid_s=_optional(data, "pulse_grid_s"),
            distorted_uncertainty_pct=(
                _optional(standard, "distorted_uncertainty_pct") if truth(point, "distorted") else None
            ),
        )
    except ValueError as error:
        raise MalformedObservation(str(error)) from error
    lines = (
        *_transformer_lines(data),
        *_register_lines(readings),
        *_burst_lines(data),
        *_master_lines(data, readings),
    )
    own = tuple(_looked_at(line, data, errors) for line in budget.contributions)
    return replace(budget, contributions=(*own, *lines))


def _looked_at(line: Contribution, data: Mapping[str, Any], errors: Series) -> Contribution:
    """Return a line of the budget as it is for a series that was looked at while it went on."""
    looks = sequential_of(data)
    if looks is None or line.name != "repeatability":
        return line
    return replace(
        line,
        degrees_of_freedom=math.inf,
        source=f"declared scatter, {errors.n} readings, look {errors.n // looks.group} of {looks.looks}",
    )


def _master_lines(data: Mapping[str, Any], readings: Sequence[Mapping[str, Any]]) -> Sequence[Contribution]:
    """Return what the uneven pulses of a master meter cost at both ends of a gate, as those of the meter do."""
    if data.get("method") != "master-meter":
        return ()
    return (
        Contribution(
            name="pulse grid of the master meter",
            value=100 * PULSE_GRID_S / min(positive(reading, "duration_s") for reading in readings),
            distribution=Distribution.TRIANGULAR,
            source="estimate",
        ),
    )


def _burst_lines(data: Mapping[str, Any]) -> Sequence[Contribution]:
    """Return what a power costs that was averaged over an interval which holds no whole number of bursts.

    The interval may begin and end anywhere, so at most the pause of one pattern is counted too often or too seldom.
    """
    point = part(data, "point")
    cycles = point.get("cycles")
    if data.get("method") != "power-time" or not isinstance(cycles, Sequence) or len(cycles) != 2:
        return ()
    pause_s = number({"off": cycles[1]}, "off") / positive(point, "frequency_hz")
    return (
        Contribution(
            name="power over bursts",
            value=100 * pause_s / POWER_INTERVAL_S,
            distribution=Distribution.RECTANGULAR,
            source="interval of the standard, estimate",
        ),
    )


def _register_lines(readings: Sequence[Mapping[str, Any]]) -> Sequence[Contribution]:
    """Return what the last digit of a register costs, where it was read in place of pulses."""
    return [
        Contribution(
            name="register, two readings",
            value=positive(reading, "register_resolution_wh"),
            distribution=Distribution.TRIANGULAR,
            sensitivity=100 / positive(reading, "reference_energy_wh"),
            source="last digit",
        )
        for reading in readings[:1]
        if "registered_wh" in reading
    ]


def _transformer_lines(data: Mapping[str, Any]) -> Sequence[Contribution]:
    """Return what is left open by the calibration of a position's isolation transformer."""
    known = part(data, "corrections")
    ratio_pct = number({_RATIO_U: 0.0, **known}, _RATIO_U)
    phase_min = number({_PHASE_U: 0.0, **known}, _PHASE_U)
    if not ratio_pct and not phase_min:
        return ()
    lag_rad = math.radians(number(part(data, "point"), "lag_deg"))
    phase_pct = 100 * math.tan(lag_rad) * math.radians(phase_min / MINUTES_PER_DEGREE)
    lines = (("isolation transformer, ratio", ratio_pct), ("isolation transformer, phase", phase_pct))
    return tuple(
        Contribution(name=name, value=abs(value), distribution=Distribution.EXPANDED, source="certificate")
        for name, value in lines
        if value
    )


def errors_of(data: Mapping[str, Any]) -> tuple[Fraction, ...]:
    """Return the percentage error of each reading of a load point's observation data, exact; for reports.

    Known errors of standard and transformer are taken out.
    Raises MalformedObservation when a reading has no reference energy.
    """
    known = correction_of(data)
    return tuple(_error(reading, data) + known for reading in _readings(data))


def correction_of(data: Mapping[str, Any]) -> Fraction:
    """Return what the known errors of an observation's standard and transformer add to its measured error, %."""
    known = part(data, "corrections")
    if not known:
        return Fraction(0)
    return Corrections(
        standard_error_pct=number(known, "standard_error_pct"),
        transformer_ratio_pct=number(known, "transformer_ratio_pct"),
        transformer_phase_min=number(known, "transformer_phase_min"),
    ).total_pct(number(part(data, "point"), "lag_deg"))


def _bench_fault(
    data: Mapping[str, Any], point: Mapping[str, Any], requirement: Requirement, declaration: Declaration
) -> str:
    """Return how the bench measured something else than the declared meter at this point, or ""."""
    declared = declaration.nameplate.meter_constant_imp_per_kwh
    used = positive(data, "meter_constant_imp_per_kwh")
    if used != declared:
        return f"the meter constant used is {used:g} imp/kWh, declared is {declared:g}"
    meant = float(declaration.nameplate.currents.resolve(text(point, "current")))
    if abs(positive(point, "current_a") - meant) > SETTING_TOLERANCE * meant:
        return f"{point['current']} is {meant:g} A on this meter, but {point['current_a']:g} A was asked for"
    accuracy = declaration.accuracy
    if (requirement.document, requirement.edition) != (accuracy.standard, accuracy.edition):
        return (
            f"the requirement is of {requirement.document}:{requirement.edition}, "
            f"the meter is declared to {accuracy.standard}:{accuracy.edition}"
        )
    return ""


def _readings(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    readings = data.get("readings")
    if not isinstance(readings, Sequence) or not all(isinstance(item, Mapping) for item in readings):
        raise MalformedObservation(f"readings is {readings!r}, not a list of readings")
    return readings


def _error(reading: Mapping[str, Any], data: Mapping[str, Any]) -> Fraction:
    if "registered_wh" in reading:
        energy = exact(positive(reading, "reference_energy_wh"))
        return 100 * (exact(number(reading, "registered_wh")) - energy) / energy
    try:
        return error_from_energy(
            count(reading, "n_intervals"),
            positive(data, "meter_constant_imp_per_kwh"),
            number(reading, "reference_energy_wh"),
        )
    except NotMeasured as error:
        raise MalformedObservation(str(error)) from error


def _error_judgement(
    readings: Sequence[Mapping[str, Any]], observation: Observation, limit: Limit, context: Context
) -> Judgement:
    data = observation.data
    counted = [count(reading, "n_intervals") for reading in readings if "registered_wh" not in reading]
    fewest = min(counted, default=FEWEST_INTERVALS)
    if fewest < FEWEST_INTERVALS:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"a reading has {fewest} pulse intervals; fewer than {FEWEST_INTERVALS} are no measurement",
        )
    errors = [_error(reading, data) for reading in readings]
    for reading, error in zip(readings, errors, strict=True):
        mismatch = _instrument_mismatch(reading, error)
        if mismatch:
            return Judgement(outcome=Outcome.ERROR, reason=mismatch)
    known = correction_of(data)
    errors = [error + known for error in errors]
    fault = _length_fault(data, errors, limit.pct)
    if fault:
        return Judgement(outcome=Outcome.ERROR, reason=fault)
    statistics = statistics_of(data, errors)
    scatters = _scatter_fault(data, statistics)
    if scatters:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=scatters)
    budget = budget_of(data, readings, statistics)
    expired = _expired(data, observation)
    if expired and context.plan.refuse_expired_standard:
        return Judgement(outcome=Outcome.ERROR, reason=expired)
    looks = sequential_of(data)
    remarks = [
        f"{statistics.n} readings, s {statistics.s:.4f} %" if statistics.s is not None else "",
        _share_remark(budget.u95, limit, context),
        f"corrected by {float(known):+.4f} %" if known else "",
        f"look {statistics.n // looks.group} of {looks.looks}, {looks.spending} spending of {looks.alpha:g}"
        if looks is not None
        else "",
        expired,
    ]
    return judgement_on_limit(
        measured=float(statistics.mean),
        limit=limit.pct,
        u95=budget.u95,
        unit="%",
        plan=context.plan,
        what="error",
        remark="; ".join(remark for remark in remarks if remark),
    )


def statistics_of(data: Mapping[str, Any], errors: Sequence[Fraction]) -> Series:
    """Return mean and scatter of the readings; of a two-stage series s is that of its first stage (Stein).

    Of a sequential one the mean has the uncertainty of its repeated interval, from the declared scatter.
    """
    whole = series(errors)
    length = part(data, "length")
    looks = sequential_of(data)
    if looks is not None:
        return replace(
            whole, s_mean=looks.sigma_pct / math.sqrt(whole.n), t_factor=looks.factor(whole.n) / COVERAGE
        )
    if length.get("rule") != "two-stage":
        return whole
    first = count(length, "first")
    stage = series(errors[:first])
    if stage.s is None:
        return whole
    return replace(whole, s=stage.s, s_mean=stage.s / math.sqrt(whole.n), t_factor=t_95(first - 1) / 2)


def sequential_of(data: Mapping[str, Any]) -> Sequential | None:
    """Return the rule of a series that was looked at while it went on, or None. Raises MalformedObservation."""
    length = part(data, "length")
    if length.get("rule") != "sequential":
        return None
    try:
        return Sequential(
            group=count(length, "group"),
            most=count(length, "most"),
            sigma_pct=positive(length, "prior_s_pct"),
            alpha=positive(length, "error_probability"),
            spending=Spending(text(length, "spending")),
        )
    except ValueError as error:
        raise MalformedObservation(str(error)) from error


def _scatter_fault(data: Mapping[str, Any], statistics: Series) -> str:
    """Return how the readings contradict the scatter that a sequential series rests on, or ""."""
    looks = sequential_of(data)
    if looks is None or statistics.s is None or not looks.contradicted_by(statistics.s, statistics.n):
        return ""
    return (
        f"{statistics.n} readings scatter by {statistics.s:.4f} %; the plan declares {looks.sigma_pct:g} % for a "
        "reading, on which its looks rest"
    )


def _length_fault(data: Mapping[str, Any], errors: Sequence[Fraction], limit_pct: float) -> str:
    """Return how the number of readings contradicts the rule it was to follow, or ""."""
    length = part(data, "length")
    looks = sequential_of(data)
    if looks is not None:
        n, mean_pct = len(errors), float(sum(errors) / len(errors))
        if n % looks.group or n > looks.most:
            return f"{n} readings were taken; looks are after each {looks.group}, at most {looks.most}"
        if looks.number(mean_pct, n, limit_pct) != n:
            return f"the series ended at {n} readings, before the limit was out of doubt"
        return ""
    if length.get("rule") != "two-stage":
        return ""
    try:
        rule = TwoStage(
            first=count(length, "first"),
            most=count(length, "most"),
            target_pct=positive(length, "target_pct"),
        )
        wanted = rule.number(errors[: rule.first])
    except ValueError as error:
        raise MalformedObservation(str(error)) from error
    if len(errors) < wanted:
        return f"{len(errors)} readings were taken; the first {rule.first} asked for {wanted}"
    return ""


def _prior(data: Mapping[str, Any]) -> float:
    length = part(data, "length")
    return positive(length, "prior_s_pct") if "prior_s_pct" in length else SINGLE_READING_PCT


def _share_remark(u95: float, limit: Limit, context: Context) -> str:
    """Say where the uncertainty is more than the plan's share of the limit (a fifth: OIML R 46, status R)."""
    if u95 <= context.plan.uncertainty_share * limit.pct:
        return ""
    return f"U is more than {context.plan.uncertainty_share:g} of the limit"


def _instrument_mismatch(reading: Mapping[str, Any], error: Fraction) -> str:
    """Return how the instrument's own result contradicts our arithmetic, or "": then one of us is wrong."""
    if reading.get("instrument_error_pct") is None:
        return ""
    shown = number(reading, "instrument_error_pct")
    tolerance = INSTRUMENT_DIGIT_PCT
    if reading.get("reference_constant_imp_per_kwh") is not None:
        counts = (
            number(reading, "reference_energy_wh")
            * positive(reading, "reference_constant_imp_per_kwh")
            / 1000
        )
        tolerance += INSTRUMENT_COUNTS * 100 / counts
    if abs(shown - float(error)) <= tolerance:
        return ""
    return (
        f"the instrument shows an error of {shown:+.4f} %, its counts give {float(error):+.4f} %: "
        "the constants or counts of bench and instrument do not fit together"
    )


def _expired(data: Mapping[str, Any], observation: Observation) -> str:
    due = part(data, "standard").get("due")
    if due is None:
        return ""
    try:
        last_day = datetime.date.fromisoformat(str(due))
        measured_on = datetime.datetime.fromisoformat(observation.utc).date()
    except ValueError as error:
        raise MalformedObservation(f"a date cannot be read: {error}") from error
    return f"the calibration of the reference standard was due {last_day}" if measured_on > last_day else ""


def _no_pulses(data: Mapping[str, Any], limit: Limit, declaration: Declaration) -> Judgement:
    """Judge a point that gave no complete gate: so few pulses bound the error from above."""
    waited = part(data, "no_pulses")
    if not waited:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason="there is no reading and nothing says why")
    edges, seconds = count(waited, "edges"), number(waited, "waited_s")
    if not truth(waited, "pulse_path_proven"):
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"{edges} pulses in {seconds:g} s, and nothing proves that a pulse would have been seen",
        )
    try:
        highest = float(
            error_from_energy(
                edges + 1,
                declaration.nameplate.meter_constant_imp_per_kwh,
                number(waited, "reference_energy_wh"),
            )
        )
    except NotMeasured as error:
        raise MalformedObservation(str(error)) from error
    if highest >= -limit.pct:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"{edges} pulses in {seconds:g} s leave an error up to {highest:+.2f} % possible: too short",
        )
    return Judgement(
        outcome=Outcome.FAILED,
        reason=f"only {edges} pulses in {seconds:g} s under load: the error is below {highest:+.2f} %, "
        f"limit ±{limit.pct:g} %",
        measured=highest,
        limit=limit.pct,
        unit="%",
    )


def _optional(data: Mapping[str, Any], name: str) -> float | None:
    return None if data.get(name) is None else positive(data, name)
