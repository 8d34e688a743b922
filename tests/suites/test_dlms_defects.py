"""Faults that stand in no list are found by the case whose requirement they break, and a sound meter passes."""

from __future__ import annotations

import pytest

from tests.suites.kept_rack import not_as_due, outcomes_at, run_rack
from tests.suites.rack_of_dlms_defects import KEPT
from tests.suites.suites_process import Ran


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_rack("rack_of_dlms_defects.py", KEPT, tmp_path_factory.mktemp("rack"))


def test_each_is_found_by_the_case_of_its_requirement_and_by_no_other(run: Ran) -> None:
    assert not_as_due(run, KEPT) == {}, run.outcomes()


def test_the_sound_meter_beside_them_passes(run: Ran) -> None:
    assert outcomes_at(run, len(KEPT) + 1) <= {"PASSED", "INAPPLICABLE"}, run.outcomes()
