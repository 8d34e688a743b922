"""A clean meter, looked at from outside: one run through every suite."""

from __future__ import annotations

import re
from pathlib import Path

from tests.suites.suites_process import Ran


def test_the_clean_meter_passes(clean_run: Ran) -> None:
    assert clean_run.exit_code == 0, clean_run.output[-3000:]
    assert clean_run.verdicts("FAILED") == []
    assert clean_run.verdicts("ERROR") == []


def test_every_wanted_case_has_a_verdict(clean_run: Ran) -> None:
    finished = clean_run.lines("events.jsonl")[-1]
    assert finished["event"] == "run-finished"
    assert finished["exit_code"] == 0
    assert finished["verdicts_given"] == finished["verdicts_wanted"] > 12


def test_each_suite_says_something(clean_run: Ran) -> None:
    assert {item["case"].split("/")[0] for item in clean_run.verdicts("PASSED")} >= {
        "accuracy",
        "sts",
        "dlms",
        "dual",
    }


def test_every_verdict_of_a_judge_names_evidence_that_is_there(clean_run: Ran) -> None:
    observed = {item["id"]: item for item in clean_run.lines("observations.jsonl")}
    for verdict in clean_run.verdicts():
        if verdict["judge"] != "bench":
            ids = [name for name in verdict["evidence"] if name.startswith("O")]
            assert ids, verdict
            assert {observed[name]["position"] for name in ids} == {verdict["position"]}


def test_verdicts_on_what_the_meter_said_name_its_octets(clean_run: Ran) -> None:
    for verdict in clean_run.verdicts():
        if verdict["case"].startswith(("dlms/", "sts/")) and verdict["judge"] != "bench":
            assert any(name.startswith("T") for name in verdict["evidence"]), verdict["case"]


def test_the_header_says_bench_standard_meter_and_plan(clean_run: Ran) -> None:
    for words in (
        "bench: virtual laboratory (virtual: says nothing of a physical meter)",
        "reference: ",
        "calibration due",
        "DDS722, serial number 72200001",
        "IEC 62053-21",
        "plan: core",
        "run folder: ",
    ):
        assert words in clean_run.output, words


def test_each_load_point_prints_value_limit_and_margin(clean_run: Ran) -> None:
    points = [
        line for line in clean_run.output.splitlines() if re.match(r"[A-Z_]+ +accuracy/load_point/", line)
    ]
    assert len(points) >= 3
    for line in points:
        assert " % limit ±" in line
        assert " U95 " in line
        assert " margin " in line


def test_the_summary_says_how_many_verdicts_were_given(clean_run: Ran) -> None:
    wanted = clean_run.lines("events.jsonl")[-1]["verdicts_wanted"]
    assert f"{wanted} of {wanted} verdicts given (plan core)" in clean_run.output


def test_nothing_is_left_running(clean_run: Ran) -> None:
    mark, survivors = str(clean_run.path.parent / "temporary").encode(), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "environ").read_bytes():  # inherited by whatever the run has started
                    survivors.append((entry / "cmdline").read_bytes())
            except OSError:
                continue
    assert survivors == []


def test_no_temporary_file_is_left(clean_run: Ran) -> None:
    assert list((clean_run.path.parent / "temporary").iterdir()) == []
