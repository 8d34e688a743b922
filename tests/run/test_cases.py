"""Whatever a case does, it ends in a verdict: FAILED only by a judge, ERROR for all that is ours, never nothing."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.suites.suites_process import Ran, environment, run_command

RunOdd = Callable[..., Ran]


def run_in(folder: Path, *options: str) -> Ran:
    shutil.copy(Path(__file__).with_name("odd_cases.py"), folder / "test_odd.py")
    command = [sys.executable, "-m", "pytest", "-p", "bench.pytest_plugin", "-p", "no:cacheprovider"]
    run_dir = folder / "run"
    return run_command(
        [*command, "--run-dir", str(run_dir), *options], run_dir, cwd=folder, environ=environment()
    )


@pytest.fixture(scope="module")
def odd_run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """All odd cases in one run, under a plan that alters nothing."""
    return run_in(tmp_path_factory.mktemp("odd"), "--plan", "observe")


@pytest.fixture
def run_odd(tmp_path: Path) -> RunOdd:
    """Run some of the odd cases by name."""
    return lambda names, *options: run_in(tmp_path, "-k", names, *options)


EXPECTED = {
    "odd/passes": ("PASSED", "gained 100 Wh"),
    "odd/last": ("PASSED", "gained 100 Wh"),
    "odd/fails": ("FAILED", "gained 90 Wh"),
    "odd/fails_advisory": ("FAILED", "gained 90 Wh"),
    "odd/silent": ("ERROR", "ended without a verdict"),
    "odd/link_error": ("ERROR", "the line went dead"),
    "odd/refused": ("ERROR", "the meter refused what the case builds on: GET 3/1-0:1.8.0.255/2: 3"),
    "odd/crash": ("ERROR", "the case crashed: ValueError: a bug in the suite"),
    "odd/assertion": ("ERROR", "the case crashed: AssertionError"),
    "odd/meter_failure": ("ERROR", "the case failed without a judge"),
    "odd/pytest_fail": ("ERROR", "the case failed without a judge"),
    "odd/pytest_skip": ("NOT_RUN", "the case skipped itself: not today"),
    "odd/set_up": ("ERROR", "set-up failed: the converter is unplugged"),
    "odd/skipping_set_up": ("NOT_RUN", "no converter here"),
    "odd/incomplete": ("ERROR", "the observation cannot be judged: gained_wh is 'many'"),
    "odd/inapplicable": ("INAPPLICABLE", "not declared"),
    "odd/alters": ("NOT_RUN", "the plan observe leaves the meter as it was; this case alters credit"),
    "odd/no_current": ("PASSED", "gained 100 Wh"),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_each_way_to_end_has_its_verdict(odd_run: Ran, case: str) -> None:
    found = [(item["outcome"], item["reason"]) for item in odd_run.verdicts() if item["case"] == case]
    outcome, words = EXPECTED[case]
    assert [said for said, _ in found] == [outcome], found
    assert words in found[0][1]


@pytest.mark.parametrize(
    ("case", "outcomes"),
    [
        ("odd/fails_then_breaks", {"FAILED", "ERROR"}),
        ("odd/passes_then_breaks", {"PASSED", "ERROR"}),
        ("odd/tear_down", {"PASSED", "ERROR"}),
    ],
)
def test_what_was_decided_before_a_fault_stands_beside_it(
    odd_run: Ran, case: str, outcomes: set[str]
) -> None:
    assert {item["outcome"] for item in odd_run.verdicts() if item["case"] == case} == outcomes


def test_every_wanted_case_has_a_verdict(odd_run: Ran) -> None:
    session = json.loads((odd_run.path / "session.json").read_text())
    assert {item["case"] for item in session["wanted"]} == {item["case"] for item in odd_run.verdicts()}


def test_failed_comes_from_a_judge_alone(odd_run: Ran) -> None:
    assert odd_run.verdicts("FAILED")
    assert all(item["judge"] != "bench" and item["evidence"] for item in odd_run.verdicts("FAILED"))


def test_failed_outranks_error_in_the_exit_code(odd_run: Ran) -> None:
    assert odd_run.exit_code == 1


def test_cases_run_in_electrical_order_whatever_the_file_says(odd_run: Ran) -> None:
    cases = [item["case"] for item in odd_run.verdicts()]
    assert cases.index("odd/passes") < cases.index("odd/no_current") < cases.index("odd/last")


def test_each_verdict_is_printed_with_its_reason(odd_run: Ran) -> None:
    for words in (
        "FAILED           odd/fails [1]",
        "ERROR            odd/link_error [1]",
        "NOT_RUN          odd/alters",
    ):
        assert words in odd_run.output


def test_no_source_code_is_shown_for_what_has_a_verdict(odd_run: Ran) -> None:
    assert "token_entry(bench, 90)" not in odd_run.output


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ("test_passes and not breaks", 0),
        ("test_fails_advisory or test_inapplicable", 0),
        ("test_tear_down", 10),
        ("test_skipping_set_up", 12),
    ],
)
def test_the_exit_code_follows_the_verdicts(run_odd: RunOdd, names: str, code: int) -> None:
    run = run_odd(names)
    assert run.exit_code == code, run.output


def test_an_ordinary_test_that_fails_beside_the_cases_is_not_forgotten(run_odd: RunOdd) -> None:
    assert run_odd("test_last or test_ordinary").exit_code == 1


def test_a_module_that_cannot_be_imported_is_not_forgotten(run_odd: RunOdd, tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("import nothing_of_that_name\n")
    assert run_odd("test_last or test_broken", "--continue-on-collection-errors").exit_code == 1


def test_stopping_at_the_first_failure_leaves_the_rest_unreached_and_says_so(run_odd: RunOdd) -> None:
    run = run_odd("test_fails or test_last", "-x")
    assert run.exit_code != 0
    assert "not reached" in run.output


def test_two_processes_for_one_rack_are_refused(run_odd: RunOdd) -> None:
    pytest.importorskip("xdist")
    run = run_odd("test_last", "-n", "2")
    assert run.exit_code != 0
    assert run.verdicts() == []
