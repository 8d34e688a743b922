"""What the planner expects, against hand-computed times, and the command that prints it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli.main import main
from bench.record.declaration import Declaration
from bench.run.plan import BUILT_IN
from bench.run.planner import APPLY_S, clock_text, steps, total_time_s
from reference_meter.lab.rig_files import declaration
from reference_meter.lab.toml_writer import toml
from reference_meter.products.dds722 import dds722
from reference_meter.products.dts722 import dts722

SINGLE = Declaration.from_json(declaration(dds722()))
THREE = Declaration.from_json(declaration(dts722()))


def by_case(plan: str, declared: Declaration) -> dict[str, float]:
    return {step.case: step.bench_time_s for step in steps(BUILT_IN[plan], declared)}


def test_a_load_point_takes_its_gates() -> None:
    # Ib, PF 1, class 1: 1150 W, a pulse each 3.1304 s, four intervals in 10 s and more; five readings without a gap
    gate_s = 4 * 3600 / 1150
    expected = APPLY_S + gate_s / 8 + 5 * gate_s
    assert by_case("full", SINGLE)["accuracy/load_point/Ib-pf1"] == pytest.approx(expected)


def test_the_long_tests_of_a_single_phase_meter() -> None:
    times = by_case("full", SINGLE)
    assert times["accuracy/no_load"] == pytest.approx(43.478 * 60 + 35, abs=10)  # 600e6 / (k m Un Imax)
    assert times["accuracy/register_range"] == pytest.approx(66_200 * 3600 / 13_800, rel=0.01)
    assert "accuracy/influence/phase_order" not in times


def test_three_phases_have_single_phase_loads_and_phase_order() -> None:
    times = by_case("full", THREE)
    assert {f"accuracy/load_point/In-pf1-L{element}" for element in (1, 2, 3)} <= set(times)
    assert "accuracy/influence/phase_order" in times


def test_smoke_wants_three_points_and_observe_alters_nothing() -> None:
    assert len(by_case("smoke", SINGLE)) == 3
    assert by_case("observe", SINGLE) == {}
    assert total_time_s(()) == 0.0


@pytest.mark.parametrize(
    ("time_s", "text"), [(42.0, "42 s"), (600.0, "10 min"), (17_000.0, "4 h 43 min"), (7_200.0, "2 h 00 min")]
)
def test_times_are_readable(time_s: float, text: str) -> None:
    assert clock_text(time_s) == text


def test_plan_show_opens_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "meter.toml"
    path.write_text(toml(declaration(dts722())), encoding="utf-8")
    assert main(["plan", "show", "certification", "--declare", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "accuracy/load_point/Imax-pf0.5ind-L3" in shown
    assert "expected bench time" in shown.splitlines()[-1]
