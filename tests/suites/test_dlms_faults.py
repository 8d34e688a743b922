"""Each DLMS case finds the fault that breaks its requirement, for that reason, however rare the fault may be."""

from __future__ import annotations

import pytest

from tests.suites.kept_rack import not_as_due, other_reasons, outcomes_at, run_rack
from tests.suites.rack_of_dlms_faults import ALL, DIFFERING, KEPT, declare
from tests.suites.rack_of_locks import PASSING
from tests.suites.suites_process import Ran


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("rack")
    return run_rack("rack_of_dlms_faults.py", ALL, folder, each_its_own=True, declare=declare)


def test_each_fails_the_case_of_its_requirement(run: Ran) -> None:
    assert not_as_due(run, KEPT) == {}, run.outcomes()


def test_each_fails_for_its_own_reason(run: Ran) -> None:
    assert other_reasons(run, KEPT) == {}


def test_a_declared_lock_fails_nothing(run: Ran) -> None:
    positions = range(1 + len(KEPT), 1 + len(KEPT) + len(PASSING))
    outcomes = [outcomes_at(run, position) for position in positions]
    assert outcomes == [{"PASSED"}] * len(PASSING), run.outcomes()


def test_where_the_two_clients_differ_the_verdict_shows_both(run: Ran) -> None:
    undecided = {item["case"]: item["reason"] for item in run.verdicts("INCONCLUSIVE")}
    assert DIFFERING.reason in undecided[DIFFERING.case]
