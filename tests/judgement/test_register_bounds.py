"""Registers over long doses and dips, no-load and reactive energy: from just inside and just outside of each bound.

The meter of these tables: class 1, 230 V, 5(60) A, one element, 1000 imp/kWh.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import ERROR, FAILED, GONE, OPEN, PASSED, REACTIVE, changed, said

Outcome = Any
#: 100 kWh: the class allows 1000 Wh, a tenth of it 100 Wh; a digit and a pulse are 1 Wh each.
DOSE = {
    "reference_energy_wh": 100_000.0,
    "register_before_wh": 500.0,
    "register_after_wh": 100_500.0,
    "register_resolution_wh": 1.0,
    "pulses": 100_000,
    "meter_constant_imp_per_kwh": 1000.0,
}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, PASSED),
        # within the class and a digit the register need not agree with the pulses
        ({"register_after_wh": 101_501.0}, PASSED),
        ({"register_after_wh": 101_502.0}, FAILED),
        ({"register_after_wh": 99_499.0}, PASSED),
        ({"register_after_wh": 99_498.0}, FAILED),
        # beyond the class it may be the meter's error, which the pulses tell as well: a tenth, a digit and a pulse
        ({"register_after_wh": 110_500.0, "pulses": 109_898}, PASSED),
        ({"register_after_wh": 110_500.0, "pulses": 109_897}, FAILED),
        ({"register_after_wh": 110_500.0, "pulses": 110_102}, PASSED),
        ({"register_after_wh": 110_500.0, "pulses": 110_103}, FAILED),
        ({"register_after_wh": 110_500.0, "pulses": 88_000, "meter_constant_imp_per_kwh": 800.0}, PASSED),
        # it wrapped at sixteen bits
        ({"register_after_wh": 100_500.0 - 65_536.0}, FAILED),
        # without pulses only a tenth of the dose is a matter of the register
        ({"pulses": None, "register_after_wh": 110_501.0}, PASSED),
        ({"pulses": None, "register_after_wh": 110_502.0}, FAILED),
        ({"pulses": GONE, "register_after_wh": 90_499.0}, PASSED),
        ({"pulses": GONE, "register_after_wh": 90_498.0}, FAILED),
        # a dose that reaches the end of sixteen bits of Wh, and one that does not
        ({"reference_energy_wh": 65_536.0, "register_after_wh": 66_036.0, "pulses": 65_536}, PASSED),
        ({"reference_energy_wh": 65_535.0, "register_after_wh": 66_035.0, "pulses": 65_535}, OPEN),
        ({"register_resolution_wh": 0.0}, ERROR),
    ],
)
def test_a_long_dose(changes: dict[str, Any], outcome: Outcome) -> None:
    found = said("accuracy.register-range", changed(DOSE, changes))
    assert found.outcome is outcome, found.reason
    if outcome in {PASSED, FAILED}:
        data = changed(DOSE, changes)
        advance = data["register_after_wh"] - 500.0
        assert found.measured == pytest.approx(advance - data["reference_energy_wh"])
        by_class = 0.01 * data["reference_energy_wh"] + 1.0
        assert found.limit == pytest.approx(10_001.0 if data.get("pulses") is None else by_class)
        assert found.unit == "Wh"
        assert ("it wraps" in found.reason) is (outcome is FAILED)


@pytest.mark.parametrize(
    ("change_wh", "resolution_wh", "elements", "outcome"),
    # the critical change value: 1e-6 m Un Imax kWh are 13.8 Wh for one element, 41.4 Wh for three
    [
        (0.0, 1.0, 1, PASSED),
        (14.7, 1.0, 1, PASSED),
        (14.9, 1.0, 1, FAILED),
        (-14.7, 1.0, 1, PASSED),
        (-14.9, 1.0, 1, FAILED),
        (23.7, 10.0, 1, PASSED),
        (23.9, 10.0, 1, FAILED),
        (42.3, 1.0, 3, PASSED),
        (42.5, 1.0, 3, FAILED),
    ],
)
def test_dips_without_current(
    change_wh: float, resolution_wh: float, elements: int, outcome: Outcome
) -> None:
    data = {
        "register_before_wh": 100.0,
        "register_after_wh": 100.0 + change_wh,
        "register_resolution_wh": resolution_wh,
    }
    found = said("accuracy.supply-dips", data, nameplate={"elements": elements})
    assert found.outcome is outcome
    assert found.measured == pytest.approx(change_wh)
    assert (found.limit, found.unit) == (pytest.approx(13.8 * elements + resolution_wh), "Wh")


#: 600e6 / (1000 imp/kWh x 230 V x 60 A) min at 1.15 Un = 264.5 V.
NO_LOAD = {
    "voltage_v": 264.5,
    "duration_s": 2608.6957,
    "pulses": 0,
    "edge_times_s": [],
    "pulse_path_proven": True,
    "proof_pulses": 1,
    "current_a": 0.0,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "at most 1 is allowed in 2608.7 s"),
        ({"duration_s": 2608.69}, OPEN, "the test must last 2608.7 s"),
        # a reference voltage: within 1 %
        ({"voltage_v": 267.1}, PASSED, ""),
        ({"voltage_v": 267.2}, ERROR, "267.2 V instead of 264.5 V"),
        ({"voltage_v": 261.9}, PASSED, ""),
        ({"voltage_v": 261.8}, ERROR, ""),
        # an open circuit: less than a hundred-thousandth of 60 A
        ({"current_a": 0.00059}, PASSED, ""),
        ({"current_a": -0.00059}, PASSED, ""),
        ({"current_a": 0.00061}, ERROR, "was not open"),
        ({"current_a": -0.00061}, ERROR, "was not open"),
        ({"current_a": None}, PASSED, ""),
        ({"current_a": GONE}, PASSED, ""),
        ({"pulse_path_proven": False}, OPEN, "nothing proves"),
        ({"proof_pulses": 0, "pulses": 2, "edge_times_s": [1.0, 2.0]}, OPEN, "nothing proves"),
        ({"pulses": 2, "edge_times_s": [1.0, 2.0]}, FAILED, "the meter creeps"),
        ({"pulses": 2, "edge_times_s": [1.0, 2.0], "duration_s": 10.0}, FAILED, "the meter creeps"),
        ({"edge_times_s": [1.0]}, ERROR, "0 pulses were counted, but 1 have a time"),
    ],
)
def test_no_load(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("accuracy.no-load", changed(NO_LOAD, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    if outcome is not ERROR:
        assert (found.limit, found.unit, found.decision_rule) == (1.0, "pulses", "count")


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "204.44 varh registered in 640 s, reference 204.44 varh"),
        ({"reactive_power_var": [-1150.0, -1150.0]}, PASSED, ""),  # signed by the standard
        ({"reactive_power_var": [1100.0, 1200.0]}, PASSED, "reference 204.44 varh"),
        # the register of the other sign: more than a digit, and more than the class
        ({"other_after_varh": 11.0}, PASSED, ""),
        ({"other_after_varh": 11.2}, FAILED, "of the other sign advanced by 4.2 varh"),
        ({"other_after_varh": 2.8}, FAILED, "of the other sign advanced by -4.2 varh"),
        ({"other_after_varh": 12.0, "register_resolution_varh": 5.0}, "not that", ""),
        ({"reactive_power_var": [0.0]}, ERROR, "the standard read no reactive power"),
        ({"reactive_power_var": []}, ERROR, "not a list of readings"),
        ({"reactive_power_var": 1150.0}, ERROR, "not a list of readings"),
        ({"standard": {}}, ERROR, ""),
        ({"conditions.voltage_v": 250.0}, ERROR, ""),
    ],
)
def test_reactive_energy(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("accuracy.reactive-register", changed(REACTIVE, changes), accuracy={"reactive_class": "2"})
    assert words in found.reason
    if outcome == "not that":
        assert "the other sign" not in found.reason
        return
    assert found.outcome is outcome, found.reason
    if outcome is FAILED:
        assert found.measured == pytest.approx(float(words.split()[-2]))
        assert (found.limit, found.unit) == (0.01, "varh")
    if outcome is PASSED:
        assert found.measured == pytest.approx(0.0, abs=0.01)
        assert (found.limit, found.unit) == (2.0, "%")


def test_what_makes_a_reading_of_reactive_energy_uncertain() -> None:
    """Two triangles: a digit of 1 varh in 204.44, and 6.4 s in 640 s; at a factor of 2 / sqrt 6."""
    fine = {"standard": {"uncertainty_pct": 1e-6, "class_pct": 1e-6}, "reading_s": 0.0}
    coarse = changed(REACTIVE, {**fine, "register_resolution_varh": 2.0444})
    late = changed(REACTIVE, {**fine, "reading_s": 6.4, "register_resolution_varh": 1e-9})
    for data in (coarse, late):
        found = said("accuracy.reactive-register", data, accuracy={"reactive_class": "2"})
        assert found.u95 == pytest.approx(2 / 6**0.5, rel=0.02)
