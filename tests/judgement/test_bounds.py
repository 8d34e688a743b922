"""Bounds of the judges of measured values and of objects: right on it, just inside, just outside."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bench.judgement.accuracy import errors_of
from bench.judgement.requirements import load_point_requirement
from bench.record.declaration import Declaration
from bench.standards.limits import Load
from bench.standards.load_points import LoadPoint
from tests.judgement.conftest import declared, load_point_data, reading
from tests.judgement.told import ERROR, FAILED, GONE, INAPPLICABLE, OPEN, PASSED, changed, said

Outcome = Any


def load_point(**changes: Any) -> Any:
    """10 Wh by the meter in 9.99 Wh: an error of +0.1001 %, class 1, limit 1 %."""
    data = changed(load_point_data(), {name.replace("__", "."): value for name, value in changes.items()})
    point = LoadPoint(id="p", current=data["point"]["current"], pf=data["point"]["pf"], load=Load.BALANCED)
    requirement = load_point_requirement(Declaration.from_json(declared()), point)
    return said("accuracy.load-point", data, requirement=requirement, utc="2026-05-04T10:00:00+00:00")


def of_errors(*errors_pct: float, **changes: Any) -> list[dict[str, Any]]:
    return [reading(10 / (1 + error / 100), **changes) for error in errors_pct]


@pytest.mark.parametrize(
    ("shown_pct", "constant", "outcome"),
    [
        # 1.6 million counts: two of them are 0.0001 %, the last digit of the instrument 0.001 %
        (0.1012, 160_000_000.0, PASSED),
        (0.0990, 160_000_000.0, PASSED),
        (0.1013, 160_000_000.0, ERROR),
        (0.0989, 160_000_000.0, ERROR),
        # without counts only the digit
        (0.1010, None, PASSED),
        (0.1012, None, ERROR),
        # 9990 counts: two of them are 0.02 %
        (0.1210, 1_000_000.0, PASSED),
        (0.1215, 1_000_000.0, ERROR),
    ],
)
def test_how_far_the_instrument_may_be_from_us(
    shown_pct: float, constant: float | None, outcome: Outcome
) -> None:
    seen = reading(9.99, instrument_error_pct=shown_pct, reference_constant_imp_per_kwh=constant)
    assert load_point(readings=[seen] * 3).outcome is outcome


@pytest.mark.parametrize(("due", "told"), [("2026-05-03", True), ("2026-05-04", False), (None, False)])
def test_a_calibration_holds_on_its_last_day(due: str | None, told: bool) -> None:
    assert ("was due" in load_point(standard__due=due).reason) is told
    assert load_point(standard__due="soon").outcome is ERROR


@pytest.mark.parametrize(
    ("current_a", "outcome"), [(5.005, PASSED), (4.995, PASSED), (5.006, ERROR), (4.994, ERROR)]
)
def test_the_current_asked_for(current_a: float, outcome: Outcome) -> None:
    assert load_point(point__current_a=current_a).outcome is outcome


@pytest.mark.parametrize(
    ("conditions", "outcome"),
    [
        ({"voltage_v": 232.3}, PASSED),  # class 1: one per cent of 230 V
        ({"voltage_v": 227.7}, PASSED),
        ({"voltage_v": 232.31}, ERROR),
        ({"voltage_v": 227.69}, ERROR),
        ({"voltage_v": True}, ERROR),
        ({"voltage_v": "230"}, ERROR),
        ({"voltage_v": [230.0, [230.0, 240.0]]}, ERROR),
        ({"voltage_v": {"min": 229.0, "max": 231.0}}, PASSED),
    ],
)
def test_conditions_right_at_their_bounds(conditions: dict[str, Any], outcome: Outcome) -> None:
    assert load_point(conditions={"frequency_hz": 50.0, **conditions}).outcome is outcome


@pytest.mark.parametrize(
    ("edges", "energy_wh", "outcome", "highest_pct"),
    [
        # no pulse of 1 Wh in 1.02 Wh: the error is below -1.96 %
        (0, 1.02, FAILED, -1.9608),
        (0, 1.005, OPEN, None),  # below -0.5 %: it may be within the limit
        (1, 2.03, FAILED, -1.4778),
        (1, 1.02, OPEN, None),
    ],
)
def test_pulses_that_do_not_come(
    edges: int, energy_wh: float, outcome: Outcome, highest_pct: float | None
) -> None:
    waited = {"waited_s": 120.0, "edges": edges, "reference_energy_wh": energy_wh, "pulse_path_proven": True}
    found = load_point(readings=[], no_pulses=waited)
    assert found.outcome is outcome
    if highest_pct is not None:
        assert (found.measured, found.limit, found.unit) == (pytest.approx(highest_pct, abs=1e-4), 1.0, "%")
    waited.pop("pulse_path_proven")
    assert load_point(readings=[], no_pulses=waited).outcome is OPEN


def test_too_few_counts_and_a_coarse_grid_widen_the_uncertainty() -> None:
    narrow = load_point().u95
    assert narrow < 0.06
    # 999 counts: one more or less is 0.1 %, as a rectangle 0.058 %, twice that 0.1156 %
    coarse = load_point(readings=[reading(9.99, reference_constant_imp_per_kwh=100_000.0)] * 3)
    assert coarse.u95 == pytest.approx(math.hypot(narrow, 0.1156), abs=0.002)
    # 50 ms of 31.3 s are 0.16 %
    assert load_point(pulse_grid_s=0.05).u95 > 2 * narrow


def test_what_was_known_before_of_the_scatter() -> None:
    one = load_point(readings=[reading(9.99)], length={"rule": "fixed", "prior_s_pct": 0.5})
    assert one.u95 == pytest.approx(1.0, abs=0.02)  # k = 2
    assert load_point(readings=[reading(9.99)], length={"prior_s_pct": 0.0}).outcome is ERROR


def test_a_large_uncertainty_is_said() -> None:
    words = "U is more than 0.2 of the limit"
    assert words not in load_point().reason
    assert words in load_point(readings=of_errors(0.3, -0.3, 0.0)).reason


TWO_STAGE = {"rule": "two-stage", "first": 5, "most": 20, "target_pct": 0.02}
SPREAD = (0.1, 0.0, -0.1, 0.05, -0.05)


def test_a_two_stage_series_takes_what_its_first_stage_asks_for() -> None:
    assert load_point(readings=of_errors(*[0.1] * 5), length=TWO_STAGE).outcome is PASSED
    short = load_point(readings=of_errors(*SPREAD), length=TWO_STAGE)
    assert short.outcome is ERROR
    assert "5 readings were taken; the first 5 asked for 20" in short.reason
    assert load_point(readings=of_errors(*SPREAD), length={**TWO_STAGE, "rule": "fixed"}).outcome is PASSED
    assert load_point(readings=of_errors(*SPREAD), length={**TWO_STAGE, "first": 4}).outcome is ERROR


def test_its_uncertainty_is_that_of_stein() -> None:
    """s of the first five is 0.079 %, of twenty its mean 0.0177 %; Student's t of four is 2.776."""
    still = load_point(readings=of_errors(*[0.0] * 20), length=TWO_STAGE)
    spread = load_point(readings=of_errors(*SPREAD, *[0.0] * 15), length=TWO_STAGE)
    assert spread.measured == pytest.approx(0.0, abs=1e-9)
    assert "20 readings, s 0.0791 %" in spread.reason
    assert spread.u95 == pytest.approx(math.hypot(still.u95, 2.776 * 0.0790569 / math.sqrt(20)), abs=2e-4)


