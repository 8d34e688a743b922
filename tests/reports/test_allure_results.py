"""Allure results: what Allure reads, and that its counts are the record's counts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.record.model import Outcome
from reports.render import render


@pytest.fixture
def folder(run_path: Path) -> Path:
    render(run_path)
    return run_path / "allure-results"


def _results(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*-result.json"))]


def _of(folder: Path, case: str) -> dict[str, Any]:
    return next(result for result in _results(folder) if result["fullName"].startswith(f"{case} "))


def _labels(result: dict[str, Any], name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


def test_statuses_are_those_of_the_verdicts_and_nothing_counts_twice(folder: Path) -> None:
    # 13 passed and 2 conditional; 7 failed; 1 error; inconclusive, not run, 2 inapplicable, 1 without verdict;
    # and 3 curves, which have no status of their own.
    assert Counter(result["status"] for result in _results(folder)) == {
        "passed": 15,
        "failed": 7,
        "broken": 1,
        "skipped": 5,
        "unknown": 3,
    }


def test_a_result_has_the_fields_allure_reads(folder: Path) -> None:
    result = _of(folder, "accuracy/load_point/0.1Ib-pf0.5ind")
    assert result["name"] == "0.1 Ib, PF 0.5 ind"
    assert result["status"] == "failed"
    assert result["stage"] == "finished"
    assert re.fullmatch(r"[0-9a-f-]{36}", result["uuid"])
    assert result["stop"] - result["start"] == 1000  # the verdict came one second after its observation
    assert _labels(result, "epic") == ["IEC 62053-21:2003+A1:2016"]
    assert _labels(result, "feature") == ["clause 7"]
    assert _labels(result, "story") == ["accuracy/load_point/0.1Ib-pf0.5ind"]
    assert _labels(result, "parentSuite") == ["accuracy"]
    assert _labels(result, "suite") == ["load_point"]
    assert _labels(result, "severity") == ["critical"]


def test_message_is_the_reason_without_code_or_trace(folder: Path) -> None:
    details = _of(folder, "dlms/HDLC_FRAME_N8")["statusDetails"]
    assert details == {
        "message": "Meter deviates: a frame with a wrong FCS was answered with UA; it shall be discarded"
    }


def test_numbers_are_parameters_that_stay_out_of_the_history(folder: Path) -> None:
    parameters = {p["name"]: p for p in _of(folder, "accuracy/load_point/0.1Ib-pf0.5ind")["parameters"]}
    assert {name: p["value"] for name, p in parameters.items()} == {
        "position": "1",
        "limit": "±1.5 %",
        "measured": "+1.732 %",
        "u95": "0.068 %",
        "serial number": "04440001",
    }
    assert [name for name, p in parameters.items() if not p.get("excluded")] == ["position"]


def test_history_follows_the_position_not_the_meter(new_run: Callable[..., Any]) -> None:
    histories = {}
    for name, position in (("first", "1"), ("second", "1"), ("third", "2")):
        run = new_run(name, positions=(position,))
        run.open([])
        run.load_point(
            "Ib", 5.0, "1", 0.1 if name == "first" else 0.2, 0.04, 1.0, Outcome.PASSED, position=position
        )
        path = run.finish()
        if name == "second":
            for file in ("session.json", "verdicts.jsonl"):
                text = (path / file).read_text(encoding="utf-8").replace("04440001", "99999999")
                (path / file).write_text(text, encoding="utf-8")
        render(path)
        result = _of(path / "allure-results", "accuracy/load_point/Ib-pf1")
        histories[name] = (result["historyId"], result["testCaseId"])
    assert histories["first"] == histories["second"]
    assert histories["first"][0] != histories["third"][0]
    assert histories["first"][1] == histories["third"][1]


def test_history_ids_are_unique_within_a_run(folder: Path) -> None:
    histories = Counter(result["historyId"] for result in _results(folder))
    assert max(histories.values()) == 1


def test_conditional_verdicts_carry_their_label(folder: Path) -> None:
    result = _of(folder, "accuracy/load_point/Imax-pf1")
    assert result["status"] == "passed"
    assert _labels(result, "conditional") == ["CONDITIONAL_PASS"]
    assert "conditional" in _labels(result, "tag")


def test_every_result_but_clear_passes_falls_into_one_category(folder: Path) -> None:
    categories = json.loads((folder / "categories.json").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for result in _results(folder):
        message = result["statusDetails"].get("message", "")
        names = [
            category["name"]
            for category in categories
            if result["status"] in category["matchedStatuses"]
            and re.fullmatch(category["messageRegex"], message)
        ]
        found.setdefault(",".join(names), []).append(result["fullName"])
    counts = {name: len(cases) for name, cases in found.items()}
    assert counts == {
        "": 13 + 3,
        "Meter out of limits": 3,
        "Meter deviates": 3,
        "Advisory": 1,
        "Conditional": 2,
        "Inconclusive": 1,
        "Not run": 2,
        "Bench fault": 1,
        "Not applicable": 2,
    }


def test_attachments_exist_and_hold_the_evidence(folder: Path) -> None:
    result = _of(folder, "dlms/HDLC_FRAME_N8")
    kinds = {entry["type"]: entry for entry in result["attachments"]}
    observation = json.loads((folder / kinds["application/json"]["source"]).read_text(encoding="utf-8"))
    assert observation["data"]["procedure"] == "HDLC_FRAME_N8"
    assert "7E A0 0A" in (folder / kinds["text/plain"]["source"]).read_text(encoding="utf-8")
    for other in _results(folder):
        for entry in other["attachments"]:
            assert (folder / entry["source"]).is_file()


def test_each_power_factor_has_a_curve_result_with_its_drawing(folder: Path) -> None:
    curves = [result for result in _results(folder) if _labels(result, "story") == ["curve"]]
    assert sorted(result["name"] for result in curves) == [
        "Error curve, PF 0.5 ind",
        "Error curve, PF 0.8 cap",
        "Error curve, PF 1",
    ]
    for result in curves:
        (drawing,) = result["attachments"]
        assert drawing["type"] == "image/svg+xml"
        assert (folder / drawing["source"]).read_text(encoding="utf-8").startswith("<svg xmlns=")


def test_environment_and_executor_identify_the_run(folder: Path) -> None:
    environment = (folder / "environment.properties").read_text(encoding="ascii")
    assert "Statement=Virtual laboratory: not a statement about a physical meter." in environment
    assert "Coverage=24 of 28 verdicts given" in environment
    executor = json.loads((folder / "executor.json").read_text(encoding="utf-8"))
    assert executor["buildName"] == "20270305T081500Z-4f2a91"


def test_rendering_again_replaces_results_and_leaves_foreign_files(run_path: Path) -> None:
    render(run_path)
    folder = run_path / "allure-results"
    foreign = folder / "somebody-else-result.json"
    foreign.write_text("{}", encoding="utf-8")
    before = sorted(file.name for file in folder.iterdir())
    render(run_path)
    assert sorted(file.name for file in folder.iterdir()) == before


def test_a_killed_run_has_a_broken_result_and_its_open_verdicts(killed_path: Path) -> None:
    render(killed_path)
    results = _results(killed_path / "allure-results")
    (alarm,) = [result for result in results if result["name"] == "INCOMPLETE RUN"]
    assert alarm["status"] == "broken"
    assert "24 of 28 verdicts given" in alarm["statusDetails"]["message"]
    unanswered = {
        result["fullName"]
        for result in results
        if "holds no verdict" in result["statusDetails"].get("message", "")
    }
    assert unanswered == {"dual/module_swap [position 1]", "dual/never_reached [position 1]"}
