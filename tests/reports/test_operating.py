"""What a run would have caught: from its record alone, and as often as the judges themselves say FAILED."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.judgement.plan_rules import PlanRules
from bench.judgement.registry import Context, judge_by_id
from bench.record.declaration import Declaration
from bench.record.model import Kind, Observation, Outcome, Topic
from reports.operating import Characteristic, characteristics
from reports.run_view import read_view
from reports.sections.could_catch import caught_sentence, could_catch
from reports.tester_score import score_sentence
from tests.judgement.conftest import declared, load_point_data, reading
from tests.reports.conftest import IEC, SyntheticRun, requirement

NewRun = Callable[..., SyntheticRun]


def put(
    run: SyntheticRun,
    judge: str,
    data: Mapping[str, Any],
    limit: float,
    u95: float | None,
    *,
    position: str = "1",
    outcome: Outcome = Outcome.PASSED,
    kind: Kind = Kind.STANDARD,
    status: str = "V1",
) -> None:
    case = f"{judge.replace('.', '/')}"
    seen = run.observe(case, "seen", data, position)
    run.judge(
        case,
        outcome,
        requirement("7", **IEC, topic=Topic.ACCURACY, status=status, kind=kind),
        "said",
        [seen],
        position=position,
        limit=limit,
        u95=u95,
        judge=f"{judge}/1",
    )


CLOSURE = {"register_resolution_wh": 1.0, "credit_resolution_wh": 1.0, "meter_constant_imp_per_kwh": 1000.0}


def at(current_a: float, lag_deg: float) -> dict[str, Any]:
    return {"point": {"load": "balanced", "lag_deg": lag_deg, "current_a": current_a, "voltage_v": 230.0}}


def found(run: SyntheticRun) -> dict[str, Characteristic]:
    view = read_view(run.finish())
    return {item.quantity: item for item in characteristics(view)}


def test_the_sharpest_case_of_each_quantity_counts(new_run: NewRun) -> None:
    run = new_run()
    run.open([])
    put(run, "accuracy.load-point", at(0.25, 0.0), 1.5, 0.05)
    put(run, "accuracy.load-point", at(5.0, 0.0), 1.0, 0.04)
    put(run, "accuracy.load-point", at(5.0, 60.0), 1.0, 0.06)
    put(run, "accuracy.no-load", {"duration_s": 2608.7}, 1.0, None)
    put(run, "accuracy.starting-current", {"current_a": 0.02}, 2.0, None)
    put(run, "accuracy.start-up", {"power_w": 13800.0, "pulses_at_s": 5.7}, 1.0, None)
    put(run, "accuracy.repeatability", {"readings": [{}] * 10}, 0.1, None)
    put(run, "dual.clock-drift", {}, 0.5, 0.1)
    put(run, "dual.energy-closure", CLOSURE, 11.0, 0.82)
    said = found(run)
    assert said["gain error"].caught_from == pytest.approx(1.0792, abs=1e-3)
    assert said["phase error"].caught_from == pytest.approx(0.369, abs=2e-3)  # 3.02 % a degree
    assert said["constant offset"].caught_from == pytest.approx(57.5 * 1.599 / 100, abs=1e-3)
    assert said["creep"].caught_from == pytest.approx(1.975 * 3.6e6 / (1000 * 2608.7))
    assert said["starting current above"].caught_from == pytest.approx(0.02)
    assert said["start-up after"].caught_from == pytest.approx(5.7 - 0.025 / (13.8 / 3.6), abs=1e-6)
    scatter = said["scatter of readings"]
    assert scatter.p(scatter.caught_from) == pytest.approx(0.975)
    assert said["clock drift"].caught_from == pytest.approx(0.5 + 0.1 + 1.96 * 0.05, abs=1e-3)
    # a loss of 2 Wh hides in two truncated readings; beyond that 1.96 times 0.577 Wh
    assert said["credit lost by rounding"].caught_from == pytest.approx(2.0 + 1.96 * 0.5774, abs=2e-3)
    assert said["energy accounts apart"].limit == pytest.approx(10.0)
    for item in said.values():
        assert item.p_at_limit <= 0.0251, item.quantity


#: Quantity, judge, data, limit of the verdict, its U, and what U is in the unit of the quantity.
MEASURED = [
    ("gain error", "accuracy.load-point", {}, 1.0, 0.04, 0.04),
    ("phase error", "accuracy.load-point", {}, 1.0, 0.06, 0.06 / 3.02),  # 3.02 % a degree at PF 0.5
    ("constant offset", "accuracy.load-point", {}, 1.5, 0.05, 57.5 * 0.05 / 100),
    ("change by voltage +-10 %", "accuracy.influence", {"influence": "voltage +-10 %"}, 0.7, 0.05, 0.05),
    ("change by self-heating", "accuracy.self-heating", {"influence": "self-heating"}, 0.7, 0.05, 0.05),
    ("difference between one element and all", "accuracy.difference", {}, 1.5, 0.08, 0.08),
    ("disagreement of pulses and register", "accuracy.meter-constant", {}, 0.1, 0.03, 0.03),
    ("clock drift", "dual.clock-drift", {}, 0.5, 0.1, 0.1),
]


@pytest.mark.parametrize(("quantity", "judge", "data", "limit", "u95", "own_u"), MEASURED)
def test_at_the_limit_and_two_uncertainties_beyond_it(
    new_run: NewRun, quantity: str, judge: str, data: dict[str, Any], limit: float, u95: float, own_u: float
) -> None:
    points = {"phase error": at(5.0, 60.0), "constant offset": at(0.25, 0.0)}
    run = new_run()
    run.open([])
    seen = points.get(quantity, at(5.0, 0.0)) if judge == "accuracy.load-point" else data
    put(run, judge, seen, limit, u95)
    item = found(run)[quantity]
    assert item.p_at_limit <= 0.025
    assert item.p(item.limit + 2 * own_u) >= 0.975
    assert item.caught_from <= item.limit + 2 * own_u


def test_counted_quantities_from_the_first_that_is_too_much(new_run: NewRun) -> None:
    """One pulse may be creep in 2608.7 s at 1000 imp/kWh: 1.38 W; two are too many whenever they come, 2.76 W."""
    run = new_run()
    run.open([])
    put(run, "accuracy.no-load", {"duration_s": 2608.7}, 1.0, None)
    put(run, "accuracy.starting-current", {"current_a": 0.02}, 2.0, None)
    switch = {"power_w": 13800.0, "credit_resolution_wh": 1.0}
    put(run, "dual.credit-exhausted-opens", switch, 1.0, None)
    view = read_view(run.finish())
    view.positions[0]["declaration"]["supply"] = {"actuation_time_s": 1.0}
    said = {item.quantity: item for item in characteristics(view)}
    creep, start, late = (
        said[name] for name in ("creep", "starting current above", "switch that opens late by")
    )
    assert creep.limit == pytest.approx(1.38, abs=0.01)
    assert creep.p_at_limit == pytest.approx(0.0, abs=1e-9)
    assert creep.p(2 * creep.limit) == pytest.approx(1.0)
    assert (start.p(0.02), start.p(0.0201)) == (0.0, 1.0)
    # an actuation time of 1 s and a Wh, which is 0.26 s at 13.8 kW; the next Wh is seen whenever it comes
    assert late.limit == pytest.approx(1.0 + 3600 / 13800)
    assert late.p_at_limit == pytest.approx(0.0, abs=1e-9)
    assert late.p(late.limit + 3600 / 13800) == pytest.approx(1.0)


def test_what_cannot_make_a_meter_failed_catches_nothing(new_run: NewRun) -> None:
    run = new_run()
    run.open([])
    put(run, "accuracy.load-point", at(5.0, 0.0), 1.0, 0.04, status="U")
    put(run, "accuracy.load-point", at(5.0, 0.0), 1.0, 0.04, kind=Kind.ADVISORY)
    put(run, "accuracy.load-point", at(5.0, 0.0), 1.0, 0.04, outcome=Outcome.INCONCLUSIVE)
    put(run, "accuracy.load-point", {"point": {}}, 1.0, 0.04)
    view = read_view(run.finish())
    assert characteristics(view) == []
    assert caught_sentence([]) == ""
    assert could_catch(view, []) == ""


def test_page_one_promises_what_holds_at_every_position(new_run: NewRun) -> None:
    run = new_run(positions=("1", "2"))
    run.open([])
    put(run, "accuracy.load-point", at(5.0, 0.0), 1.0, 0.04, position="1")
    put(run, "accuracy.load-point", at(5.0, 0.0), 1.0, 0.2, position="2")
    view = read_view(run.finish())
    assert "gain error from 1.40 %" in caught_sentence(characteristics(view))
    table = could_catch(view, characteristics(view))
    assert "1.08 %" in table
    assert "1.40 %" in table
    assert "2.3 %" in table


def test_the_probability_is_how_often_the_judge_says_failed() -> None:
    """Play the same reading again and again with a gain error and the noise its own budget states."""
    declaration = Declaration.from_json(declared())
    demand = requirement("7", **IEC, topic=Topic.ACCURACY, status="V1")
    context = Context(declaration=declaration, plan=PlanRules())
    judge = judge_by_id("accuracy.load-point/1")

    def play(error_pct: float) -> Any:
        data = load_point_data(readings=[reading(10.0 / (1.0 + error_pct / 100.0))])
        seen = Observation(
            id="O1",
            case="c",
            position="1",
            kind="load-point",
            time_s=0.0,
            utc="2026-05-04T10:00:00",
            data=data,
        )
        return judge([seen], demand, context)

    u95 = play(0.0).u95
    chance = random.Random(20261123)
    for size, lowest, highest in ((1.0, 0.0, 0.035), (1.0 + 2 * u95, 0.965, 1.0), (1.0 + u95, 0.44, 0.56)):
        failed = sum(play(size + chance.gauss(0.0, u95 / 2)).outcome is Outcome.FAILED for _ in range(600))
        assert lowest <= failed / 600 <= highest, (size, failed)


def test_a_published_score_is_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.tester_score.files", lambda _: tmp_path)
    assert score_sentence() == ""
    score = {
        "totals": "3 strict, 0 loose",
        "rows": 3,
        "configurations": "c1",
        "seeds": "1, 2",
        "version": "meterbench 1, sources ab",
    }
    (tmp_path / "tester_score.json").write_text(json.dumps(score))
    assert score_sentence().startswith("The tester's own score: 3 strict, 0 loose (3 rows")