def test_known_errors_are_in_the_errors_of_a_report_too() -> None:
    corrections = {"standard_error_pct": 0.02, "transformer_ratio_pct": 0.05, "transformer_phase_min": 0.0}
    data = load_point_data(readings=[reading(10.0)], corrections=corrections)
    assert [float(error) for error in errors_of(data)] == [pytest.approx(-0.03)]
    assert load_point(readings=[1.0]).outcome is ERROR
    assert load_point(readings="none").outcome is ERROR


# -- the closure: 1000 Wh by four accounts, class 1


CLOSED = {
    "reference_energy_wh": 1000.0,
    "pulses": 1000,
    "meter_constant_imp_per_kwh": 1000.0,
    "register_before_wh": 5000.0,
    "register_after_wh": 6000.0,
    "register_resolution_wh": 1.0,
    "credit_before_wh": 9000.0,
    "credit_after_wh": 8000.0,
    "credit_resolution_wh": 1.0,
    "pulse_path_proven": True,
    "story": "a day",
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "closes: reference - pulses +0.000 Wh (bound 11.000)"),
        ({"register_after_wh": 6002.0}, PASSED, ""),  # a digit of each of two readings
        ({"register_after_wh": 6003.0}, FAILED, "pulses - register -3.000 Wh (bound 2.000)"),
        ({"credit_after_wh": 7998.0}, PASSED, ""),
        ({"credit_after_wh": 7997.0}, FAILED, "register - credit -3.000 Wh"),
        ({"credit_after_wh": 9000.0, "credit_added_wh": 1000.0}, PASSED, ""),
        ({"credit_after_wh": 9000.0}, FAILED, ""),
        ({"reference_energy_wh": 1011.0}, PASSED, ""),
        ({"reference_energy_wh": 1012.0}, FAILED, "reference - credit +12.000 Wh (bound 11.120)"),
        ({"reference_energy_wh": 1013.0}, FAILED, "reference - pulses +13.000 Wh (bound 11.130)"),
        ({"reference_energy_wh": 1013.0, "reference_uncertainty_pct": 1.0}, PASSED, ""),
        ({"meter_constant_imp_per_kwh": 1600.0}, ERROR, "is not the declared one"),
        ({"pulses": 0, "pulse_path_proven": False}, OPEN, ""),
        # twice a resolution may be a twentieth of the energy
        ({"register_resolution_wh": 25.0}, PASSED, ""),
        ({"register_resolution_wh": 25.1}, OPEN, "too little at a resolution of 25.1 Wh"),
    ],
)
def test_the_energy_closure(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.energy-closure", {**CLOSED, **changes})
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    if outcome in (PASSED, FAILED):
        assert found.unit == "Wh"


def test_the_uncertainty_of_a_pair_is_of_two_digits_and_the_standard() -> None:
    found = said("dual.energy-closure", {**CLOSED, "register_after_wh": 6003.0})
    assert (found.measured, found.limit) == (-3.0, 2.0)
    assert found.u95 == pytest.approx(2 * math.sqrt(2 / 6), abs=1e-3)  # two triangles of 1 Wh
    found = said(
        "dual.energy-closure", {**CLOSED, "reference_energy_wh": 1100.0, "reference_uncertainty_pct": 1.0}
    )
    # the standard's 11 Wh is an expanded uncertainty, the bound of the class and of a digit stand beside it
    assert (found.measured, found.limit) == (100.0, pytest.approx(11.0 + 1.0 + 11.0))
    assert found.u95 == pytest.approx(math.hypot(11.0, 2 / math.sqrt(6)), abs=1e-2)


@pytest.mark.parametrize(
    ("changes", "closure", "pulses"),
    [
        ({}, PASSED, PASSED),
        ({"profile_wh": 1000.0, "profile_resolution_wh": 1.0}, PASSED, PASSED),
        ({"profile_wh": 997.0, "profile_resolution_wh": 1.0}, FAILED, PASSED),  # the profile stands alone
        ({"pulses": 1600}, FAILED, FAILED),
        ({"pulses": 1003}, PASSED, FAILED),  # within the class, and not what the register says
        ({"credit_after_wh": 7997.0}, FAILED, PASSED),
        # pulses lost where only the register is fine enough to show it
        (
            {
                "pulses": 992,
                "credit_resolution_wh": 10.0,
                "profile_wh": 1000.0,
                "profile_resolution_wh": 10.0,
            },
            PASSED,
            FAILED,
        ),
        ({"pulses": 1003, "credit_before_wh": GONE}, PASSED, FAILED),
        (
            {"register_after_wh": 6020.0, "credit_after_wh": 7980.0},
            FAILED,
            PASSED,
        ),  # what flowed is what pulsed
        ({"credit_before_wh": GONE}, PASSED, PASSED),  # a meter that keeps no credit in kWh
        ({"pulse_path_proven": False}, OPEN, OPEN),
    ],
)
def test_five_accounts(changes: dict[str, Any], closure: Outcome, pulses: Outcome) -> None:
    data = changed(CLOSED, changes)
    whole = said("dual.five-way-closure", data)
    assert whole.outcome is closure
    found = said("dual.five-way-pulses", data)
    assert found.outcome is pulses
    if closure is PASSED:
        assert "pairs close" in whole.reason
    for judged in (whole, found):
        assert ("does not close" in judged.reason) is (judged.outcome is FAILED)
    if pulses is not OPEN:
        assert "over a day" in found.reason


# -- objects


def attribute(index: int, value: str | None = None, **changes: Any) -> dict[str, Any]:
    base = {
        "class_id": 3,
        "version": 0,
        "obis": "1-0:1.8.0.255",
        "attribute": index,
        "access": 1,
        "result": None,
    }
    return {**base, "value": value, **changes}


NAME, VALUE, UNIT = (
    attribute(1, "09060100010800ff"),
    attribute(2, "0600000001"),
    attribute(3, "02020f00161e"),
)
LOST = attribute(2, None, link_fault=True)
UNKNOWN = attribute(2, "1105", class_id=9999, obis="0-0:96.1.0.255")


@pytest.mark.parametrize(
    ("rows", "outcome", "words"),
    [
        ([NAME, VALUE, UNIT], PASSED, "association reader: 3 attributes are as their classes say"),
        ([NAME, LOST, UNIT], OPEN, "the link layer broke over 1 attributes, 2 are as their classes say"),
        ([LOST, LOST], OPEN, "over 2 attributes, 0 are"),
        ([LOST, attribute(1, "0600000001")], FAILED, "not an octet-string of six"),
        ([], FAILED, "the object list is empty"),
        ([NAME, UNKNOWN], PASSED, "2 attributes are as their classes say; not judged by class: 9999/0"),
        ([attribute(1, "09070100010800ff00")], FAILED, "not an octet-string of six"),
        ([attribute(2, "06000001")] * 5, FAILED, "its data breaks the rules"),
        ([attribute(2, None, trouble="silence")], FAILED, "no answer (silence)"),
        ([attribute(2, None, result=3, access=0)], PASSED, ""),
        ([attribute(2, None, result=1, access=0)], FAILED, "refused with the unknown code 1"),
        ([attribute(2, None, result=1, access=1)], PASSED, ""),  # the judge of rights says that
    ],
)  # fmt: skip
def test_attributes_of_a_list(rows: list[dict[str, Any]], outcome: Outcome, words: str) -> None:
    found = said("dlms.attributes", {"association": "reader", "attributes": rows})
    assert found.outcome is outcome
    assert words in found.reason
    if outcome is FAILED and rows:
        assert (found.limit, found.unit) == (0.0, "faults")


@pytest.mark.parametrize(("count", "more"), [(5, ""), (6, " and 1 more")])
def test_the_first_five_faults_are_told(count: int, more: str) -> None:
    broken = [attribute(2, "06000001", obis=f"1-0:1.8.{number}.255") for number in range(count)]
    found = said("dlms.attributes", {"association": "reader", "attributes": broken})
    assert found.measured == float(count)
    assert found.reason.count("its data breaks the rules") == 5
    assert (" more" in found.reason) is bool(more)
    hidden = [attribute(2, None, result=3, obis=f"1-0:1.8.{number}.255") for number in range(count)]
    found = said("dlms.rights-listed", {"association": "reader", "attributes": hidden})
    assert found.reason.endswith(f"1-0:1.8.4.255/2 (3){more}")
    assert (found.measured, found.limit, found.unit) == (float(count), 0.0, "attributes")


@pytest.mark.parametrize(
    ("rows", "outcome", "words"),
    [
        ([NAME, VALUE], PASSED, "association reader: 2 attributes are readable or refused as listed"),
        ([attribute(2, None, result=3, access=0)], PASSED, ""),
        ([attribute(2, None, result=3)], FAILED, "listed as readable, refused: 3/1-0:1.8.0.255/2 (3)"),
        ([attribute(2, "1105", access=0)], FAILED, "listed as not readable, yet read: 3/1-0:1.8.0.255/2"),
        ([attribute(2, "1105", access=2)], FAILED, "listed as not readable"),  # write-only
        ([attribute(2, "1105", access=3)], PASSED, ""),
        ([NAME, LOST], OPEN, "the link layer broke"),
        ([LOST, attribute(2, None, result=3)], FAILED, ""),
        (
            [attribute(2, "1105", access=0), attribute(3, None, result=3)],
            FAILED,
            "refused: 3/1-0:1.8.0.255/3 (3); ",
        ),
    ],
)
def test_rights_of_a_list(rows: list[dict[str, Any]], outcome: Outcome, words: str) -> None:
    found = said("dlms.rights-listed", {"association": "reader", "attributes": rows})
    assert found.outcome is outcome
    assert words in found.reason
    if outcome is FAILED:
        assert found.measured == (2.0 if "; " in words else 1.0)


IMAGE = {
    "before": "1.0",
    "after": "1.0",
    "older": "0.9",
    "steps": {"transfer": "success", "activate": "other-reason"},
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "1.0 stays (activate: other-reason)"),
        ({"after": "0.9"}, FAILED, "the meter ran 1.0, took the image 0.9 and now says 0.9"),
        ({"steps": {"transfer": "success"}}, FAILED, "every step of the older image 0.9 succeeded"),
        ({"steps": {}}, ERROR, "nothing was transferred"),
    ],
)
def test_an_older_image(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.image-downgrade", {**IMAGE, **changes})
    assert found.outcome is outcome
    assert words in found.reason


TRANSFER = {
    "steps": [{"name": "verify", "due": "refused", "came": "refused", "why": "", "link_fault": False}],
    "first_missing": [{"after": "two blocks", "read": 2, "due": 2}],
    "status": 4,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "1 steps as due; image_transfer_status 4"),
        ({"steps.0.came": "done"}, FAILED, "verify was done, refused was due"),
        ({"steps.0.came": "done", "steps.0.why": "at once"}, FAILED, "verify was done (at once), refused"),
        ({"steps.0.due": "done"}, FAILED, "verify was refused, done was due"),
        ({"steps.0.due": "either", "steps.0.came": "done"}, PASSED, ""),
        ({"steps.0.link_fault": True}, OPEN, "verify: the link layer broke"),
        (
            {"first_missing.0.read": 0},
            FAILED,
            "after two blocks the first block not transferred reads 0, 2 was due",
        ),
        ({"status": 3}, FAILED, "image_transfer_status reads 3"),
        ({"status": 6}, FAILED, "image_transfer_status reads 6"),
        ({"status": 5}, PASSED, ""),
        ({"steps": []}, ERROR, "nothing was transferred"),
    ],
)
def test_an_image_that_is_none(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.image", changed(TRANSFER, changes))
    assert found.outcome is outcome
    assert words in found.reason


APPLIED = {
    "name": "voltage",
    "obis": "1-0:32.7.0.255",
    "applied": 230.0,
    "raw": 2300,
    "scaler": -1,
    "unit": 35,
    "unit_due": 35,
    "symbol": "V",
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "voltage 1-0:32.7.0.255: 230 V"),
        ({"raw": 2760}, PASSED, ""),  # a fifth is no matter of scaler and unit
        ({"raw": 2761}, FAILED, "reads 276.1 V, 230 V are applied"),
        ({"raw": 1840}, PASSED, ""),
        ({"raw": 1839}, FAILED, "reads 183.9 V"),
        ({"scaler": 0}, FAILED, "reads 2300 V"),
        ({"unit": 33}, FAILED, "has unit 33, 35 was due"),
        ({"applied": -230.0, "raw": -2300}, PASSED, ""),
    ],
)
def test_values_near_what_is_applied(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dlms.measured-values", {"values": [{**APPLIED, **changes}]})
    assert found.outcome is outcome
    assert words in found.reason
    assert said("dlms.measured-values", {"values": []}).outcome is ERROR


def test_a_meter_of_money_has_no_energy_closure() -> None:
    money = {"accounting": "currency"}
    assert said("dual.energy-closure", CLOSED, payment=money).outcome is INAPPLICABLE
