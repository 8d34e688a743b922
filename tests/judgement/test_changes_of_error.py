"""Changes of the error under influences, heat, waveforms and switched load: what is missing, and each bound."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.judgement.conftest import load_point_data, reading
from tests.judgement.told import ERROR, FAILED, INAPPLICABLE, OPEN, PASSED, changed, said

Outcome = Any
STANDARD = {"uncertainty_pct": 0.01, "class_pct": 0.02, "distorted_uncertainty_pct": 0.03}
PROVEN = {"waited_s": 60.0, "edges": 0, "reference_energy_wh": 19.2, "pulse_path_proven": True}


def at(error_pct: float | None, n: int = 5, **point: Any) -> dict[str, Any]:
    """Data of a load point that shows an error, or no reading at all."""
    readings = [] if error_pct is None else [reading(10 / (1 + error_pct / 100)) for _ in range(n)]
    data = load_point_data(readings=readings, standard=STANDARD)
    data["point"] = {**data["point"], **point}
    data["conditions"] = {"voltage_v": 230.0, "frequency_hz": 50.0}
    if error_pct is None:
        data["no_pulses"] = PROVEN
    return data


VOLTAGE = "voltage +-10 %"
WRONG_VOLTAGE = {"conditions.voltage_v": 250.0}


def change(name: str, baseline: dict[str, Any], disturbed: dict[str, Any]) -> dict[str, Any]:
    return {"influence": name, "pf": "1", "name": "pulsed", "baseline": baseline, "disturbed": disturbed}


@pytest.mark.parametrize("judge", ["accuracy.influence", "accuracy.advisory-waveform"])
@pytest.mark.parametrize(
    ("baseline", "disturbed", "outcome", "words"),
    [
        (at(0.5), at(0.6), PASSED, "+0.1000 %"),
        (at(None), at(0.6), OPEN, "no pulses at reference conditions"),
        (at(0.5), at(None), FAILED, "only 0 pulses in 60 s under the disturbance"),
        (at(None), at(None), OPEN, "no pulses at reference conditions"),
        (changed(at(0.5), WRONG_VOLTAGE), at(0.6), ERROR, "voltage"),
        (at(0.5), changed(at(0.6), WRONG_VOLTAGE), ERROR, "voltage"),
    ],
)
def test_what_a_change_needs(
    judge: str, baseline: dict[str, Any], disturbed: dict[str, Any], outcome: Outcome, words: str
) -> None:
    found = said(judge, change(VOLTAGE, baseline, disturbed))
    assert found.outcome is outcome, found.reason
    assert outcome is PASSED or words in found.reason
    if outcome is PASSED:
        assert found.measured == pytest.approx(0.1, abs=1e-9)
        assert found.unit == "%"


def test_the_uncertainties_of_a_waveform_are_independent() -> None:
    """Expanded: the class of 0.02 % as a rectangle and 0.01 %, of both measurements, and scatter of none."""
    found = said("accuracy.advisory-waveform", change("", at(0.0), at(0.1)))
    same = said("accuracy.influence", change(VOLTAGE, at(0.0), at(0.1)))
    assert found.u95 > same.u95  # correlated by the standard there, by nothing here
    other = said("accuracy.influence", change(VOLTAGE, at(0.0), {**at(0.1), "ranges": ["another"]}))
    assert found.u95 == pytest.approx(other.u95)


def test_a_waveform_that_nobody_knows_is_our_mistake() -> None:
    assert said("accuracy.advisory-waveform", {**change("", at(0.0), at(0.0)), "name": "x"}).outcome is ERROR
    none = {"accuracy": {"edition": "2020", "class": "0.5"}}
    found = said("accuracy.advisory-waveform", change("", at(0.0), at(0.0)), **none)
    assert found.outcome in {PASSED, INAPPLICABLE}


TEMPERATURE = "ambient temperature, mean coefficient %/K"


def band(low_c: float, high_c: float, cold: dict[str, Any], warm: dict[str, Any]) -> dict[str, Any]:
    return {
        "influence": TEMPERATURE,
        "pf": "1",
        "low_c": low_c,
        "high_c": high_c,
        "soak_s": 7200.0,
        "low": cold,
        "high": warm,
    }


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        (band(0.0, 15.0, at(0.0), at(0.1)), PASSED, "0..15 degrees C"),
        (band(0.0, 14.9, at(0.0), at(0.1)), ERROR, "14.9 K is not one of 15 to 23 K"),
        (band(-8.0, 15.0, at(0.0), at(0.1)), PASSED, "-8..15 degrees C"),
        (band(-8.1, 15.0, at(0.0), at(0.1)), ERROR, "23.1 K"),
        (band(0.0, 20.0, at(None), at(0.1)), OPEN, "no complete reading at 0 degrees C"),
        (band(0.0, 20.0, at(0.1), at(None)), OPEN, "no complete reading at 20 degrees C"),
        (band(0.0, 20.0, changed(at(0.1), WRONG_VOLTAGE), at(0.1)), ERROR, "voltage"),
        (band(0.0, 20.0, at(0.1), changed(at(0.1), WRONG_VOLTAGE)), ERROR, "voltage"),
        (band(0.0, 20.0, at(0.1), at(0.1)) | {"pf": "0.8 cap"}, INAPPLICABLE, "no limit"),
    ],
)
def test_a_band_of_temperature(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("accuracy.temperature-coefficient", data)
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    if outcome is PASSED:
        assert found.measured == pytest.approx(0.1 / (data["high_c"] - data["low_c"]), abs=1e-9)


def test_a_chamber_is_known_to_half_a_kelvin() -> None:
    """3 % over 20 K: the width adds 2 / sqrt 3 times 0.5 K in 20 K of 0.15 %/K."""
    flat = said("accuracy.temperature-coefficient", band(0.0, 20.0, at(0.0), at(0.0)))
    steep = said("accuracy.temperature-coefficient", band(0.0, 20.0, at(0.0), at(3.0)))
    added = 2 / math.sqrt(3) * 0.5 * 0.15 / 20
    assert steep.u95**2 - flat.u95**2 == pytest.approx(added**2, rel=0.01)


FAST = "fast load current variations"
NEWER: dict[str, Any] = {"accuracy": {"edition": "2020", "class": "2"}}


def switched(**changes: Any) -> dict[str, Any]:
    base = {
        "influence": FAST,
        "patterns": [{"on_s": 5.0, "off_s": 0.5, "duration_s": 14_400.0}],
        "reference_energy_wh": 1000.0,
        "pulses": 1000,
        "meter_constant_imp_per_kwh": 1000.0,
        "pulse_path_proven": True,
        "baseline": at(0.0),
    }
    return {**base, **changes}


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        (switched(), PASSED, "error +0.0000 % switched, +0.0000 % standing"),
        (switched(pulse_path_proven=False), OPEN, "no pulses at reference conditions"),
        (switched(baseline=at(None)), OPEN, "no pulses at reference conditions"),
        (switched(baseline=changed(at(0.0), WRONG_VOLTAGE)), ERROR, "voltage"),
        (switched(patterns="none"), ERROR, "patterns is 'none'"),
        (switched(patterns=[1]), ERROR, "not a list of patterns"),
        (switched(influence="phase of the moon"), INAPPLICABLE, "no limit"),
    ],
)
def test_a_load_that_is_switched(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("accuracy.fast-load-variation", data, **NEWER)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def test_four_hours_are_what_the_standard_asks_for() -> None:
    halves = [
        {"on_s": 5.0, "off_s": 0.5, "duration_s": 7200.0},
        {"on_s": 5.0, "off_s": 5.0, "duration_s": 7200.0},
    ]
    assert "four hours" not in said("accuracy.fast-load-variation", switched(patterns=halves), **NEWER).reason
    short = [halves[0], {**halves[1], "duration_s": 7199.0}]
    assert "four hours" in said("accuracy.fast-load-variation", switched(patterns=short), **NEWER).reason


def heated(*errors: float | None, step_s: float = 600.0, **changes: Any) -> list[dict[str, Any]]:
    base = {"influence": "self-heating at Imax", "pf": "1"}
    return [
        {**base, "since_current_s": k * step_s, "load_point": at(error), **changes}
        for k, error in enumerate(errors)
    ]


@pytest.mark.parametrize(
    ("series", "outcome", "words"),
    [
        (heated(0.0, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3), PASSED, "7 readings in 60 min"),
        (heated(0.0, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, step_s=599.0), OPEN, "after 60 min"),
        # within the last twenty minutes 0.2 % at most
        (heated(0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.199), PASSED, ""),
        (heated(0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.201), OPEN, "still changed by 0.201 % in 20 min"),
        (
            heated(0.0, 0.0, 0.0, 0.25, 0.05, 0.1, 0.2),
            PASSED,
            "",
        ),  # what came before counts for the largest alone
        (heated(0.0, 0.0, 0.0, 0.0, 0.25, 0.1, 0.02), OPEN, "still changed"),
        (heated(0.0, 0.3, None, 0.3, 0.3, 0.3, 0.3), OPEN, "a reading of the series is missing"),
        (heated(0.0), OPEN, "a reading of the series is missing"),
        (heated(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, pf="0.8 cap"), INAPPLICABLE, "no limit"),
    ],
)
def test_heat_of_its_own(series: list[dict[str, Any]], outcome: Outcome, words: str) -> None:
    found = said("accuracy.self-heating", *series)
    assert found.outcome is outcome, found.reason
    assert words in found.reason


def test_the_largest_change_counts_whatever_its_sign() -> None:
    up = said("accuracy.self-heating", *heated(0.1, 0.6, 0.3, 0.3, 0.3, 0.3, 0.3))
    down = said("accuracy.self-heating", *heated(0.1, -0.4, 0.3, 0.3, 0.3, 0.3, 0.3))
    assert (up.measured, down.measured) == (pytest.approx(0.5), pytest.approx(-0.5))
    assert up.unit == "%"


@pytest.mark.parametrize(
    ("seen", "outcome", "words"),
    [
        ([at(0.1), at(0.3)], PASSED, "single-phase +0.3000 %, balanced +0.1000 %"),
        ([at(0.1)], OPEN, "one of the two measurements is missing"),
        ([at(None), at(0.3)], OPEN, "no complete reading"),
        ([at(0.1), at(None)], OPEN, "no complete reading"),
        ([at(0.1), at(0.3, current="0.01 Ib")], INAPPLICABLE, ""),
        ([changed(at(0.1), WRONG_VOLTAGE), at(0.3)], ERROR, "voltage"),
        ([at(0.1), changed(at(0.3), WRONG_VOLTAGE)], ERROR, "voltage"),
    ],
)
def test_one_phase_against_all(seen: list[dict[str, Any]], outcome: Outcome, words: str) -> None:
    found = said("accuracy.difference", *seen)
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    if outcome is PASSED:
        assert (found.measured, found.unit) == (pytest.approx(0.2), "%")


@pytest.mark.parametrize(
    ("errors", "outcome", "measured"),
    # class 1 may displace its curve by half a per cent, once
    [
        ((0.9, -0.9), PASSED, 0.0),
        ((1.4, 0.0), "CONDITIONAL_PASS", 0.5),
        ((-1.4, 0.0), "CONDITIONAL_PASS", -0.5),
        ((1.6, 0.0), FAILED, None),
        ((-1.6, 0.0), FAILED, None),
        ((None, 0.0), OPEN, None),
    ],
)
def test_the_zero_line(errors: tuple[float | None, ...], outcome: Outcome, measured: float | None) -> None:
    found = said("accuracy.zero-line", *(at(error, id="p") for error in errors))
    assert found.outcome == outcome, found.reason
    if outcome is OPEN:
        assert "the point p gave no reading" in found.reason
        return
    assert (found.limit, found.unit) == (0.5, "%")
    if measured == 0.0 or measured is None:
        assert found.measured == measured
    else:
        assert abs(found.measured) <= 0.5
        assert found.measured * measured > 0


def test_a_curve_without_points_decides_nothing() -> None:
    found = said("accuracy.zero-line", at(5.0, current="0.01 Ib"))
    assert found.outcome is OPEN
    both = said("accuracy.zero-line", at(5.0, current="0.01 Ib"), at(0.1))
    assert both.outcome is PASSED
    assert "all 1 points" in both.reason
