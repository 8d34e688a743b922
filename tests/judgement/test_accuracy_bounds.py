"""Judges of counting, scatter, temperature and the line's end: from just inside and just outside of each bound.

The meter of these tables: class 1 (2003), 230 V, 5(60) A, one element, 1000 imp/kWh; it starts at 0.02 A.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from bench.judgement.accuracy import budget_of, errors_of
from bench.metrology.load_point_budget import PULSE_GRID_S
from bench.metrology.series import series
from tests.judgement.conftest import load_point_data, reading
from tests.judgement.told import ERROR, FAILED, GONE, INAPPLICABLE, OPEN, PASSED, changed, said

Outcome = Any

#: 4.6 W: a pulse every 782.609 s; the window is three of them, 2347.826 s.
START = {
    "voltage_v": 230.0,
    "current_a": 0.02,
    "power_w": 4.6,
    "window_s": 2347.9,
    "edge_times_s": [700.0, 1490.0],
    "pulse_path_proven": True,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "2 pulses in 2347.8 s at 0.004 Ib = 0.02 A"),
        # voltage within 1 %, current within 5 % of Ist, power within 5 % of U I
        ({"voltage_v": 232.2, "power_w": 4.644}, PASSED, ""),
        ({"voltage_v": 232.4, "power_w": 4.648}, ERROR, "the voltage was 232.4 V"),
        ({"voltage_v": 227.8, "power_w": 4.556}, PASSED, ""),
        ({"voltage_v": 227.6, "power_w": 4.552}, ERROR, "the voltage was 227.6 V"),
        ({"current_a": 0.02099, "power_w": 4.83}, PASSED, ""),
        ({"current_a": 0.02101, "power_w": 4.83}, ERROR, "the current was 0.02101 A"),
        ({"current_a": 0.01901, "power_w": 4.37}, PASSED, ""),
        ({"current_a": 0.01899, "power_w": 4.37}, ERROR, "the current was 0.01899 A"),
        ({"power_w": 4.82}, PASSED, ""),
        ({"power_w": 4.84}, ERROR, "not PF 1"),
        ({"power_w": 4.38}, PASSED, ""),
        ({"power_w": 4.36}, ERROR, "not PF 1"),
        # pulses closer than a tenth of a pulse time are one
        ({"edge_times_s": [700.0, 777.0]}, FAILED, "1 more in bursts"),
        ({"edge_times_s": [700.0, 780.0]}, PASSED, ""),
        # the window
        ({"edge_times_s": [700.0, 2347.8]}, PASSED, ""),
        ({"edge_times_s": [700.0, 2347.9]}, FAILED, "1 pulses"),
        ({"edge_times_s": [], "window_s": 2347.8}, OPEN, "the window must last 2347.8 s"),
        ({"edge_times_s": [], "window_s": 2347.9}, FAILED, "0 pulses"),
        ({"edge_times_s": [], "pulse_path_proven": False}, OPEN, "nothing proves"),
        ({"edge_times_s": [700.0], "pulse_path_proven": False}, FAILED, "1 pulses"),  # the pulse proves the path
    ],
)  # fmt: skip
def test_the_starting_current(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("accuracy.starting-current", changed(START, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    if outcome in {PASSED, FAILED}:
        assert (found.limit, found.unit, found.decision_rule) == (2.0, "pulses", "count")


CONSTANT = {
    "pulses": 10_000,
    "meter_constant_imp_per_kwh": 1000.0,
    "register_before_wh": 1500,
    "register_after_wh": 11_500,
    "register_resolution_wh": 1,
    "reference_energy_wh": 10_000.0,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "register +0.000 %, pulses +0.000 %"),
        # a register that stands still with pulses that come, and the other way round, deviate by 100 %
        ({"register_after_wh": 1500}, FAILED, "the register deviate beyond the class"),
        ({"pulses": 0, "pulse_path_proven": True}, FAILED, "the pulses deviate beyond the class"),
        ({"pulses": 0, "register_after_wh": 1500, "pulse_path_proven": True}, FAILED, "neither register nor pulses"),
        ({"pulses": 0, "register_after_wh": 1500}, OPEN, "nothing proves"),
        ({"pulses": 20_000, "register_after_wh": 21_500}, PASSED, "the register and the pulses deviate"),
        # beyond the class by a hundredth
        ({"pulses": 10_100, "register_after_wh": 11_600}, PASSED, "register +1.000 %, pulses +1.000 %"),
        ({"pulses": 10_101, "register_after_wh": 11_601}, PASSED, "the register and the pulses deviate beyond"),
        ({"pulses": 9_899, "register_after_wh": 11_399}, PASSED, "the register and the pulses deviate beyond"),
    ],
)  # fmt: skip
def test_register_and_pulses_of_a_dose(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("accuracy.meter-constant", changed(CONSTANT, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    assert ("deviate" in found.reason) is ("deviate" in words)


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [(1000.0, PASSED), (1000.0009, PASSED), (1000.002, FAILED), (999.998, FAILED), (None, INAPPLICABLE)],
)
def test_the_constant_that_is_shown(shown: float | None, outcome: Outcome) -> None:
    found = said("accuracy.shown-constant", {"meter_constant_imp_per_kwh": shown})
    assert found.outcome is outcome
    if shown is not None:
        assert (found.measured, found.limit, found.unit) == (shown, 1000.0, "imp/kWh")
        identity = {"serial_number": None, "meter_constant_imp_per_kwh": shown}
        assert said("factory.identity", identity).outcome is outcome


@pytest.mark.parametrize(
    ("waited", "outcome", "words"),
    [
        ({"pulse_path_proven": True, "edges": 1, "waited_s": 60.0}, FAILED, "1 pulses in 60 s: the meter does not sum"),
        ({"pulse_path_proven": False, "edges": 1, "waited_s": 60.0}, OPEN, "no proof of the pulse path"),
    ],
)  # fmt: skip
def test_a_sum_of_elements_that_cancel(waited: dict[str, Any], outcome: Outcome, words: str) -> None:
    data = {**load_point_data(readings=[]), "mode": "absolute", "no_pulses": waited}
    plate = {"elements": 3, "measurement_mode": "absolute"}
    found = said("accuracy.measurement-mode", data, nameplate=plate)
    assert found.outcome is outcome, found.reason
    assert words in found.reason
    assert said("accuracy.measurement-mode", data, nameplate={"elements": 3}).outcome is INAPPLICABLE


def scattered(s_pct: float, n: int, name: str = "p") -> dict[str, Any]:
    """So many readings, half of them above zero, with this standard deviation."""
    step = s_pct * math.sqrt((n - 1) / n)
    data = load_point_data(readings=[reading(10 / (1 + (step if k % 2 else -step) / 100)) for k in range(n)])
    data["point"] = {**data["point"], "id": name}
    return data


@pytest.mark.parametrize(
    ("points", "n", "s_pct", "outcome"),
    # chi-square of nine degrees: 19.02 at 97.5 %, 28.02 at 99.905 (one of 26 points, two-sided): the limit is 0.1 %,
    # so 0.1 sqrt(19.02 / 9) = 0.1454 of one point, and of two (98.75 %: 21.03) 0.1529
    [(1, 10, 0.144, "open"), (1, 10, 0.147, FAILED), (2, 10, 0.151, "open"), (2, 10, 0.155, FAILED)],
)
def test_the_scatter_of_the_worst_point(points: int, n: int, s_pct: float, outcome: Outcome) -> None:
    steady = [scattered(0.01, n, f"steady {k}") for k in range(points - 1)]
    found = said("accuracy.repeatability-of-points", *steady, scattered(s_pct, n, "loose"))
    assert (found.outcome is FAILED) is (outcome is FAILED), found.reason
    assert found.measured == pytest.approx(s_pct, rel=1e-4)
    assert (found.limit, found.unit) == (pytest.approx(0.1), "%")
    assert f"{points} points, the worst loose" in found.reason


LINE = {
    "voltage_v": 264.5,
    "duration_s": 45.0,
    "pulses": 0,
    "active_power_w": 0.0,
    "pulse_path_proven": True,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        (
            {},
            PASSED,
            "0 pulses in 45 s at 264.5 V without current, active power shown 0 W; stands for 2609 s",
        ),
        ({"pulses": 1}, PASSED, ""),
        ({"pulses": 2}, FAILED, "the meter creeps"),
        ({"active_power_w": -0.1}, FAILED, "the meter creeps"),
        ({"active_power_w": None}, PASSED, ""),
        ({"active_power_w": GONE}, PASSED, ""),
        ({"duration_s": 44.9}, OPEN, "the stand-in lasts 45 s"),
        ({"pulse_path_proven": False, "duration_s": 44.9}, OPEN, "nothing proves"),
        ({"pulses": 2, "pulse_path_proven": False}, FAILED, "the meter creeps"),
        ({"voltage_v": 267.1}, PASSED, ""),
        ({"voltage_v": 267.2}, ERROR, "instead of 264.5 V"),
        ({"voltage_v": 261.9}, PASSED, ""),
        ({"voltage_v": 261.8}, ERROR, ""),
    ],
)
def test_the_stand_in_of_the_no_load_test(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("factory.no-load-equivalence", changed(LINE, changes))
    assert found.outcome is outcome, found.reason
    assert words in found.reason


@pytest.mark.parametrize(
    ("gained_wh", "good", "drawn_wh", "outcome"),
    # 500 Wh, less what was drawn meanwhile, a digit of credit either way
    [
        (501.0, True, 0.0, PASSED),
        (501.5, True, 0.0, FAILED),
        (499.0, True, 0.0, PASSED),
        (498.5, True, 0.0, FAILED),
        (497.0, True, 2.0, PASSED),
        (496.5, True, 2.0, FAILED),
        (501.0, True, 2.0, PASSED),
        (1.0, False, 0.0, PASSED),
        (1.5, False, 0.0, FAILED),
        (-1.0, False, 0.0, PASSED),
        (-1.5, False, 0.0, FAILED),
    ],
)
def test_a_token_at_the_end_of_the_line(
    gained_wh: float, good: bool, drawn_wh: float, outcome: Outcome
) -> None:
    entry = {
        "what": "token",
        "good": good,
        "amount_wh": 500.0,
        "credit_before_wh": 1000.0,
        "credit_after_wh": 1000.0 + gained_wh,
        "drawn_wh": drawn_wh,
        "status_code": 1,
    }
    found = said("factory.tokens", {"entries": [entry], "credit_resolution_wh": 1.0})
    assert found.outcome is outcome
    assert f"token: {gained_wh:+g} Wh" in found.reason


@pytest.mark.parametrize(
    ("below_w", "above_w", "outcome"),
    # clear of a limit of 5000 W by a tenth of it
    [(4500.0, 5500.0, PASSED), (4501.0, 5500.0, OPEN), (4500.0, 5499.0, OPEN), (4501.0, 5499.0, OPEN)],
)
def test_loads_on_both_sides_of_a_power_limit(below_w: float, above_w: float, outcome: Outcome) -> None:
    data = {
        "limit_w": 5000,
        "below": {"power_w": below_w, "waited_s": 15.0, "load_side_live": True},
        "above": {"power_w": above_w, "waited_s": 15.0, "load_side_live": False},
    }
    found = said("sts.power-limit", data)
    assert found.outcome is outcome
    if outcome is PASSED:
        assert (found.limit, found.unit) == (5000, "W")
        unbalanced = {"power_w": 9000.0, "waited_s": 15.0, "load_side_live": False}
        wrong = said("sts.power-limit", {**data, "balanced": unbalanced})
        assert "it opened at 9000 W in balance" in wrong.reason
        assert (
            said("sts.power-limit", {**data, "balanced": {**unbalanced, "load_side_live": True}}).outcome
            is PASSED
        )


# -- lines of the budget of a load point


def lines_of(data: dict[str, Any]) -> dict[str, float]:
    budget = budget_of(data, data["readings"], series(errors_of(data)))
    return {own.name: 2 * own.u for own in budget.contributions}


def test_a_master_meter_has_pulses_of_its_own() -> None:
    """A triangle of the grid over the shortest gate, at both ends: half width, expanded 2 / sqrt 6."""
    short, long = {**reading(9.99), "duration_s": 20.0}, {**reading(9.99), "duration_s": 40.0}
    found = lines_of(load_point_data(method="master-meter", readings=[long, short]))
    due = 2 * 100 * PULSE_GRID_S / 20.0 / math.sqrt(6)
    assert found["pulse grid of the master meter"] == pytest.approx(due)
    assert "pulse grid of the master meter" not in lines_of(load_point_data())


@pytest.mark.parametrize(
    ("known", "names"),
    [
        ({}, set()),
        ({"transformer_uncertainty_pct": 0.004}, {"ratio"}),
        ({"transformer_phase_uncertainty_min": 0.04}, {"phase"}),
        (
            {"transformer_uncertainty_pct": 0.004, "transformer_phase_uncertainty_min": 0.04},
            {"ratio", "phase"},
        ),
    ],
)
def test_each_uncertainty_of_a_transformer_by_itself(known: dict[str, float], names: set[str]) -> None:
    none = {"standard_error_pct": 0.0, "transformer_ratio_pct": 0.0, "transformer_phase_min": 0.0}
    data = load_point_data(corrections={**none, **known})
    data["point"] = {**data["point"], "lag_deg": 60.0, "pf": "0.5 ind"}
    found = {name for name in lines_of(data) if name.startswith("isolation transformer")}
    assert found == {f"isolation transformer, {name}" for name in names}


def contact(live: bool, told: bool) -> dict[str, Any]:
    return {"load_side_live": live, "supply": {"output_state": told}}


@pytest.mark.parametrize(
    ("opened", "closed", "words"),
    [
        (contact(False, False), contact(True, True), ""),
        (contact(True, False), contact(True, True), "after it was opened, the load side was live"),
        (contact(False, True), contact(True, True), "after it was opened, output_state said True"),
        (contact(False, False), contact(False, True), "after it was closed, the load side was dead"),
        (contact(False, False), contact(True, False), "after it was closed, output_state said False"),
    ],
)
def test_the_relay_at_the_end_of_the_line(opened: dict[str, Any], closed: dict[str, Any], words: str) -> None:
    found = said("factory.relay", {"opened": opened, "closed": closed})
    assert found.outcome is (FAILED if words else PASSED)
    assert (words or "the contact opened and closed") in found.reason
