"""Rendering as a whole: where it writes, how fast, and the command around it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.cli.report import add_parser
from bench.errors import PlanError
from bench.record.model import Outcome
from reports.render import render

#: What the design allows a verdict to cost.
_S_PER_VERDICT = 0.005


def test_returns_what_it_wrote_and_touches_no_record(run_path: Path) -> None:
    records = {file.name: file.read_bytes() for file in run_path.iterdir()}
    assert render(run_path) == [run_path / "report.html", run_path / "allure-results"]
    assert {name: (run_path / name).read_bytes() for name in records} == records


def test_rendering_twice_gives_the_same_page(run_path: Path) -> None:
    render(run_path)
    first = (run_path / "report.html").read_bytes()
    render(run_path)
    assert (run_path / "report.html").read_bytes() == first


def test_many_verdicts_cost_little_each(new_run: Callable[..., Any]) -> None:
    run = new_run(positions=("1", "2", "3", "4"))
    run.open([])
    for index in range(100):
        for position in run.positions:
            outcome = Outcome.FAILED if index % 10 == 0 else Outcome.PASSED
            run.load_point("Ib", 5.0 + index, "1", 0.1, 0.04, 1.0, outcome, position=position)
    path = run.finish()
    begin = time.process_time()  # what else the machine does must not count
    render(path)
    assert (time.process_time() - begin) / 400 < _S_PER_VERDICT


def _command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["report", *words])
    return int(arguments.func(arguments))


def test_command_says_where_the_report_is(run_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _command(str(run_path)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "24 of 28 verdicts given.",
        str(run_path / "report.html"),
        str(run_path / "allure-results"),
    ]


def test_command_warns_of_an_incomplete_run(killed_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _command(str(killed_path)) == 0
    assert "Incomplete run." in capsys.readouterr().out


def test_command_refuses_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="not a run folder"):
        _command(str(tmp_path))
